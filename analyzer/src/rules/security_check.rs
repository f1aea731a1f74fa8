//! A fast failure: code found its own data damaged (0x139), or a stack buffer overrun (0xF7).
//!
//! Needs: the kind in P1, the crash stack.
//!
//! Decides: a stack cookie or a bounds check fails in the function that overran; its driver is to
//! blame. A damaged list entry, reference count or tree is noticed at its next use, so the driver
//! on the stack is a suspect.
//!
//! Confidence: `likely` for a cookie or a bounds check in a driver's own function, else `possible`.
//!
//! Source: Microsoft's bug check reference, 0x139 and 0xF7.

use super::by_stop::{Call, at_fault};
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::verdict::{CauseId, Confidence};

pub(super) struct SecurityCheck;

/// The kind by the functions that found the damage, if the parameter is not known.
fn shown(facts: &Facts) -> Option<u64> {
    let frames = facts.crash_stack().map(|stack| stack.frames.as_slice());
    let calls = |part: &str| {
        frames.unwrap_or_default().iter().any(|frame| {
            let name = frame.symbol.function.as_deref();
            name.is_some_and(|name| name.contains(part))
        })
    };
    match () {
        () if calls("FatalListEntryError") || calls("RemoveEntryList") => Some(3),
        () if calls("report_gsfailure") || calls("security_check_cookie") => Some(2),
        () => None,
    }
}

impl Rule for SecurityCheck {
    fn name(&self) -> &'static str {
        "security-check"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let kind = match facts.bugcheck.code {
            0x139 => facts.bugcheck.parameter(0).or_else(|| shown(facts)),
            0xF7 => Some(2),
            _ => return None,
        };
        let (cause, what, confidence) = match kind {
            Some(0 | 2) => (
                CauseId::StackBufferOverrun,
                "a buffer on the stack was written beyond its end",
                Confidence::Likely,
            ),
            Some(8 | 0x1C) => (
                CauseId::InvalidAccess,
                "a buffer's bounds were left",
                Confidence::Likely,
            ),
            Some(3) => (
                CauseId::ListCorruption,
                "a list entry is damaged, as by removing it twice or freeing it while linked",
                Confidence::Possible,
            ),
            Some(0x1D) => (
                CauseId::MemoryCorruptionUnknownWriter,
                "a tree entry is damaged, as by removing it twice or freeing it while linked",
                Confidence::Possible,
            ),
            Some(0xE) => (
                CauseId::ObjectReferenceUnderflow,
                "an object's reference count is invalid",
                Confidence::Possible,
            ),
            Some(1 | 0xA | 0x12 | 0x25..=0x27) => (
                CauseId::InvalidAccess,
                "an indirect call or jump had no valid target",
                Confidence::Possible,
            ),
            Some(4 | 0x15) => (
                CauseId::MemoryCorruptionUnknownWriter,
                "the stack or its chain of exception handlers is damaged",
                Confidence::Possible,
            ),
            Some(5 | 9 | 0x1A) => (
                CauseId::ApiContractViolated,
                "a function was called with an argument that is fatal to it",
                Confidence::Likely,
            ),
            Some(0xB | 0x13) => (
                CauseId::WriteToReadOnlyMemory,
                "protected memory was written",
                Confidence::Possible,
            ),
            _ => (
                CauseId::Inconclusive,
                "the kernel found its state inconsistent",
                Confidence::Possible,
            ),
        };
        let call = Call {
            cause,
            violation: match kind {
                None => what.to_owned(),
                Some(kind) => format!("{what} (kind {kind:#x})"),
            },
            role_of_driver: match confidence {
                Confidence::Likely => "is the code that checks itself",
                _ => "is the innermost driver when it was noticed",
            },
            confidence,
        };
        at_fault(facts, &call)
    }
}
