//! The pool manager faulted while it allocated: it followed links that were overwritten.
//!
//! Needs: a fault or an exception, and the frame where it was raised.
//!
//! Decides: a caller that allocates passes a size and a tag, no pointer, so it is not wrong; the
//! pool was damaged before. (A caller that frees passes a pointer, and is left to the other rules.)
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
        if !frame.symbol.in_kernel || !allocates {
            return None;
        }
        let caller = stack.first_suspect(at);
        Some(Finding {
            cause: CauseId::MemoryCorruptionUnknownWriter,
            explanation: format!(
                "{} faulted while it allocated pool: the pool's own data were damaged before.",
                frame.text()
            ),
            culprit: None,
            victims: Vec::new(),
            confidence: Confidence::Possible,
            evidence: vec![
                frame_at(stack, at, format!("{} faulted", frame.text())),
                evidence(
                    EvidenceKind::BugcheckParameter,
                    "an allocation passes no pointer that could be wrong",
                    &[],
                    "what the function takes",
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
                    why: "it allocated when the damage was found, and uses the pool too".to_owned(),
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
}
