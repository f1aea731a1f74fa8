//! Carries out one test as all of ours do it: on a thread of its own, and if its crash is rare, again
//! and again until it comes.

use std::fs;
use std::path::Path;

use harness::artefacts::{Keep, session_folder};
use harness::cli::Selected;
use harness::events::{Event, Outcome, Summary, TestReport};
use harness::guest::{HostFacts, QemuError};
use harness::image::Image;
use harness::plan::{HostChoices, make, new_seed};
use harness::project::Project;
use harness::report::{Human, Reporter};
use harness::run::{Context, Interrupt, one};
use libtest_mimic::Failed;

/// How often a rare crash is tried for. One that comes in one run of seven is missed in all of
/// them once in 480 times.
const RARE_ATTEMPTS: u32 = 40;

/// Carries out a test; what it leaves is kept in the project's folder for runs. A rare crash that
/// never came is reported as its last attempt.
pub fn run(project: &Project, image: &Image, entry: &Selected) -> Result<TestReport, Failed> {
    let mut attempt = 1;
    loop {
        let report = attempt_at(project, image, entry, attempt)?;
        let missed = matches!(report.outcome, Outcome::Skipped { .. });
        if !missed || attempt == RARE_ATTEMPTS {
            return Ok(report);
        }
        tidy(&report);
        attempt += 1;
    }
}

fn attempt_at(
    project: &Project,
    image: &Image,
    entry: &Selected,
    attempt: u32,
) -> Result<TestReport, Failed> {
    // On this thread, which lives as long as the test: QEMU dies with the thread it came from.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // What is known of the host is remembered in our own project, also if the test is of another.
    let ours = Project::find(Path::new(env!("CARGO_MANIFEST_DIR")))?;
    let report = runtime.block_on(async {
        let facts = HostFacts::find(&ours.state()).await?;
        let host = HostChoices {
            accelerator: facts.accel.accelerator,
            sandbox: facts.sandbox,
            seed: new_seed(),
        };
        let context = Context {
            sink: &|_| {},
            session: session_folder(&project.runs()),
            keep: Keep::Always,
            interrupt: Interrupt::never(),
        };
        let rerun = format!("cargo run -p harness -- run {} --keep always", entry.test);
        let plan = make(&entry.scenario, entry.variant, image, host);
        Ok::<TestReport, QemuError>(one(&plan, attempt, &rerun, &context).await)
    })?;
    Ok(report)
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
