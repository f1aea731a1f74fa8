//! The totals of a report folder, and which results are missing from it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use runner::events::{Outcome, Summary};
use serde::Serialize;

use super::record::{Identity, Record, RunId, RunInfo};

/// Of each run, no more slices than this are named.
const MAX_SILENT: usize = 100;

/// What the results of a folder add up to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Totals {
    /// All results counted; its time is that of all tests together.
    pub summary: Summary,
    /// Tests that were to be run, and of which there is no result, one line each.
    pub absent: Vec<String>,
    /// Slices of a run of which nothing was heard, one line each.
    pub silent: Vec<String>,
}

impl Totals {
    /// Whether all is there that the folder knows of.
    pub fn is_complete(&self) -> bool {
        self.absent.is_empty() && self.silent.is_empty()
    }
}

pub fn totals(runs: &[RunInfo], records: &[Record]) -> Totals {
    let mut totals = Totals::default();
    for record in records {
        let report = &record.report;
        totals.summary.count(&report.outcome);
        let skipped = matches!(report.outcome, Outcome::Skipped { .. });
        totals.summary.not_reproduced += usize::from(skipped && report.reproduced.is_some());
        totals.summary.seconds += report.seconds;
    }
    let there: BTreeSet<Identity> = records.iter().map(Record::identity).collect();
    let planned: BTreeSet<Identity> = runs.iter().flat_map(planned).collect();
    totals.absent = (planned.difference(&there))
        .map(Identity::to_string)
        .collect();
    totals.silent = silent(runs);
    totals
}

/// The results that a run is to bring.
fn planned(run: &RunInfo) -> impl Iterator<Item = Identity> {
    (run.tests.iter()).flat_map(|test| {
        (1..=run.repeat).map(|attempt| Identity {
            run: run.run.clone(),
            test: test.clone(),
            attempt,
        })
    })
}

/// A run that is cut into four slices has four, also where a slice is without tests.
fn silent(runs: &[RunInfo]) -> Vec<String> {
    let mut slices: BTreeMap<(&RunId, &str, usize), BTreeSet<usize>> = BTreeMap::new();
    for run in runs {
        if let Some((which, of)) = run.slice.split_once("of")
            && let (Ok(which), Ok(of)) = (which.parse(), of.parse())
        {
            let key = (&run.run, run.image.as_str(), of);
            slices.entry(key).or_default().insert(which);
        }
    }
    let mut silent = Vec::new();
    for ((run, image, of), heard) in slices {
        // A made-up number of slices must not take long.
        let missing = (1..=of).filter(|which| !heard.contains(which));
        for which in missing.take(MAX_SILENT) {
            silent.push(format!("slice {which} of {of} of run {run} on {image}"));
        }
    }
    silent
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{record, run_info};

    #[test]
    fn what_is_absent_is_named() {
        let first = record("night", "tiny::a", 1, Outcome::Passed);
        let second = record("night", "tiny::b", 1, Outcome::Passed);
        let mut run = run_info("night");
        run.slice = "all".into();
        run.tests = vec![first.report.test.clone(), second.report.test.clone()];
        let all = totals(&[run.clone()], &[first.clone(), second]);
        assert!(all.is_complete(), "{all:?}");
        assert_eq!((all.summary.run, all.summary.passed), (2, 2));
        let some = totals(&[run], &[first]);
        assert_eq!(some.absent, ["tiny::b #1 of run night"]);
    }

    #[test]
    fn a_slice_that_says_nothing_is_named() {
        let slice = |slice: &str| {
            let mut run = run_info("night");
            run.tests.clear();
            run.slice = slice.to_owned();
            run
        };
        let found = totals(&[slice("1of4"), slice("2of4"), slice("4of4")], &[]);
        assert_eq!(found.silent, ["slice 3 of 4 of run night on tinynt"]);
        assert!(totals(&[slice("1of2"), slice("2of2")], &[]).is_complete());
    }
}
