//! Every scenario as a test, on every image: `tinynt::spinlock-hog`,
//! `tinynt::spinlock-hog::fixed`, ….
//!
//! `cargo test -p harness` builds the images first, showing make's output only if it fails.
//! Tests of an image that is not on this machine are ignored; the reason is on standard error.
//! `STOPCODE_REQUIRE_IMAGES=tinynt` turns such a reason into a failure, for CI.

mod goldens;

use std::collections::BTreeSet;
use std::env;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use runner::events::{Outcome, TestReport};
use scenario::Scenario;
use scenario::project::Project;
use scenario::select::{Selected, select};
use test_support::trials::{self, PreparedImage};
use test_support::{ablation, carry_out, forms, transcript};
use vm::image::{Availability, Image};

fn main() -> ExitCode {
    trials::run(list)
}

fn list(project: Arc<Project>) -> Result<Vec<Trial>, String> {
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
        let selected = select(&project, &name, &[]).map_err(|error| error.to_string())?;
        let refusals: Vec<Option<String>> = (selected.iter())
            .map(|entry| image.refuses(&entry.scenario))
            .collect();
        let reasons: BTreeSet<&String> = refusals.iter().flatten().collect();
        for reason in reasons {
            eprintln!("tests of image {name} are ignored: {reason}");
        }
        let image = Arc::new(PreparedImage::new(image));
        for (entry, refusal) in selected.into_iter().zip(refusals) {
            let (project, image) = (Arc::clone(&project), Arc::clone(&image));
            let test = entry.test.to_string();
            let ignored = missing.is_some() || refusal.is_some();
            let trial = Trial::test(test, move || run(&project, &image, &entry));
            trials.push(trial.with_ignored_flag(ignored));
        }
    }
    Ok(trials)
}

fn required(image: &str) -> bool {
    let required = env::var("STOPCODE_REQUIRE_IMAGES").unwrap_or_default();
    required.split(',').any(|name| name == image)
}

fn run(project: &Project, image: &PreparedImage, entry: &Selected) -> Result<(), Failed> {
    let image = image.ready()?;
    let report = carry_out::run(project, image, entry)?;
    if report.outcome != Outcome::Passed {
        return Err(carry_out::in_words(report).into());
    }
    let judged = judge(image, entry, &report);
    carry_out::tidy(&report);
    judged.map_err(Failed::from)
}

/// What a verdict must be beyond what its scenario asserts.
fn judge(image: &Image, entry: &Selected, report: &TestReport) -> Result<(), String> {
    let Some(verdict) = &report.verdict else {
        return Ok(());
    };
    goldens::check(entry.test.as_str(), verdict)?;
    let artefacts = report.artefacts.as_ref();
    let dump = artefacts.and_then(|artefacts| artefacts.dump.as_ref());
    let dump = dump.ok_or("the dump is gone")?;
    transcript::check(dump, image, &entry.scenario.name, verdict)?;
    forms::check(dump, image, &entry.scenario.name, verdict)?;
    needs_only(dump, image, &entry.scenario, &verdict.cause.rule)
}

/// An error unless the scenario needs exactly `rule`, the one that gave its verdict.
fn needs_only(dump: &Path, image: &Image, scenario: &Scenario, rule: &str) -> Result<(), String> {
    let needed = ablation::needed(dump, image, scenario)?;
    if needed == [rule] {
        return Ok(());
    }
    Err(format!(
        "rule {rule} gave the verdict, so the expectation must fail without that rule and no \
         other; it fails without: {}",
        match needed.as_slice() {
            [] => "none".to_owned(),
            some => some.join(", "),
        }
    ))
}
