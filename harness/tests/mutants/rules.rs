//! The analyzer's rules, switched off one at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use analyzer::ablation::rules;
use libtest_mimic::Failed;
use runner::events::Outcome;
use scenario::Variant;
use scenario::project::Project;
use scenario::select::select;
use serde_json::Value;
use test_support::{ablation, carry_out};
use vm::image::Image;

use crate::table::{MutantRow, Table};
use crate::{IMAGE, list};

/// Rules that no scenario's verdict comes from, so that only their unit tests, and dumps of other
/// machines, exercise them. Take a rule out of here when a scenario covers it.
const IN_NO_SCENARIO: &[&str] = &[
    "passive-call-at-raised-irql",
    "forced-dump-of-hang",
    "invalid-access",
    "exception",
    "inconclusive",
    "by-stop",
    "client-of-inbox-driver",
    "copy-overrun",
    "critical-process-died",
    "driver-raised-stop",
    "flipped-bit",
    "gpu-hang",
    "hardware-error",
    "heap-corruption",
    "impossible-access",
    "inpage-error",
    "io-verifier",
    "kernel-stack-overflow",
    "lock-held-across-wait",
    "lock-leaked-at-thread-exit",
    "lock-released-by-non-owner",
    "named-only",
    "overwritten-pointer",
    "pool-manager",
    "power-stack",
    "power-thread",
    "running-at-raised-irql",
    "security-check",
    "self-deadlock",
    "smashed-stack",
    "wdf-violation",
];

/// Every rule gives the verdict of a golden, or is known not to.
pub fn exercised() -> Result<(), String> {
    let goldens = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens");
    let mut deciding = BTreeSet::new();
    for entry in fs::read_dir(goldens).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
            let golden: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            deciding.extend(golden["rule"].as_str().map(str::to_owned));
        }
    }
    let idle: BTreeSet<&str> = rules().filter(|rule| !deciding.contains(*rule)).collect();
    let known: BTreeSet<&str> = IN_NO_SCENARIO.iter().copied().collect();
    if idle == known {
        return Ok(());
    }
    let new: Vec<&str> = idle.difference(&known).copied().collect();
    let gone: Vec<&str> = known.difference(&idle).copied().collect();
    Err(format!(
        "rules in no golden and not known for it: {}; known as in no scenario, but they are, or \
         are no rules: {}",
        list(&new),
        list(&gone)
    ))
}

/// Takes a dump of every scenario; without a rule, exactly those fail whose verdict it gives.
pub fn switched_off(table: &Table) -> Result<(), Failed> {
    let project = Project::find(Path::new(env!("CARGO_MANIFEST_DIR")))?;
    let image = Image::load(&project, IMAGE)?;
    image.build()?;
    let mut failing: BTreeMap<&str, Vec<String>> = rules().map(|rule| (rule, vec![])).collect();
    let mut given: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in select(&project, IMAGE, &[])? {
        if entry.variant == Variant::Fixed {
            continue;
        }
        let report = carry_out::run(&project, &image, &entry)?;
        if report.outcome != Outcome::Passed {
            return Err(carry_out::in_words(report).into());
        }
        let artefacts = report.artefacts.as_ref();
        let dump = artefacts.and_then(|artefacts| artefacts.dump.as_ref());
        let dump = dump.ok_or("the dump is gone")?;
        let name = &entry.scenario.name;
        for rule in ablation::needed(dump, &image, &entry.scenario)? {
            failing.entry(rule).or_default().push(name.clone());
        }
        let verdict = report.verdict.as_ref().ok_or("no verdict")?;
        let rule = verdict.cause.rule.clone();
        given.entry(rule).or_default().push(name.clone());
        carry_out::tidy(&report);
    }
    let mut wrong = Vec::new();
    for (rule, failed) in failing {
        let wanted = given.remove(rule).unwrap_or_default();
        if wanted != failed {
            wrong.push(rule);
        }
        table.add(MutantRow {
            broken: format!("rule   {rule}"),
            failed: match (failed.as_slice(), wanted.as_slice()) {
                ([], []) => "none: no scenario exercises it".to_owned(),
                _ => list(&failed),
            },
            wanted: (wanted != failed).then(|| list(&wanted)),
        });
    }
    match wrong.as_slice() {
        [] => Ok(()),
        wrong => Err(format!("not exactly their scenarios fail without: {}", list(wrong)).into()),
    }
}
