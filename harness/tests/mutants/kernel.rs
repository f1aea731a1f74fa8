//! The guest kernel's checks, broken one at a time in a copy of the project.

use std::fs;
use std::path::Path;

use libtest_mimic::Failed;
use runner::events::Outcome;
use scenario::project::Project;
use scenario::select::{Selected, select};
use scenario::{Rate, Variant};
use serde::Deserialize;
use test_support::carry_out;
use test_support::copy::ProjectCopy;
use test_support::replace::replace_once;

use crate::table::{MutantRow, Table};
use crate::{IMAGE, list, scenarios};

/// The table, beside this file.
const TABLE: &str = include_str!("kernel.yaml");

/// A change of the kernel's source that breaks one of its checks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutation {
    /// What the kernel no longer does.
    pub name: String,
    /// File below the kernel's folder.
    file: String,
    /// Text that occurs in the file exactly once.
    old: String,
    /// What stands there instead.
    new: String,
    /// The scenarios that fail then, sorted.
    fails: Vec<String>,
}

impl Mutation {
    /// The file, from the project's folder.
    fn path(&self) -> String {
        format!("images/{IMAGE}/kernel/{}", self.file)
    }

    fn apply(&self, text: &str) -> Result<String, String> {
        replace_once(text, self.old.trim_end(), self.new.trim_end())
            .map_err(|error| format!("{}: {error}", self.path()))
    }
}

/// The table's mutations.
pub fn load() -> Result<Vec<Mutation>, String> {
    serde_yaml::from_str(TABLE).map_err(|error| format!("tests/mutants/kernel.yaml: {error}"))
}

/// The text to change is there, and the scenarios are.
pub fn applies(mutation: &Mutation) -> Result<(), String> {
    let project = Project::find(Path::new(env!("CARGO_MANIFEST_DIR")));
    let project = project.map_err(|error| error.to_string())?;
    let path = project.root().join(mutation.path());
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    mutation.apply(&text)?;
    let known = scenarios(&project)?;
    if mutation.fails.is_empty() || !mutation.fails.is_sorted() {
        return Err("`fails` must name scenarios, in order".to_owned());
    }
    match mutation.fails.iter().find(|name| !known.contains(name)) {
        Some(name) => Err(format!("no scenario is called {name}")),
        None => Ok(()),
    }
}

/// With the mutation, the declared scenarios fail, no others do, and their twins still pass.
pub fn broken(mutation: &Mutation, table: &Table) -> Result<(), Failed> {
    let copy = ProjectCopy::new(IMAGE)?;
    let path = copy.path(&mutation.path());
    fs::write(&path, mutation.apply(&fs::read_to_string(&path)?)?)?;
    let image = copy.built(IMAGE)?;
    let project = copy.project()?;
    let is_declared = |entry: &Selected| mutation.fails.contains(&entry.scenario.name);
    let (mut failed, mut words) = (Vec::new(), Vec::new());
    for entry in select(&project, IMAGE, &[])? {
        let buggy = entry.variant == Variant::Buggy;
        // A rare crash that does not come says nothing.
        let telling = buggy && entry.scenario.rate == Rate::Always;
        if !telling && !is_declared(&entry) {
            continue;
        }
        let report = carry_out::run(&project, &image, &entry)?;
        carry_out::tidy(&report);
        if report.outcome == Outcome::Passed {
            continue;
        }
        failed.push(match entry.variant {
            Variant::Buggy => entry.scenario.name.clone(),
            Variant::Fixed => format!("{}::fixed", entry.scenario.name),
        });
        if !buggy || !is_declared(&entry) {
            words.push(carry_out::in_words(report));
        }
    }
    let as_declared = failed == mutation.fails;
    table.add(MutantRow {
        broken: format!("kernel {}", mutation.name),
        failed: list(&failed),
        wanted: (!as_declared).then(|| list(&mutation.fails)),
    });
    if as_declared {
        return Ok(());
    }
    let (declared, found) = (list(&mutation.fails), list(&failed));
    let words = words.join("\n");
    Err(format!("declared to fail: {declared}; fail: {found}\n{words}").into())
}
