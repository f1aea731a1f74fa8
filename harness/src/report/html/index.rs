//! The page to begin with: what broke, and every scenario on every image.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::{chart, chip, history, link, overview, shell};
use crate::events::{Outcome, TestReport};
use crate::history::Review;
use crate::results::{Problem, Record, RunInfo, Status, standings};
use crate::run::in_short;
use crate::scenario::{TestName, Variant};

/// So many bad results are shown on top; the table has all.
const MAX_BAD: usize = 40;

/// The index.
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

/// Scenario × image, with the twin beside.
struct Matrix<'r> {
    images: BTreeSet<&'r str>,
    by_test: BTreeMap<TestName, (Status, Vec<&'r Record>)>,
}

impl<'r> Matrix<'r> {
    fn of(records: &'r [Record]) -> Self {
        let mut of_test: BTreeMap<TestName, Vec<&Record>> = BTreeMap::new();
        for record in records {
            let test = record.report.test.clone();
            of_test.entry(test).or_default().push(record);
        }
        let by_test = (standings(records).into_iter())
            .map(|(test, status)| {
                let records = of_test.remove(&test).unwrap_or_default();
                (test, (status, records))
            })
            .collect();
        Self {
            images: records
                .iter()
                .map(|record| record.report.test.image())
                .collect(),
            by_test,
        }
    }

    fn scenarios(&self) -> BTreeSet<&str> {
        self.by_test.keys().map(TestName::scenario).collect()
    }

    fn at(
        &self,
        scenario: &str,
        image: &str,
        variant: Variant,
    ) -> Option<&(Status, Vec<&'r Record>)> {
        self.by_test.get(&TestName::new(image, scenario, variant))
    }

    /// What a cell is about, where the table's head is not seen.
    fn named(&self, image: &str, variant: Variant) -> String {
        match self.images.len() {
            1 => of_variant(variant).to_owned(),
            _ => format!("{image}, {}", of_variant(variant)),
        }
    }

    fn table(&self) -> Markup {
        html! {
            div.scroll {
                table.matrix.stack {
                    caption hidden { "Outcome of each scenario on each image, with its fixed twin" }
                    thead {
                        tr {
                            th scope="col" rowspan="2" { "Scenario" }
                            @for image in &self.images { th scope="colgroup" colspan="2" { (image) } }
                        }
                        tr {
                            @for _ in &self.images {
                                th scope="col" { (WITH_BUG) }
                                th scope="col" { (TWIN) }
                            }
                        }
                    }
                    tbody { @for scenario in self.scenarios() { (self.row(scenario)) } }
                }
            }
        }
    }

    fn row(&self, scenario: &str) -> Markup {
        let both = [Variant::Buggy, Variant::Fixed];
        let cells: Vec<_> = (self.images.iter())
            .flat_map(|image| both.map(|variant| self.at(scenario, image, variant)))
            .flatten()
            .collect();
        let mut statuses: BTreeSet<&str> = ["all"].into();
        for (status, records) in &cells {
            statuses.extend(filters(status, records));
        }
        let images: Vec<&str> = (self.images.iter().copied())
            .filter(|image| {
                both.iter()
                    .any(|variant| self.at(scenario, image, *variant).is_some())
            })
            .collect();
        let verdicts: BTreeSet<&String> = cells
            .iter()
            .flat_map(|(status, _)| status.verdicts.values())
            .collect();
        let text: Vec<String> = (std::iter::once(scenario.to_owned()))
            .chain(verdicts.iter().map(|verdict| (*verdict).clone()))
            .collect();
        html! {
            tr data-status=(join(statuses)) data-image=(images.join(" "))
                data-text=(text.join(" ").to_lowercase()) data-counts {
                th scope="row" {
                    (scenario)
                    @for verdict in verdicts.iter().take(4) { small { (verdict) } }
                    @if verdicts.len() > 4 { small { "… and " (verdicts.len() - 4) " other verdicts" } }
                }
                @for image in &self.images {
                    @for variant in both {
                        td data-name=(self.named(image, variant)) {
                            @match self.at(scenario, image, variant) {
                                Some((status, records)) => { (cell(status, records, variant)) }
                                None => { span.soft { "none" } }
                            }
                        }
                    }
                }
            }
        }
    }
}

const WITH_BUG: &str = "with the bug";
const TWIN: &str = "fixed twin";

fn of_variant(variant: Variant) -> &'static str {
    match variant {
        Variant::Buggy => WITH_BUG,
        Variant::Fixed => TWIN,
    }
}

fn join(words: BTreeSet<&str>) -> String {
    words.into_iter().collect::<Vec<_>>().join(" ")
}

/// Which choices of the filter show a test.
fn filters(status: &Status, records: &[&Record]) -> Vec<&'static str> {
    let mut found = Vec::new();
    if status.standing.is_bad() {
        found.push("bad");
    }
    if status.passed > 0 {
        found.push("passed");
    }
    if status.skipped > 0 {
        found.push("skipped");
    }
    if chip::is_flaky(status)
        || records
            .iter()
            .any(|record| record.report.reproduced.is_some())
    {
        found.push("rare");
    }
    found
}

fn cell(status: &Status, records: &[&Record], variant: Variant) -> Markup {
    let Some(record) = overview::shown(records) else {
        return html! {};
    };
    let chip = match chip::of_standing(status.standing) {
        // One word for all: a rare crash that never came was not skipped.
        chip if chip.class == "skipped" => chip::of_report(&record.report),
        chip => chip,
    };
    let twin = of_variant(variant);
    let word = match (records.len(), chip::is_flaky(status)) {
        (1, _) => chip.word.to_owned(),
        (all, true) => format!("flaky {}/{all}", status.passed),
        (all, false) => {
            let count = match chip.class {
                "passed" => status.passed,
                "failed" => status.failed,
                "infra" => status.infra,
                _ => status.skipped,
            };
            format!("{} {count}/{all}", chip.word)
        }
    };
    let about = format!("{} {twin}: {word}", record.report.test.scenario());
    html! {
        span.cell {
            a href=(link::page(&record.identity())) aria-label=(about) title=(twin) { (chip.with_word(&word)) }
            (chart::strip(records))
            small.num { (seconds(status)) }
        }
    }
}

fn seconds(status: &Status) -> String {
    (status.seconds).map_or_else(String::new, |seconds| format!("{seconds:.2} s"))
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
    report.verdict.as_ref().map(in_short)
}
