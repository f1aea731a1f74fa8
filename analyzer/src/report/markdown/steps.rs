//! The reasoning, step by step: an observation, its command, its meaning.

use super::{stacks, text::Document};
use crate::verdict::{CauseId, Evidence, EvidenceKind, Verdict};

/// Writes the steps. Returns the indices of the stacks that were shown.
pub(super) fn write(document: &mut Document, verdict: &Verdict) -> Vec<usize> {
    let mut shown = Vec::new();
    let mut explained = Vec::new();
    for (index, evidence) in verdict.evidence.iter().enumerate() {
        document.heading(3, &format!("Step {}: {}", index + 1, topic(evidence.kind)));
        document.paragraph(&sentence(&evidence.shows));
        if let Some(command) = &evidence.windbg {
            document.code([prompted(verdict, command).as_str()]);
            let stack = verdict
                .stacks
                .iter()
                .position(|stack| stacks::shows(command, stack));
            match stack {
                Some(stack) if !shown.contains(&stack) => {
                    document.paragraph(&format!("{}.", stacks::title(&verdict.stacks[stack])));
                    stacks::write(document, &verdict.stacks[stack], verdict.culprit.as_ref());
                    shown.push(stack);
                }
                Some(_) => document.paragraph("The stack is the one shown above."),
                None => {}
            }
        }
        let means = meaning(verdict.cause.id, evidence);
        // Do not explain the same thing twice.
        if let Some(means) = means.filter(|means| !explained.contains(means)) {
            document.paragraph(&format!("What it means: {means}"));
            explained.push(means);
        }
        if !evidence.found_by.is_empty() {
            document.paragraph(&format!("Found in: {}.", evidence.found_by));
        }
    }
    shown
}

/// A command behind the prompt that WinDbg shows for this dump.
pub(super) fn prompted(verdict: &Verdict, command: &str) -> String {
    match verdict.dump.crash_processor {
        Some(processor) => format!("{processor}: kd> {command}"),
        None => format!("kd> {command}"),
    }
}

/// As a sentence, with a capital and a full stop.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim();
    let first = text.split_whitespace().next().unwrap_or("");
    // Identifiers keep their case.
    let is_word = !first.is_empty()
        && first
            .chars()
            .all(|c| c.is_ascii_lowercase() || ",.'".contains(c));
    let mut sentence = match (is_word, text.split_at_checked(1)) {
        (true, Some((head, rest))) => head.to_ascii_uppercase() + rest,
        _ => text.to_owned(),
    };
    if !sentence.is_empty() && !sentence.ends_with(['.', '!', '?', ':']) {
        sentence.push('.');
    }
    sentence
}

fn topic(kind: EvidenceKind) -> &'static str {
    match kind {
        EvidenceKind::BugcheckParameter => "what the stop says",
        EvidenceKind::Stack => "the stack",
        EvidenceKind::Lock => "the lock",
        EvidenceKind::Irql => "the IRQL",
        EvidenceKind::PageTable => "the page",
        EvidenceKind::Code => "the code",
        EvidenceKind::Thread => "the thread",
        EvidenceKind::Structure => "the kernel's own records",
    }
}

/// What an observation of this kind means for this cause. The text must hold whenever a rule cites
/// such an observation for this cause.
fn meaning(cause: CauseId, evidence: &Evidence) -> Option<&'static str> {
    use CauseId::*;
    use EvidenceKind::*;
    let text = match (cause, evidence.kind) {
        (_, PageTable) => {
            "the page tables decide between a wild pointer and memory that is merely paged out: the second \
             is in order below DISPATCH_LEVEL and fatal from there on."
        }
        (SpinlockHeldAcrossPassiveCall, BugcheckParameter)
        | (PassiveCallAtRaisedIrql, BugcheckParameter) => {
            "the instruction that faulted did nothing unusual; what is wrong is the IRQL at which it ran. So \
             the question is not who touched the address, but who called at this IRQL."
        }
        (PageableAccessAtRaisedIrql, BugcheckParameter) => {
            "either the memory should have been nonpaged, or the code should not have run at this IRQL."
        }
        (SpinlockHeldAcrossPassiveCall | PassiveCallAtRaisedIrql, Stack) => {
            "below the kernel's services on the stack is the driver that called them; whatever happens \
             further in happens on its behalf."
        }
        (SpinlockHeldAcrossPassiveCall | DispatchLevelOverrun, Code) => {
            "a spin lock is taken on the way to the call and not released before it, so the call is made \
             at DISPATCH_LEVEL."
        }
        (SpinlockHeldAcrossPassiveCall | SpinlockNeverReleased, Lock) => {
            "a KSPIN_LOCK is one word: not 0 is held. It does not say by whom; where the lock lies says whose it is."
        }
        (SpinlockNeverReleased, Stack) => {
            "who spins for a lock suffers from it; the question is who took it and did not give it back."
        }
        (SpinlockNeverReleased | FastMutexLeaked | IrqlLeaked, Code) => {
            "some way out of this function does not undo what it did on the way in."
        }
        (
            DpcOverrun | DispatchLevelOverrun | SpinlockNeverReleased | StaleCompletionEvent,
            BugcheckParameter,
        ) => {
            "the watchdog stops the machine at a clock interrupt, wherever the processor is at that moment: \
             the innermost frames need not be the ones that used the time."
        }
        (
            DpcOverrun | DispatchLevelOverrun | SpinlockNeverReleased | StaleCompletionEvent,
            Structure,
        ) if evidence.shows.contains("DpcTimeCount") => {
            "DpcTimeCount counts for the DPC that is running, DpcWatchdogCount for all time at DISPATCH_LEVEL \
             and above. They tell whether one DPC is to blame or a processor that never came down."
        }
        (DpcOverrun, Stack) => {
            "the routine that the DPC was queued with is on the stack and has not returned; what it calls \
             belongs to its time."
        }
        (StaleCompletionEvent, Stack) => {
            "the lock bit of a live event is held for an instant; to wait for it so long means that what is \
             there is no event."
        }
        (StaleCompletionEvent, Structure) if evidence.shows.contains("begins with the bytes") => {
            "an event begins with its type and size; other bytes there mean that the memory has been used for \
             something else since."
        }
        (FastMutexLeaked, BugcheckParameter) => {
            "Driver Verifier names the driver that passed an IRP on at this IRQL. That is where it was noticed, \
             not where it was raised."
        }
        (FastMutexLeaked, Lock) => {
            "a fast mutex keeps its owner and the IRQL to go back to, so the memory says itself which mutex this \
             thread still holds."
        }
        (IrqlLeaked, BugcheckParameter) => {
            "who was called at one IRQL must return at the same one."
        }
        (IrqlLeaked, Irql) => "the log has the raise, and no lowering that goes with it.",
        (PowerIrpNeverCompleted | PowerIrpHeldByBlockedThread, BugcheckParameter) => {
            "the parameters name the IRP, and the physical device at the bottom of the stack. The driver of that \
             device enumerated it; who has the IRP is written in the IRP."
        }
        (PowerIrpNeverCompleted | PowerIrpHeldByBlockedThread, Structure)
            if evidence
                .windbg
                .as_deref()
                .is_some_and(|command| command.starts_with("!irp")) =>
        {
            "the current stack location belongs to the driver that was given the IRP last and has not passed it on."
        }
        (PowerIrpHeldByBlockedThread | PnpLockHeldByBlockedDriver, Thread) => {
            "where the object lies tells whose it is: a driver that waits on an event of its own waits for itself \
             or for its device, not for Windows."
        }
        (PnpLockHeldByBlockedDriver, BugcheckParameter) => {
            "the power transition is the victim. The PnP lock is an executive resource, which records its owner; \
             that thread is the one to look at."
        }
        (PnpLockHeldByBlockedDriver | ResourceDeadlock, Lock) => {
            "an executive resource records who owns it and who waits for it."
        }
        (PnpLockHeldByBlockedDriver, Structure)
            if evidence
                .windbg
                .as_deref()
                .is_some_and(|command| command.starts_with("!irp")) =>
        {
            "this is the request that the driver was asked to serve while the locks were held."
        }
        (IrpCompletedTwice, BugcheckParameter) => {
            "the I/O manager marks an IRP when it is completed; here the mark was there already."
        }
        (PoolUseAfterFree, BugcheckParameter) => {
            "special pool makes the pages of a freed block invalid, so this address once was a block."
        }
        (PoolUseAfterFree, Structure) => {
            "the log of allocations and frees has the history of this block, with the code that made it."
        }
        (ResourceDeadlock, Thread) => "each thread in the cycle waits for what the next one owns.",
        _ => return None,
    };
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_begin_with_a_capital_but_names_keep_their_case() {
        assert_eq!(sentence("a read of 0x1"), "A read of 0x1.");
        assert_eq!(sentence("nt!KeFoo spins"), "nt!KeFoo spins.");
        assert_eq!(sentence("done."), "Done.");
        assert_eq!(sentence(""), "");
    }
}
