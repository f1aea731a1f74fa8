//! Reviews a run against its history. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::review::{Failure, Flaky, Review, Status, Trend};

/// Number of a test's latest results that decide whether it is flaky, and form its trend.
const LATEST: usize = 40;

/// Minimum outcome changes for a test to count as flaky, between results of equal tests.
const CHANGES: usize = 2;

/// A result of some run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Past {
    pub run: String,
    pub test: String,
    /// Which repetition, from 1.
    pub attempt: u32,
    /// When it ended, milliseconds since 1970.
    pub finished_ms: i64,
    /// How it ended.
    pub status: Status,
    /// What was wrong.
    pub trouble: Option<String>,
    /// Signature of the verdict, if there was one.
    pub signature: Option<String>,
    /// Wall time.
    pub seconds: f64,
    /// Size of the dump, if there was one.
    pub dump_bytes: Option<u64>,
}

/// Reviews `run` in the light of `past`, which is in the order in which the results ended. Runs that
/// ended later do not count. `None`: there is no such run.
pub fn review(past: &[Past], run: &str) -> Option<Review> {
    let last = past.iter().rposition(|past| past.run == run)?;
    let mut by_test: BTreeMap<&str, Vec<&Past>> = BTreeMap::new();
    for one in &past[..=last] {
        if one.status != Status::Skipped {
            by_test.entry(&one.test).or_default().push(one);
        }
    }
    let runs: BTreeSet<&str> = past[..=last].iter().map(|past| past.run.as_str()).collect();
    let mut review = Review {
        run: run.to_owned(),
        earlier: runs.len() - 1,
        ..Review::default()
    };
    for (test, results) in by_test {
        let (now, before): (Vec<&Past>, Vec<&Past>) =
            results.iter().partition(|past| past.run == run);
        if now.is_empty() {
            continue;
        }
        match failure(test, &now, &before) {
            Some(failure) if failure.since.is_some() => review.known_failures.push(failure),
            Some(failure) => review.new_failures.push(failure),
            None if before.last().is_some_and(|last| last.status.is_bad()) => {
                review.fixed.push(test.to_owned());
            }
            None => {}
        }
        review.flaky.extend(flaky(test, &results));
        review.trends.push(trend(test, &results));
    }
    Some(review)
}

fn failure(test: &str, now: &[&Past], before: &[&Past]) -> Option<Failure> {
    let first = now.iter().find(|past| past.status.is_bad())?;
    let good = before.iter().rposition(|past| !past.status.is_bad());
    let since_good = &before[good.map_or(0, |at| at + 1)..];
    let since = since_good.iter().find(|past| same_trouble(past, first));
    Some(Failure {
        test: test.to_owned(),
        bad: now.iter().filter(|past| past.status.is_bad()).count(),
        of: now.len(),
        trouble: first.trouble.clone().unwrap_or_default(),
        since: since.map(|past| past.run.clone()),
        last_good: good.map(|at| before[at].run.clone()),
    })
}

/// The same crash, if there was one; its other parameters are addresses. Else the same words.
fn same_trouble(one: &Past, other: &Past) -> bool {
    one.status == other.status
        && match (&one.signature, &other.signature) {
            (Some(one), Some(other)) => one == other,
            (None, None) => one.trouble == other.trouble,
            _ => false,
        }
}

fn flaky(test: &str, results: &[&Past]) -> Option<Flaky> {
    let latest = &results[results.len().saturating_sub(LATEST)..];
    let changes = latest.windows(2);
    let changes = changes.filter(|two| two[0].status.is_bad() != two[1].status.is_bad());
    (changes.count() >= CHANGES).then(|| Flaky {
        test: test.to_owned(),
        bad: latest.iter().filter(|past| past.status.is_bad()).count(),
        of: latest.len(),
    })
}

fn trend(test: &str, results: &[&Past]) -> Trend {
    // Results of one run may lie between those of another that ran at the same time.
    let mut runs: Vec<(&str, Vec<&Past>)> = Vec::new();
    for past in results {
        match runs.iter_mut().find(|(run, _)| *run == past.run) {
            Some((_, of_run)) => of_run.push(past),
            None => runs.push((&past.run, vec![past])),
        }
    }
    let latest = &runs[runs.len().saturating_sub(LATEST)..];
    let worst = |results: &Vec<&Past>| results.iter().map(|past| past.status).max();
    Trend {
        test: test.to_owned(),
        seconds: latest
            .iter()
            .filter_map(|(_, results)| median(results))
            .collect(),
        dump_bytes: (latest.iter())
            .filter_map(|(_, results)| results.iter().filter_map(|past| past.dump_bytes).max())
            .collect(),
        statuses: latest
            .iter()
            .filter_map(|(_, results)| worst(results))
            .collect(),
    }
}

fn median(results: &[&Past]) -> Option<f64> {
    let mut seconds: Vec<f64> = results.iter().map(|past| past.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Results of one test, one run each, in their order: `.` passed, `x` and `y` failed with two
    /// signatures, `i` infrastructure, `-` skipped.
    fn past(test: &str, marks: &str) -> Vec<Past> {
        let one = |(at, mark): (usize, char)| Past {
            run: format!("r{at:02}"),
            test: test.to_owned(),
            attempt: 1,
            finished_ms: at as i64,
            status: match mark {
                '.' => Status::Passed,
                'i' => Status::Infra,
                '-' => Status::Skipped,
                _ => Status::Failed,
            },
            trouble: (mark != '.').then(|| format!("trouble {mark} at 0x{at:x}")),
            signature: "xy".contains(mark).then(|| mark.to_string()),
            seconds: at as f64,
            dump_bytes: (mark == 'x').then_some(7),
        };
        marks.chars().enumerate().map(one).collect()
    }

    fn last(marks: &str) -> Review {
        review(&past("t", marks), &format!("r{:02}", marks.len() - 1)).unwrap()
    }

    #[test]
    fn a_failure_is_new_or_known() {
        let found = last("..x");
        assert_eq!(
            (found.new_failures.len(), found.known_failures.len()),
            (1, 0)
        );
        assert_eq!(found.new_failures[0].last_good.as_deref(), Some("r01"));
        assert_eq!(found.earlier, 2);

        let found = last(".xx-x");
        assert_eq!(found.new_failures, []);
        assert_eq!(found.known_failures[0].since.as_deref(), Some("r01"));
        // Another crash than the known one is news, and so is one that came back.
        assert_eq!(last(".xxy").new_failures.len(), 1);
        assert_eq!(last("xx.x").new_failures.len(), 1);
        assert_eq!(last("x").new_failures.len(), 1);
        assert_eq!(last("xxi").new_failures.len(), 1);
        assert_eq!(last(".x.").fixed, ["t"]);
        assert_eq!(last("...").fixed, [""; 0]);
    }

    #[test]
    fn who_changes_often_is_flaky() {
        assert_eq!(last(".....xxxxx").flaky, []);
        assert_eq!(last("xxxxx.....").flaky, []);
        let found = &last("....x....").flaky[0];
        assert_eq!((found.bad, found.of), (1, 9));
        // Skips are no change of mind.
        assert_eq!(last(".-.-.-").flaky, []);
        // What was long ago is forgiven.
        assert_eq!(last(&format!(".x.{}", ".".repeat(LATEST))).flaky, []);
    }

    #[test]
    fn trends_have_a_value_a_run() {
        let found = &last(".xx").trends[0];
        assert_eq!(found.seconds, [0.0, 1.0, 2.0]);
        assert_eq!(found.dump_bytes, [7, 7]);
        assert_eq!(found.statuses[1], Status::Failed);
    }

    #[test]
    fn later_runs_and_other_tests_do_not_count() {
        let mut all = past("t", ".x.");
        all.extend(past("u", "...x"));
        let found = review(&all[..3], "r01").unwrap();
        assert_eq!(found.new_failures.len(), 1);
        assert_eq!(review(&all, "r99"), None);
        let found = review(&all, "r02").unwrap();
        assert_eq!(found.trends.len(), 2);
    }
}
