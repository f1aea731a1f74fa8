//! A copy or fill left the buffer that it wrote to.
//!
//! Needs: the access, the instruction and its registers.
//!
//! Decides: a copy that began on mapped memory and faults at the first byte of the next page wrote
//! to the end of its buffer's last page and on. The driver that asked for the copy gave its length.
//! In the pool that is an overrun of a block, on the stack one of a local buffer.
//!
//! Confidence: `possible`: a buffer whose last pages were freed or never mapped looks the same.
//!
//! Sources: the calling convention of x64 (memcpy returns its destination); Intel SDM vol. 2, REP.

use super::blame::{culprit, fault_evidence};
use super::evidence::{evidence, frame_at};
use super::{Finding, Rule};
use crate::dump::PteState;
use crate::facts::Facts;
use crate::verdict::{Alternative, CauseId, Confidence, CulpritRole, EvidenceKind, Unknown};

pub(super) struct CopyOverrun;

impl Rule for CopyOverrun {
    fn name(&self) -> &'static str {
        "copy-overrun"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let copy = facts.copy.as_ref()?;
        let fault = facts.fault.as_ref()?;
        // Memory that is there but not writable was not run into by its length.
        if matches!(fault.pte, Some(PteState::Present { .. })) || facts.bugcheck.family() == 0xBE {
            return None;
        }
        let stack = facts.crash_stack()?;
        let suspect = stack.suspect_of_pointer(fault.frame?);
        let (cause, buffer) = match copy.on_stack {
            true => (CauseId::StackBufferOverrun, "its buffer on the stack"),
            false => (CauseId::PoolOverrun, "its buffer"),
        };
        let mut proof = fault_evidence(fault);
        proof.extend(copy.started.map(|(register, start)| {
            let written = fault.address - start;
            let shows = format!(
                "the copy began at {start:#x} ({register}) and had written {written} bytes when \
                 it came to the next page"
            );
            evidence(
                EvidenceKind::Code,
                shows,
                &[start],
                "the registers at the access",
                ".trap; r",
            )
        }));
        proof.extend(copy.left.map(|left| {
            let shows = format!("{left} bytes were still to be written (rcx)");
            evidence(
                EvidenceKind::Code,
                shows,
                &[],
                "the registers at the access",
                ".trap; r",
            )
        }));
        proof.extend(suspect.map(|index| {
            let shows = format!("{} asked for the copy", stack.frames[index].text());
            frame_at(stack, index, shows)
        }));
        Some(Finding {
            cause,
            explanation: format!(
                "A copy wrote beyond the last page of {buffer}, at {:#x}{}.",
                fault.address,
                fault.at_irql()
            ),
            culprit: suspect.map(|index| culprit(&stack.frames[index], CulpritRole::Suspect)),
            victims: Vec::new(),
            confidence: Confidence::Possible,
            evidence: proof,
            unknown: vec![Unknown {
                what: "how long the buffer is".to_owned(),
                why: "the access shows where the memory ends, not where the buffer does".to_owned(),
            }],
            alternatives: vec![Alternative {
                cause: CauseId::InvalidAccess,
                culprit: None,
                why: "the buffer may be long enough, but its last pages freed or not mapped"
                    .to_owned(),
            }],
        })
    }
}
