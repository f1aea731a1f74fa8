//! The stacks.

use super::super::paint::{Page, Style};
use super::detail::more;
use super::head::place;
use crate::verdict::{Culprit, Frame, Stack, StackKind, Verdict};

/// The stack of the stop, at most `frames` of it; with `all`, whole and with the other stacks that
/// matter.
pub(super) fn stacks(page: &mut Page, verdict: &Verdict, frames: usize, all: bool) {
    let threads: Vec<_> = verdict
        .victims
        .iter()
        .filter_map(|victim| victim.thread)
        .collect();
    let matters = |stack: &&Stack| {
        if !all {
            return stack.kind == StackKind::Crash;
        }
        stack.kind != StackKind::Thread
            || stack.thread.is_some_and(|thread| threads.contains(&thread))
    };
    for stack in verdict.stacks.iter().filter(matters) {
        page.heading(&stack_title(stack));
        // The page reaches one frame beyond the one to blame.
        let blamed = stack
            .frames
            .iter()
            .rposition(|frame| is_blamed(frame, verdict.culprit.as_ref()));
        let frames = blamed.map_or(frames, |index| frames.max(index.saturating_add(2)));
        for (index, frame) in stack.frames.iter().enumerate().take(frames) {
            let line = frame_line(page, index, frame, verdict.culprit.as_ref());
            page.line(&line);
        }
        more(page, stack.frames.len(), frames);
        if let Some(note) = &stack.note {
            let note = page.paint(Style::Dim, note);
            page.line(&format!("     {note}"));
        }
    }
    let hidden = verdict.stacks.len() - verdict.stacks.iter().filter(matters).count();
    if hidden > 0 {
        let note = match all {
            true => format!("more stacks in the JSON report: {hidden}"),
            false => format!("more stacks with --long: {hidden}"),
        };
        let note = page.paint(Style::Dim, &note);
        page.line("");
        page.line(&format!("  {note}"));
    }
}

fn stack_title(stack: &Stack) -> String {
    let mut parts = Vec::new();
    match (stack.kind, stack.processor) {
        (StackKind::Crash, Some(number)) => {
            parts.push(format!("STACK of the stop, processor {number}"))
        }
        (StackKind::Crash, None) => parts.push("STACK of the stop".to_owned()),
        (_, Some(number)) => parts.push(format!("STACK of processor {number}")),
        (_, None) => parts.push("STACK".to_owned()),
    }
    if let Some(thread) = stack.thread {
        let process = stack.process.as_deref().unwrap_or("?");
        let state = stack.thread_state.as_deref().unwrap_or("?");
        parts.push(format!("thread {thread} of {process} ({state})"));
    }
    parts.join(", ")
}

fn frame_line(page: &Page, index: usize, frame: &Frame, culprit: Option<&Culprit>) -> String {
    let symbol = match is_blamed(frame, culprit) {
        true => page.paint(Style::Blame, &frame.symbol),
        false => frame.symbol.clone(),
    };
    let file = frame.source_file.as_deref();
    let file = file.map(|path| path.rsplit(['/', '\\']).next().unwrap_or(path));
    let place =
        place(file, frame.source_line).map_or_else(String::new, |place| format!(" [{place}]"));
    let trust = page.paint(Style::Dim, &format!("({})", frame.trust.as_str()));
    format!("  {index:02} {symbol}{place} {trust}")
}

fn is_blamed(frame: &Frame, culprit: Option<&Culprit>) -> bool {
    culprit.is_some_and(|culprit| culprit.address.is_some() && culprit.address == frame.address)
}
