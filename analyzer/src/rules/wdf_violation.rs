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
        let kind = facts.bugcheck.parameters[0];
        let subtype = facts.bugcheck.subtype();
        let cause = subtype.and_then(|subtype| subtype.implies);
        let what = match (subtype, facts.said.of_kind(&facts.bugcheck)) {
            (Some(subtype), _) => subtype.meaning.to_owned(),
            (None, Some(said)) => format!("the framework's rules were violated; {said}"),
            (None, None) => "the framework's rules were violated".to_owned(),
        };
        let call = Call {
            cause: cause.unwrap_or(CauseId::ApiContractViolated),
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
