//! The index page: what broke, and every scenario on every image.

use std::collections::BTreeMap;

use maud::{Markup, html};
use runner::events::{Outcome, TestReport};
use runner::run::one_line;

use super::matrix::Matrix;
use super::{chip, history, link, overview, shell};
use crate::review::Review;
use crate::{Problem, Record, RunInfo};

/// Number of bad results that are shown on top; the table has all.
const MAX_BAD: usize = 40;

pub(super) fn index(
    records: &[Record],
    runs: &[RunInfo],
    review: Option<&Review>,
    problems: &[Problem],
) -> Markup {
    let matrix = Matrix::of(records);
    let body = html! {
        header.top {
            p.brand { span.mark aria-hidden="true" { ":(" } "Stopcode report" }
            h1 { (headline(records)) }
            p.soft { (overview::span(records, runs)) }
        }
        main id="main" {
            (tiles(records))
            (overview::problems(problems))
            (bad(records))
            (history::section(review))
            section.card aria-labelledby="outcomes" {
                h2 id="outcomes" { "Scenarios" }
                (filter(&matrix))
                (matrix.table())
            }
            (overview::rates(&matrix.by_test))
            (overview::runs(records, runs))
        }
    };
    shell::shell("Stopcode report", true, &body)
}

fn headline(records: &[Record]) -> String {
    let bad = |record: &&Record| {
        matches!(
            record.report.outcome,
            Outcome::Failed { .. } | Outcome::Infra { .. }
        )
    };
    let tests = |count: usize| if count == 1 { "result" } else { "results" };
    match (records.iter().filter(bad).count(), records.len()) {
        (_, 0) => "No results yet".into(),
        (0, all) => format!("All {all} {} as expected", tests(all)),
        (bad, all) => format!("{bad} of {all} {} need attention", tests(all)),
    }
}

fn tiles(records: &[Record]) -> Markup {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for record in records {
        *counts
            .entry(chip::of_report(&record.report).word)
            .or_default() += 1;
    }
    let tiles = [
        ("passed", "passed", "passed"),
        ("failed", "failed", "failed"),
        ("infrastructure", "infra", "could not be carried out"),
        ("not reproduced", "skipped", "rare, not reproduced"),
        ("skipped", "skipped", "skipped"),
    ];
    html! {
        ul.tiles aria-label="Counts of results" {
            @for (word, class, label) in tiles {
                @let count = counts.get(word).copied().unwrap_or(0);
                @if count > 0 || matches!(word, "passed" | "failed") {
                    li class=(class) { b { (count) } span { (label) } }
                }
            }
        }
    }
}

fn bad(records: &[Record]) -> Markup {
    let bad: Vec<&Record> = (records.iter())
        .filter(|record| chip::of_report(&record.report).class != "passed")
        .filter(|record| !matches!(record.report.outcome, Outcome::Skipped { .. }))
        .collect();
    if bad.is_empty() {
        return html! {};
    }
    html! {
        section.card aria-labelledby="bad" {
            h2 id="bad" { "Needs attention" }
            ul.bad {
                @for record in bad.iter().take(MAX_BAD) {
                    li {
                        (chip::of_report(&record.report).show()) " "
                        a href=(link::page(&record.identity())) { (named(&record.report)) }
                        p { (trouble(&record.report)) }
                    }
                }
            }
            @if bad.len() > MAX_BAD {
                p.soft { "… and " (bad.len() - MAX_BAD) " more in the table below" }
            }
        }
    }
}

/// A test with its repetition.
pub(super) fn named(report: &TestReport) -> String {
    match report.attempt {
        1 => report.test.to_string(),
        attempt => format!("{} #{attempt}", report.test),
    }
}

fn trouble(report: &TestReport) -> Markup {
    match &report.outcome {
        Outcome::Failed { mismatches } => html! {
            @for mismatch in mismatches.iter().take(3) {
                span { code { (mismatch.field) } " expected " b { (mismatch.expected) } ", was " b.no { (mismatch.actual) } } br;
            }
            @if mismatches.len() > 3 { span.soft { "… and " (mismatches.len() - 3) " more" } }
        },
        Outcome::Infra { reason } | Outcome::Skipped { reason } => html! { (reason) },
        Outcome::Passed => html! {},
    }
}

fn filter(matrix: &Matrix) -> Markup {
    let choices = [
        ("all", "all"),
        ("bad", "needs attention"),
        ("passed", "passed"),
        ("skipped", "skipped"),
        ("rare", "rare or flaky"),
    ];
    html! {
        form id="filter" role="search" hidden {
            fieldset {
                legend { "Show" }
                @for (value, word) in choices {
                    label {
                        input type="radio" name="status" value=(value) checked[value == "all"];
                        span { (word) }
                    }
                }
            }
            @if matrix.images.len() > 1 {
                label.wide {
                    span.name { "Image" }
                    select name="image" {
                        option value="" { "all" }
                        @for image in &matrix.images { option value=(image) { (image) } }
                    }
                }
            }
            label.wide {
                span.name { "Scenario, cause or driver (key /)" }
                input type="search" name="q" autocomplete="off" spellcheck="false";
            }
            output id="shown" for="filter" aria-live="polite" class="soft" {}
        }
    }
}

/// The verdict of a result in one line.
pub(super) fn verdict_of(report: &TestReport) -> Option<String> {
    report.verdict.as_ref().map(one_line)
}
