//! What differs between two sets of results. Pure.
//!
//! Results are compared by test, whatever runs and repetitions they come from: the name of a test
//! says the image, the scenario and the variant.

use std::collections::{BTreeMap, BTreeSet};

use analyzer::verdict::Verdict;
use runner::events::Outcome;
use runner::run::one_line;
use scenario::TestName;
use serde::Serialize;

use super::record::Record;

/// A test whose median time grew or shrank by this factor …
const PACE_FACTOR: f64 = 1.5;

/// … and by this many seconds has another pace.
const PACE_SECONDS: f64 = 0.5;

/// How a test stands, over all its results on one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OverallOutcome {
    /// It passed at least once, and nothing else came but skips.
    Passed,
    /// It was skipped each time.
    Skipped,
    /// It could not be carried out at least once, and never failed.
    Infra,
    /// It failed at least once.
    Failed,
}

impl OverallOutcome {
    /// Whether it needs attention.
    pub(crate) fn is_bad(self) -> bool {
        matches!(self, Self::Failed | Self::Infra)
    }
}

/// A test on one side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    pub standing: OverallOutcome,
    /// How many results passed.
    pub passed: usize,
    /// How many failed.
    pub failed: usize,
    /// How many could not be carried out.
    pub infra: usize,
    /// How many were skipped, or missed the rare crash.
    pub skipped: usize,
    /// Median wall time of those that ran, in seconds.
    pub seconds: Option<f64>,
    /// What the verdicts say, in one line each, by their signatures' hashes.
    pub verdicts: BTreeMap<String, String>,
    /// What was wrong with the first bad result.
    pub trouble: Option<String>,
}

impl Status {
    /// How many results there are.
    pub(crate) fn total(&self) -> usize {
        self.passed + self.failed + self.infra + self.skipped
    }
}

/// How each test stands.
pub fn standings(records: &[Record]) -> BTreeMap<TestName, Status> {
    let mut by_test: BTreeMap<TestName, Vec<&Record>> = BTreeMap::new();
    for record in records {
        let test = record.report.test.clone();
        by_test.entry(test).or_default().push(record);
    }
    (by_test.into_iter())
        .map(|(test, records)| (test, status(&records)))
        .collect()
}

fn status(records: &[&Record]) -> Status {
    let mut status = Status {
        standing: OverallOutcome::Passed,
        passed: 0,
        failed: 0,
        infra: 0,
        skipped: 0,
        seconds: median(records),
        verdicts: BTreeMap::new(),
        trouble: None,
    };
    for record in records {
        match &record.report.outcome {
            Outcome::Passed => status.passed += 1,
            Outcome::Failed { .. } => status.failed += 1,
            Outcome::Infra { .. } => status.infra += 1,
            Outcome::Skipped { .. } => status.skipped += 1,
        }
        if let Some(verdict) = &record.report.verdict {
            let line = one_line(verdict);
            status.verdicts.insert(signature_of(verdict), line);
        }
        if status.trouble.is_none() {
            status.trouble = trouble(&record.report.outcome);
        }
    }
    status.standing = match &status {
        Status { failed: 1.., .. } => OverallOutcome::Failed,
        Status { infra: 1.., .. } => OverallOutcome::Infra,
        Status { passed: 1.., .. } => OverallOutcome::Passed,
        _ => OverallOutcome::Skipped,
    };
    status
}

/// What tells one crash from another.
fn signature_of(verdict: &Verdict) -> String {
    if verdict.signature_hash.is_empty() {
        one_line(verdict)
    } else {
        verdict.signature_hash.clone()
    }
}

fn trouble(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Passed | Outcome::Skipped { .. } => None,
        Outcome::Infra { reason } => Some(reason.clone()),
        Outcome::Failed { mismatches } => {
            let lines: Vec<String> = mismatches.iter().map(ToString::to_string).collect();
            Some(lines.join("; "))
        }
    }
}

fn median(records: &[&Record]) -> Option<f64> {
    let mut seconds: Vec<f64> = (records.iter())
        .map(|record| &record.report)
        .filter(|report| {
            report.reproduced.is_some() || !matches!(report.outcome, Outcome::Skipped { .. })
        })
        .map(|report| report.seconds)
        .filter(|seconds| seconds.is_finite())
        .collect();
    seconds.sort_by(f64::total_cmp);
    let middle = seconds.len() / 2;
    match seconds.as_slice() {
        [] => None,
        all if all.len().is_multiple_of(2) => Some((all[middle - 1] + all[middle]) / 2.0),
        all => Some(all[middle]),
    }
}

/// A test that is on both sides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    pub test: TestName,
    pub before: Status,
    pub after: Status,
}

/// A test that takes longer than it did, or not as long.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pace {
    pub test: TestName,
    /// Median before, in seconds.
    pub before: f64,
    /// Median after.
    pub after: f64,
}

/// What differs between two sets of results; each list in the order of the tests' names.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Diff {
    /// Bad now, and not before. A test that was not there before is in `added` instead.
    pub new_failures: Vec<Change>,
    /// Bad before, and not now.
    pub fixed: Vec<Change>,
    /// Bad before and now.
    pub still_failing: Vec<Change>,
    /// The verdicts of now include one that was not given before, while some was.
    pub changed_verdicts: Vec<Change>,
    /// There before, and not now.
    pub missing: Vec<(TestName, Status)>,
    /// There now, and not before.
    pub added: Vec<(TestName, Status)>,
    /// Half as long again, or as short, and by half a second at least.
    pub paces: Vec<Pace>,
    /// How many tests are on both sides.
    pub compared: usize,
}

impl Diff {
    /// Whether something became bad: a test that did, or a new one that is.
    pub fn is_worse(&self) -> bool {
        let bad = |(_, status): &(TestName, Status)| status.standing.is_bad();
        !self.new_failures.is_empty() || self.added.iter().any(bad)
    }
}

/// Compares the results of `before` with those of `after`.
pub fn diff(before: &[Record], after: &[Record]) -> Diff {
    let (before, mut after) = (standings(before), standings(after));
    let mut diff = Diff::default();
    for (test, before) in before {
        let Some(after) = after.remove(&test) else {
            diff.missing.push((test, before));
            continue;
        };
        diff.compared += 1;
        if let (Some(then), Some(now)) = (before.seconds, after.seconds)
            && has_other_pace(then, now)
        {
            diff.paces.push(Pace {
                test: test.clone(),
                before: then,
                after: now,
            });
        }
        let changed = says_otherwise(&before, &after);
        let lists = match (before.standing.is_bad(), after.standing.is_bad()) {
            (false, true) => Some(&mut diff.new_failures),
            (true, false) => Some(&mut diff.fixed),
            (true, true) => Some(&mut diff.still_failing),
            (false, false) => None,
        };
        let change = Change {
            test,
            before,
            after,
        };
        if let Some(list) = lists {
            list.push(change.clone());
        }
        if changed {
            diff.changed_verdicts.push(change);
        }
    }
    diff.added = after.into_iter().collect();
    diff
}

fn has_other_pace(before: f64, after: f64) -> bool {
    let (less, more) = (before.min(after), before.max(after));
    more - less >= PACE_SECONDS && more >= less * PACE_FACTOR
}

/// A side without a verdict says nothing, so nothing else.
fn says_otherwise(before: &Status, after: &Status) -> bool {
    let known: BTreeSet<&String> = before.verdicts.keys().collect();
    !known.is_empty() && after.verdicts.keys().any(|key| !known.contains(key))
}
