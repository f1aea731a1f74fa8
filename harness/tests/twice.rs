//! Equal plans give equal runs: every scenario with a warped clock, on every image whose agent works
//! in lockstep, is run twice with one seed, and the verdicts and the dumps are compared to the byte;
//! then once with another seed, which must move the kernel.
//!
//! Tests of an image that is not on this machine are ignored; `scenarios.rs` says why.

use std::fs;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use runner::events::Outcome;
use scenario::project::Project;
use scenario::select::{Selected, select};
use scenario::{Clock, Variant};
use test_support::attempt::{Attempt, carry_out};
use test_support::trials::{self, PreparedImage};
use vm::image::{Availability, Image};

fn main() -> ExitCode {
    trials::run(list)
}

fn list(project: Arc<Project>) -> Result<Vec<Trial>, String> {
    let mut trials = Vec::new();
    for name in Image::names(&project) {
        let image = Image::load(&project, &name).map_err(|error| error.to_string())?;
        if image.agent.lockstep_gate.is_none() {
            continue;
        }
        let is_missing = image.availability() != Availability::Available;
        let image = Arc::new(PreparedImage::new(image));
        let selected = select(&project, &name, &[]).map_err(|error| error.to_string())?;
        for entry in selected {
            if entry.scenario.guest.clock != Clock::Warp || entry.variant != Variant::Buggy {
                continue;
            }
            let image = Arc::clone(&image);
            let test = format!("{}::twice", entry.test);
            let trial = Trial::test(test, move || twice(image.ready()?, &entry));
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

fn twice(image: &Image, entry: &Selected) -> Result<(), Failed> {
    let first = run(image, entry, 1)?;
    let second = run(image, entry, 1)?;
    if first.verdict != second.verdict {
        let (first, second) = (show(&first.verdict), show(&second.verdict));
        return Err(format!("one seed, two verdicts:\n{first}\n{second}").into());
    }
    if let Some(at) = difference(&first.dump, &second.dump) {
        return Err(format!("one seed, two dumps: they differ at 0x{at:x}").into());
    }
    let other = run(image, entry, 2)?;
    if other.kernel == first.kernel {
        return Err("another seed did not move the kernel".into());
    }
    Ok(())
}

fn run(image: &Image, entry: &Selected, seed: u64) -> Result<Left, Failed> {
    let folder = tempfile::tempdir()?;
    let attempt = Attempt {
        number: 1,
        seed,
        keep_elf: false,
        session: folder.path().to_owned(),
    };
    let report = carry_out(image, entry, attempt)?;
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

fn difference(first: &[u8], second: &[u8]) -> Option<usize> {
    if first.len() != second.len() {
        return Some(first.len().min(second.len()));
    }
    first.iter().zip(second).position(|(a, b)| a != b)
}

fn show(verdict: &[u8]) -> String {
    String::from_utf8_lossy(verdict).into_owned()
}
