//! Driver Verifier's I/O checks (0xC9) but for those with rules of their own.
//!
//! Needs: the parameters, the crash stack.
//!
//! Decides: the kind gives the cause; P2 is, for most kinds, the address in the driver's code where
//! the error was found. Without that, the innermost driver on the stack.
//!
//! Confidence: `likely` with a driver; the class is as sure as Driver Verifier.
//!
//! Source: Microsoft's bug check reference, 0xC9.

use super::by_stop::{Call, at_fault};
use super::evidence::{culprit_at, parameter};
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::modules::is_inbox;
use crate::verdict::{CauseId, Confidence, CulpritRole};

pub(super) struct IoVerifier;

/// Cause and meaning of a kind.
fn meaning(kind: Option<u64>) -> (CauseId, &'static str) {
    use CauseId as C;
    match kind {
        Some(0x01 | 0x02 | 0x20A..=0x20C) => {
            (C::InvalidAccess, "an IRP was freed that is still in use")
        }
        Some(0x03 | 0x04 | 0x204) => (
            C::InvalidAccess,
            "an IRP was sent with an invalid device or type",
        ),
        Some(0x06 | 0x07 | 0x205 | 0x209) => (
            C::IrpCompletedTwice,
            "an IRP was completed or forwarded that is still pending elsewhere",
        ),
        Some(0x0C | 0x0D) => (
            C::StaleCompletionEvent,
            "an IRP refers to an event or status block on a stack that has unwound",
        ),
        Some(0x0E | 0x10..=0x12 | 0x300 | 0x301 | 0x302) => (
            C::ApiCalledAtWrongIrql,
            "an IRP was sent or completed at too high an IRQL",
        ),
        Some(0x226 | 0x227 | 0x217 | 0x21B) => (
            C::IrpNotCompletedByDispatch,
            "a dispatch routine returned without completing its IRP, passing it on or saying that it \
             is pending",
        ),
        Some(0x224 | 0x225 | 0x306 | 0x307 | 0x310..=0x312 | 0x220..=0x223) => (
            C::IrpNotCompletedByDispatch,
            "a dispatch routine's status and what it did with its IRP do not fit",
        ),
        _ => (C::Inconclusive, "an I/O rule was violated"),
    }
}

impl Rule for IoVerifier {
    fn name(&self) -> &'static str {
        "io-verifier"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        if facts.bugcheck.code != 0xC9 {
            return None;
        }
        let kind = facts.bugcheck.parameters[0];
        let (cause, what) = meaning(kind.known());
        let call = Call {
            cause,
            violation: format!("{what} (kind {kind:#x})"),
            role_of_driver: "is the innermost driver",
            confidence: Confidence::Likely,
        };
        let mut finding = at_fault(facts, &call)?;
        let named = facts.blamed.get(1).filter(|place| {
            let module = place.symbol.module.as_deref();
            place.is_driver() && module.is_some_and(|module| !is_inbox(module))
        });
        if let Some(place) = named {
            finding.culprit = Some(culprit_at(place, CulpritRole::Caller));
            finding.confidence = Confidence::Likely;
            let text = format!("the error was found in {}", place.text());
            finding.evidence.push(parameter(text, &[place.address]));
        }
        Some(finding)
    }
}
