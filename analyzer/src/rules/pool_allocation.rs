//! The pool manager faulted on its own data: it followed links that were overwritten.
//!
//! Needs: a fault or an exception, and the frame where it was raised.
//!
//! Decides: a caller that allocates passes a size and a tag, no pointer, so it is not wrong; the
//! pool was damaged before. A caller that frees passes a pointer: a fault in the outer functions is
//! left to the other rules. Inside the heap, where blocks are merged and trees are changed, the block
//! was found valid, and again it is the pool's data that are damaged.
//!
//! Confidence: `possible`; nobody is blamed.
//!
//! Source: Microsoft's bug check reference, 0xC5; WDK, ExAllocatePool2.

use super::blame::culprit;
use super::evidence::{evidence, frame_at};
use super::{Finding, Rule};
use crate::facts::{Facts, StackFacts};
use crate::verdict::{Alternative, CauseId, Confidence, CulpritRole, EvidenceKind, Unknown};

pub(super) struct PoolAllocation;

/// Name prefixes of the kernel's pool allocation functions; some also process deferred frees.
const ALLOCATE: &[&str] = &[
    "ExAllocatePool",
    "ExpAllocate",
    "ExAllocateHeapPool",
    "RtlpHpLfhSlotAllocate",
    "RtlpHpVsContextAllocate",
    "RtlpHpSegAlloc",
    "RtlpHpAllocate",
    "RtlpAllocate",
    "ExDeferredFreePool",
];
/// Name prefixes of functions that merge free blocks and keep them in trees and lists.
const INSIDE: &[&str] = &[
    "RtlpHpVs",
    "RtlpHpSeg",
    "RtlpHpLfh",
    "RtlpHpFree",
    "RtlpHpLarge",
    "RtlRb",
    "RtlAvl",
    "RtlpHeap",
    "RtlpCoalesce",
    "RtlpInsertFree",
    "ExpCoalesce",
    "ExpInsertPool",
    "ExpRemovePool",
];
/// Name prefixes of the functions through which the pool is entered.
const ENTRIES: &[&str] = &[
    "ExAllocatePool",
    "ExAllocateHeapPool",
    "ExFreePool",
    "ExFreeHeapPool",
    "ExpFree",
    "ExpAllocate",
    "RtlpHpAllocate",
    "ExDeferredFreePool",
];
/// Frames from a function inside the heap to the entry.
const DEEP: usize = 8;

/// Whether the frame at `at` is inside the heap on the way from one of the pool's entries. (Other
/// parts of the kernel keep trees, too.)
fn is_inside(stack: &StackFacts, at: usize) -> bool {
    let starts = |index: usize, names: &[&str]| {
        let symbol = &stack.frames[index].symbol;
        let name = symbol.function.as_deref().unwrap_or("");
        symbol.in_kernel && names.iter().any(|start| name.starts_with(start))
    };
    let end = stack.frames.len().min(at + 1 + DEEP);
    let outer = at + 1..end;
    let in_kernel = outer.take_while(|&index| stack.frames[index].symbol.in_kernel);
    starts(at, INSIDE) && in_kernel.into_iter().any(|index| starts(index, ENTRIES))
}

impl Rule for PoolAllocation {
    fn name(&self) -> &'static str {
        "pool-allocation"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let faults =
            facts.bugcheck.code == 0 || facts.bugcheck.implies() == Some(CauseId::InvalidAccess);
        let stack = facts.crash_stack().filter(|_| faults)?;
        let at = raised_at(facts, stack)?;
        let frame = &stack.frames[at];
        let name = frame.symbol.function.as_deref()?;
        let allocates = ALLOCATE.iter().any(|start| name.starts_with(start));
        let inside = is_inside(stack, at);
        if !frame.symbol.in_kernel || !(allocates || inside) {
            return None;
        }
        let (when, sound) = match allocates {
            true => (
                "while it allocated pool",
                "an allocation passes no pointer that could be wrong",
            ),
            false => (
                "inside the pool's heap",
                "the function works on the pool's own lists and trees",
            ),
        };
        let caller = stack.first_suspect(at);
        Some(Finding {
            cause: CauseId::MemoryCorruptionUnknownWriter,
            explanation: format!(
                "{} faulted {when}: the pool's own data were damaged before.",
                frame.text()
            ),
            culprit: None,
            victims: Vec::new(),
            confidence: Confidence::Possible,
            evidence: vec![
                frame_at(stack, at, format!("{} faulted", frame.text())),
                evidence(
                    EvidenceKind::BugcheckParameter,
                    sound,
                    &[],
                    "what the function does",
                    "!analyze -v",
                ),
            ],
            unknown: vec![Unknown {
                what: "who damaged the pool".to_owned(),
                why: "the damage is found later, by whoever uses the pool next; special pool \
                      finds the writer"
                    .to_owned(),
            }],
            alternatives: caller
                .map(|index| Alternative {
                    cause: CauseId::MemoryCorruptionUnknownWriter,
                    culprit: Some(culprit(&stack.frames[index], CulpritRole::Suspect)),
                    why: "it called the pool when the damage was found, and uses the pool too"
                        .to_owned(),
                })
                .into_iter()
                .collect(),
        })
    }
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

#[cfg(test)]
mod tests {
    use crate::log::analyze_log;
    use crate::verdict::CauseId;

    #[test]
    fn who_allocates_is_not_blamed_who_frees_may_be() {
        let log = |function: &str| {
            format!(
                "0: kd> k\nnt!KeBugCheckEx\nnt!KiBugCheckDispatch+0x69\nnt!KiPageFault+0x440\n\
                 nt!{function}+0x7c9\ngizmo!Work+0x10\nnt!PspSystemThreadStartup+0x55\n"
            )
        };
        let verdict = |function| analyze_log(log(function).as_bytes()).unwrap().remove(0);
        let allocates = verdict("ExAllocatePoolWithTag");
        assert_eq!(allocates.cause.id, CauseId::MemoryCorruptionUnknownWriter);
        assert!(allocates.culprit.is_none());
        let frees = verdict("ExFreePoolWithTag");
        assert_eq!(frees.culprit.unwrap().module, "gizmo.sys");
    }

    #[test]
    fn inside_the_heap_the_pool_is_damaged_whoever_frees() {
        let verdict = |frames: &str| {
            let log = format!(
                "0: kd> k\nnt!KeBugCheckEx\nnt!KiBugCheckDispatch+0x69\nnt!KiPageFault+0x440\n\
                 {frames}gizmo!Work+0x10\nnt!PspSystemThreadStartup+0x55\n"
            );
            analyze_log(log.as_bytes()).unwrap().remove(0)
        };
        for frames in [
            "nt!RtlpHpVsContextFree+0x3a\nnt!ExFreeHeapPool+0x5b1\nnt!ExFreePool+0x9\n",
            "nt!RtlRbRemoveNode+0x2a4\nnt!RtlpHpVsChunkCoalesce+0x153\nnt!RtlpHpVsContextFree+0x18e\n\
             nt!ExFreeHeapPool+0x5b1\n",
            "nt!RtlRbInsertNodeEx+0x2a\nnt!RtlpHpVsContextAllocateInternal+0x88\n\
             nt!ExAllocateHeapPool+0x6b8\nnt!ExAllocatePoolWithTag+0x64\n",
        ] {
            let verdict = verdict(frames);
            let cause = verdict.cause.id;
            assert_eq!(cause, CauseId::MemoryCorruptionUnknownWriter, "{frames}");
            assert!(verdict.culprit.is_none());
        }
        // A tree of the timers; a tree of the driver's own.
        for frames in [
            "nt!RtlRbRemoveNode+0x2a4\nnt!KiCancelTimer+0x11\n",
            "nt!RtlRbInsertNodeEx+0x2a\n",
        ] {
            let cause = verdict(frames).cause.id;
            assert_ne!(cause, CauseId::MemoryCorruptionUnknownWriter, "{frames}");
        }
    }
}
