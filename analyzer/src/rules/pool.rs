//! The pool manager found a block damaged (0x19), or was asked to free an invalid one (0xC2).
//!
//! Needs: the crash stack, Driver Verifier's log of frees.
//!
//! Decides: for 0xC2 with P1 = 6 or 7 the block is free already, so the driver that frees it now
//! frees it a second time; any other wrong free is that driver's too. For 0x19 the damage is found
//! by the next user of the pool, so the driver on the stack is only a suspect.
//!
//! Confidence: `likely` for a second free, `possible` otherwise.
//!
//! Source: Microsoft's bug check reference, 0x19 and 0xC2.

use super::blame::culprit;
use super::evidence::{frame_at, parameter, stated};
use super::special_pool::trace_evidence;
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::verdict::{Alternative, CauseId, Confidence, CulpritRole, Unknown};

pub(super) struct Pool;

impl Rule for Pool {
    fn name(&self) -> &'static str {
        "pool"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let [kind, second, third, fourth] = facts.bugcheck.parameters;
        let (cause, block) = match (facts.bugcheck.code, kind.known()) {
            (0xC2, Some(6)) => (CauseId::PoolDoubleFree, third),
            (0xC2, Some(7)) => (CauseId::PoolDoubleFree, fourth),
            // The block's quota was overwritten.
            (0xC2, Some(0xD)) => (CauseId::PoolOverrun, second),
            (0xC2, _) => (CauseId::InvalidAccess, fourth),
            // The address has no entry in the table of big allocations: freed already, or never one.
            (0x19, Some(0x22)) => (CauseId::PoolDoubleFree, second),
            (0x19, _) => (CauseId::PoolOverrun, second),
            _ => return None,
        };
        // A log may lack the stack; the kind still gives the cause.
        let at = facts
            .crash_stack()
            .and_then(|stack| Some((stack, stack.first_suspect(0)?)));
        let frame = at.map(|(stack, index)| &stack.frames[index]);
        let third_party = frame.is_some_and(crate::facts::FrameFacts::is_third_party);
        let what = match cause {
            CauseId::PoolDoubleFree => "the block is free already",
            CauseId::InvalidAccess => "the memory is not a block that can be freed",
            _ => "a pool block's header is damaged",
        };
        let mut evidence = vec![parameter(
            format!("{what}: {block:#x} (kind {kind:#x})"),
            &stated(&[block]),
        )];
        evidence.extend(at.map(|(stack, index)| {
            let shows = format!("{} called the pool manager", stack.frames[index].text());
            frame_at(stack, index, shows)
        }));
        evidence.extend(facts.pool.iter().rev().take(2).map(trace_evidence));
        let blames = cause != CauseId::PoolOverrun;
        let suspect = frame.map(|frame| culprit(frame, CulpritRole::Suspect));
        Some(Finding {
            cause,
            explanation: match frame {
                Some(frame) => format!("{} called the pool manager, and {what}.", frame.text()),
                None => format!("The pool manager found that {what}."),
            },
            // A third-party driver that uses the pool is more likely than one that is not on the
            // stack.
            culprit: frame.filter(|_| blames || third_party).map(|frame| {
                let role = match blames {
                    true => CulpritRole::Caller,
                    false => CulpritRole::Suspect,
                };
                culprit(frame, role)
            }),
            victims: Vec::new(),
            confidence: match cause {
                CauseId::PoolDoubleFree if frame.is_some() => Confidence::Likely,
                _ => Confidence::Possible,
            },
            evidence,
            unknown: (!blames)
                .then(|| Unknown {
                    what: "who damaged the block".to_owned(),
                    why: "the damage is found later, by whoever uses the pool next; special pool \
                          finds the writer"
                        .to_owned(),
                })
                .into_iter()
                .collect(),
            alternatives: suspect
                .filter(|_| !blames && !third_party)
                .map(|culprit| Alternative {
                    cause,
                    culprit: Some(culprit),
                    why: "it used the pool when the damage was found".to_owned(),
                })
                .into_iter()
                .collect(),
        })
    }
}
