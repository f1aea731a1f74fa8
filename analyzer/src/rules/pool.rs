//! The pool manager found a block damaged (0x19), or refused a call (0xC2).
//!
//! Needs: the crash stack, Driver Verifier's log of frees, the block as `!pool` shows it.
//!
//! Decides by the kind in P1. Frees of a block that is free (0xC2: 6, 7), or of what is no block, has
//! another tag or must not be freed at this IRQL, are wrong calls of the driver that frees. Damage is
//! found by the next user of the pool, so the driver on the stack is only a suspect; the kind that
//! says that the memory behind the freed block was written (0x19: 0x21) names its owner, who frees.
//!
//! Confidence: `likely` for a wrong free by a driver that called the pool manager itself, and for an
//! overrun whose block belongs to the only third-party driver on the stack; `possible` otherwise.
//!
//! Source: Microsoft's bug check reference, 0x19 and 0xC2.

use super::blame::culprit;
use super::evidence::{evidence, frame_at, parameter, stated};
use super::special_pool::trace_evidence;
use super::{Finding, Rule};
use crate::facts::{Facts, PoolBlock, StackFacts};
use crate::stop::Parameter;
use crate::verdict::{
    Alternative, CauseId, Confidence, Culprit, CulpritRole, Evidence, EvidenceKind, Unknown,
};

pub(super) struct Pool;

/// What the pool manager found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// The block was freed before.
    Free,
    /// A free that is wrong in another way.
    BadFree,
    /// Any other call that is not allowed.
    BadCall,
    /// The bookkeeping is damaged.
    Damage,
    /// The memory behind the block that is being freed is damaged.
    DamageBehind,
}

impl Found {
    fn cause(self) -> CauseId {
        match self {
            Self::Free => CauseId::PoolDoubleFree,
            Self::BadFree => CauseId::BadFree,
            Self::BadCall => CauseId::ApiContractViolated,
            Self::Damage | Self::DamageBehind => CauseId::PoolOverrun,
        }
    }

    fn is_damage(self) -> bool {
        matches!(self, Self::Damage | Self::DamageBehind)
    }

    /// Continues `the pool manager found that`.
    fn text(self) -> &'static str {
        match self {
            Self::Free => "the block is free already",
            Self::BadFree => "the memory cannot be freed so",
            Self::BadCall => "the request is not allowed",
            Self::Damage => "a pool block's header is damaged",
            Self::DamageBehind => "the memory behind the block that is being freed is damaged",
        }
    }
}

/// What the stop's kind says, and the block.
fn found(facts: &Facts) -> Option<(Found, Parameter)> {
    let [kind, second, third, fourth] = facts.bugcheck.parameters;
    Some(match (facts.bugcheck.code, kind.known()) {
        (0xC2, Some(1 | 2 | 4)) => (Found::Damage, second),
        (0xC2, Some(6)) => (Found::Free, third),
        (0xC2, Some(7)) => (Found::Free, fourth),
        // The tag that the caller passed is not the block's.
        (0xC2, Some(0xA)) => (Found::BadFree, second),
        // The block's quota was overwritten.
        (0xC2, Some(0xB..=0xD)) => (Found::Damage, second),
        (0xC2, Some(0 | 8 | 0x9A..=0x9D)) => (Found::BadCall, fourth),
        (0xC2, Some(9 | 0x40..=0x50 | 0x60 | 0x99 | 0x41286)) => (Found::BadFree, second),
        (0xC2, _) if frees(facts) => (Found::BadFree, fourth),
        (0xC2, _) => (Found::BadCall, fourth),
        // The address has no entry in the table of big allocations: freed already, or never one.
        (0x19, Some(0x22)) => (Found::Free, second),
        (0x19, Some(0x21)) => (Found::DamageBehind, second),
        (0x19, _) => (Found::Damage, second),
        _ => return None,
    })
}

/// Whether a function that frees pool is on the crash stack.
fn frees(facts: &Facts) -> bool {
    let frames = facts.crash_stack().map(|stack| stack.frames.as_slice());
    frames.unwrap_or_default().iter().any(|frame| {
        let name = frame.symbol.function.as_deref().unwrap_or("");
        frame.symbol.in_kernel && name.starts_with("Ex") && name.contains("Free")
    })
}

impl Rule for Pool {
    fn name(&self) -> &'static str {
        "pool"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let (found, block) = found(facts)?;
        let kind = facts.bugcheck.parameters[0];
        // A log may lack the stack; the kind still gives the cause.
        let at = facts
            .crash_stack()
            .and_then(|stack| Some((stack, stack.first_suspect(0)?)));
        let frame = at.map(|(stack, index)| &stack.frames[index]);
        let third_party = frame.is_some_and(crate::facts::FrameFacts::is_third_party);
        let owner = facts.block.as_ref().filter(|_| found.is_damage());
        let mut evidence = vec![parameter(
            format!("{}: {block:#x} (kind {kind:#x})", found.text()),
            &stated(&[block]),
        )];
        evidence.extend(at.map(|(stack, index)| {
            let shows = format!("{} called the pool manager", stack.frames[index].text());
            frame_at(stack, index, shows)
        }));
        evidence.extend(owner.and_then(owner_evidence));
        evidence.extend(facts.pool.iter().rev().take(2).map(trace_evidence));
        let suspect = frame.map(|frame| culprit(frame, CulpritRole::Suspect));
        let what = found.text();
        Some(Finding {
            cause: found.cause(),
            explanation: match frame {
                Some(frame) => format!("{} called the pool manager, and {what}.", frame.text()),
                None => format!("The pool manager found that {what}."),
            },
            // A third-party driver that uses the pool is more likely than one that is not on the
            // stack.
            culprit: frame
                .filter(|_| !found.is_damage() || third_party)
                .map(|frame| {
                    let role = match found.is_damage() {
                        false => CulpritRole::Caller,
                        true => CulpritRole::Suspect,
                    };
                    culprit(frame, role)
                }),
            victims: Vec::new(),
            confidence: at.map_or(Confidence::Possible, |(stack, index)| {
                confidence(found, stack, index, owner)
            }),
            evidence,
            unknown: found
                .is_damage()
                .then(|| Unknown {
                    what: "who damaged the block".to_owned(),
                    why: "the damage is found later, by whoever uses the pool next; special pool \
                          finds the writer"
                        .to_owned(),
                })
                .into_iter()
                .collect(),
            alternatives: alternatives(found, suspect.filter(|_| !third_party)),
        })
    }
}

/// How sure it is that the driver at `index` is to blame.
fn confidence(
    found: Found,
    stack: &StackFacts,
    index: usize,
    owner: Option<&PoolBlock>,
) -> Confidence {
    let frame = &stack.frames[index];
    let module = frame.symbol.module.as_deref().unwrap_or("");
    let likely = match found {
        Found::Free => true,
        // Drivers of Windows may free on behalf of others.
        Found::BadFree | Found::BadCall => {
            frame.is_third_party() && stack.first_driver(0) == Some(index)
        }
        Found::DamageBehind => {
            let mut others = stack.frames.iter().filter(|frame| frame.is_third_party());
            let alone = others.all(|other| other.symbol.module == frame.symbol.module);
            frame.is_third_party() && alone && owner.is_some_and(|block| block.is_of(module))
        }
        Found::Damage => false,
    };
    match likely {
        true => Confidence::Likely,
        false => Confidence::Possible,
    }
}

fn alternatives(found: Found, inbox: Option<Culprit>) -> Vec<Alternative> {
    let used = inbox
        .filter(|_| found.is_damage())
        .map(|culprit| Alternative {
            cause: found.cause(),
            culprit: Some(culprit),
            why: "it used the pool when the damage was found".to_owned(),
        });
    used.into_iter().collect()
}

/// Whose block it is.
fn owner_evidence(block: &PoolBlock) -> Option<Evidence> {
    let owner = block.owner.as_deref()?;
    Some(evidence(
        EvidenceKind::Structure,
        format!(
            "the block at {:#x} has the tag {:?}, which is of {owner}",
            block.address, block.tag
        ),
        &[block.address],
        "the block's header and the debugger's list of tags",
        format!("!pool {:#x}", block.address),
    ))
}
