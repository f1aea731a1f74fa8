//! An exception that is not an access with an address of its own: a breakpoint, a division, an
//! access with a non-canonical address, a stop in a system service.
//!
//! Needs: the exception and the stack that starts where it was raised.
//!
//! Decides: the innermost driver at or outwards of the instruction; it is blamed if the instruction
//! is its own. For an illegal instruction the bytes show more: an extension that the processor
//! lacks (old or virtual processors), an instruction that always raises the exception, or no code.
//!
//! Confidence: `possible`.
//!
//! Source: Microsoft's bug check reference, 0x1E, 0x3B, 0x7E, 0x8E.

use super::blame::culprit;
use super::evidence::{frame_at, parameter};
use super::{Finding, Rule};
use crate::facts::{Facts, Refused};
use crate::verdict::{CauseId, Confidence, CulpritRole, Unknown};

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
        let refused = exception.refused.map(describe);
        let text = format!(
            "exception {:#x} at {:#x}{}",
            exception.code,
            exception.address,
            refused.map(|text| format!(" ({text})")).unwrap_or_default()
        );
        let frame_role = match own {
            true => "raised it",
            false => "is the innermost driver outwards of it",
        };
        Some(Finding {
            cause: cause(exception.code, exception.refused.is_some()),
            explanation: format!("{text} was not handled; {} {frame_role}.", frame.text()),
            culprit: Some(culprit(
                frame,
                match own && frame.is_third_party() {
                    true => CulpritRole::FaultingCode,
                    false => CulpritRole::Suspect,
                },
            )),
            victims: Vec::new(),
            confidence: Confidence::Possible,
            evidence: vec![
                parameter(text, &[exception.address]),
                frame_at(stack, index, format!("{} {frame_role}", frame.text())),
            ],
            unknown: vec![Unknown {
                what: "why the exception was raised".to_owned(),
                why: "the dump shows the instruction, not how its operands came about".to_owned(),
            }],
            alternatives: Vec::new(),
        })
    }
}

/// The cause by the exception's NTSTATUS (ntstatus.h).
fn cause(code: u32, refused: bool) -> CauseId {
    match code {
        // STATUS_INTEGER_DIVIDE_BY_ZERO, STATUS_INTEGER_OVERFLOW, and the same of floating point.
        0xC000_008E..=0xC000_0095 => CauseId::ArithmeticError,
        // STATUS_BREAKPOINT, STATUS_SINGLE_STEP, STATUS_ASSERTION_FAILURE.
        0x8000_0003 | 0x8000_0004 | 0xC000_0420 => CauseId::BreakpointOrAssertion,
        // STATUS_MUTANT_NOT_OWNED, STATUS_RESOURCE_NOT_OWNED.
        0xC000_0046 | 0xC000_0264 => CauseId::LockReleasedByNonOwner,
        // STATUS_STACK_BUFFER_OVERRUN.
        0xC000_0409 => CauseId::StackBufferOverrun,
        // STATUS_ILLEGAL_INSTRUCTION, STATUS_PRIVILEGED_INSTRUCTION.
        0xC000_001D | 0xC000_0096 => CauseId::IllegalInstruction,
        _ if refused => CauseId::IllegalInstruction,
        _ => CauseId::InvalidAccess,
    }
}

/// The refused instruction as text.
fn describe(refused: Refused) -> String {
    match refused {
        Refused::Extension(mnemonic, feature) => format!(
            "the instruction is {}, which needs the extension {feature:?}: this processor does not \
             have it or has it turned off, and the code did not check",
            format!("{mnemonic:?}").to_lowercase()
        ),
        Refused::OnPurpose => "the instruction is one that compilers put where code must not get \
                               to, or that assertions use"
            .to_owned(),
        Refused::NoInstruction => "the bytes there are no instruction: the code is damaged, or a \
                                   wrong pointer led there"
            .to_owned(),
        Refused::Common(mnemonic) => format!(
            "the instruction is {}, which every x64 processor has: its operands were refused, or \
             the processor failed",
            format!("{mnemonic:?}").to_lowercase()
        ),
    }
}
