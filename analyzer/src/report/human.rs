//! The short report for a terminal.

use super::paint::{Page, Style};
use super::phrases::{duration, who};
use crate::verdict::{Culprit, Frame, Stack, StackKind, Verdict, Victim};

/// Maximum number of unloaded modules shown; Windows keeps 50.
const MAX_UNLOADED: usize = 12;

/// A short report: the stop, the cause, the culprit and the victims, the evidence with WinDbg
/// commands, the unknowns, and the relevant stacks.
pub fn human(verdict: &Verdict, colour: bool) -> String {
    let mut page = Page::new(colour);
    stop(&mut page, verdict);
    cause(&mut page, verdict);
    culprit(&mut page, verdict);
    victims(&mut page, &verdict.victims);
    evidence(&mut page, verdict);
    alternatives(&mut page, verdict);
    unknown(&mut page, verdict);
    stacks(&mut page, verdict);
    modules(&mut page, verdict);
    page.heading("SIGNATURE");
    page.line(&format!(
        "  {}  ({})",
        verdict.signature, verdict.signature_hash
    ));
    if let Some(bucket) = &verdict.bucket {
        page.line(&format!("  !analyze would write {bucket}"));
    }
    page.finish()
}

fn stop(page: &mut Page, verdict: &Verdict) {
    let stop = &verdict.bugcheck;
    let name = stop.name.as_deref().unwrap_or("(unnamed stop)");
    let title = match stop.code {
        // A log of a hang, or of a live system.
        0 if verdict.dump.kind == "log" => "NO STOP in this log".to_owned(),
        _ => format!("STOP {} {name}", stop.code_hex),
    };
    let title = page.paint(Style::Heading, &title);
    page.line(&title);
    let stated = stop.code != 0 || verdict.dump.kind != "log";
    for (index, parameter) in stop.parameters.iter().enumerate().filter(|_| stated) {
        let meaning = parameter.meaning.as_deref().unwrap_or("");
        page.line(&format!(
            "  P{} {:<20} {meaning}",
            index + 1,
            parameter.shown()
        ));
    }
    let dump = &verdict.dump;
    let kind = match dump.kind.as_str() {
        "log" => "debugger's log".to_owned(),
        kind => format!("{kind} dump"),
    };
    let mut system = vec![format!("{kind}, {}", dump.machine)];
    system.extend(dump.build.map(|build| format!("build {build}")));
    system.extend(dump.processors.map(|count| format!("{count} processors")));
    system.extend(
        dump.uptime_seconds
            .map(|uptime| format!("up {}", duration(uptime))),
    );
    system.extend(dump.crash_time.clone());
    let system = page.paint(Style::Dim, &system.join(" · "));
    page.line(&format!("  {system}"));
}

fn cause(page: &mut Page, verdict: &Verdict) {
    page.heading("CAUSE");
    let title = page.paint(Style::Warn, &verdict.cause.title);
    page.line(&format!(
        "  {title}  [{}, {}]",
        verdict.cause.most_specific(),
        verdict.confidence.as_str()
    ));
    page.paragraph(2, &verdict.cause.explanation);
}

fn culprit(page: &mut Page, verdict: &Verdict) {
    page.heading("CULPRIT");
    match &verdict.culprit {
        Some(culprit) => {
            let who = page.paint(Style::Blame, &who(culprit));
            page.line(&format!("  {who}  {}", culprit.role.as_str()));
            if let Some(place) = place(culprit.source_file.as_deref(), culprit.source_line) {
                page.line(&format!("  {place}"));
            }
        }
        None => page.line("  not shown by this dump"),
    }
}

fn place(file: Option<&str>, line: Option<u32>) -> Option<String> {
    match (file, line) {
        (Some(file), Some(line)) => Some(format!("{file}:{line}")),
        (Some(file), None) => Some(file.to_owned()),
        _ => None,
    }
}

fn victims(page: &mut Page, victims: &[Victim]) {
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

fn evidence(page: &mut Page, verdict: &Verdict) {
    page.heading("EVIDENCE");
    for evidence in &verdict.evidence {
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
}

fn alternatives(page: &mut Page, verdict: &Verdict) {
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

fn unknown(page: &mut Page, verdict: &Verdict) {
    if verdict.unknown.is_empty() {
        return;
    }
    page.heading("NOT KNOWN");
    for unknown in &verdict.unknown {
        page.paragraph(2, &format!("{}: {}", unknown.what, unknown.why));
    }
}

fn stacks(page: &mut Page, verdict: &Verdict) {
    let threads: Vec<_> = verdict
        .victims
        .iter()
        .filter_map(|victim| victim.thread)
        .collect();
    let matters = |stack: &&Stack| {
        stack.kind != StackKind::Thread
            || stack.thread.is_some_and(|thread| threads.contains(&thread))
    };
    for stack in verdict.stacks.iter().filter(matters) {
        page.heading(&stack_title(stack));
        for (index, frame) in stack.frames.iter().enumerate() {
            let line = frame_line(page, index, frame, verdict.culprit.as_ref());
            page.line(&line);
        }
        if let Some(note) = &stack.note {
            let note = page.paint(Style::Dim, note);
            page.line(&format!("     {note}"));
        }
    }
    let hidden = verdict.stacks.len() - verdict.stacks.iter().filter(matters).count();
    if hidden > 0 {
        let note = page.paint(
            Style::Dim,
            &format!("{hidden} more stacks in the JSON report"),
        );
        page.line("");
        page.line(&format!("  {note}"));
    }
}

/// How many modules were loaded, and which were unloaded.
fn modules(page: &mut Page, verdict: &Verdict) {
    let loaded = verdict.dump.modules_loaded;
    if loaded.is_none() && verdict.unloaded.is_empty() {
        return;
    }
    page.heading("MODULES");
    if let Some(count) = loaded {
        page.line(&format!("  {count} loaded"));
    }
    if verdict.unloaded.is_empty() {
        return;
    }
    let names = verdict.unloaded.iter().map(|driver| driver.name.as_str());
    let names: Vec<_> = names.take(MAX_UNLOADED).collect();
    let more = match verdict.unloaded.len() - names.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let count = verdict.unloaded.len();
    page.paragraph(2, &format!("{count} unloaded: {}{more}", names.join(", ")));
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
    let is_culprit = culprit
        .is_some_and(|culprit| culprit.address.is_some() && culprit.address == frame.address);
    let symbol = match is_culprit {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::UnloadedModule;

    #[test]
    fn unloaded_modules_are_named_up_to_a_bound() {
        let mut verdict = crate::testing::verdict_of_a_held_lock();
        assert!(human(&verdict, false).contains("\nMODULES\n  3 loaded\n"));
        let unloaded = |index: u64| UnloadedModule {
            name: format!("gone{index}.sys"),
            start: index.into(),
            end: (index + 1).into(),
        };
        verdict.unloaded = (0..14).map(unloaded).collect();
        let report = human(&verdict, false);
        for wanted in ["14 unloaded: gone0.sys,", "gone11.sys and 2", "more"] {
            assert!(report.contains(wanted), "{report}");
        }
        assert!(!report.contains("gone12.sys"), "{report}");
    }
}
