//! `stopcode list`.

use scenario::project::Project;
use scenario::select::select;
use scenario::{Expectation, Scenario, Variant};
use vm::image::Image;

use super::args::ListArgs;
use crate::session::{Exit, Failure};

pub(super) fn list(project: &Project, args: &ListArgs) -> Result<Exit, Failure> {
    let image = Image::load(project, &args.image)?;
    let selected = select(project, &image.name, &args.filters)?;
    if selected.is_empty() {
        return Err(Failure::new(Exit::NothingMatched, "no test matches"));
    }
    let width = (selected.iter())
        .map(|entry| entry.test.as_str().len())
        .max()
        .unwrap_or(0);
    for entry in &selected {
        println!(
            "{:width$}  {}",
            entry.test,
            expected(&entry.scenario, entry.variant)
        );
    }
    Ok(Exit::Success)
}

fn expected(scenario: &Scenario, variant: Variant) -> String {
    let crash = match (&scenario.expect, variant) {
        (Expectation::NoCrash, _) | (_, Variant::Fixed) => return "no crash".into(),
        (Expectation::Crash(crash), Variant::Buggy) => crash,
    };
    let stop = match &crash.bugcheck {
        Some(bugcheck) => format!("0x{:X}", bugcheck.code),
        None => "any stop".into(),
    };
    match crash.cause {
        Some(cause) => format!("{stop}  {cause}"),
        None => stop,
    }
}
