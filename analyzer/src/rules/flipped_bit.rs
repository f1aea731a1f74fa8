//! A value has a bit that nobody set, or lacks one.
//!
//! Needs: the registers of the fault, the code around it, its stack, the page tables.
//!
//! Decides by the value that it should have been, which must be provable:
//! - a pointer is NULL but for one high bit, and on every way to the instruction the code compared
//!   it with NULL and went on only because it was not;
//! - a pointer differs in one bit from the memory that it was loaded from, or in one high bit from
//!   a valid pointer in a register or on the stack;
//! - control is one bit beside the target of the call whose return address is on top of the stack;
//! - a page-table entry that is not in use has one bit set (the memory manager's own finding).
//!
//! Small values and low bits do not count: fields of a NULL structure, flags, sizes and neighbours
//! in memory look the same.
//!
//! Confidence: `likely`; `possible` for a NULL pointer in a third party's code, which may have
//! overwritten it with two numbers of 32 bits.
//!
//! Source: Intel's manual, volume 3, 4.7 (page faults).

use super::blame::culprit;
use super::impossible_access::finding;
use super::{Finding, Rule};
use crate::facts::{Facts, ProofKind};
use crate::verdict::{Alternative, CauseId, Confidence, CulpritRole};

pub(super) struct FlippedBit;

impl Rule for FlippedBit {
    fn name(&self) -> &'static str {
        "flipped-bit"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let proof = facts.proof.as_ref();
        let proof = proof.filter(|proof| proof.kind == ProofKind::FlippedBit)?;
        let why = "it used a pointer that memory or the processor damaged";
        let mut found = finding(facts, proof, CauseId::HardwareError, why);
        if let Some(doubt) = proof.doubt {
            let stack = facts.crash_stack();
            let own = stack.and_then(|stack| {
                let frame = &stack.frames[stack.at_instruction(proof.instruction?)?];
                frame.is_third_party().then_some(frame)
            });
            if own.is_some() {
                found.confidence = Confidence::Possible;
            }
            found.alternatives.push(Alternative {
                cause: CauseId::InvalidAccess,
                culprit: own.map(|frame| culprit(frame, CulpritRole::Suspect)),
                why: doubt.to_owned(),
            });
        }
        Some(found)
    }
}
