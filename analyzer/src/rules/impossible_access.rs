//! The instruction cannot have made the access that faulted.
//!
//! Needs: the bytes at the faulting instruction, the registers of the fault, the address that the
//! processor reported.
//!
//! Decides: the addresses that the instruction can touch are computed from its bytes and the
//! registers. If the reported address is none of them, the processor did not execute these bytes,
//! or did not use these registers. Then every single bit of the instruction and of the registers in
//! its addresses is tried. No driver is to blame: its code, as it is in memory, does not do that.
//!
//! Confidence: `certain` if exactly one bit of the instruction explains the address and the kind of
//! access; `likely` for one bit of a register, or if the registers are sure; else `possible`.
//!
//! Source: Intel's manual, volume 1, 3.7.5 (addresses), volume 3, 4.7 (page faults).

use super::evidence::evidence;
use super::{Finding, Rule, blame};
use crate::facts::{Facts, Proof, ProofKind};
use crate::verdict::{CauseId, Unknown, VictimKind};

pub(super) struct ImpossibleAccess;

impl Rule for ImpossibleAccess {
    fn name(&self) -> &'static str {
        "impossible-access"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let proof = facts.proof.as_ref();
        let proof = proof.filter(|proof| proof.kind == ProofKind::ImpossibleAccess)?;
        let why = "its instruction in memory does not touch the address at which it faulted";
        Some(finding(facts, proof, CauseId::ImpossibleAccess, why))
    }
}

/// A finding of a proof: nobody is blamed, the module at the instruction least of all.
pub(super) fn finding(facts: &Facts, proof: &Proof, cause: CauseId, why: &str) -> Finding {
    let stack = facts.crash_stack();
    let executing = stack.and_then(|stack| {
        let frame = &stack.frames[stack.at_instruction(proof.instruction?)?];
        frame.symbol.module.as_ref()?;
        let why = why.to_owned();
        Some(blame::victim(VictimKind::FaultingModule, stack, frame, why))
    });
    let addresses: Vec<u64> = proof
        .instruction
        .into_iter()
        .chain([proof.address])
        .collect();
    let pieces = proof.evidence.iter().map(|one| {
        let (shows, command) = (one.shows.clone(), one.command.clone());
        evidence(one.kind, shows, &addresses, proof.found_by.clone(), command)
    });
    let flip = proof.shown.flip.as_ref();
    let physical = flip.and_then(|flip| flip.physical);
    let place = Unknown {
        what: "which part of the hardware is broken".to_owned(),
        why: match physical {
            Some(at) => format!(
                "memory (physical address {at}), its controller, a cache or the processor's core \
                 can do that; a memory test tells, or the next dump"
            ),
            None => "memory, its controller, a cache or the processor's core can do that; a \
                     memory test tells, or the next dump"
                .to_owned(),
        },
    };
    let unexplained = Unknown {
        what: "which bit was wrong".to_owned(),
        why: "no bit alone explains the fault, or more than one does".to_owned(),
    };
    let open = flip.is_none().then_some(unexplained);
    Finding {
        cause,
        explanation: proof.summary.clone(),
        culprit: None,
        victims: executing.into_iter().collect(),
        confidence: proof.confidence,
        evidence: pieces.collect(),
        unknown: std::iter::once(place).chain(open).collect(),
        alternatives: Vec::new(),
    }
}
