//! Sections of a result's page about what analyzers say.

use analyzer::report::markdown as walk;
use analyzer::verdict::{Frame, Stack, StackKind, Verdict};
use maud::{Markup, html};
use runner::events::{AnalysisResult, Outcome, TestReport};

use super::markdown::markdown;

/// Limits of the frames of a stack, and of the stacks, on a page; the JSON has all.
const MAX_FRAMES: usize = 120;
const MAX_STACKS: usize = 40;

/// The outcome, in large letters.
pub(super) fn headline(report: &TestReport) -> Markup {
    html! {
        @match (&report.verdict, &report.outcome) {
            (Some(verdict), _) => {
                p.cause { (verdict.cause.title) }
                (in_words(verdict))
            }
            (None, Outcome::Passed) => { p.cause { "No crash, as it should be" } }
            (None, Outcome::Failed { .. }) => { p.cause { "It did not stop as expected" } }
            (None, Outcome::Skipped { .. }) => { p.cause { "Not shown" } }
            (None, Outcome::Infra { .. }) => { p.cause { "Could not be carried out" } }
        }
        @if let Outcome::Failed { mismatches } = &report.outcome {
            ul.why {
                @for mismatch in mismatches.iter().take(6) {
                    li { code { (mismatch.field) } " expected " b { (mismatch.expected) } ", was " b.no { (mismatch.actual) } }
                }
                @if mismatches.len() > 6 { li.soft { "… and " (mismatches.len() - 6) " more" } }
            }
        }
        @if let Outcome::Infra { reason } | Outcome::Skipped { reason } = &report.outcome { p { (reason) } }
    }
}

fn in_words(verdict: &Verdict) -> Markup {
    html! {
        p {
            "Stop " b { (verdict.bugcheck.code_hex) }
            @if let Some(name) = &verdict.bugcheck.name { " " code { (name) } }
            ", cause " code { (verdict.cause.most_specific()) } " (" (verdict.confidence.as_str()) ")"
        }
        p { "To blame: " (culprit(verdict)) }
        @if !verdict.victims.is_empty() {
            p { "Not to blame: "
                @for (index, victim) in verdict.victims.iter().take(8).enumerate() {
                    @if index > 0 { ", " }
                    code { (victim.module.as_deref().unwrap_or("unknown module"))
                        @if let Some(function) = &victim.function { "!" (function) } }
                }
            }
        }
    }
}

fn culprit(verdict: &Verdict) -> Markup {
    html! {
        @match &verdict.culprit {
            None => { "nobody is named" }
            Some(culprit) => {
                code { (culprit.module) @if let Some(function) = &culprit.function { "!" (function) } }
                " (" (culprit.role.as_str()) ")"
                @if let Some(file) = &culprit.source_file {
                    ", " code { (file) @if let Some(line) = culprit.source_line { ":" (line) } }
                }
            }
        }
    }
}

/// Several analyzers on the same dump, side by side.
pub(super) fn analyzers(report: &TestReport) -> Markup {
    if report.analyses.is_empty() {
        return html! {};
    }
    html! {
        section.card aria-labelledby="analyzers" {
            h2 id="analyzers" { "Analyzers on the same dump" }
            div.scroll { table.stack {
                thead { tr {
                    th scope="col" { "Analyzer" } th scope="col" { "Stop" } th scope="col" { "Cause" }
                    th scope="col" { "To blame" } th scope="col" { "Confidence" } th.num scope="col" { "Took" }
                } }
                tbody {
                    @for (index, analysis) in report.analyses.iter().enumerate() {
                        tr {
                            th scope="row" {
                                (analysis.analyzer)
                                @if index == 0 { small.soft { " (the expectation is held against it)" } }
                            }
                            @match &analysis.result {
                                AnalysisResult::Verdict(verdict) => {
                                    td.tight data-name="stop" { code { (verdict.bugcheck.code_hex) } }
                                    td data-name="cause" { code { (verdict.cause.most_specific()) } }
                                    td data-name="to blame" { (culprit(verdict)) }
                                    td.tight data-name="confidence" { (verdict.confidence.as_str()) }
                                }
                                AnalysisResult::Trouble(words) => {
                                    td colspan="4" { span.no { "no verdict: " } (words) }
                                }
                            }
                            td.num data-name="took" { (analysis.elapsed_ms) " ms" }
                        }
                    }
                }
            } }
        }
    }
}

/// The reasoning step by step.
pub(super) fn walkthrough(report: &TestReport) -> Markup {
    html! {
        @if let Some(verdict) = &report.verdict { (one_walkthrough("walk", "Walk-through", verdict)) }
        @if let Some(verdict) = &report.live_verdict {
            (one_walkthrough("live", "The guest as it hung", verdict))
        }
    }
}

fn one_walkthrough(id: &str, title: &str, verdict: &Verdict) -> Markup {
    html! {
        section.card aria-labelledby=(id) {
            h2 id=(id) { (title) }
            div.walk { (markdown(&walk(verdict))) }
        }
    }
}

/// All stacks of the verdict; that of the stop is open.
pub(super) fn stacks(report: &TestReport) -> Markup {
    let Some(verdict) = report
        .verdict
        .as_ref()
        .filter(|verdict| !verdict.stacks.is_empty())
    else {
        return html! {};
    };
    html! {
        section.card aria-labelledby="stacks" {
            h2 id="stacks" { "Stacks" }
            @for stack in verdict.stacks.iter().take(MAX_STACKS) {
                details open[stack.kind == StackKind::Crash] {
                    summary { (named(stack)) " " small { (stack.frames.len()) " frames" } }
                    div.scroll { table.frames {
                        thead { tr {
                            th scope="col" { "#" } th scope="col" { "Function" } th scope="col" { "Source" }
                            th scope="col" { "Found by" }
                        } }
                        tbody {
                            @for (index, frame) in stack.frames.iter().take(MAX_FRAMES).enumerate() {
                                tr class=[is_blamed(verdict, frame).then_some("blame")] {
                                    td.num { (format!("{index:02}")) }
                                    td.mono { (frame.symbol) @if is_blamed(verdict, frame) { " ← to blame" } }
                                    td.mono { (source(frame)) }
                                    td.soft { (frame.trust.as_str()) }
                                }
                            }
                        }
                    } }
                    @if stack.frames.len() > MAX_FRAMES {
                        p.soft { "… and " (stack.frames.len() - MAX_FRAMES) " more frames" }
                    }
                    @if let Some(note) = &stack.note { p.soft { (note) } }
                }
            }
            @if verdict.stacks.len() > MAX_STACKS {
                p.soft { "… and " (verdict.stacks.len() - MAX_STACKS) " more stacks" }
            }
        }
    }
}

fn named(stack: &Stack) -> String {
    let what = match stack.kind {
        StackKind::Crash => "The stop",
        StackKind::Processor => "Another processor",
        StackKind::Thread => "A thread",
    };
    let mut words = vec![what.to_owned()];
    words.extend(stack.processor.map(|number| format!("processor {number}")));
    words.extend(stack.thread.map(|address| format!("thread {address}")));
    words.extend(stack.process.as_ref().map(|name| format!("of {name}")));
    words.extend(
        stack
            .thread_state
            .as_ref()
            .map(|state| format!("({state})")),
    );
    words
        .join(", ")
        .replace(", of ", " of ")
        .replace(", (", " (")
}

fn source(frame: &Frame) -> String {
    match (&frame.source_file, frame.source_line) {
        (Some(file), Some(line)) => {
            let name = file.rsplit(['\\', '/']).next().unwrap_or(file);
            format!("{name}:{line}")
        }
        (Some(file), None) => file.clone(),
        (None, _) => String::new(),
    }
}

/// Whether this is the frame of the culprit: the blamed address, or else its function.
fn is_blamed(verdict: &Verdict, frame: &Frame) -> bool {
    (verdict.culprit.as_ref()).is_some_and(|culprit| match (culprit.address, frame.address) {
        (Some(blamed), Some(here)) => blamed == here,
        _ => {
            let module = frame.module.as_deref();
            let same = module.is_some_and(|name| name.eq_ignore_ascii_case(&culprit.module));
            same && culprit.function.is_some() && culprit.function == frame.function
        }
    })
}
