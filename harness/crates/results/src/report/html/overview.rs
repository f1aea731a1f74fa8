//! Parts of the index about all results: rates, runs, what could not be read.

use std::collections::BTreeMap;

use maud::{Markup, html};
use scenario::TestName;

use super::{chart, chip, link};
use crate::{Problem, Record, RunInfo, Status};

/// Number of problems that are shown; the command that renders prints all.
const MAX_PROBLEMS: usize = 20;

/// The result that stands for all of a test: the latest bad one, else the latest.
pub(super) fn shown<'r>(records: &[&'r Record]) -> Option<&'r Record> {
    let bad = |record: &Record| matches!(chip::of_report(&record.report).class, "failed" | "infra");
    let rank = |record: &Record| {
        (
            bad(record),
            record.report.verdict.is_some(),
            record.finished,
        )
    };
    records.iter().copied().max_by_key(|record| rank(record))
}

/// Where and when.
pub(super) fn span(records: &[Record], runs: &[RunInfo]) -> Markup {
    let first = runs.iter().map(|run| run.started).min();
    let last = records.iter().map(|record| record.finished).max();
    let ids: std::collections::BTreeSet<_> = records.iter().map(|record| &record.run).collect();
    html! {
        @if ids.len() == 1 { "Run " @for id in &ids { code { (id) } } }
        @else { (ids.len()) " runs" }
        @if let Some(first) = first { ", from " time datetime=(first) { (minutes(&first.to_string())) } }
        @if let Some(last) = last { " to " time datetime=(last) { (minutes(&last.to_string())) } " UTC" }
    }
}

/// `2026-11-22 11:22` of a moment in RFC 3339.
pub(super) fn minutes(time: &str) -> String {
    time.chars()
        .take(16)
        .map(|c| if c == 'T' { ' ' } else { c })
        .collect()
}

/// What is of no use in the folder.
pub(super) fn problems(problems: &[Problem]) -> Markup {
    if problems.is_empty() {
        return html! {};
    }
    html! {
        section.card aria-labelledby="problems" {
            h2 id="problems" { "Not readable: " (problems.len()) }
            ul {
                @for problem in problems.iter().take(MAX_PROBLEMS) {
                    li { code { (problem.file.display()) } ": " (problem.reason) }
                }
            }
        }
    }
}

/// How often tests that were repeated, or whose crash is rare, went how.
pub(super) fn rates(by_test: &BTreeMap<TestName, (Status, Vec<&Record>)>) -> Markup {
    let repeated =
        (by_test.iter()).filter(|(_, (_, records))| records.len() > 1 || is_rare(records));
    let (steady, others): (Vec<_>, Vec<_>) = repeated
        .partition(|(_, (status, records))| !is_rare(records) && status.passed == status.total());
    if steady.is_empty() && others.is_empty() {
        return html! {};
    }
    html! {
        section.card aria-labelledby="rates" {
            h2 id="rates" { "Repeated, rare and flaky tests" }
            @if !others.is_empty() { (rate_table(&others)) }
            @if !steady.is_empty() {
                details {
                    summary { (steady.len()) " tests were as expected in every repetition" }
                    (rate_table(&steady))
                }
            }
            p.soft { "Results that could not be carried out do not count in the rate." }
        }
    }
}

type TestRow<'a> = (&'a TestName, &'a (Status, Vec<&'a Record>));

fn rate_table(rows: &[TestRow]) -> Markup {
    html! {
        div.scroll {
            table.stack {
                thead { tr {
                    th scope="col" { "Test" }
                    th.num scope="col" { "Results" }
                    th.num scope="col" { "As expected" }
                    th.num scope="col" { "Rate" }
                    th.num scope="col" { "95 % interval" }
                    th scope="col" { "Durations and outcomes, latest last" }
                } }
                tbody { @for (test, (status, records)) in rows { (rate(test, status, records)) } }
            }
        }
    }
}

fn rate(test: &TestName, status: &Status, records: &[&Record]) -> Markup {
    let of = status.total() - status.infra;
    let (share, low, high) = chart::interval(status.passed, of);
    html! {
        tr {
            th scope="row" {
                @if let Some(record) = shown(records) {
                    a href=(link::page(&record.identity())) { (test) }
                }
                @if is_rare(records) { " " span.chip { "rare" } }
                @else if chip::is_flaky(status) { " " span.chip.failed { "flaky" } }
            }
            td.num data-name="Results" { (status.total()) }
            td.num data-name="As expected" { (status.passed) }
            @if of == 0 {
                td.num data-name="Rate" { "unknown" }
                td.num data-name="95 % interval" { "none was carried out" }
            } @else {
                td.num data-name="Rate" { (format!("{share:.0} %")) }
                td.num data-name="95 % interval" { (format!("{low:.0} to {high:.0} %")) }
            }
            td { (chart::strip(records)) }
        }
    }
}

fn is_rare(records: &[&Record]) -> bool {
    records
        .iter()
        .any(|record| record.report.reproduced.is_some())
}

/// What was run where, and what is missing.
pub(super) fn runs(records: &[Record], runs: &[RunInfo]) -> Markup {
    if runs.is_empty() {
        return html! {};
    }
    let mut known: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for record in records {
        let key = (record.run.as_str(), record.report.test.as_str());
        *known.entry(key).or_default() += 1;
    }
    html! {
        section.card aria-labelledby="runs" {
            h2 id="runs" { "Runs" }
            div.scroll {
                table.stack {
                    thead { tr {
                        th scope="col" { "Run" }
                        th scope="col" { "Image" }
                        th scope="col" { "Begun (UTC)" }
                        th scope="col" { "Machine" }
                        th scope="col" { "Accelerator" }
                        th.num scope="col" { "Results" }
                        th scope="col" { "End" }
                    } }
                    tbody {
                        @for run in runs {
                            @let planned = run.tests.len().saturating_mul(run.repeat as usize);
                            @let there = there(run, &known);
                            tr {
                                th scope="row" {
                                    code { (run.run) }
                                    @if run.slice != "all" { " " span.soft { (run.slice) } }
                                }
                                td data-name="Image" { (run.image) }
                                td data-name="Begun" { time datetime=(run.started) { (minutes(&run.started.to_string())) } }
                                td data-name="Machine" { (machine(run)) }
                                td data-name="Accelerator" title=(run.accelerator.reason) { (run.accelerator.accelerator.as_str()) }
                                td.num data-name="Results" {
                                    (there) " of " (planned)
                                    @if there < planned { br; span.no { (planned - there) " missing" } }
                                }
                                td data-name="End" { (end(run)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// How many of a run's planned results there are.
fn there(run: &RunInfo, known: &BTreeMap<(&str, &str), usize>) -> usize {
    let repeat = run.repeat as usize;
    let of = |test: &TestName| known.get(&(run.run.as_str(), test.as_str())).copied();
    run.tests
        .iter()
        .map(|test| of(test).unwrap_or(0).min(repeat))
        .sum()
}

/// The machine in a few words.
pub(super) fn machine(run: &RunInfo) -> String {
    let host = &run.host;
    let parts = [
        host.name.clone(),
        host.cpus.map(|cpus| format!("{cpus} processors")),
        host.memory_mib
            .map(|mib| format!("{:.0} GiB", mib as f64 / 1024.0)),
        host.kernel.as_ref().map(|kernel| format!("Linux {kernel}")),
    ];
    let known: Vec<String> = parts.into_iter().flatten().collect();
    if known.is_empty() {
        "unknown".into()
    } else {
        known.join(", ")
    }
}

fn end(run: &RunInfo) -> Markup {
    match (&run.summary, run.finished) {
        (Some(summary), _) if summary.interrupted => html! { span.no { "interrupted" } },
        (Some(summary), _) => html! { (format!("after {:.1} s", summary.seconds)) },
        _ => html! { span.no { "not seen: it runs, or was killed" } },
    }
}
