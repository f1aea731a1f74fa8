//! The page of one result.

use maud::{Markup, html};

use super::{chip, index, link, overview, sections, shell, timeline, verdict};
use crate::{FileKind, Record, RunInfo, Store};

/// Number of the test's other results that are linked, the nearest.
const MAX_OTHERS: usize = 30;

/// The page of `record`. `others` are all results of its test, itself included.
pub(super) fn page(
    store: &Store,
    record: &Record,
    run: Option<&RunInfo>,
    others: &[&Record],
) -> Markup {
    let report = &record.report;
    let title = index::named(report);
    let picture = sections::picture(store, record);
    let body = html! {
        header.top {
            nav aria-label="Where this is" {
                p.brand {
                    span.mark aria-hidden="true" { ":(" }
                    a href=(link::INDEX_FROM_PAGE) { "Stopcode report" }
                }
            }
            h1 { (title) " " (chip::of_report(report).show()) }
            (contents(record))
        }
        main id="main" {
            section class="card" aria-labelledby="result" {
                h2 id="result" { "Result" }
                div class={ "split" @if picture.is_some() { " two" } } {
                    div {
                        (verdict::headline(report))
                        (facts(record, run))
                    }
                    @if let Some(picture) = picture { (picture) }
                }
            }
            (sections::expected(report))
            @if let Some(picture) = timeline::timeline(report) {
                section.card aria-labelledby="timeline" {
                    h2 id="timeline" { "Timeline" }
                    (picture)
                }
            }
            (verdict::analyzers(report))
            (verdict::walkthrough(report))
            (verdict::stacks(report))
            (sections::serial(store, record))
            (sections::artefacts(store, record, run))
            (sections::again(report))
            (siblings(record, others))
        }
    };
    shell::shell(&format!("{title} – Stopcode report"), false, &body)
}

/// The sections of the page.
fn contents(record: &Record) -> Markup {
    let report = &record.report;
    let has = |kind| record.files.iter().any(|file| file.kind == kind);
    let stacks = report
        .verdict
        .as_ref()
        .is_some_and(|verdict| !verdict.stacks.is_empty());
    let all = [
        ("expected", "Expected and actual", true),
        ("timeline", "Timeline", !report.phases.is_empty()),
        ("analyzers", "Analyzers", !report.analyses.is_empty()),
        ("walk", "Walk-through", report.verdict.is_some()),
        ("live", "As it hung", report.live_verdict.is_some()),
        ("stacks", "Stacks", stacks),
        ("serial", "Serial log", has(FileKind::Serial)),
        ("artefacts", "Artefacts", true),
        ("again", "Run it again", true),
    ];
    html! {
        nav.contents aria-label="Sections of this page" {
            ul { @for (id, title, there) in all { @if there { li { a href={ "#" (id) } { (title) } } } } }
        }
    }
}

fn facts(record: &Record, run: Option<&RunInfo>) -> Markup {
    let report = &record.report;
    html! {
        dl.facts {
            dt { "Ended" }
            dd { time datetime=(record.finished) { (record.finished) } ", after " (format!("{:.3} s", report.seconds)) }
            dt { "Run" }
            dd { code { (record.run) } }
            @if let Some(run) = run {
                dt { "Machine" }
                dd { (overview::machine(run)) ", stopcode " (run.stopcode) }
                dt { "Accelerator" }
                dd { (run.accelerator) }
            }
            @if let Some(seed) = &report.seed {
                dt { "Seed" }
                dd { code { (seed) } }
            }
            @if let Some(reproduced) = report.reproduced {
                dt { "Rare crash" }
                dd { (if reproduced { "reproduced" } else { "did not come this time" }) }
            }
            @for note in &report.notes {
                dt { "Note" }
                dd { (note) }
            }
        }
    }
}

fn siblings(record: &Record, others: &[&Record]) -> Markup {
    let Some(own) = others
        .iter()
        .position(|other| other.identity() == record.identity())
    else {
        return html! {};
    };
    if others.len() < 2 {
        return html! {};
    }
    let from = own.saturating_sub(MAX_OTHERS / 2);
    let shown = &others[from..others.len().min(from + MAX_OTHERS)];
    html! {
        nav.card aria-labelledby="others" {
            h2 id="others" { "All " (others.len()) " results of this test" }
            ul.bad {
                @for other in shown {
                    li {
                        (chip::of_report(&other.report).show()) " "
                        @if other.identity() == record.identity() {
                            span aria-current="page" { "this one: " (index::named(&other.report)) }
                        } @else {
                            a href=(link::page_from_page(&other.identity())) { (index::named(&other.report)) }
                        }
                        span.soft { ", run " code { (other.run) } }
                        @if let Some(verdict) = index::verdict_of(&other.report) { span.soft { ", " (verdict) } }
                    }
                }
            }
        }
    }
}
