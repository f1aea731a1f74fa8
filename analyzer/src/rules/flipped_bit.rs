//! A pointer has a bit that nobody set.
//!
//! Needs: the code before the faulting instruction and the registers of the fault.
//!
//! Decides: the pointer is NULL but for one high bit, and on every way to the instruction the code
//! compared it with NULL and went on only because it was not. As it was written, it was NULL, and
//! would not have been used. Small values and low bits do not count: fields of a NULL structure,
//! flags and sizes look the same.
//!
//! Confidence: `likely`; `possible` if the code is a third party's, which may have overwritten its
//! own pointer with two numbers of 32 bits.
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
        let stack = facts.crash_stack();
        let own = stack.and_then(|stack| {
            let frame = &stack.frames[stack.at_instruction(proof.instruction)?];
            frame.is_third_party().then_some(frame)
        });
        if own.is_some() {
            found.confidence = Confidence::Possible;
        }
        found.alternatives.push(Alternative {
            cause: CauseId::InvalidAccess,
            culprit: own.map(|frame| culprit(frame, CulpritRole::Suspect)),
            why:
                "somebody may have written over the pointer: 0 and a power of two, as two numbers \
                  of 32 bits, look the same"
                    .to_owned(),
        });
        Some(found)
    }
}
