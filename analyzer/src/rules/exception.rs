//! An exception that is not an access with an address of its own: a breakpoint, a division, an
//! access with a non-canonical address, a stop in a system service.
//!
//! Needs: the exception and the stack that starts where it was raised.
//!
//! Decides: the innermost driver at or outwards of the instruction; it is blamed if the instruction
//! is its own.
//!
//! Confidence: `possible`.
//!
//! Source: Microsoft's bug check reference, 0x1E, 0x3B, 0x7E, 0x8E.

use super::blame::culprit;
use super::evidence::{frame_at, parameter};
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::verdict::{CauseId, Confidence, CulpritRole, Unknown};

/// See the module's documentation.
pub(super) struct Exception;

impl Rule for Exception {
    fn name(&self) -> &'static str {
        "exception"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let exception = facts.exception.as_ref()?;
        let stack = facts.crash_stack()?;
        let at = stack
            .frames
            .iter()
            .position(|frame| frame.address == Some(exception.address));
        let index = stack.first_suspect(at.unwrap_or(0))?;
        let frame = &stack.frames[index];
        let own = at == Some(index);
        let text = format!(
            "exception {:#x} at {:#x}",
            exception.code, exception.address
        );
        let did = match own {
            true => "raised it",
            false => "is the innermost driver outwards of it",
        };
        Some(Finding {
            cause: CauseId::InvalidAccess,
            explanation: format!("{text} was not handled; {} {did}.", frame.text()),
            culprit: Some(culprit(
                frame,
                match own {
                    true => CulpritRole::FaultingCode,
                    false => CulpritRole::Suspect,
                },
            )),
            victims: Vec::new(),
            confidence: Confidence::Possible,
            evidence: vec![
                parameter(text, &[exception.address]),
                frame_at(stack, index, format!("{} {did}", frame.text())),
            ],
            unknown: vec![Unknown {
                what: "why the exception was raised".to_owned(),
                why: "the dump shows the instruction, not how its operands came about".to_owned(),
            }],
            alternatives: Vec::new(),
        })
    }
}
