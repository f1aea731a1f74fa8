//! JUnit's XML, as CI systems read it.
//!
//! A failed expectation is a `failure`, a test that could not be carried out an `error`, one that
//! was skipped or missed its rare crash is `skipped`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};
use runner::events::{Event, Outcome, Summary, TestReport};
use runner::run::one_line;

use super::Reporter;
use super::whole::write_beside;

/// Writes a file when all tests have ended, also if they were interrupted.
pub struct Junit {
    file: PathBuf,
    suite: TestSuite,
    trouble: Option<String>,
}

impl Junit {
    /// To `file`, which is replaced.
    pub fn new(file: &Path) -> Self {
        Self {
            file: file.to_owned(),
            suite: TestSuite::new("stopcode"),
            trouble: None,
        }
    }

    fn write(&mut self, summary: &Summary) {
        let time = seconds(summary.seconds);
        let mut suite = self.suite.clone();
        suite.set_time(time);
        if summary.interrupted {
            suite.add_property(Property::new("interrupted", "true"));
        }
        let mut report = Report::new("stopcode");
        report.set_time(time).add_test_suite(suite);
        let written = (report.to_string().map_err(|error| error.to_string())).and_then(|text| {
            write_beside(&self.file, text.as_bytes()).map_err(|error| error.to_string())
        });
        if let Err(error) = written {
            self.trouble = Some(format!("{}: {error}", self.file.display()));
        }
    }
}

impl Reporter for Junit {
    fn event(&mut self, event: &Event) {
        match event {
            Event::RunStarted { image, .. } => {
                self.suite = TestSuite::new(format!("stopcode::{image}"));
            }
            Event::TestFinished(report) => {
                self.suite.add_test_case(case(report));
            }
            Event::RunFinished(summary) => self.write(summary),
            Event::TestStarted { .. } | Event::Progress { .. } | Event::FolderReady { .. } => {}
        }
    }

    fn troubles(&mut self) -> Vec<String> {
        self.trouble.take().into_iter().collect()
    }
}

fn case(report: &TestReport) -> TestCase {
    let status = match &report.outcome {
        Outcome::Passed => TestCaseStatus::success(),
        Outcome::Failed { mismatches } => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let lines: Vec<String> = mismatches.iter().map(ToString::to_string).collect();
            status.set_message(lines.first().cloned().unwrap_or_default());
            status.set_type("expectation");
            status.set_description(lines.join("\n"));
            status
        }
        Outcome::Infra { reason } => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(reason.as_str());
            status.set_type("infrastructure");
            status
        }
        Outcome::Skipped { reason } => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(reason.as_str());
            status
        }
    };
    let name = match report.attempt {
        1 => report.test.to_string(),
        attempt => format!("{} #{attempt}", report.test),
    };
    let mut case = TestCase::new(name, status);
    case.set_classname(format!("stopcode::{}", report.test.image()));
    case.set_time(seconds(report.seconds));
    let mut out = Vec::new();
    if let Some(verdict) = &report.verdict {
        case.add_property(Property::new("signature", verdict.signature_hash.as_str()));
        out.push(format!("verdict: {}", one_line(verdict)));
    }
    out.extend(report.notes.iter().map(|note| format!("note: {note}")));
    if let Some(artefacts) = &report.artefacts {
        out.push(format!("artefacts: {}", artefacts.folder.display()));
    }
    out.push(format!("again: {}", report.rerun));
    case.set_system_out(out.join("\n"));
    case
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{failed, report};

    #[test]
    fn every_outcome_has_its_element_and_hostile_text_stays_text() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("junit.xml");
        let mut junit = Junit::new(&file);
        let mut hostile = report("tinynt::a", failed());
        hostile.notes = vec!["</system-out><x>\u{0}\u{1b}[31m&".into()];
        for (test, outcome) in [
            ("tinynt::b", Outcome::Passed),
            ("tinynt::c", Outcome::infra("\"QEMU\" <died>")),
            ("tinynt::d", Outcome::Skipped { reason: "r".into() }),
        ] {
            junit.event(&Event::TestFinished(Box::new(report(test, outcome))));
        }
        junit.event(&Event::TestFinished(Box::new(hostile)));
        junit.event(&Event::RunFinished(Summary::default()));
        assert_eq!(junit.troubles(), Vec::<String>::new());
        let text = std::fs::read_to_string(&file).unwrap();
        let mut reader = quick_xml::Reader::from_str(&text);
        let mut seen = Vec::new();
        loop {
            use quick_xml::events::Event as Xml;
            match reader.read_event().unwrap() {
                Xml::Eof => break,
                Xml::Start(element) | Xml::Empty(element) => {
                    seen.push(element.name().as_ref().to_owned());
                }
                _ => {}
            }
        }
        let count = |name: &str| seen.iter().filter(|found| *found == name).count();
        assert_eq!(
            ["testcase", "failure", "error", "skipped", "x"].map(count),
            [4, 1, 1, 1, 0]
        );
        for count in [r#"tests="4""#, r#"failures="1""#, r#"errors="1""#] {
            assert!(text.contains(count), "{count} is not in {text}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_written_is_a_trouble() {
        let mut junit = Junit::new(Path::new("/proc/no/junit.xml"));
        junit.event(&Event::RunFinished(Summary::default()));
        let troubles = junit.troubles();
        assert!(
            troubles[0].starts_with("/proc/no/junit.xml: "),
            "{troubles:?}"
        );
    }
}
