//! Driver Verifier's own checks (0xC4): what each kind means as a cause.
//!
//! Needs: the parameters, the code addresses among them, the crash stack.
//!
//! Decides: the table gives the cause of the kind. The culprit is the driver that a parameter's code address
//! names, else the innermost driver on the crash stack: Driver Verifier stops inside the wrong
//! call. Leaks at unload and memory that was changed after its free name no code.
//!
//! Confidence: `certain` where the check is about the very call on the stack, `likely` for locks
//! taken in the wrong order, where the other order may be the wrong one.
//!
//! Source: Microsoft's bug check reference, 0xC4.

use std::ops::RangeInclusive;

use super::blame::culprit;
use super::evidence::{culprit_at, frame_at, parameter, stated};
use super::{Finding, Rule};
use crate::facts::{Facts, Place};
use crate::stop::Stop;
use crate::verdict::{CauseId, Confidence, Culprit, CulpritRole, Unknown};

pub(super) struct VerifierViolation;

/// Cause and meaning of a kind, and how sure the culprit is.
fn meaning(stop: &Stop) -> Option<(CauseId, &'static str, Confidence)> {
    use CauseId as C;
    let subtype = stop.subtype()?;
    let cause = subtype.implies.unwrap_or(C::Inconclusive);
    let by_its_number = subtype.value >= COMPLIANCE;
    let confidence = match cause {
        // The check is about the very call on the stack.
        C::ApiCalledAtWrongIrql
        | C::BadFree
        | C::MdlMisuse
        | C::SelfDeadlock
        | C::LockReleasedByNonOwner
            if !by_its_number =>
        {
            Confidence::Certain
        }
        C::PoolDoubleFree => Confidence::Certain,
        _ => Confidence::Likely,
    };
    Some((cause, subtype.meaning, confidence))
}

/// The first rule of DDI compliance.
const COMPLIANCE: u64 = 0x2_0000;

/// Rules of DDI compliance checking: by number, or by the name in a log.
fn compliance(
    kind: Option<u64>,
    rule: Option<&str>,
) -> Option<(CauseId, &'static str, Confidence)> {
    use CauseId as C;
    use Confidence::{Certain, Likely};
    let name = rule.unwrap_or("");
    let is_in = |range: RangeInclusive<u64>| kind.is_some_and(|kind| range.contains(&kind));
    // 0x20002 to 0x20025 are rules about IRQLs.
    if name.starts_with("Irql") || is_in(0x2_0002..=0x2_0025) {
        return Some((
            C::ApiCalledAtWrongIrql,
            "a function called at an IRQL it forbids",
            Certain,
        ));
    }
    Some(match name {
        "SpinLock" | "QueuedSpinLock" => {
            (C::SelfDeadlock, "a spin lock acquired that is held", Likely)
        }
        "SpinlockRelease" | "QueuedSpinLockRelease" => (
            C::LockReleasedByNonOwner,
            "a spin lock released that is not held",
            Likely,
        ),
        "CriticalRegions" | "GuardedRegions" => (
            C::ApcDisableLeaked,
            "a critical or guarded region not left",
            Likely,
        ),
        "IoSetCompletionExCompleteIrp" | "NdisOidDoubleComplete" | "PendedCompletedRequest" => {
            (C::IrpCompletedTwice, "a request completed twice", Likely)
        }
        "RequestedPowerIrp" | "PnpRemove" | "NdisOidComplete" => (
            C::IrpNotCompletedByDispatch,
            "a request not completed",
            Likely,
        ),
        _ if is_in(0x9_1000..=0x9_4FFF) || is_in(0x2_0000..=0xA_FFFF) => (
            C::ApiContractViolated,
            "a rule of DDI compliance violated",
            Likely,
        ),
        _ => return None,
    })
}

impl Rule for VerifierViolation {
    fn name(&self) -> &'static str {
        "verifier-violation"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        if facts.bugcheck.code != 0xC4 {
            return None;
        }
        let [kind, parameters @ ..] = facts.bugcheck.parameters;
        let rule = facts.verifier_rule.as_deref();
        let (cause, what, confidence) = meaning(&facts.bugcheck)
            .or_else(|| compliance(kind.known(), rule))
            .unwrap_or((CauseId::Inconclusive, "a rule violated", Confidence::Likely));
        // The condition, in Driver Verifier's words, says more than a range of rules.
        let said = facts.said.of_kind(&facts.bugcheck);
        let what = match said {
            Some(said) => format!("{what}; {said}"),
            None => what.to_owned(),
        };
        let stack = facts.crash_stack();
        let on_stack = stack.and_then(|stack| Some((stack, stack.first_suspect(0)?)));
        let mut parameters_at = facts.blamed.iter().skip(1);
        let named = parameters_at.find(|place| place.is_third_party());
        // At unload the driver's code is no longer on the stack.
        let (culprit, confidence) = blame(
            named,
            on_stack.map(|(stack, at)| &stack.frames[at]),
            confidence,
        );
        let mut evidence = vec![parameter(
            format!("{what} (kind {kind:#x})"),
            &stated(&parameters),
        )];
        evidence.extend(on_stack.map(|(stack, at)| {
            let shows = format!("{} made the call that was checked", stack.frames[at].text());
            frame_at(stack, at, shows)
        }));
        evidence.extend(named.map(|place| {
            parameter(
                format!("a parameter names {}", place.text()),
                &[place.address],
            )
        }));
        let who = culprit
            .as_ref()
            .map_or("a driver", |culprit| culprit.module.as_str());
        let unknown = culprit.is_none().then(|| Unknown {
            what: "the driver".to_owned(),
            why: "no driver is on the stack, and no parameter is an address in one".to_owned(),
        });
        Some(Finding {
            cause,
            explanation: format!("Driver Verifier found in {who}: {what}."),
            culprit,
            victims: Vec::new(),
            confidence,
            evidence,
            unknown: unknown.into_iter().collect(),
            alternatives: Vec::new(),
        })
    }
}

fn blame(
    named: Option<&Place>,
    frame: Option<&crate::facts::FrameFacts>,
    confidence: Confidence,
) -> (Option<Culprit>, Confidence) {
    match (named, frame) {
        (Some(place), _) => (Some(culprit_at(place, CulpritRole::Caller)), confidence),
        (None, Some(frame)) => (Some(culprit(frame, CulpritRole::Caller)), confidence),
        (None, None) => (None, Confidence::Possible),
    }
}
