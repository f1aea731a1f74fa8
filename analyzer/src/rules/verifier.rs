//! Driver Verifier's own checks (0xC4): what each kind means as a cause.
//!
//! Needs: the parameters, the code addresses among them, the crash stack.
//!
//! Decides: the kind gives the cause. The culprit is the driver that a parameter's code address
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
use crate::verdict::{CauseId, Confidence, Culprit, CulpritRole, Unknown};

pub(super) struct VerifierViolation;

/// Cause and meaning of a kind, and how sure the culprit is.
fn meaning(kind: u64) -> Option<(CauseId, &'static str, Confidence)> {
    use CauseId as C;
    use Confidence::{Certain, Likely};
    Some(match kind {
        0x01 | 0x02 => (
            C::ApiCalledAtWrongIrql,
            "pool allocated at too high an IRQL",
            Certain,
        ),
        0x11 | 0x12 => (
            C::ApiCalledAtWrongIrql,
            "pool freed at too high an IRQL",
            Certain,
        ),
        0x10 => (
            C::InvalidAccess,
            "memory freed that is no pool block",
            Certain,
        ),
        0x13 | 0x14 => (C::PoolDoubleFree, "a pool block freed twice", Certain),
        0x15 | 0x16 | 0x3C..=0x3F => (C::InvalidAccess, "an object that is not valid", Likely),
        0x30 => (
            C::ApiCalledAtWrongIrql,
            "the IRQL raised to a lower one",
            Certain,
        ),
        0x31 => (
            C::ApiCalledAtWrongIrql,
            "the IRQL lowered to a higher one",
            Certain,
        ),
        0x32 => (
            C::ApiCalledAtWrongIrql,
            "a spin lock released at a wrong IRQL",
            Certain,
        ),
        0x33 => (
            C::ApiCalledAtWrongIrql,
            "a fast mutex acquired at too high an IRQL",
            Certain,
        ),
        0x34 => (
            C::ApiCalledAtWrongIrql,
            "a fast mutex released at a wrong IRQL",
            Certain,
        ),
        0x35 => (
            C::ApiCalledAtWrongIrql,
            "a spin lock released at a wrong IRQL",
            Certain,
        ),
        0x36..=0x3B => (
            C::ApiCalledAtWrongIrql,
            "a service called at a wrong IRQL",
            Certain,
        ),
        0x40..=0x44 => (
            C::ApiCalledAtWrongIrql,
            "a spin lock used at a wrong IRQL",
            Certain,
        ),
        0x51 => (C::PoolOverrun, "memory behind a pool block written", Likely),
        0x52 => (C::PoolUseAfterFree, "a freed pool block written", Likely),
        0x53 | 0x54 => (C::PoolDoubleFree, "a pool block freed twice", Likely),
        0x60 => (C::PoolLeakAtUnload, "pool not freed at unload", Likely),
        0xC5 | 0xC6 => (
            C::ApcDisableLeaked,
            "APCs disabled and not enabled again",
            Likely,
        ),
        0xE5 | 0xE6 | 0x11A | 0x11B | 0x120..=0x122 => (
            C::ApiCalledAtWrongIrql,
            "a function called at an IRQL it forbids",
            Certain,
        ),
        0xEA | 0xEB => (
            C::ApiCalledAtWrongIrql,
            "a push lock used with APCs enabled",
            Certain,
        ),
        0xFA | 0x111 => (C::IrqlLeaked, "a routine returned at another IRQL", Likely),
        0xFB => (
            C::ApcDisableLeaked,
            "a routine returned with APCs disabled",
            Likely,
        ),
        0x123 => (
            C::StaleCompletionEvent,
            "a user-mode wait for an object on the stack",
            Likely,
        ),
        0x13A..=0x13E => (
            C::PoolOverrun,
            "a pool block damaged when it was freed",
            Likely,
        ),
        0x1007 => (
            C::LockReleasedByNonOwner,
            "a lock released that is not held",
            Certain,
        ),
        0x100A | 0x100B => (C::LockLeakedAtThreadExit, "a lock left held", Likely),
        0x1000 => (
            C::SelfDeadlock,
            "a lock acquired that the thread holds",
            Certain,
        ),
        0x1001 | 0x1003 => (
            C::LockOrderInversion,
            "locks acquired in opposite orders",
            Likely,
        ),
        0x1004 => (
            C::LockReleasedByNonOwner,
            "a lock released by another thread",
            Certain,
        ),
        _ => return None,
    })
}

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
        _ if is_in(0x9_1000..=0x9_4FFF) || is_in(0x2_0000..=0xA_FFFF) => {
            (C::Inconclusive, "a rule of DDI compliance violated", Likely)
        }
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
        let (cause, what, confidence) = kind
            .known()
            .and_then(meaning)
            .or_else(|| compliance(kind.known(), rule))
            .unwrap_or((CauseId::Inconclusive, "a rule violated", Confidence::Likely));
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
