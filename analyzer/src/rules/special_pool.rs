//! Special pool caught an access to a block that was freed, or beyond its end (0xCC, 0xCD, 0xD5,
//! 0xD6), or found something wrong when a block was freed (0xC1).
//!
//! Needs: the fault and its frame, Driver Verifier's log of allocations and frees.
//!
//! Decides: the driver whose instruction touched the memory; if the kernel did on its behalf, the
//! first driver outwards. 0xCC and 0xD5 are accesses to a freed block, 0xCD and 0xD6 beyond the end
//! of a live one. 0xC1 says in P4 what is wrong: the memory around the block, the block, or the
//! IRQL. Who freed the block is evidence where the log still has it; whether the free or the use is
//! wrong is not in the dump. A driver of Windows that has several frames of its own between the
//! access and the first third-party driver computed the address itself.
//!
//! Confidence: `certain` for the driver's own instruction, `likely` below the kernel, `possible` if a
//! driver of Windows worked in between.
//!
//! Source: Microsoft's bug check reference, 0xC1, 0xCC, 0xCD, 0xD5, 0xD6.

use super::blame::{culprit, fault_evidence};
use super::evidence::{evidence, frame_at, parameter, stated};
use super::{Finding, Rule};
use crate::facts::{Facts, Place, PoolTrace};
use crate::verdict::{
    Alternative, CauseId, Confidence, CulpritRole, Evidence, EvidenceKind, Unknown,
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
            _ => first,
        };
        let stack = facts.crash_stack()?;
        let fault = facts.fault.as_ref();
        let from = fault.and_then(|fault| fault.frame).unwrap_or(0);
        let suspect = stack.first_suspect(from)?;
        let alone = fault.and_then(|_| stack.worked_alone(from, suspect));
        let blamed = alone.unwrap_or(suspect);
        let frame = &stack.frames[blamed];
        let own = fault.is_some_and(|fault| fault.frame == Some(blamed));
        let mut evidence = match fault {
            // Special pool makes pages inaccessible itself, so the page tables prove nothing.
            Some(fault) => fault_evidence(fault).into_iter().take(1).collect(),
            None => vec![parameter(
                format!("the block at {address:#x}: {what} (kind {kind:#x})"),
                &stated(&[address]),
            )],
        };
        let frame_role = match (own, fault) {
            (true, _) => "made the access",
            (false, Some(_)) => "is the innermost driver outwards of the access",
            (false, None) => "called the pool manager",
        };
        evidence.push(frame_at(
            stack,
            blamed,
            format!("{} {frame_role}", frame.text()),
        ));
        evidence.extend(facts.pool.iter().rev().take(2).map(trace_evidence));
        let freed_by = facts
            .pool
            .iter()
            .rev()
            .find(|trace| trace.freed)
            .and_then(|trace| Place::first_suspect(&trace.trace));
        let unknown = (freed_by.is_none() && cause == CauseId::PoolUseAfterFree).then(|| Unknown {
            what: "who freed the block".to_owned(),
            why: "special pool keeps no stack of the free; Driver Verifier's log, which does, has \
                  no line about the block"
                .to_owned(),
        });
        let freed = freed_by.map(|place| format!("; {} had freed it", place.text()));
        Some(Finding {
            cause,
            explanation: format!(
                "{} {} {address:#x}, {what}{}.",
                frame.text(),
                if fault.is_some() { "touched" } else { "freed" },
                freed.unwrap_or_default()
            ),
            culprit: Some(culprit(
                frame,
                match (own, alone) {
                    (_, Some(_)) => CulpritRole::Suspect,
                    (true, None) => CulpritRole::FaultingCode,
                    (false, None) => CulpritRole::Caller,
                },
            )),
            victims: Vec::new(),
            confidence: match (own, alone) {
                (_, Some(_)) => Confidence::Possible,
                (true, None) => Confidence::Certain,
                (false, None) => Confidence::Likely,
            },
            evidence,
            unknown: unknown.into_iter().collect(),
            alternatives: Vec::from_iter(alone.map(|_| Alternative {
                cause,
                culprit: Some(culprit(&stack.frames[suspect], CulpritRole::Suspect)),
                why: "it called into Windows and may have passed the memory".to_owned(),
            })),
        })
    }
}

/// The cause, and what was touched, or freed.
fn meaning(facts: &Facts) -> Option<(CauseId, &'static str)> {
    let freed_before = || facts.pool.iter().any(|trace| trace.freed);
    Some(match (facts.bugcheck.code, facts.bugcheck.parameter(3)) {
        (0xCC | 0xD5, _) => (CauseId::PoolUseAfterFree, "a block that was freed"),
        (0xCD | 0xD6, _) => (CauseId::PoolOverrun, "memory behind the end of a block"),
        (0xC1, Some(0x20)) if freed_before() => (CauseId::PoolDoubleFree, "a block that is free"),
        (0xC1, Some(0x20..=0x22)) => (CauseId::InvalidAccess, "memory that is no allocated block"),
        (0xC1, Some(0x30..=0x32)) => (
            CauseId::ApiCalledAtWrongIrql,
            "at an IRQL that is too high, the block",
        ),
        (0xC1, _) => (
            CauseId::PoolOverrun,
            "a block with memory around it overwritten",
        ),
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
