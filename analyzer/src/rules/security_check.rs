//! A fast failure: code found its own data damaged (0x139), or a stack buffer overrun (0xF7).
//!
//! Needs: the kind in P1, the crash stack.
//!
//! Decides: a stack cookie or a bounds check fails in the function that overran; its driver is to
//! blame. A damaged list entry, reference count or tree is noticed by whoever touches it next, so the
//! driver on the stack is a suspect.
//!
//! Confidence: `likely` for a cookie or a bounds check in a driver's own function, else `possible`.
//!
//! Source: Microsoft's bug check reference, 0x139 and 0xF7.

use super::by_stop::{Call, at_fault};
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::verdict::{CauseId, Confidence};

/// See the module's documentation.
pub(super) struct SecurityCheck;

/// The kind that the functions which found the damage tell.
fn shown(facts: &Facts) -> u64 {
    let frames = facts.crash_stack().map(|stack| stack.frames.as_slice());
    let calls = |part: &str| {
        frames.unwrap_or_default().iter().any(|frame| {
            let name = frame.symbol.function.as_deref();
            name.is_some_and(|name| name.contains(part))
        })
    };
    match () {
        () if calls("FatalListEntryError") || calls("RemoveEntryList") => 3,
        () if calls("report_gsfailure") || calls("security_check_cookie") => 2,
        () => UNKNOWN,
    }
}

/// No kind that is in use.
const UNKNOWN: u64 = u64::MAX;

impl Rule for SecurityCheck {
    fn name(&self) -> &'static str {
        "security-check"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let kind = match facts.bugcheck.code {
            // A log may leave the kind out; 0 is one.
            0x139 if facts.transcript.as_ref().is_some_and(|log| !log.known[0]) => shown(facts),
            0x139 => facts.bugcheck.parameters[0],
            0xF7 => 2,
            _ => return None,
        };
        let (cause, what, confidence) = match kind {
            0 | 2 => (
                CauseId::MemoryCorruptionUnknownWriter,
                "a buffer on the stack was written beyond its end",
                Confidence::Likely,
            ),
            8 | 0x1C => (
                CauseId::InvalidAccess,
                "a buffer's bounds were left",
                Confidence::Likely,
            ),
            3 | 0x1D => (
                CauseId::MemoryCorruptionUnknownWriter,
                "a list or tree entry is damaged, as by removing it twice or freeing it while linked",
                Confidence::Possible,
            ),
            0xE => (
                CauseId::PoolUseAfterFree,
                "an object's reference count is invalid",
                Confidence::Possible,
            ),
            1 | 0xA => (
                CauseId::InvalidAccess,
                "an indirect call had no valid target",
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
            said: match kind {
                UNKNOWN => what.to_owned(),
                _ => format!("{what} (kind {kind:#x})"),
            },
            did: match confidence {
                Confidence::Likely => "is the code that checks itself",
                _ => "is the innermost driver when it was noticed",
            },
            confidence,
        };
        at_fault(facts, &call)
    }
}
