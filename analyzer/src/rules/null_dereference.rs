//! The address is so small that it can only come from a NULL pointer.
//!
//! Needs: the fault and the crash stack.
//!
//! Decides: addresses below 64 KiB are never mapped in kernel mode; a NULL structure pointer plus a
//! field offset gives one. The faulting function is to blame if it is a driver's. If the kernel
//! faulted, it used what a driver passed: that driver is a suspect only. A driver that comes with
//! Windows is no more than a suspect either: it works on what others gave it.
//!
//! Confidence: `certain` for a driver's own instruction, `possible` for a suspect.
//!
//! Source: Microsoft's bug check reference, 0xD1 and 0xA (causes).

use super::blame::{culprit, fault_evidence, frame_evidence};
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::verdict::{CauseId, Confidence, CulpritRole};

/// No kernel mapping lies below this address.
const LOWEST_MAPPED: u64 = 0x10000;

/// See the module's documentation.
pub(super) struct NullDereference;

impl Rule for NullDereference {
    fn name(&self) -> &'static str {
        "null-dereference"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let fault = facts
            .fault
            .as_ref()
            .filter(|fault| fault.address < LOWEST_MAPPED)?;
        let mut evidence = fault_evidence(fault);
        let stack = facts.crash_stack();
        let own = stack.zip(fault.frame).and_then(|(stack, index)| {
            let frame = &stack.frames[index];
            frame.is_driver().then_some((stack, frame))
        });
        let below = stack.and_then(|stack| {
            let index = stack.first_driver(fault.frame.unwrap_or(0))?;
            Some((stack, &stack.frames[index]))
        });
        let (blamed, role, confidence) = match (own, below) {
            (Some(found), _) if found.1.is_third_party() => {
                (Some(found), CulpritRole::FaultingCode, Confidence::Certain)
            }
            (Some(found), _) => (Some(found), CulpritRole::Suspect, Confidence::Possible),
            (None, below) => (below, CulpritRole::Suspect, Confidence::Possible),
        };
        if let Some((stack, frame)) = blamed {
            let shows = match role {
                _ if own.is_some() => format!("{} made the access", frame.text()),
                _ => format!("{} is the innermost driver below the access", frame.text()),
            };
            evidence.push(frame_evidence(stack, frame, shows));
        }
        Some(Finding {
            cause: CauseId::NullDereference,
            explanation: format!(
                "An instruction used a NULL pointer (address {:#x}).",
                fault.address
            ),
            culprit: blamed.map(|(_, frame)| culprit(frame, role)),
            victims: Vec::new(),
            confidence,
            evidence,
            unknown: Vec::new(),
            alternatives: Vec::new(),
        })
    }
}
