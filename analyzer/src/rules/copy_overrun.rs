//! A copy ran off the end of its buffer, into a page that is not there.
//!
//! Needs: the fault, the crash stack, the instruction's code and registers.
//!
//! Decides: the access is at the first bytes of a page of the kernel's half, and part of a copy or a
//! fill: a repeated instruction with a count left, a loop that stores and moves on, or a copy function
//! (the kernel's, or one that is linked in). A pointer that is simply wrong is rarely at the very start
//! of a page. The driver that called the copy function passed the length, so it is to blame; the copy
//! function is not. A copy whose destination begins at the faulting address did not run off anything,
//! and pages that are paged out or read-only have other rules.
//!
//! Confidence: `likely` if a register still has the start of the destination, in an earlier page, and a
//! third-party driver made the call; else `possible`.
//!
//! Sources: Intel's manual, volume 2, REP; Microsoft's x64 calling convention (RAX).

use super::blame::{culprit, fault_evidence};
use super::evidence::{evidence, frame_at};
use super::{Finding, Rule};
use crate::dump::PteState;
use crate::facts::{Copying, Facts, Fault, FrameFacts, Repeats, StackFacts};
use crate::modules::is_dispatcher;
use crate::stop::Access;
use crate::verdict::{
    Alternative, CauseId, Confidence, Culprit, CulpritRole, EvidenceKind, Unknown,
};

pub(super) struct CopyOverrun;

const PAGE: u64 = 0x1000;
/// A copy is not longer.
const LONGEST: u64 = 64 << 20;
/// Functions that copy or fill, without underscores in front. Compilers add variants (`memcpy_repmovs`).
const COPIES: &[&str] = &[
    "memcpy", "memmove", "memset", "memccpy", "wmemcpy", "wmemmove", "wmemset", "strcpy",
    "strncpy", "strcat", "strncat", "wcscpy", "wcsncpy", "wcscat", "wcsncat",
];
/// Starts of the names of Windows' own.
const FAMILIES: &[&str] = &[
    "RtlCopyMemory",
    "RtlMoveMemory",
    "RtlFillMemory",
    "RtlZeroMemory",
    "RtlSecureZeroMemory",
    "RtlCopyString",
    "RtlCopyUnicodeString",
    "RtlAppendUnicode",
    "RtlAppendString",
    "RtlAppendAsciiz",
    "RtlStringC",
    "RtlUnicodeStringC",
    "NdisMoveMemory",
    "NdisZeroMemory",
];

impl Rule for CopyOverrun {
    fn name(&self) -> &'static str {
        "copy-overrun"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let faults =
            facts.bugcheck.code == 0 || facts.bugcheck.implies() == Some(CauseId::InvalidAccess);
        let fault = facts.fault.as_ref().filter(|_| faults)?;
        let stack = facts.crash_stack()?;
        let from = fault.frame?;
        let copying = facts.copying.as_ref();
        if !runs_off_a_page(fault, copying) {
            return None;
        }
        let began = began(fault, copying)?;
        let caller = caller(stack, from, copying)?;
        let blamed = blamed(stack, from, caller);
        let third_party = stack.frames[caller].is_third_party();
        let verb = match fault.access {
            Access::Write => "wrote",
            Access::Read => "read",
            _ => "read or wrote",
        };
        let by = stack.frames[from].text();
        let mut pieces = fault_evidence(fault);
        let mut shows = format!(
            "{:#x} is the start of a page, and {}",
            fault.address,
            how(copying, &by)
        );
        if let Began::Earlier(start) = began {
            shows += &format!("; the destination began at {start:#x}");
        }
        pieces.push(evidence(
            EvidenceKind::Code,
            shows,
            &[fault.address],
            "the instruction, the function's name and the registers",
            "r",
        ));
        pieces.extend(blamed.map(|index| {
            let shows = match index == from {
                true => format!("{} copied", stack.frames[index].text()),
                false => format!("{} led to the copy", stack.frames[index].text()),
            };
            frame_at(stack, index, shows)
        }));
        let likely = matches!(began, Began::Earlier(_)) && third_party;
        let who = blamed.map_or_else(|| by.clone(), |index| stack.frames[index].text());
        let through = match blamed {
            Some(index) if index != from => format!(" through {by}"),
            _ => String::new(),
        };
        Some(Finding {
            cause: CauseId::PoolOverrun,
            explanation: format!(
                "{who} {verb} beyond the end of a buffer{through}{}: the copy reached {:#x}, the first \
                 address of a page that is not there.",
                fault.at_irql(),
                fault.address
            ),
            culprit: blamed.map(|index| by_role(stack, index, from, likely)),
            victims: Vec::new(),
            confidence: match likely {
                true => Confidence::Likely,
                false => Confidence::Possible,
            },
            evidence: pieces,
            unknown: vec![Unknown {
                what: "why the copy was longer than the buffer".to_owned(),
                why: "the dump shows how far the copy got, not how its length was computed"
                    .to_owned(),
            }],
            alternatives: vec![Alternative {
                cause: CauseId::InvalidAccess,
                culprit: None,
                why: "the buffer may have been no memory of the driver's in the first place, or \
                      freed"
                    .to_owned(),
            }],
        })
    }
}

fn by_role(stack: &StackFacts, index: usize, from: usize, likely: bool) -> Culprit {
    let role = match (likely, index == from) {
        (false, _) => CulpritRole::Suspect,
        (true, true) => CulpritRole::FaultingCode,
        (true, false) => CulpritRole::Caller,
    };
    culprit(&stack.frames[index], role)
}

/// Whether the access is at the first bytes of a page of the kernel's half that may be missing.
fn runs_off_a_page(fault: &Fault, copying: Option<&Copying>) -> bool {
    let width = copying.map_or(1, |copying| copying.width);
    let is_start = fault.address % PAGE < width;
    let accesses = matches!(fault.access, Access::Read | Access::Write | Access::Unknown);
    let missing = !fault.is_paged_out() && !matches!(fault.pte, Some(PteState::Present { .. }));
    is_start && accesses && missing && is_kernel_half(fault)
}

/// 32-bit systems have the kernel in the upper 2 GiB.
fn is_kernel_half(fault: &Fault) -> bool {
    let is_32_bit = fault.rip.known().is_some_and(|rip| rip >> 32 == 0);
    match is_32_bit {
        true => (0x8000_0000..=0xFFFF_FFFF).contains(&fault.address),
        false => crate::dump::is_kernel_address(fault.address),
    }
}

/// Where the destination of a copy began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Began {
    Earlier(u64),
    Unknown,
}

/// `None` if the copy began at the faulting address itself, so that it did not run off anything, or
/// has nothing left to do.
fn began(fault: &Fault, copying: Option<&Copying>) -> Option<Began> {
    let Some(copying) = copying else {
        return Some(Began::Unknown);
    };
    if copying.left == Some(0) {
        return None;
    }
    // The registers keep the destination; a read is of the source.
    if fault.access != Access::Write {
        return Some(Began::Unknown);
    }
    let page = fault.address - fault.address % PAGE;
    if copying
        .kept
        .iter()
        .any(|&start| start.wrapping_sub(page) < copying.width)
    {
        return None;
    }
    let mut earlier = copying.kept.iter().copied();
    let earlier = earlier.find(|&start| start < page && page - start < LONGEST);
    Some(earlier.map_or(Began::Unknown, Began::Earlier))
}

/// The driver's frame that copied, or called what copied, without others of Windows in between.
fn caller(stack: &StackFacts, from: usize, copying: Option<&Copying>) -> Option<usize> {
    let repeats = copying.is_some_and(|copying| copying.repeats != Repeats::NotShown);
    let functions = (from..stack.frames.len())
        .take_while(|&index| copies(&stack.frames[index]))
        .count();
    let first = stack.frames.get(from)?;
    let at = match functions {
        // A function of the kernel whose name does not tell, but whose code does.
        0 if repeats && first.symbol.in_kernel => from + 1,
        0 if repeats => from,
        0 => return None,
        count => from + count,
    };
    // A function that is linked into a driver is called by that driver, even if its frame is lost.
    let linked = at
        .checked_sub(1)
        .filter(|&inner| inner >= from && stack.frames[inner].is_driver());
    let lost = linked.filter(|&inner| {
        let module = |index: usize| Some(stack.frames.get(index)?.symbol.module.as_deref());
        module(inner) != module(at)
    });
    let at = lost.unwrap_or(at);
    stack.frames.get(at)?.is_driver().then_some(at)
}

/// Whether a frame is of a function that copies or fills.
fn copies(frame: &FrameFacts) -> bool {
    let name = frame.symbol.function.as_deref().unwrap_or("");
    let name = name.trim_start_matches('_');
    let own = COPIES.iter().any(|one| {
        let rest = name.strip_prefix(one);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['_', '(']))
    });
    own || FAMILIES.iter().any(|start| name.starts_with(start))
}

/// Who passed the length: the caller, unless it is a driver of Windows that works for another.
fn blamed(stack: &StackFacts, from: usize, caller: usize) -> Option<usize> {
    let frame = &stack.frames[caller];
    if frame.is_third_party() {
        return Some(caller);
    }
    let suspect = stack.suspect_at_work(from)?;
    if let Some(own) = stack.worked_alone(from, suspect) {
        return Some(own.max(caller));
    }
    if stack.frames[suspect].is_third_party() {
        return Some(suspect);
    }
    let name = frame.symbol.module.as_deref()?;
    (!is_dispatcher(name)).then_some(caller)
}

/// How it is known that it copied; continues a sentence.
fn how(copying: Option<&Copying>, by: &str) -> String {
    match copying.map(|copying| (copying.repeats, copying.left)) {
        Some((Repeats::ByPrefix, Some(left))) => {
            format!("the instruction repeats, with {left:#x} elements left")
        }
        Some((Repeats::ByPrefix, None)) => "the instruction repeats".to_owned(),
        Some((Repeats::InLoop, _)) => "the instruction is in a loop that copies".to_owned(),
        _ => format!("{by} copies"),
    }
}
