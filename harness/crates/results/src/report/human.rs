//! Lines for people, in the manner of cargo and nextest.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;

use runner::events::{Event, Outcome, Summary, TestReport};
use runner::run::one_line;
use runner::witness;
use vm::plan::Accelerator;

use super::Reporter;
use super::live::Live;

/// Writes lines for people to `out`, and a passing line for each running test to `progress`.
pub struct Human<W, P> {
    out: W,
    progress: Option<P>,
    colour: bool,
    total: usize,
    finished: usize,
    live: Live,
    /// Of tests whose crash is rare: how often it came, in how many runs.
    rare: BTreeMap<String, (usize, usize)>,
    unsuccessful: Vec<TestReport>,
}

/// Colours of status words.
#[derive(Clone, Copy)]
enum Paint {
    Good,
    Bad,
    Odd,
    Plain,
}

impl<W: Write, P: Write> Human<W, P> {
    /// `progress` is a terminal, or `None`: it is overwritten again and again.
    pub fn new(out: W, progress: Option<P>, colour: bool) -> Self {
        Self {
            out,
            progress,
            colour,
            total: 0,
            finished: 0,
            live: Live::default(),
            rare: BTreeMap::new(),
            unsuccessful: Vec::new(),
        }
    }

    fn paint(&self, paint: Paint, text: &str) -> String {
        let code = match paint {
            Paint::Good => "32;1",
            Paint::Bad => "31;1",
            Paint::Odd => "33;1",
            Paint::Plain => "1",
        };
        if self.colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{text}").and_then(|()| self.out.flush());
    }

    fn show_progress(&mut self) {
        if let Some(progress) = &mut self.progress {
            self.live.draw(progress, self.finished, self.total);
        }
    }

    fn clear_progress(&mut self) {
        if let Some(progress) = &mut self.progress {
            self.live.erase(progress);
        }
    }

    fn status_line(&self, report: &TestReport, number: Option<(usize, usize)>) -> String {
        let (paint, word) = match &report.outcome {
            Outcome::Passed => (Paint::Good, "PASS"),
            Outcome::Failed { .. } => (Paint::Bad, "FAIL"),
            Outcome::Infra { .. } => (Paint::Odd, "INFRA"),
            Outcome::Skipped { .. } => (Paint::Odd, "SKIP"),
        };
        let mut line = format!(
            "{} [{:>8.3}s]",
            self.paint(paint, &format!("{word:>8}")),
            report.seconds
        );
        if let Some((number, total)) = number {
            let width = total.to_string().len();
            let _ = write!(line, " ({number:>width$}/{total})");
        }
        let _ = write!(line, " {}", report.test);
        if report.attempt > 1 {
            let _ = write!(line, " #{}", report.attempt);
        }
        match (&report.outcome, &report.verdict) {
            (Outcome::Passed, Some(verdict)) => {
                let _ = write!(line, "  {}", one_line(verdict));
            }
            (Outcome::Skipped { reason }, _) => {
                let _ = write!(line, "  {reason}");
            }
            _ => {}
        }
        line
    }

    /// Expected against actual, where the artefacts are, and how to run it again.
    fn details(&self, report: &TestReport) -> String {
        let mut text = String::new();
        match &report.outcome {
            Outcome::Failed { mismatches } => {
                for mismatch in mismatches {
                    let _ = writeln!(text, "    {}", mismatch.field);
                    let _ = writeln!(text, "      expected  {}", mismatch.expected);
                    let _ = writeln!(text, "      actual    {}", mismatch.actual);
                }
            }
            Outcome::Infra { reason } | Outcome::Skipped { reason } => {
                let _ = writeln!(text, "    {}", reason.replace('\n', "\n    "));
            }
            Outcome::Passed => {}
        }
        if let Some(verdict) = &report.verdict {
            let _ = writeln!(text, "    verdict     {}", one_line(verdict));
        } else if let Some(stop) = &report.bugcheck {
            let _ = writeln!(text, "    stop        {}", witness::show(stop));
        }
        if let Some(live) = &report.live_verdict {
            let _ = writeln!(text, "    live        {}", one_line(live));
        }
        for note in &report.notes {
            let _ = writeln!(text, "    note        {note}");
        }
        if let Some(artefacts) = &report.artefacts {
            let _ = writeln!(text, "    artefacts   {}", artefacts.folder.display());
        }
        let _ = write!(text, "    again       {}", report.rerun);
        text
    }

    fn finish(&mut self, summary: &Summary) {
        self.clear_progress();
        let unsuccessful = std::mem::take(&mut self.unsuccessful);
        if !unsuccessful.is_empty() {
            self.line("");
            for report in &unsuccessful {
                let line = self.status_line(report, None);
                self.line(&line);
                let details = self.details(report);
                self.line(&details);
            }
        }
        let plural = if summary.run == 1 { "test" } else { "tests" };
        let mut counts = vec![self.counted(summary.passed, "passed", Paint::Good)];
        for (count, word, paint) in [
            (summary.failed, "failed", Paint::Bad),
            (summary.infra, "infrastructure", Paint::Odd),
            (summary.skipped, "skipped", Paint::Odd),
        ] {
            if count > 0 {
                counts.push(self.counted(count, word, paint));
            }
        }
        if summary.interrupted {
            counts.push(self.paint(Paint::Odd, "interrupted"));
        }
        let line = format!(
            "{} [{:>8.3}s] {} {plural} run: {}",
            self.paint(Paint::Plain, &format!("{:>8}", "Summary")),
            summary.seconds,
            summary.run,
            counts.join(", ")
        );
        self.line("------------");
        self.line(&line);
        for (test, (times, of)) in std::mem::take(&mut self.rare) {
            self.line(&format!("         {test}  {times} of {of} reproduced"));
        }
    }

    fn counted(&self, count: usize, word: &str, paint: Paint) -> String {
        let text = format!("{count} {word}");
        if count == 0 {
            text
        } else {
            self.paint(paint, &text)
        }
    }
}

impl<W: Write, P: Write> Reporter for Human<W, P> {
    fn event(&mut self, event: &Event) {
        match event {
            Event::RunStarted {
                image,
                tests,
                accelerator,
                warped,
                ..
            } => {
                self.total = *tests;
                let plural = if *tests == 1 { "test" } else { "tests" };
                let starting = self.paint(Paint::Plain, &format!("{:>8}", "Starting"));
                self.line(&format!("{starting} {tests} {plural} on {image}"));
                let word = self.paint(Paint::Plain, &format!("{:>8}", "Accel"));
                self.line(&format!("{word} {accelerator}"));
                if *warped > 0 && accelerator.accelerator != Accelerator::Tcg {
                    let message = format!("tcg for {warped} of them, whose clock is warped");
                    self.line(&format!("{word} {message}"));
                }
            }
            Event::TestStarted { test, attempt } => {
                self.live.start(test, *attempt);
                self.show_progress();
            }
            Event::Progress {
                test,
                attempt,
                phase,
                guest_ms,
                ..
            } => {
                self.live.progress(test, *attempt, phase, *guest_ms);
                self.show_progress();
            }
            Event::FolderReady { .. } => {}
            Event::TestFinished(report) => {
                self.clear_progress();
                self.finished += 1;
                if let Some(reproduced) = report.reproduced {
                    let (times, of) = self.rare.entry(report.test.to_string()).or_default();
                    *of += 1;
                    *times += usize::from(reproduced);
                }
                self.live.end(&report.test, report.attempt);
                let line = self.status_line(report, Some((self.finished, self.total)));
                self.line(&line);
                match report.outcome {
                    Outcome::Passed if report.artefacts.is_some() => {
                        let details = self.details(report);
                        self.line(&details);
                    }
                    Outcome::Failed { .. } | Outcome::Infra { .. } => {
                        self.unsuccessful.push((**report).clone());
                    }
                    Outcome::Passed | Outcome::Skipped { .. } => {}
                }
                self.show_progress();
            }
            Event::RunFinished(summary) => self.finish(summary),
        }
    }

    fn tick(&mut self) {
        match self.progress {
            Some(_) => self.show_progress(),
            None => {
                for line in self.live.mentions() {
                    self.line(&line);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
