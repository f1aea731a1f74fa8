//! The pool manager faulted in its own code: it followed links or headers that were overwritten.
//!
//! Needs: a fault or an exception, and the frame where it was raised.
//!
//! Decides: the fault is in a function of the pool or heap manager, or in a helper of the kernel
//! that such a function called. A caller that allocates passes a size and a tag, no pointer, so it
//! is not wrong: the pool was damaged before. A caller that frees is a suspect, because damage next
//! to its own block is found at the free, and because the address may be wrong. An access just below
//! address zero is the header of the block at NULL.
//!
//! Confidence: `possible`; only a driver that frees is named.
//!
//! Source: Microsoft's bug check reference, 0xC5; WDK, ExAllocatePool2, ExFreePool.

use super::blame::culprit;
use super::evidence::{evidence, frame_at};
use super::overwritten_pointer::overwritten;
use super::{Finding, Rule};
use crate::facts::{Facts, StackFacts};
use crate::verdict::{Alternative, CauseId, Confidence, CulpritRole, EvidenceKind, Trust, Unknown};

pub(super) struct PoolManager;

/// Name prefixes of the kernel's functions that allocate pool; some also process deferred frees.
const ALLOCATE: &[&str] = &[
    "ExAllocatePool",
    "ExAllocateHeapPool",
    "ExpAllocatePool",
    "ExpAllocateBigPool",
    "RtlAllocateHeap",
    "RtlpAllocateHeap",
    "RtlpHpAllocate",
    "RtlpHpLfhSlotAllocate",
    "RtlpHpVsContextAllocate",
    "RtlpHpSegAlloc",
    "MiAllocatePool",
    "MmAllocatePool",
];
/// Of those that free.
const FREE: &[&str] = &[
    "ExFreePool",
    "ExFreeHeapPool",
    "ExDeferredFreePool",
    "ExpFreePool",
    "ExpFreeHeap",
    "ExpFreeBigPool",
    "RtlFreeHeap",
    "RtlpFreeHeap",
    "RtlpHpFree",
    "RtlpHpLfhSlotFree",
    "RtlpHpLfhSubsegmentFree",
    "RtlpHpVsContextFree",
    "RtlpHpSegFree",
    "MiFreePool",
    "MmFreePool",
    "MiDeferredFreePool",
];
/// Of all others of the pool and heap managers.
const MANAGE: &[&str] = &["RtlHp", "RtlpHp", "ExpHp", "HpFree", "HpAlloc", "ExpPool"];
/// Functions that the faulting one may be called by.
const NEAR: usize = 10;
/// STATUS_ACCESS_VIOLATION.
const ACCESS_VIOLATION: u32 = 0xC000_0005;
/// Size of a block's header, with room for its fields.
const HEADER: u64 = 0x20;

/// What the pool manager was doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Allocates,
    Frees,
    Other,
}

impl Work {
    fn of(name: &str) -> Option<Self> {
        let is = |prefixes: &[&str]| prefixes.iter().any(|start| name.starts_with(start));
        match () {
            // It works on what others freed.
            _ if name.starts_with("ExDeferredFreePool") => Some(Self::Other),
            _ if is(ALLOCATE) => Some(Self::Allocates),
            _ if is(FREE) => Some(Self::Frees),
            _ if is(MANAGE) => Some(Self::Other),
            _ => None,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Allocates => "while pool was allocated",
            Self::Frees => "while pool was freed",
            Self::Other => "while it worked on the pool's own data",
        }
    }
}

impl Rule for PoolManager {
    fn name(&self) -> &'static str {
        "pool-manager"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let stack = facts.crash_stack().filter(|_| faults(facts))?;
        let at = raised_at(facts, stack)?;
        let (work, innermost) = work(stack, at)?;
        let frame = &stack.frames[at];
        let caller = stack.suspect_at_work(at);
        let freed_null =
            innermost == Work::Frees && facts.fault.as_ref().is_some_and(is_below_zero);
        let cause = match overwritten(facts) {
            _ if freed_null => CauseId::BadFree,
            Some(value) => value.cause(),
            None => CauseId::PoolOverrun,
        };
        let suspect = caller.filter(|&index| {
            work == Work::Frees && (freed_null || stack.frames[index].is_third_party())
        });
        let what = match freed_null {
            true => "the header of a block at address zero was read: NULL was freed",
            false => "the pool's own data were damaged before",
        };
        let mut pieces = vec![frame_at(stack, at, format!("{} faulted", frame.text()))];
        pieces.push(match work {
            Work::Allocates => evidence(
                EvidenceKind::BugcheckParameter,
                "an allocation passes no pointer that could be wrong",
                &[],
                "what the function takes",
                "!analyze -v",
            ),
            _ => evidence(
                EvidenceKind::Stack,
                format!("it faulted {}", work.text()),
                &[],
                "the functions of the pool manager on the stack",
                "k",
            ),
        });
        pieces.extend(suspect.map(|index| {
            let shows = format!("{} freed a block", stack.frames[index].text());
            frame_at(stack, index, shows)
        }));
        Some(Finding {
            cause,
            explanation: format!("{} faulted {}: {what}.", frame.text(), work.text()),
            culprit: suspect.map(|index| {
                let role = match freed_null {
                    true => CulpritRole::Caller,
                    false => CulpritRole::Suspect,
                };
                culprit(&stack.frames[index], role)
            }),
            victims: Vec::new(),
            confidence: Confidence::Possible,
            evidence: pieces,
            unknown: (!freed_null)
                .then(|| Unknown {
                    what: "who damaged the pool".to_owned(),
                    why: "the damage is found later, by whoever uses the pool next; special pool \
                          finds the writer"
                        .to_owned(),
                })
                .into_iter()
                .collect(),
            alternatives: alternatives(stack, work, caller, suspect, cause),
        })
    }
}

/// Whether the stop is about an access, or about one in the pool manager by its code.
fn faults(facts: &Facts) -> bool {
    let access_violation = facts
        .exception
        .as_ref()
        .is_none_or(|exception| exception.code == ACCESS_VIOLATION);
    let code = facts.bugcheck.family();
    let accesses = facts.bugcheck.implies() == Some(CauseId::InvalidAccess);
    access_violation && (code == 0 || accesses || matches!(code, 0xC5 | 0xD0))
}

/// Who else may be wrong, and what else the driver that frees may have done.
fn alternatives(
    stack: &StackFacts,
    work: Work,
    caller: Option<usize>,
    suspect: Option<usize>,
    cause: CauseId,
) -> Vec<Alternative> {
    let other = |index: usize, cause, why: &str| Alternative {
        cause,
        culprit: Some(culprit(&stack.frames[index], CulpritRole::Suspect)),
        why: why.to_owned(),
    };
    match (suspect, caller) {
        (Some(index), _) if cause != CauseId::BadFree => {
            let why = "the address that it freed may be no block at all";
            vec![other(index, CauseId::BadFree, why)]
        }
        (None, Some(index)) => {
            let why = match work {
                Work::Allocates => "it allocated when the damage was found, and uses the pool too",
                _ => "it used the pool when the damage was found",
            };
            vec![other(index, cause, why)]
        }
        _ => Vec::new(),
    }
}

/// What the pool manager was asked to do when `at` faulted, and what the innermost of its functions
/// does. `None` if no function of it is at work there.
fn work(stack: &StackFacts, at: usize) -> Option<(Work, Work)> {
    let frames = stack.frames.get(at..)?;
    // Frames outwards of an interrupt are other work.
    let of_kernel = frames.iter().enumerate().take_while(|(index, frame)| {
        let interrupted = *index > 0 && frame.trust == Trust::TrapFrame;
        frame.symbol.in_kernel && !interrupted
    });
    let names = of_kernel.take(NEAR).filter_map(|(_, frame)| {
        let name = frame.symbol.function.as_deref()?;
        Some(name.trim_start_matches('_'))
    });
    let works: Vec<Option<Work>> = names.map(Work::of).collect();
    let innermost = works.iter().flatten().next()?;
    // Helpers of the manager do not tell why it was called. An allocation may free what waits.
    let asked = works.iter().flatten().rev();
    let asked = asked.copied().find(|work| *work != Work::Other);
    let direct = works.first().copied().flatten();
    Some((asked.unwrap_or(*innermost), direct.unwrap_or(Work::Other)))
}

/// Whether an access is at the header of a block at NULL.
fn is_below_zero(fault: &crate::facts::Fault) -> bool {
    fault.address != u64::MAX && fault.address.wrapping_neg() <= HEADER && fault.address != 0
}

/// The frame of the instruction that faulted.
fn raised_at(facts: &Facts, stack: &StackFacts) -> Option<usize> {
    let of_fault = || facts.fault.as_ref()?.frame;
    let of_exception = || {
        let address = facts.exception.as_ref()?.address;
        stack.at_instruction(address).filter(|_| address != 0)
    };
    of_fault()
        .or_else(of_exception)
        .or_else(|| stack.interrupted())
}
