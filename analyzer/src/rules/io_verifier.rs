//! Driver Verifier's I/O checks (0xC9) but for those with rules of their own.
//!
//! Needs: the parameters, the crash stack.
//!
//! Decides: the table gives the cause of the kind; P2 is, for most kinds, the address in the driver's code where
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

impl Rule for IoVerifier {
    fn name(&self) -> &'static str {
        "io-verifier"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        if facts.bugcheck.code != 0xC9 {
            return None;
        }
        let kind = facts.bugcheck.parameters[0];
        let subtype = facts.bugcheck.subtype();
        let cause = subtype.and_then(|subtype| subtype.implies);
        let what = match (subtype, facts.said.of_kind(&facts.bugcheck)) {
            (Some(subtype), _) => subtype.meaning.to_owned(),
            (None, Some(said)) => format!("an I/O rule was violated; {said}"),
            (None, None) => "an I/O rule was violated".to_owned(),
        };
        let call = Call {
            cause: cause.unwrap_or(CauseId::ApiContractViolated),
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
