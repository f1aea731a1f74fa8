//! The events of a hunt as lines, for people or programs.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::io::Write;

use runner::events::TestReport;
use serde_json::json;

use super::bandit::Learned;
use super::class::RunClass;
use super::events::{Event, Listener};
use super::perturb::Perturbation;
use super::result::{HuntResult, Minimised};

/// One JSON object per line.
pub struct Json<W>(RefCell<W>);

impl<W: Write> Json<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self(RefCell::new(out))
    }
}

impl<W: Write> Listener for Json<W> {
    fn hear(&self, event: &Event<'_>) {
        let value = match event {
            Event::Begins {
                signature,
                verdict,
                scenario,
                steps,
                notes,
                seed,
            } => json!({"event": "repro-started", "signature": signature, "verdict": verdict,
                "scenario": scenario, "steps": steps, "notes": notes, "seed": format!("{seed:016x}")}),
            Event::Run {
                report,
                class,
                perturbation,
                tally,
                kept,
            } => json!({"event": "repro-run", "run": class, "seconds": report.seconds,
                "seed": report.seed, "perturbation": perturbation.title(), "tally": tally,
                "runs": tally.runs(), "interval": tally.interval(),
                "artefacts": report.artefacts.as_ref().filter(|_| *kept)}),
            Event::Tried {
                title,
                dropped,
                matched,
                runs,
            } => json!({"event": "repro-tried", "without": title, "dropped": dropped,
                "matched": matched, "runs": runs}),
            Event::Minimised(minimised) => json!({"event": "repro-minimised",
                "dropped": minimised.dropped, "kept": minimised.kept, "runs": minimised.runs,
                "runs_per_candidate": minimised.tries, "repeatable": minimised.repeatable}),
            Event::Ended { result, reproduced } => json!({"event": "repro-finished",
                "reproduced": reproduced, "tally": result.tally, "runs": result.tally.runs(),
                "interval": result.tally.interval(), "learned": result.learned, "enough": result.enough,
                "interrupted": result.enough.is_none(), "seconds": result.elapsed.as_secs_f64()}),
            Event::Wrote {
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

/// Without a terminal, the running line is printed once per this many runs.
const EVERY: u32 = 10;

impl<W: Write, P: Write> Listener for Human<W, P> {
    fn hear(&self, event: &Event<'_>) {
        match event {
            Event::Begins {
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
            Event::Run {
                report,
                class,
                perturbation,
                tally,
                kept,
            } => {
                if let Some(line) = line(report, class, perturbation, *kept) {
                    self.lines(&line);
                }
                let quiet = self.progress.borrow().is_none();
                if quiet && (tally.runs() + tally.infra).is_multiple_of(EVERY) {
                    self.lines(&format!("         {tally}"));
                }
                self.show_progress(&tally.to_string());
            }
            Event::Tried {
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
            Event::Minimised(minimised) => self.lines(&smaller(minimised)),
            Event::Ended { result, reproduced } => self.lines(&ending(result, *reproduced)),
            Event::Wrote {
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
    let list = |items: &[String]| match items.is_empty() {
        true => "nothing".to_owned(),
        false => items.join(", "),
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
    class: &RunClass,
    perturbation: &Perturbation,
    kept: bool,
) -> Option<String> {
    let (word, what) = match class {
        RunClass::NoCrash => return None,
        RunClass::Match => ("MATCH", String::new()),
        RunClass::Other { signature } => ("OTHER", format!("  {signature}")),
        RunClass::Otherwise { message } => ("ENDED", format!("  {message}")),
        RunClass::Infra { reason } => ("INFRA", format!("  {reason}")),
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

fn ending(result: &HuntResult, reproduced: bool) -> String {
    let tally = &result.tally;
    let seconds = result.elapsed.as_secs_f64();
    let mut text = format!("------------\n{tally} in {seconds:.0} s\n");
    for (signature, count) in &tally.others {
        let _ = writeln!(text, "  another crash, {count} times: {signature}");
    }
    for (message, count) in &tally.otherwise {
        let _ = writeln!(text, "  ended otherwise, {count} times: {message}");
    }
    if tally.no_crash > 0 {
        let _ = writeln!(text, "  no crash, {} times", tally.no_crash);
    }
    if tally.infra > 0 {
        let why = result.last_infra.as_deref().unwrap_or("no reason");
        let count = tally.infra;
        let _ = writeln!(text, "  not carried out, {count} times; the last: {why}");
    }
    if tally.runs() > 0 && !result.learned.is_empty() {
        text.push_str(&table(&result.learned));
    }
    let word = if reproduced {
        "Reproduced"
    } else {
        "Not reproduced"
    };
    match &result.enough {
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
