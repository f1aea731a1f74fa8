//! Carries out one test as the integration tests do: on its own thread, and if its crash is rare,
//! repeatedly until it comes.

use std::fs;

use libtest_mimic::Failed;
use results::report::{Human, Reporter};
use runner::artefacts::session_folder;
use runner::events::{Event, Outcome, Summary, TestReport};
use scenario::project::Project;
use scenario::select::Selected;
use scenario::{Clock, Step, VerifierRules, VerifierSpec};
use vm::image::Image;
use vm::plan::new_seed;

use crate::attempt::{Attempt, carry_out};

/// How often a rare crash is tried for.
const RARE_ATTEMPTS: u32 = 40;

/// From here on it is helped. `rare-race` then comes in a quarter of the runs, so that none of the
/// others has it once in 10,000 times.
const HELPED_FROM: u32 = 6;

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
        let is_helped = attempt >= HELPED_FROM;
        let report = match is_helped {
            true => carry_out(image, &helped(entry), this)?,
            false => carry_out(image, entry, this)?,
        };
        // A race that is helped may end otherwise; if it comes, it must be judged rightly.
        let missed = match report.outcome {
            Outcome::Skipped { .. } => true,
            Outcome::Failed { .. } => is_helped && report.verdict.is_none(),
            Outcome::Passed | Outcome::Infra { .. } => false,
        };
        if !missed || attempt == RARE_ATTEMPTS {
            return Ok(report);
        }
        tidy(&report);
        attempt += 1;
    }
}

/// The same test with more processors than the host has, a clock that counts instructions and Driver
/// Verifier: `stopcode repro` found these to bring races out.
fn helped(entry: &Selected) -> Selected {
    let mut helped = entry.clone();
    let scenario = &mut helped.scenario;
    scenario.guest.cpus = 4;
    scenario.guest.clock = Clock::Warp;
    let started = |step: &Step| match step {
        Step::Start(driver) => Some(*driver),
        _ => None,
    };
    let drivers = scenario.steps.iter().filter_map(started).collect();
    let rules = VerifierRules::Standard;
    scenario
        .verifier
        .get_or_insert(VerifierSpec { rules, drivers });
    helped
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
