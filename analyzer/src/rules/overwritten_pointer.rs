//! A pointer was used that is no address but data: a repeated byte, or text.
//!
//! Needs: the fault, or an exception; the registers of the instruction's operand.
//!
//! Decides: the memory that held the pointer was overwritten, by a copy beyond the end of a buffer or
//! by a new owner of the block. Where the processor reports no address (a non-canonical one), the
//! operand's registers have the value. A pattern of debug allocators for freed memory means use after
//! free. Who used the pointer is a suspect: it is often the owner of the memory, but not the writer.
//!
//! Confidence: `possible`.
//!
//! Sources: Intel's manual, volume 1, 3.3.7.1 (canonical addresses); documentation of the CRT's debug
//! heap (patterns).

use super::blame::{culprit, fault_evidence};
use super::evidence::{evidence, frame_at};
use super::{Finding, Rule};
use crate::facts::{Facts, Filling};
use crate::verdict::{Alternative, CauseId, Confidence, CulpritRole, EvidenceKind, Unknown};

pub(super) struct OverwrittenPointer;

/// A value that was used as an address.
pub(super) struct Overwritten {
    /// The register, or `the address`.
    place: String,
    value: u64,
    filling: Filling,
}

impl Overwritten {
    pub(super) fn cause(&self) -> CauseId {
        match self.filling {
            Filling::Freed => CauseId::PoolUseAfterFree,
            Filling::Repeated(_) | Filling::Text(_) => CauseId::PoolOverrun,
        }
    }
}

/// The value of a fault that is data instead of an address.
pub(super) fn overwritten(facts: &Facts) -> Option<Overwritten> {
    let fault = facts.fault.as_ref();
    let operand = facts.operand.as_ref();
    // The processor's own report comes first: what a log shows as registers may be of another moment.
    let reported = fault.map(|fault| fault.address);
    let known = reported.filter(|&address| address != 0 && address != u64::MAX);
    let agrees = |address: u64| operand.is_some_and(|operand| operand.address == address);
    if let Some(address) = known.filter(|&address| !agrees(address)) {
        return Some(Overwritten {
            place: "the address".to_owned(),
            value: address,
            filling: Filling::of(address)?,
        });
    }
    let (place, value, filling) = operand?.filling()?;
    Some(Overwritten {
        place,
        value,
        filling,
    })
}

impl Rule for OverwrittenPointer {
    fn name(&self) -> &'static str {
        "overwritten-pointer"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let fault = facts.fault.as_ref()?;
        // Calls through such a pointer leave it as the instruction pointer.
        if fault.rip.is(fault.address) {
            return None;
        }
        let found = overwritten(facts)?;
        let used = facts.crash_stack().and_then(|stack| {
            let printed = !facts.shows.stack_words;
            let from = fault.frame.or(printed.then_some(0))?;
            Some((stack, stack.suspect_of_pointer(from)?))
        });
        let shows = format!(
            "{} is {:#x}, which is {}",
            found.place,
            found.value,
            found.filling.describe()
        );
        let mut pieces = fault_evidence(fault);
        pieces.push(evidence(
            EvidenceKind::Code,
            shows.clone(),
            &[found.value],
            "the instruction's operand",
            "r",
        ));
        pieces.extend(used.map(|(stack, index)| {
            let shows = match fault.frame == Some(index) {
                true => format!("{} used the pointer", stack.frames[index].text()),
                false => format!(
                    "{} is the innermost driver outwards of the access",
                    stack.frames[index].text()
                ),
            };
            frame_at(stack, index, shows)
        }));
        let cause = found.cause();
        let other = match cause {
            CauseId::PoolUseAfterFree => CauseId::PoolOverrun,
            _ => CauseId::PoolUseAfterFree,
        };
        Some(Finding {
            cause,
            explanation: format!(
                "An instruction used a pointer that was overwritten{}: {shows}.",
                fault.at_irql()
            ),
            culprit: used.map(|(stack, index)| culprit(&stack.frames[index], CulpritRole::Suspect)),
            victims: Vec::new(),
            confidence: Confidence::Possible,
            evidence: pieces,
            unknown: vec![Unknown {
                what: "who overwrote the pointer".to_owned(),
                why: "the damage is found later, by whoever uses the pointer; special pool finds \
                      the writer"
                    .to_owned(),
            }],
            alternatives: vec![Alternative {
                cause: other,
                culprit: None,
                why: "the memory may have been freed and used again, or overwritten while it was \
                      in use"
                    .to_owned(),
            }],
        })
    }
}
