//! Carries out one test as all of ours do it: on a thread of its own, and if its crash is rare, again
//! and again until it comes.

#[path = "attempt.rs"]
mod attempt;

use std::fs;

use harness::artefacts::session_folder;
use harness::cli::Selected;
use harness::events::{Event, Outcome, Summary, TestReport};
use harness::image::Image;
use harness::plan::new_seed;
use harness::project::Project;
use harness::report::{Human, Reporter};
use libtest_mimic::Failed;

use attempt::{Attempt, carry_out};

/// How often a rare crash is tried for. One that comes in one run of seven is missed in all of
/// them once in 480 times.
const RARE_ATTEMPTS: u32 = 40;

/// Carries out a test; what it leaves is kept in the project's folder for runs. A rare crash that
/// never came is reported as its last attempt.
pub fn run(project: &Project, image: &Image, entry: &Selected) -> Result<TestReport, Failed> {
    let mut attempt = 1;
    loop {
        let this = Attempt {
            number: attempt,
            seed: new_seed(),
            keep_elf: false,
            session: session_folder(&project.runs()),
        };
        let report = carry_out(image, entry, this)?;
        let missed = matches!(report.outcome, Outcome::Skipped { .. });
        if !missed || attempt == RARE_ATTEMPTS {
            return Ok(report);
        }
        tidy(&report);
        attempt += 1;
    }
}

/// Removes what a run has left.
pub fn tidy(report: &TestReport) {
    let Some(artefacts) = &report.artefacts else {
        return;
    };
    // What cannot be removed stays; no test depends on it.
    let _ = fs::remove_dir_all(&artefacts.folder);
    if let Some(session) = artefacts.folder.parent() {
        let _ = fs::remove_dir(session);
    }
}

/// The lines that `stopcode run` would print.
pub fn in_words(report: TestReport) -> String {
    let mut text = Vec::new();
    let mut human = Human::new(&mut text, None::<Vec<u8>>, false);
    human.event(&Event::TestFinished(Box::new(report)));
    human.event(&Event::RunFinished(Summary::default()));
    drop(human);
    let text = String::from_utf8_lossy(&text);
    // Without the first line (the status, which comes again below) and the summary.
    let lines: Vec<&str> = text
        .lines()
        .skip(2)
        .take_while(|line| !line.starts_with("---"))
        .collect();
    lines.join("\n")
}
