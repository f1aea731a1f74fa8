//! Stacks as WinDbg's `k` prints them, with remarks on relevant frames.

use super::text::Document;
use crate::verdict::{Culprit, Frame, Hex64, Stack, StackKind, Trust, Verdict};

/// Maximum number of frames per stack.
const LONGEST: usize = 64;

/// Functions whose presence on a stack shows what happened, with a remark.
///
/// The names are those of the public ntkrnlmp symbols.
const REMARKS: &[(&str, &str)] = &[
    ("KiPageFault", "page fault"),
    ("KiGeneralProtectionFault", "general protection fault"),
    ("KiDoubleFaultAbort", "double fault"),
    ("KiNmiInterrupt", "NMI"),
    ("KiServiceLinkage", "system service called from kernel mode"),
    ("KxWaitForSpinLockAndAcquire", "spins for a lock"),
    (
        "KiAcquireKobjectLockSafe",
        "spins for a dispatcher object's lock",
    ),
    ("KeAccumulateTicks", "clock interrupt: the watchdog"),
    ("KiExecuteAllDpcs", "runs DPCs"),
    ("ExpWaitForResource", "waits for an executive resource"),
    ("KeWaitForSingleObject", "waits"),
    ("KeWaitForMultipleObjects", "waits"),
    ("KeDelayExecutionThread", "sleeps"),
    ("IovCallDriver", "IRP forwarded under Driver Verifier"),
    ("IopCompleteRequest", "delivers the completion of an IRP"),
    ("PopIrpWatchdog", "watchdog of a power IRP"),
];

/// The relevant stacks, in reading order.
pub(super) fn relevant(verdict: &Verdict) -> Vec<usize> {
    let threads: Vec<_> = verdict
        .victims
        .iter()
        .filter_map(|victim| victim.thread)
        .collect();
    let blamed = verdict.culprit.as_ref().and_then(|culprit| culprit.address);
    let rank = |stack: &Stack| match stack.kind {
        StackKind::Crash => Some(0),
        _ if blamed.is_some_and(|address| {
            stack
                .frames
                .iter()
                .any(|frame| frame.address == Some(address))
        }) =>
        {
            Some(1)
        }
        _ if is_shown_by_evidence(verdict, stack) => Some(2),
        _ if stack.thread.is_some_and(|thread| threads.contains(&thread)) => Some(3),
        StackKind::Processor if !is_idle(stack) => Some(4),
        _ => None,
    };
    let mut stacks: Vec<_> = verdict
        .stacks
        .iter()
        .enumerate()
        .filter_map(|(index, stack)| Some((rank(stack)?, index)))
        .collect();
    stacks.sort_unstable();
    stacks.into_iter().map(|(_, index)| index).collect()
}

fn is_shown_by_evidence(verdict: &Verdict, stack: &Stack) -> bool {
    verdict.evidence.iter().any(|evidence| {
        let command = evidence.windbg.as_deref();
        command.is_some_and(|command| shows(command, stack))
    })
}

fn is_idle(stack: &Stack) -> bool {
    stack.process.as_deref() == Some("Idle")
        || stack
            .frames
            .iter()
            .any(|frame| frame.function.as_deref() == Some("KiIdleLoop"))
}

/// Whether a WinDbg command shows just this stack.
pub(super) fn shows(command: &str, stack: &Stack) -> bool {
    if command == "k" {
        return stack.kind == StackKind::Crash;
    }
    let thread = command.strip_prefix("!thread ");
    let processor = command
        .strip_prefix('~')
        .and_then(|rest| rest.strip_suffix('k'));
    match (thread, processor) {
        (Some(thread), _) => stack
            .thread
            .is_some_and(|address| address.to_string() == thread.trim()),
        (_, Some(number)) => {
            number.parse().ok() == stack.processor && stack.kind == StackKind::Processor
        }
        _ => false,
    }
}

/// The heading of a stack.
pub(super) fn title(stack: &Stack) -> String {
    let thread = stack.thread.map(|thread| {
        let process = stack.process.as_deref().unwrap_or("an unknown process");
        let state = stack.thread_state.as_deref().unwrap_or("state not known");
        format!("thread {thread} of {process} ({state})")
    });
    let processor = stack.processor.map(|number| format!("processor {number}"));
    let place = [processor, thread]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ");
    let what = match stack.kind {
        StackKind::Crash => "The stop",
        StackKind::Processor => "Another processor",
        StackKind::Thread => "A thread that was not running",
    };
    match place.is_empty() {
        true => what.to_owned(),
        false => format!("{what}: {place}"),
    }
}

/// Writes a stack in WinDbg's layout, and how its frames were found.
pub(super) fn write(document: &mut Document, stack: &Stack, culprit: Option<&Culprit>) {
    let mut lines = vec![" # Child-SP          RetAddr               Call Site".to_owned()];
    for (index, frame) in stack.frames.iter().enumerate().take(LONGEST) {
        let next = (stack.frames.get(index + 1)).map_or(Some(Hex64(0)), |next| next.address);
        lines.push(line(index, frame, next, culprit));
    }
    let left_out = stack.frames.len().saturating_sub(LONGEST);
    if left_out > 0 {
        lines.push(format!("   ... {left_out} more frames"));
    }
    document.code(lines.iter().map(String::as_str));
    let residue = stack.frames.iter().any(|frame| frame.trust == Trust::Scan);
    if residue {
        document.paragraph(
            "Frames marked as found by a scan are return addresses that lay on the stack; they may be \
             left over from earlier calls, and no conclusion rests on them.",
        );
    }
    if let Some(note) = &stack.note {
        document.paragraph(&format!("Where it ends: {note}."));
    }
}

fn line(index: usize, frame: &Frame, next: Option<Hex64>, culprit: Option<&Culprit>) -> String {
    let file = frame.source_file.as_deref().map(file_name);
    let place = match (file, frame.source_line) {
        (Some(file), Some(line)) => format!(" [{file} @ {line}]"),
        _ => String::new(),
    };
    let function = frame.function.as_deref().unwrap_or("");
    let remark = REMARKS.iter().find(|(name, _)| *name == function);
    let is_culprit = culprit
        .is_some_and(|culprit| culprit.address.is_some() && culprit.address == frame.address);
    let mark = match (is_culprit, remark, frame.trust) {
        (true, ..) => "   <== the culprit".to_owned(),
        (false, Some((_, remark)), _) => format!("   <-- {remark}"),
        (false, None, Trust::TrapFrame) => "   <-- interrupted here".to_owned(),
        (false, None, Trust::Scan) => "   (scan)".to_owned(),
        _ => String::new(),
    };
    format!(
        "{index:02x} {} {}     {}{place}{mark}",
        frame.sp.map_or_else(no_address, |sp| halves(sp.0)),
        next.map_or_else(no_address, |next| halves(next.0)),
        frame.symbol
    )
}

/// In place of an address that a transcript does not show.
fn no_address() -> String {
    "-".repeat(17)
}

/// An address with the back-tick that WinDbg puts between its halves.
fn halves(address: u64) -> String {
    format!("{:08x}`{:08x}", address >> 32, address & 0xFFFF_FFFF)
}

/// The file's name without the folders of the machine that built it.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
