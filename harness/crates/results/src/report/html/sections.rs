//! Sections of a result's page that do not depend on a verdict.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};
use runner::events::{Outcome, TestReport};
use runner::expect::Mismatch;
use runner::witness;

use super::link;
use crate::{FileKind, Record, RunInfo, Store};

/// A larger picture is linked, so that a page can be mailed.
const MAX_PICTURE: u64 = 512 << 10;

/// Of a longer log the end is in the page, and all that is kept behind a link.
const MAX_LOG: usize = 64 << 10;

/// What a PNG begins with.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// What the display showed at the end.
pub(super) fn picture(store: &Store, record: &Record) -> Option<Markup> {
    let which = record.identity();
    let about = (record.files.iter()).find(|file| file.kind == FileKind::Screen)?;
    let href = link::file_from_page(&which, FileKind::Screen);
    let too_large = about.bytes > MAX_PICTURE;
    let bytes = match too_large {
        true => Vec::new(),
        false => store.read_file(record, FileKind::Screen)?.ok()?,
    };
    let stop = (record.report.bugcheck.as_ref()).map(|stop| format!(", stop 0x{:X}", stop.code));
    let alt = format!("The guest's display at the end{}", stop.unwrap_or_default());
    Some(html! {
        figure {
            @if too_large || !bytes.starts_with(PNG) {
                p { a href=(href) { "The picture of the display" } }
            } @else {
                img alt=(alt) src={ "data:image/png;base64," (STANDARD.encode(&bytes)) };
            }
            figcaption { "What the guest's display showed at the end" }
        }
    })
}

/// A line of what was expected against what came.
struct Line<'r> {
    field: &'r str,
    expected: &'r str,
    actual: Option<&'r str>,
    same: bool,
}

fn lines(report: &TestReport) -> Vec<Line<'_>> {
    let none: &[Mismatch] = &[];
    let (mismatches, judged) = match &report.outcome {
        Outcome::Failed { mismatches } => (mismatches.as_slice(), report.verdict.is_some()),
        Outcome::Passed => (none, true),
        Outcome::Skipped { .. } | Outcome::Infra { .. } => (none, false),
    };
    let differs = |m: &&Mismatch, field: &str, value: &str| m.field == field && m.expected == value;
    let whole = mismatches
        .iter()
        .any(|mismatch| mismatch.field == "outcome");
    let mut found: Vec<Line> = (report.expected.iter())
        .map(|expected| {
            let (field, value) = (expected.field.as_str(), expected.value.as_str());
            let mismatch = mismatches.iter().find(|m| differs(m, field, value));
            let agreed = (judged && !whole).then_some(value);
            Line {
                field,
                expected: value,
                actual: mismatch.map(|m| m.actual.as_str()).or(agreed),
                same: mismatch.is_none(),
            }
        })
        .collect();
    let is_shown = |m: &Mismatch| {
        (report.expected.iter()).any(|expected| differs(&m, &expected.field, &expected.value))
    };
    found.extend((mismatches.iter()).filter(|m| !is_shown(m)).map(|m| Line {
        field: &m.field,
        expected: &m.expected,
        actual: Some(&m.actual),
        same: false,
    }));
    // What differs comes first.
    found.sort_by_key(|line| line.same);
    found
}

/// Expected against actual, and the three witnesses.
pub(super) fn expected(report: &TestReport) -> Markup {
    let lines = lines(report);
    html! {
        section.card aria-labelledby="expected" {
            h2 id="expected" { "Expected and actual" }
            @if !lines.is_empty() {
                div.scroll { table.stack {
                    thead { tr {
                        th scope="col" { "What" } th scope="col" { "Expected" } th scope="col" { "Actual" }
                        th scope="col" { "Agree" }
                    } }
                    tbody { @for line in &lines { tr.differs[line.actual.is_some() && !line.same] {
                        th scope="row" { (line.field) }
                        td data-name="expected" { code { (line.expected) } }
                        @match line.actual {
                            None => { td data-name="actual" { span.soft { "not judged" } } td {} }
                            Some(actual) => {
                                td data-name="actual" { code { (actual) } }
                                td { @if line.same { span.yes { "✓ yes" } } @else { span.no { "✗ no" } } }
                            }
                        }
                    } } }
                } }
            }
            @if let Some(witnesses) = &report.witnesses {
                h3 { "Witnesses of the stop" }
                dl.facts {
                    @for (who, record) in [("the guest announced", &witnesses.announced),
                                         ("the dump's header says", &witnesses.header),
                                         ("the verdict says", &witnesses.verdict)] {
                        dt { (who) }
                        dd { @match record {
                            Some(stop) => { code { (witness::show(stop)) } }
                            None => { span.soft { "nothing" } }
                        } }
                    }
                }
            }
        }
    }
}

/// What the guest wrote to COM1.
pub(super) fn serial(store: &Store, record: &Record) -> Markup {
    let Some(Ok(bytes)) = store.read_file(record, FileKind::Serial) else {
        return html! {};
    };
    let from = bytes.len().saturating_sub(MAX_LOG);
    let text = String::from_utf8_lossy(&bytes[from..]);
    let text: String = text.chars().map(visible).collect();
    html! {
        section.card aria-labelledby="serial" {
            h2 id="serial" { "Serial log" }
            @if from > 0 {
                p.soft { "The last " (MAX_LOG >> 10) " KiB; the "
                    a href=(link::file_from_page(&record.identity(), FileKind::Serial)) { "file" } " has more." }
            }
            @if text.trim().is_empty() { p.soft { "The guest wrote nothing to COM1." } }
            @else { pre.log tabindex="0" role="region" aria-labelledby="serial" { (text) } }
        }
    }
}

/// Control characters, those that turn the direction of text included, as signs.
fn visible(c: char) -> char {
    match c {
        '\n' | '\t' => c,
        '\r' => ' ',
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\x7f'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c => c,
    }
}

/// Files in the report, and what was kept elsewhere.
pub(super) fn artefacts(store: &Store, record: &Record, run: Option<&RunInfo>) -> Markup {
    let which = record.identity();
    let kept = record.report.artefacts.as_ref();
    let large = kept.map(|kept| [("dump", &kept.dump), ("dump of the hang", &kept.live_dump)]);
    let host = run.and_then(|run| run.host.name.as_deref());
    html! {
        section.card aria-labelledby="artefacts" {
            h2 id="artefacts" { "Artefacts" }
            dl.facts {
                @for file in &record.files {
                    dt { a href=(link::file_from_page(&which, file.kind)) { (file.kind.file_name()) } }
                    dd.num {
                        (size(file.bytes))
                        @if file.shortened { ", beginning and end of a longer one" }
                    }
                }
                @for (name, file) in large.into_iter().flatten() {
                    @if let Some(file) = file {
                        dt {
                            @match link::artefact_from_page(store.dir(), file) {
                                Some(href) => { a href=(href) { (name) } }
                                None => { (name) }
                            }
                        }
                        dd { code { (file.display()) } @if let Some(host) = host { " on " (host) } }
                    }
                }
                @if let Some(kept) = kept {
                    dt { "folder" }
                    dd { code { (kept.folder.display()) } @if let Some(host) = host { " on " (host) } }
                }
            }
            @if kept.is_none() {
                p.soft { "The dump was not kept; " code { "--keep always" } " keeps it." }
            }
        }
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// How to repeat the test.
pub(super) fn again(report: &TestReport) -> Markup {
    html! {
        section.card aria-labelledby="again" {
            h2 id="again" { "Run it again" }
            pre.command tabindex="0" role="region" aria-labelledby="again" { (report.rerun) }
            @if let Some(seed) = &report.seed {
                p.soft { "With " code { "--seed " (seed) } " the guest lays its memory out as it did in this run." }
            }
        }
    }
}
