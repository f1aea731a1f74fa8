//! The kernel's heap manager found corruption (0x13A).
//!
//! Needs: the kind in P1, the crash stack.
//!
//! Decides by `HEAP_FAILURE_TYPE`: a block that is not busy or was freed before (8, 11, 17) is a
//! double free by the driver that frees now. Damage that is found while a block is allocated or freed
//! was done before; the driver on the stack is a suspect only, since it uses the same pool.
//!
//! Confidence: `likely` for a double free, else `possible`.
//!
//! Sources: Microsoft's bug check reference, 0x13A; `HEAP_FAILURE_TYPE` in the public symbols.

use super::by_stop::{Call, at_fault};
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::verdict::{CauseId, Confidence};

pub(super) struct HeapCorruption;

impl Rule for HeapCorruption {
    fn name(&self) -> &'static str {
        "heap-corruption"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        if facts.bugcheck.code != 0x13A {
            return None;
        }
        let [kind, _, block, _] = facts.bugcheck.parameters;
        let frees = facts.crash_stack().is_some_and(|stack| {
            stack.frames.iter().any(|frame| {
                let name = frame.symbol.function.as_deref().unwrap_or("");
                frame.symbol.in_kernel
                    && (name.starts_with("ExFree") || name.contains("FreeHeapPool"))
            })
        });
        let (cause, what, confidence) = match kind.known() {
            Some(8 | 0x11) if frees => (
                CauseId::PoolDoubleFree,
                "is free already",
                Confidence::Likely,
            ),
            Some(0xB) => (
                CauseId::PoolUseAfterFree,
                "was used after its free",
                Confidence::Possible,
            ),
            Some(6 | 7) => (
                CauseId::PoolOverrun,
                "was written beyond its bounds",
                Confidence::Possible,
            ),
            Some(3 | 4 | 0xF | 0x12) => (
                CauseId::PoolOverrun,
                "has a damaged header",
                Confidence::Possible,
            ),
            _ => (
                CauseId::MemoryCorruptionUnknownWriter,
                "lies in a part of the heap that is damaged",
                Confidence::Possible,
            ),
        };
        let call = Call {
            cause,
            violation: format!("the pool block at {block:#x} {what} (kind {kind:#x})"),
            role_of_driver: match confidence {
                Confidence::Likely => "freed it again",
                _ => "used the pool when the damage was found",
            },
            confidence,
        };
        at_fault(facts, &call)
    }
}
