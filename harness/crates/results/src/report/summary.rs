//! A short Markdown page for CI systems.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use runner::events::{Event, Outcome, Summary, TestReport};
use runner::run::one_line;
use scenario::TestName;

use super::Reporter;
use super::diff::code_span;
use super::whole::write_beside;

/// Number of bad tests with details on a page; CI systems truncate long pages.
const MAX_SHOWN: usize = 50;

/// Writes a file when all tests have ended, also if they were interrupted.
pub struct MarkdownSummary {
    file: PathBuf,
    started: String,
    bad: Vec<TestReport>,
    skipped: BTreeMap<String, usize>,
    /// Of tests whose crash is rare: how often it came, in how many runs.
    rare: BTreeMap<TestName, (usize, usize)>,
    slowest: Option<(f64, TestName)>,
    trouble: Option<String>,
}

impl MarkdownSummary {
    /// To `file`, which is replaced.
    pub fn new(file: &Path) -> Self {
        Self {
            file: file.to_owned(),
            started: "Tests".into(),
            bad: Vec::new(),
            skipped: BTreeMap::new(),
            rare: BTreeMap::new(),
            slowest: None,
            trouble: None,
        }
    }

    fn take(&mut self, report: &TestReport) {
        if let Some(reproduced) = report.reproduced {
            let (times, of) = self.rare.entry(report.test.clone()).or_default();
            *of += 1;
            *times += usize::from(reproduced);
        }
        if (self.slowest.as_ref()).is_none_or(|(seconds, _)| report.seconds > *seconds) {
            self.slowest = Some((report.seconds, report.test.clone()));
        }
        match &report.outcome {
            Outcome::Failed { .. } | Outcome::Infra { .. } => self.bad.push(report.clone()),
            Outcome::Skipped { reason } if report.reproduced.is_none() => {
                *self.skipped.entry(reason.clone()).or_default() += 1;
            }
            Outcome::Skipped { .. } | Outcome::Passed => {}
        }
    }

    fn page(&self, summary: &Summary) -> String {
        let mut page = format!("## {}\n\n", self.started);
        let counts = [
            (summary.passed, "passed"),
            (summary.failed, "**failed**"),
            (summary.infra, "**could not be carried out**"),
            (summary.skipped, "skipped"),
        ];
        let counts: Vec<String> = (counts.iter())
            .filter(|(count, word)| *count > 0 || *word == "passed")
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        let _ = write!(page, "{} in {:.1} s", counts.join(", "), summary.seconds);
        page.push_str(if summary.interrupted {
            ", **interrupted**\n"
        } else {
            "\n"
        });
        if let Some((seconds, test)) = &self.slowest {
            let test = code_span(test.as_str());
            let _ = writeln!(page, "\nSlowest: {test}, {seconds:.1} s");
        }
        for (test, (times, of)) in &self.rare {
            let test = code_span(test.as_str());
            let _ = writeln!(page, "\nRare: {test} reproduced in {times} of {of}");
        }
        for report in self.bad.iter().take(MAX_SHOWN) {
            page.push_str(&details(report));
        }
        if let Some(more @ 1..) = self.bad.len().checked_sub(MAX_SHOWN) {
            let _ = writeln!(page, "\n… and {more} more");
        }
        if !self.skipped.is_empty() {
            page.push_str("\n### Skipped\n\n");
            for (reason, count) in &self.skipped {
                let _ = writeln!(page, "- {count}: {}", code_span(reason));
            }
        }
        page
    }
}

fn details(report: &TestReport) -> String {
    let attempt = match report.attempt {
        1 => String::new(),
        attempt => format!(" #{attempt}"),
    };
    let mut text = format!("\n### {}{attempt}\n\n", code_span(report.test.as_str()));
    match &report.outcome {
        Outcome::Failed { mismatches } => {
            text.push_str("| | expected | actual |\n| --- | --- | --- |\n");
            for mismatch in mismatches {
                let cell = |message: &str| code_span(message).replace('|', "\\|");
                let (field, expected) = (cell(&mismatch.field), cell(&mismatch.expected));
                let actual = cell(&mismatch.actual);
                let _ = writeln!(text, "| {field} | {expected} | {actual} |");
            }
        }
        Outcome::Infra { reason } | Outcome::Skipped { reason } => {
            let _ = writeln!(text, "Could not be carried out: {}", code_span(reason));
        }
        Outcome::Passed => {}
    }
    if let Some(verdict) = &report.verdict {
        let _ = writeln!(text, "\nVerdict: {}", code_span(&one_line(verdict)));
    }
    let _ = writeln!(text, "\nAgain: {}", code_span(&report.rerun));
    text
}

impl Reporter for MarkdownSummary {
    fn event(&mut self, event: &Event) {
        match event {
            Event::RunStarted { image, tests, .. } => {
                self.started = format!("{tests} tests on {}", code_span(image));
            }
            Event::TestFinished(report) => self.take(report),
            Event::RunFinished(summary) => {
                let page = self.page(summary);
                if let Err(error) = write_beside(&self.file, page.as_bytes()) {
                    self.trouble = Some(format!("{}: {error}", self.file.display()));
                }
            }
            Event::TestStarted { .. } | Event::Progress { .. } | Event::FolderReady { .. } => {}
        }
    }

    fn troubles(&mut self) -> Vec<String> {
        self.trouble.take().into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{failed, report};

    #[test]
    fn the_page_is_short_and_shows_what_is_bad() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new/summary.md");
        let mut summary = MarkdownSummary::new(&file);
        let mut rare = report(
            "tinynt::rare",
            Outcome::Skipped {
                reason: "missed".into(),
            },
        );
        rare.reproduced = Some(false);
        let mut bad = report("tinynt::bad", failed());
        bad.rerun = "again `x` | <b>".into();
        let all = [
            report("tinynt::good", Outcome::Passed),
            bad,
            report("tinynt::dead", Outcome::infra("QEMU | died\n# not a title")),
            report(
                "tinynt::not-here",
                Outcome::Skipped {
                    reason: "no device".into(),
                },
            ),
            rare,
        ];
        let mut counts = Summary {
            seconds: 1.5,
            ..Summary::default()
        };
        for report in all {
            counts.count(&report.outcome);
            summary.event(&Event::TestFinished(Box::new(report)));
        }
        summary.event(&Event::RunFinished(counts));
        let page = std::fs::read_to_string(&file).unwrap();
        let expected = "\
## Tests

1 passed, 1 **failed**, 1 **could not be carried out**, 2 skipped in 1.5 s

Slowest: `tinynt::good`, 0.4 s

Rare: `tinynt::rare` reproduced in 0 of 1

### `tinynt::bad`

| | expected | actual |
| --- | --- | --- |
| `cause` | `irql-leaked` | `dpc-overrun` |

Verdict: `0xD1 irql-leaked, culprit Hog.sys!Write`

Again: ``again `x` | <b>``

### `tinynt::dead`

Could not be carried out: `QEMU | died # not a title`

Verdict: `0xD1 irql-leaked, culprit Hog.sys!Write`

Again: `stopcode run x`

### Skipped

- 1: `no device`
";
        assert_eq!(page, expected);
    }
}
