//! Who is not to blame, the evidence, and what is not known.

use super::super::paint::{Page, Style};
use super::super::phrases::who;
use crate::verdict::{Verdict, Victim};

pub(super) fn victims(page: &mut Page, victims: &[Victim]) {
    if victims.is_empty() {
        return;
    }
    page.heading("NOT TO BLAME");
    for victim in victims {
        let module = victim.module.as_deref().unwrap_or("?");
        let function = victim.function.as_deref();
        let function = function.map_or_else(String::new, |name| format!("!{name}"));
        let processor = victim.processor;
        let processor =
            processor.map_or_else(String::new, |number| format!(" on processor {number}"));
        page.paragraph(2, &format!("{module}{function}{processor}: {}", victim.why));
    }
}

/// The evidence; at most `limit` of it.
pub(super) fn evidence(page: &mut Page, verdict: &Verdict, limit: usize) {
    page.heading("EVIDENCE");
    for evidence in verdict.evidence.iter().take(limit) {
        page.paragraph(2, &evidence.shows);
        page.painted(6, Style::Dim, &format!("from {}", evidence.found_by));
        if let Some(command) = &evidence.windbg {
            let command = page.paint(Style::Code, &format!("kd> {command}"));
            page.line(&format!("      {command}"));
        }
    }
    if verdict.evidence.is_empty() {
        page.line("  none");
    }
    if let Some(proof) = &verdict.hardware {
        page.heading("ARITHMETIC");
        for step in &proof.arithmetic {
            page.paragraph(2, step);
        }
    }
    more(page, verdict.evidence.len(), limit);
}

pub(super) fn alternatives(page: &mut Page, verdict: &Verdict) {
    if verdict.alternatives.is_empty() {
        return;
    }
    page.heading("COULD ALSO BE");
    for alternative in &verdict.alternatives {
        let blamed = alternative.culprit.as_ref();
        let blamed = blamed.map_or_else(String::new, |culprit| format!(" ({})", who(culprit)));
        page.paragraph(
            2,
            &format!("{}{blamed}: {}", alternative.cause, alternative.why),
        );
    }
}

/// What is not known; at most `limit` of it.
pub(super) fn unknown(page: &mut Page, verdict: &Verdict, limit: usize) {
    if verdict.unknown.is_empty() {
        return;
    }
    page.heading("NOT KNOWN");
    for unknown in verdict.unknown.iter().take(limit) {
        page.paragraph(2, &format!("{}: {}", unknown.what, unknown.why));
    }
    more(page, verdict.unknown.len(), limit);
}

/// Says how many of `all` the page leaves out.
pub(super) fn more(page: &mut Page, all: usize, limit: usize) {
    if all > limit {
        page.painted(2, Style::Dim, &format!("and {} more: --long", all - limit));
    }
}
