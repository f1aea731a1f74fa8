//! What happens in a hunt, as data, and as lines for people or programs.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::io::Write;

use runner::events::TestReport;
use serde_json::json;

use super::bandit::Learned;
use super::hunt::Bag;
use super::minimise::Minimised;
use super::perturb::Perturbation;
use super::sighting::Sighting;
use super::tally::Tally;

pub enum Happened<'h> {
    Begins {
        /// The signature that is wanted.
        signature: &'h str,
        /// The verdict in short.
        verdict: &'h str,
        scenario: &'h std::path::Path,
        /// What is done and with what, in short.
        steps: &'h str,
        /// What people should know, a sentence each.
        notes: &'h [String],
        /// The seed that repeats everything that is drawn, 16 hex digits.
        seed: u64,
    },
    /// A run has ended.
    Run {
        report: &'h TestReport,
        sighting: &'h Sighting,
        perturbation: &'h Perturbation,
        tally: &'h Tally,
        /// Whether its artefacts are kept.
        kept: bool,
    },
    /// A candidate of the minimisation was tried.
    Tried {
        /// What it leaves out.
        title: &'h str,
        /// Whether the crash still came.
        dropped: bool,
        /// How often, in how many runs.
        matched: u32,
        runs: u32,
    },
    /// The minimisation has ended.
    Minimised(&'h Minimised),
    /// The hunt has ended.
    Ended {
        /// What came of it.
        bag: &'h Bag,
        /// Whether it came as often as wanted.
        reproduced: bool,
    },
    /// A file was written.
    Wrote {
        what: &'h str,
        file: &'h std::path::Path,
        /// The command that uses it.
        command: Option<&'h str>,
    },
}

/// Hears what happens. Output that cannot be written is lost; the hunt goes on.
pub trait Listener {
    /// Takes what has happened.
    fn hear(&self, happened: &Happened<'_>);
}

/// One JSON object per line.
pub struct Json<W>(RefCell<W>);

impl<W: Write> Json<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self(RefCell::new(out))
    }
}

impl<W: Write> Listener for Json<W> {
    fn hear(&self, happened: &Happened<'_>) {
        let value = match happened {
            Happened::Begins {
                signature,
                verdict,
                scenario,
                steps,
                notes,
                seed,
            } => json!({"event": "repro-started", "signature": signature, "verdict": verdict,
                "scenario": scenario, "steps": steps, "notes": notes, "seed": format!("{seed:016x}")}),
            Happened::Run {
                report,
                sighting,
                perturbation,
                tally,
                kept,
            } => json!({"event": "repro-run", "run": sighting, "seconds": report.seconds,
                "seed": report.seed, "perturbation": perturbation.title(), "tally": tally,
                "runs": tally.runs(), "interval": tally.interval(),
                "artefacts": report.artefacts.as_ref().filter(|_| *kept)}),
            Happened::Tried {
                title,
                dropped,
                matched,
                runs,
            } => json!({"event": "repro-tried", "without": title, "dropped": dropped,
                "matched": matched, "runs": runs}),
            Happened::Minimised(minimised) => json!({"event": "repro-minimised",
                "dropped": minimised.dropped, "kept": minimised.kept, "runs": minimised.runs,
                "runs_per_candidate": minimised.tries, "repeatable": minimised.repeatable}),
            Happened::Ended { bag, reproduced } => json!({"event": "repro-finished",
                "reproduced": reproduced, "tally": bag.tally, "runs": bag.tally.runs(),
                "interval": bag.tally.interval(), "learned": bag.learned, "enough": bag.enough,
                "interrupted": bag.enough.is_none(), "seconds": bag.elapsed.as_secs_f64()}),
            Happened::Wrote {
                what,
                file,
                command,
            } => json!({"event": "repro-wrote", "what": what, "file": file, "command": command}),
        };
        let mut out = self.0.borrow_mut();
        let _ = writeln!(out, "{value}").and_then(|()| out.flush());
    }
}

/// Lines for people.
pub struct Human<W, P> {
    out: RefCell<W>,
    progress: RefCell<Option<P>>,
}

impl<W: Write, P: Write> Human<W, P> {
    /// Writes lines to `out` and the running line to `progress`, a terminal, or `None`.
    pub fn new(out: W, progress: Option<P>) -> Self {
        Self {
            out: RefCell::new(out),
            progress: RefCell::new(progress),
        }
    }

    fn lines(&self, text: &str) {
        self.show_progress("");
        let mut out = self.out.borrow_mut();
        let _ = writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush());
    }

    /// Replaces the running line.
    fn show_progress(&self, text: &str) {
        if let Some(progress) = &mut *self.progress.borrow_mut() {
            let _ = write!(progress, "\r\x1b[K{text}").and_then(|()| progress.flush());
        }
    }
}

/// Without a terminal, the running line is printed every so many runs.
const EVERY: u32 = 10;

impl<W: Write, P: Write> Listener for Human<W, P> {
    fn hear(&self, happened: &Happened<'_>) {
        match happened {
            Happened::Begins {
                signature,
                verdict,
                scenario,
                steps,
                notes,
                seed,
            } => {
                let mut text = format!(
                    "Wanted   {verdict}\n         signature {signature}\nScenario {}\n         {steps}\n",
                    scenario.display()
                );
                for note in *notes {
                    let _ = writeln!(text, "Note     {note}");
                }
                let _ = writeln!(text, "Seed     {seed:016x}");
                self.lines(&text);
            }
            Happened::Run {
                report,
                sighting,
                perturbation,
                tally,
                kept,
            } => {
                if let Some(line) = line(report, sighting, perturbation, *kept) {
                    self.lines(&line);
                }
                let quiet = self.progress.borrow().is_none();
                if quiet && (tally.runs() + tally.infra).is_multiple_of(EVERY) {
                    self.lines(&format!("         {tally}"));
                }
                self.show_progress(&tally.to_string());
            }
            Happened::Tried {
                title,
                dropped,
                matched,
                runs,
            } => {
                let word = if *dropped { "dropped" } else { "kept" };
                self.lines(&format!(
                    "{word:>8} {title}: without it {matched} of {runs} matched"
                ));
            }
            Happened::Minimised(minimised) => self.lines(&smaller(minimised)),
            Happened::Ended { bag, reproduced } => self.lines(&ending(bag, *reproduced)),
            Happened::Wrote {
                what,
                file,
                command,
            } => {
                let mut text = format!("{what:<8} {}", file.display());
                if let Some(command) = command {
                    let _ = write!(text, "\n         {command}");
                }
                self.lines(&text);
            }
        }
    }
}

fn smaller(minimised: &Minimised) -> String {
    let how = match minimised.repeatable {
        true => "one run decides, since the clock counts instructions".to_owned(),
        false => format!("up to {} runs a candidate", minimised.tries),
    };
    let list = |words: &[String]| match words.is_empty() {
        true => "nothing".to_owned(),
        false => words.join(", "),
    };
    format!(
        "Smaller  after {} runs; {how}\n         dropped: {}\n         needed:  {}",
        minimised.runs,
        list(&minimised.dropped),
        list(&minimised.kept)
    )
}

/// A line about a run that is worth one.
fn line(
    report: &TestReport,
    sighting: &Sighting,
    perturbation: &Perturbation,
    kept: bool,
) -> Option<String> {
    let (word, what) = match sighting {
        Sighting::NoCrash => return None,
        Sighting::Match => ("MATCH", String::new()),
        Sighting::Other { signature } => ("OTHER", format!("  {signature}")),
        Sighting::Otherwise { words } => ("ENDED", format!("  {words}")),
        Sighting::Infra { reason } => ("INFRA", format!("  {reason}")),
    };
    let mut line = format!(
        "{word:>8} [{:>8.3}s] run {}{what}",
        report.seconds, report.attempt
    );
    let title = perturbation.title();
    if !title.is_empty() {
        let _ = write!(line, "  ({title})");
    }
    if let Some(artefacts) = report.artefacts.as_ref().filter(|_| kept) {
        let _ = write!(line, "\n                  {}", artefacts.folder.display());
    }
    Some(line)
}

fn ending(bag: &Bag, reproduced: bool) -> String {
    let tally = &bag.tally;
    let seconds = bag.elapsed.as_secs_f64();
    let mut text = format!("------------\n{tally} in {seconds:.0} s\n");
    for (signature, count) in &tally.others {
        let _ = writeln!(text, "  another crash, {count} times: {signature}");
    }
    for (words, count) in &tally.otherwise {
        let _ = writeln!(text, "  ended otherwise, {count} times: {words}");
    }
    if tally.no_crash > 0 {
        let _ = writeln!(text, "  no crash, {} times", tally.no_crash);
    }
    if tally.infra > 0 {
        let why = bag.last_infra.as_deref().unwrap_or("no reason");
        let count = tally.infra;
        let _ = writeln!(text, "  not carried out, {count} times; the last: {why}");
    }
    if tally.runs() > 0 && !bag.learned.is_empty() {
        text.push_str(&table(&bag.learned));
    }
    let word = if reproduced {
        "Reproduced"
    } else {
        "Not reproduced"
    };
    match &bag.enough {
        Some(enough) => {
            let _ = writeln!(text, "{word}: {enough}.");
        }
        None => text.push_str("Interrupted.\n"),
    }
    text
}

/// How each level did.
fn table(learned: &[Learned]) -> String {
    let mut text =
        "What was varied                     matched   rate (95 % interval)\n".to_owned();
    for row in learned.iter().filter(|row| row.score.tried > 0) {
        let own = if row.as_is { " (as it is)" } else { "" };
        let level = format!("{} {}{own}", row.factor.as_str(), row.level);
        let counts = format!("{} of {}", row.score.matched, row.score.tried);
        let _ = writeln!(text, "  {level:<31} {counts:>10}   {}", row.interval);
    }
    text
}
