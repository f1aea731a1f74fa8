//! Equal plans give equal runs: every scenario with a warped clock, on every image whose agent works
//! in lockstep, is run twice with one seed, and the verdicts and the dumps are compared to the byte;
//! then once with another seed, which must move the kernel.
//!
//! Tests of an image that is not on this machine are ignored; `scenarios.rs` says why.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use harness::artefacts::Keep;
use harness::cli::{Selected, select};
use harness::events::{Outcome, TestReport};
use harness::guest::HostFacts;
use harness::image::{Availability, Image};
use harness::plan::{HostChoices, make};
use harness::project::Project;
use harness::run::{Context, Interrupt, one};
use harness::scenario::{Clock, Variant};
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
        if image.agent.lockstep_gate.is_none() {
            continue;
        }
        let is_missing = image.availability() != Availability::Available;
        let image = Arc::new((image, OnceLock::new()));
        let selected = select(&project, &name, &[]).map_err(|error| error.to_string())?;
        for entry in selected {
            if entry.scenario.guest.clock != Clock::Warp || entry.variant != Variant::Buggy {
                continue;
            }
            let (project, image) = (Arc::clone(&project), Arc::clone(&image));
            let test = format!("{}::twice", entry.test);
            let trial = Trial::test(test, move || {
                let (image, built) = &*image;
                let build = || image.build().map_err(|error| error.to_string());
                built.get_or_init(build).clone()?;
                twice(&project, image, &entry)
            });
            trials.push(trial.with_ignored_flag(is_missing));
        }
    }
    Ok(trials)
}

/// What is left of a run.
struct Left {
    verdict: Vec<u8>,
    dump: Vec<u8>,
    /// Where the kernel's code was.
    kernel: u64,
}

fn twice(project: &Project, image: &Image, entry: &Selected) -> Result<(), Failed> {
    let first = run(project, image, entry, 1)?;
    let second = run(project, image, entry, 1)?;
    if first.verdict != second.verdict {
        let (first, second) = (show(&first.verdict), show(&second.verdict));
        return Err(format!("one seed, two verdicts:\n{first}\n{second}").into());
    }
    if let Some(at) = difference(&first.dump, &second.dump) {
        return Err(format!("one seed, two dumps: they differ at 0x{at:x}").into());
    }
    let other = run(project, image, entry, 2)?;
    if other.kernel == first.kernel {
        return Err("another seed did not move the kernel".into());
    }
    Ok(())
}

fn run(project: &Project, image: &Image, entry: &Selected, seed: u64) -> Result<Left, Failed> {
    let folder = tempfile::tempdir()?;
    let report = carry_out(project, image, entry, seed, folder.path().to_owned())?;
    let dump = report
        .artefacts
        .as_ref()
        .and_then(|kept| kept.dump.as_ref());
    let (Outcome::Passed, Some(verdict), Some(dump)) = (&report.outcome, &report.verdict, dump)
    else {
        return Err(format!("seed {seed}: {:?}", report.outcome).into());
    };
    let kernel = (verdict.stacks.iter())
        .flat_map(|stack| &stack.frames)
        .find(|frame| frame.symbol.starts_with("nt!"))
        .and_then(|frame| frame.address)
        .ok_or("no stack leads into the kernel")?;
    Ok(Left {
        verdict: serde_json::to_vec_pretty(verdict)?,
        dump: fs::read(dump)?,
        kernel: kernel.0,
    })
}

fn carry_out(
    project: &Project,
    image: &Image,
    entry: &Selected,
    seed: u64,
    session: PathBuf,
) -> Result<TestReport, Failed> {
    // On this thread, which lives as long as the test: QEMU dies with the thread it came from.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let facts = HostFacts::find(&project.state()).await?;
        let host = HostChoices {
            accelerator: facts.accel.accelerator,
            sandbox: facts.sandbox,
            seed,
        };
        let context = Context {
            sink: &|_| {},
            session,
            keep: Keep::Always,
            interrupt: Interrupt::never(),
        };
        let plan = make(&entry.scenario, entry.variant, image, host);
        Ok(one(&plan, 1, "", &context).await)
    })
}

fn difference(first: &[u8], second: &[u8]) -> Option<usize> {
    if first.len() != second.len() {
        return Some(first.len().min(second.len()));
    }
    first.iter().zip(second).position(|(a, b)| a != b)
}

fn show(verdict: &[u8]) -> String {
    String::from_utf8_lossy(verdict).into_owned()
}
