//! The driver framework found an error of its client driver (0x10D).
//!
//! Needs: the kind in P1, the crash stack, or the driver that `!analyze` blamed: it reads the
//! client from the framework's log.
//!
//! Decides: the innermost third-party driver on the stack, else the one that `!analyze` blamed.
//!
//! Confidence: `likely` for a driver on the stack, `possible` for a name alone.
//!
//! Source: Microsoft's bug check reference, 0x10D.

use super::by_stop::{Call, at_fault};
use super::evidence::culprit_at;
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::modules::is_inbox;
use crate::verdict::{CauseId, Confidence, CulpritRole};

pub(super) struct WdfViolation;

impl Rule for WdfViolation {
    fn name(&self) -> &'static str {
        "wdf-violation"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        if facts.bugcheck.code != 0x10D {
            return None;
        }
        use CauseId as C;
        let kind = facts.bugcheck.parameters[0];
        let (cause, what) = match kind.known() {
            Some(1 | 0xF) => (
                C::PowerIrpHeldByBlockedThread,
                "a power callback of the driver did not return in time",
            ),
            Some(2) => (C::SelfDeadlock, "a lock was acquired that is held already"),
            Some(3) => (
                C::Inconclusive,
                "a request was completed with its buffers still referenced",
            ),
            Some(4) => (
                C::NullDereference,
                "NULL was passed where it is not allowed",
            ),
            Some(5) => (C::InvalidAccess, "a handle of the wrong type was passed"),
            Some(6) => (
                C::IrpCompletedTwice,
                "a request was handled that is complete or not the driver's own",
            ),
            Some(7) => (
                C::PoolUseAfterFree,
                "an object was deleted through its last reference",
            ),
            Some(0xA | 0xD) => (
                C::Inconclusive,
                "a request in a queue, or a power IRP, was handled wrongly",
            ),
            Some(0xB) => (
                C::ApiCalledAtWrongIrql,
                "a framework function was called in the wrong state",
            ),
            _ => (C::Inconclusive, "the framework's rules were violated"),
        };
        let call = Call {
            cause,
            violation: format!("{what} (kind {kind:#x})"),
            role_of_driver: "is the framework's client",
            confidence: Confidence::Likely,
        };
        let mut finding = at_fault(facts, &call)?;
        let named = facts.analyzed.as_ref().filter(|place| {
            let module = place.symbol.module.as_deref();
            place.is_driver() && module.is_some_and(|module| !is_inbox(module))
        });
        if let Some(place) = named.filter(|_| finding.culprit.is_none()) {
            let mut culprit = culprit_at(place, CulpritRole::Suspect);
            culprit.address = None;
            finding.culprit = Some(culprit);
            finding.confidence = Confidence::Possible;
        }
        Some(finding)
    }
}
