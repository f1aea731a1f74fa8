//! Every scenario as a test, on every image: `tinynt::spinlock-hog`,
//! `tinynt::spinlock-hog::fixed`, ….
//!
//! `cargo test -p harness` builds the images first, showing make's output only if it fails.
//! Tests of an image that is not on this machine are ignored; the reason is on standard error.
//! `STOPCODE_REQUIRE_IMAGES=tinynt` turns such a reason into a failure, for CI.

mod goldens;

use std::env;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use harness::artefacts::{Keep, session_folder};
use harness::cli::{Selected, select};
use harness::events::{Event, Outcome, Summary, TestReport};
use harness::guest::HostFacts;
use harness::image::{Availability, Image};
use harness::plan::{HostChoices, make, new_seed};
use harness::project::Project;
use harness::report::{Human, Reporter};
use harness::run::{Context, Interrupt, one};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    match trials() {
        Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn trials() -> Result<Vec<Trial>, String> {
    let project = Project::find(Path::new(env!("CARGO_MANIFEST_DIR")));
    let project = Arc::new(project.map_err(|error| error.to_string())?);
    let mut trials = Vec::new();
    for name in Image::names(&project) {
        let image = Image::load(&project, &name).map_err(|error| error.to_string())?;
        let missing = match image.availability() {
            Availability::Available => None,
            Availability::Missing(reason) if required(&name) => {
                return Err(format!("image {name} is required and missing: {reason}"));
            }
            Availability::Missing(reason) => {
                eprintln!("tests of image {name} are ignored: {reason}");
                Some(reason)
            }
        };
        let image = Arc::new(PreparedImage::new(image));
        let selected = select(&project, &name, &[]).map_err(|error| error.to_string())?;
        for entry in selected {
            let (project, image) = (Arc::clone(&project), Arc::clone(&image));
            let test = entry.test.to_string();
            let is_missing = missing.is_some();
            let trial = Trial::test(test, move || run(&project, &image, &entry));
            trials.push(trial.with_ignored_flag(is_missing));
        }
    }
    Ok(trials)
}

fn required(image: &str) -> bool {
    let required = env::var("STOPCODE_REQUIRE_IMAGES").unwrap_or_default();
    required.split(',').any(|name| name == image)
}

/// An image that is built when the first test needs it, not when tests are listed.
struct PreparedImage {
    image: Image,
    built: OnceLock<Result<(), String>>,
}

impl PreparedImage {
    fn new(image: Image) -> Self {
        Self {
            image,
            built: OnceLock::new(),
        }
    }

    fn ready(&self) -> Result<&Image, Failed> {
        let build = || self.image.build().map_err(|error| error.to_string());
        match self.built.get_or_init(build) {
            Ok(()) => Ok(&self.image),
            Err(error) => Err(error.into()),
        }
    }
}

/// How often a rare crash is tried for. One that comes in one run of seven is missed in all of
/// them once in 480 times.
const RARE_ATTEMPTS: u32 = 40;

fn run(project: &Project, image: &PreparedImage, entry: &Selected) -> Result<(), Failed> {
    let image = image.ready()?;
    for attempt in 1..=RARE_ATTEMPTS {
        let report = attempt_at(project, image, entry, attempt)?;
        if report.reproduced != Some(false) {
            return judge(entry, report);
        }
        if !matches!(report.outcome, Outcome::Skipped { .. }) {
            return Err(in_words(report).into());
        }
    }
    Err(format!("did not reproduce in {RARE_ATTEMPTS} runs").into())
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
    let report = runtime.block_on(async {
        let facts = HostFacts::find(&project.state()).await?;
        let host = HostChoices {
            accelerator: facts.accel.accelerator,
            sandbox: facts.sandbox,
            seed: new_seed(),
        };
        let context = Context {
            sink: &|_| {},
            session: session_folder(&project.runs()),
            keep: Keep::Failed,
            interrupt: Interrupt::never(),
        };
        let rerun = format!("cargo run -p harness -- run {} --keep always", entry.test);
        let plan = make(&entry.scenario, entry.variant, image, host);
        Ok::<TestReport, harness::guest::QemuError>(one(&plan, attempt, &rerun, &context).await)
    })?;
    Ok(report)
}

fn judge(entry: &Selected, report: TestReport) -> Result<(), Failed> {
    match (&report.outcome, &report.verdict) {
        (Outcome::Passed, None) => Ok(()),
        (Outcome::Passed, Some(verdict)) => {
            let test = entry.test.to_string();
            goldens::check(&test, verdict).map_err(Failed::from)
        }
        _ => Err(in_words(report).into()),
    }
}

/// The lines that `stopcode run` would print.
fn in_words(report: TestReport) -> String {
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
