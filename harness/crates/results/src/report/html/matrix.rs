//! Scenario × image as a table.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use scenario::{TestName, Variant};

use super::{chart, chip, link, overview};
use crate::{Record, Status, standings};

/// Scenario × image, with the twin beside.
pub(super) struct Matrix<'r> {
    /// The images that have results.
    pub images: BTreeSet<&'r str>,
    /// The results of each test, and how it stands.
    pub by_test: BTreeMap<TestName, (Status, Vec<&'r Record>)>,
}

impl<'r> Matrix<'r> {
    /// Sorts results into it.
    pub(super) fn of(records: &'r [Record]) -> Self {
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

    pub(super) fn table(&self) -> Markup {
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

fn join(names: BTreeSet<&str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(" ")
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
