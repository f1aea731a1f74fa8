//! Special pool caught an access to a block that was freed, or beyond its end (0xCC, 0xCD, 0xD5,
//! 0xD6), or found something wrong when a block was freed (0xC1). Other stops about an access count
//! if Driver Verifier's log says that the block there was freed.
//!
//! Needs: the fault and its frame, Driver Verifier's log of allocations and frees.
//!
//! Decides: the driver whose instruction touched the memory; if the kernel did on its behalf, the
//! first driver outwards. 0xCC and 0xD5 are accesses to a freed block, 0xCD and 0xD6 beyond the end
//! of a live one. 0xC1 says in P4 what is wrong: the memory around the block, the block, or the
//! IRQL. Who freed the block is evidence where the log still has it; whether the free or the use is
//! wrong is not in the dump. If only Windows touched the block, it did so on behalf of who left a
//! timer, a lock or a list entry in it: whoever freed it by the log is to blame. A driver of Windows
//! that has several frames of its own between the access and the first third-party driver computed
//! the address itself. The code of the stop says what happened even where nobody can be named.
//!
//! Confidence: `certain` for the driver's own instruction, `likely` below the kernel and for who freed
//! what Windows touched, `possible` if a driver of Windows worked in between.
//!
//! Source: Microsoft's bug check reference, 0xC1, 0xCC, 0xCD, 0xD5, 0xD6.

use super::blame::{culprit, fault_evidence};
use super::evidence::{culprit_at, evidence, frame_at, parameter, stated};
use super::{Finding, Rule};
use crate::facts::{Facts, Place, PoolTrace, StackFacts};
use crate::verdict::{
    Alternative, CauseId, Confidence, Culprit, CulpritRole, Evidence, EvidenceKind, Unknown,
};

pub(super) struct SpecialPool;

impl Rule for SpecialPool {
    fn name(&self) -> &'static str {
        "special-pool"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let (cause, what) = meaning(facts)?;
        let [first, _, third, kind] = facts.bugcheck.parameters;
        let address = match (facts.bugcheck.code, kind.known()) {
            (0xC1, Some(0x30..=0x32)) => third,
            _ => facts
                .fault
                .as_ref()
                .map_or(first, |fault| fault.address.into()),
        };
        let fault = facts.fault.as_ref();
        let mut evidence = match fault {
            // Special pool makes pages inaccessible itself, so the page tables prove nothing.
            Some(fault) => fault_evidence(fault).into_iter().take(1).collect(),
            None => vec![parameter(
                format!("the block at {address:#x}: {what} (kind {kind:#x})"),
                &stated(&[address]),
            )],
        };
        let user = user(facts);
        evidence.extend(user.as_ref().map(|user| {
            let frame = &user.stack.frames[user.blamed];
            let frame_role = match (user.own, fault) {
                (true, _) => "made the access",
                (false, Some(_)) => "is the innermost driver outwards of the access",
                (false, None) => "called the pool manager",
            };
            let shows = format!("{} {frame_role}", frame.text());
            frame_at(user.stack, user.blamed, shows)
        }));
        evidence.extend(facts.pool.iter().rev().take(2).map(trace_evidence));
        let freed_by = (cause == CauseId::PoolUseAfterFree)
            .then(|| last_free(facts))
            .flatten();
        // What Windows touched of its own accord, it was told of before the free.
        let left_behind = freed_by.filter(|place| {
            let by_windows = user.as_ref().is_none_or(|user| !user.is_third_party());
            place.is_third_party() && by_windows && fault.is_some()
        });
        let did = match (fault, facts.bugcheck.code) {
            (Some(_), _) => "touched",
            (None, 0xC1) => "freed",
            (None, _) => "touched or freed",
        };
        let who = user.as_ref().map_or("Windows".to_owned(), |user| {
            user.stack.frames[user.blamed].text()
        });
        let freed = freed_by.map(|place| format!("; {} had freed it", place.text()));
        let blamed = match (left_behind, &user) {
            (Some(place), _) => {
                let by = culprit_at(place, CulpritRole::Caller);
                Some((by, Confidence::Likely))
            }
            (None, Some(user)) => Some(user.culprit()),
            (None, None) => None,
        };
        // Without special pool, the memory may have had another owner since.
        let special = facts.bugcheck.implies() != Some(CauseId::InvalidAccess);
        let highest = match special {
            true => Confidence::Certain,
            false => Confidence::Likely,
        };
        let (culprit, confidence) = match blamed {
            Some((culprit, confidence)) => (Some(culprit), confidence),
            None => (None, Confidence::Possible),
        };
        Some(Finding {
            cause,
            explanation: format!(
                "{who} {did} {address:#x}, {what}{}.",
                freed.unwrap_or_default()
            ),
            unknown: unknown(cause, freed_by, culprit.is_some()),
            culprit,
            victims: Vec::new(),
            confidence: confidence.min(highest),
            evidence,
            alternatives: user.iter().filter_map(User::alternative(cause)).collect(),
        })
    }
}

/// The driver that touched or freed the block, by the crash stack.
struct User<'f> {
    stack: &'f StackFacts,
    /// The frame that is blamed.
    blamed: usize,
    /// The innermost third-party driver, or any.
    suspect: usize,
    /// The frame made the access itself.
    own: bool,
    /// A driver of Windows had worked by itself when it did.
    alone: bool,
}

fn user(facts: &Facts) -> Option<User<'_>> {
    let stack = facts.crash_stack()?;
    let fault = facts.fault.as_ref();
    let frame = fault.and_then(|fault| fault.frame.or_else(|| stack.interrupted()));
    let from = frame.unwrap_or(0);
    let suspect = match fault {
        Some(_) => stack.suspect_at_work(from)?,
        None => stack.first_suspect(from)?,
    };
    let alone = fault.and_then(|_| stack.worked_alone(from, suspect));
    let blamed = alone.unwrap_or(suspect);
    Some(User {
        stack,
        blamed,
        suspect,
        own: fault.is_some_and(|fault| fault.frame == Some(blamed)),
        alone: alone.is_some(),
    })
}

impl User<'_> {
    fn is_third_party(&self) -> bool {
        self.stack.frames[self.blamed].is_third_party()
    }

    fn culprit(&self) -> (Culprit, Confidence) {
        let (role, confidence) = match (self.own, self.alone) {
            (_, true) => (CulpritRole::Suspect, Confidence::Possible),
            (true, false) => (CulpritRole::FaultingCode, Confidence::Certain),
            (false, false) => (CulpritRole::Caller, Confidence::Likely),
        };
        (culprit(&self.stack.frames[self.blamed], role), confidence)
    }

    /// The driver that called into Windows, where Windows is blamed.
    fn alternative(cause: CauseId) -> impl Fn(&Self) -> Option<Alternative> {
        move |user| {
            user.alone.then(|| Alternative {
                cause,
                culprit: Some(culprit(
                    &user.stack.frames[user.suspect],
                    CulpritRole::Suspect,
                )),
                why: "it called into Windows and may have passed the memory".to_owned(),
            })
        }
    }
}

/// Who freed the block last, by Driver Verifier's log.
fn last_free(facts: &Facts) -> Option<&Place> {
    let mut log = facts.pool.iter().rev();
    let free = log.find(|trace| trace.freed)?;
    Place::first_suspect(&free.trace)
}

fn unknown(cause: CauseId, freed_by: Option<&Place>, named: bool) -> Vec<Unknown> {
    let of_free = freed_by.is_none() && cause == CauseId::PoolUseAfterFree;
    let free = of_free.then(|| Unknown {
        what: "who freed the block".to_owned(),
        why: "special pool keeps no stack of the free; Driver Verifier's log, which does, has \
              no line about the block"
            .to_owned(),
    });
    let user = (!named).then(|| Unknown {
        what: "on whose behalf Windows used the block".to_owned(),
        why: "no driver is on the stack that is shown".to_owned(),
    });
    free.into_iter().chain(user).collect()
}

/// The cause, and what was touched, or freed.
fn meaning(facts: &Facts) -> Option<(CauseId, &'static str)> {
    let freed_before = || facts.pool.iter().any(|trace| trace.freed);
    // Another access, to a block whose last entry in the log is its free.
    let faults = facts.fault.is_some() && facts.bugcheck.implies() == Some(CauseId::InvalidAccess);
    let is_free = || facts.pool.last().is_some_and(|trace| trace.freed);
    Some(match (facts.bugcheck.code, facts.bugcheck.parameter(3)) {
        (0xCC | 0xD5, _) => (CauseId::PoolUseAfterFree, "a block that was freed"),
        (0xCD | 0xD6, _) => (CauseId::PoolOverrun, "memory behind the end of a block"),
        (0xC1, Some(0x20)) if freed_before() => (CauseId::PoolDoubleFree, "a block that is free"),
        (0xC1, Some(0x20..=0x22)) => (CauseId::BadFree, "memory that is no allocated block"),
        (0xC1, Some(0x30..=0x32)) => (
            CauseId::ApiCalledAtWrongIrql,
            "at an IRQL that is too high, the block",
        ),
        (0xC1, _) => (
            CauseId::PoolOverrun,
            "a block with memory around it overwritten",
        ),
        _ if faults && is_free() => (CauseId::PoolUseAfterFree, "a block that was freed"),
        _ => return None,
    })
}

/// An entry of the log about the block, as evidence.
pub(super) fn trace_evidence(trace: &PoolTrace) -> Evidence {
    let by =
        Place::first_suspect(&trace.trace).map_or("code that is not known".to_owned(), Place::text);
    let operation = match trace.freed {
        true => "freed",
        false => "allocated",
    };
    let shows = format!(
        "the block at {:#x} ({:#x} bytes) was {operation} by {by} in thread {:#x}",
        trace.block, trace.size, trace.thread
    );
    let found_by = "Driver Verifier's log of pool allocations (VfPoolTraces)";
    let command = format!("!verifier 0x80 {:#x}", trace.block);
    evidence(
        EvidenceKind::Structure,
        shows,
        &[trace.block, trace.entry],
        found_by,
        command,
    )
}
