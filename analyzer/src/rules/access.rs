//! A bad access at raised IRQL that no more specific rule explains.
//!
//! Needs: the fault and the crash stack.
//!
//! Decides by the page tables: pageable memory that was not resident may not be touched at
//! DISPATCH_LEVEL or above, so whoever touched it there is wrong about its IRQL or its memory;
//! any other address is simply invalid. The innermost driver at or below the fault is the suspect;
//! it is blamed more firmly if the instruction is its own.
//!
//! Confidence: `likely` for a driver's own access to pageable memory, otherwise `possible`: the
//! pointer may have come from elsewhere.
//!
//! Source: Microsoft's bug check reference, 0xD1 and 0xA.

use super::blame::{culprit, fault_evidence, frame_evidence};
use super::{Finding, Rule};
use crate::bugcheck;
use crate::facts::{DISPATCH_LEVEL, Facts, Fault};
use crate::verdict::{Alternative, CauseId, Confidence, CulpritRole, Unknown};

/// Pageable memory at raised IRQL.
pub(super) struct PageableAccess;

impl Rule for PageableAccess {
    fn name(&self) -> &'static str {
        "pageable-access-at-raised-irql"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let fault = facts.fault.as_ref()?;
        if fault.irql < DISPATCH_LEVEL || !fault.is_paged_out() {
            return None;
        }
        let explanation = format!(
            "Pageable memory at {:#x} was touched at IRQL {}; it was not resident, and a page \
             fault cannot be served at that IRQL.",
            fault.address,
            bugcheck::irql(fault.irql)
        );
        let cause = CauseId::PageableAccessAtRaisedIrql;
        Some(finding(
            facts,
            fault,
            cause,
            explanation,
            Confidence::Likely,
        ))
    }
}

/// Any other address.
pub(super) struct InvalidAccess;

impl Rule for InvalidAccess {
    fn name(&self) -> &'static str {
        "invalid-access"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let fault = facts.fault.as_ref()?;
        let explanation = format!(
            "An instruction tried to {} {:#x} at IRQL {}.",
            fault.access.text(),
            fault.address,
            bugcheck::irql(fault.irql)
        );
        let cause = CauseId::InvalidAccess;
        Some(finding(
            facts,
            fault,
            cause,
            explanation,
            Confidence::Possible,
        ))
    }
}

fn finding(
    facts: &Facts,
    fault: &Fault,
    cause: CauseId,
    explanation: String,
    if_own: Confidence,
) -> Finding {
    let mut evidence = fault_evidence(fault);
    let blamed = facts.crash_stack().and_then(|stack| {
        let index = stack.first_driver(fault.frame?)?;
        Some((stack, index))
    });
    let own = blamed.is_some_and(|(_, index)| Some(index) == fault.frame);
    if let Some((stack, index)) = blamed {
        let frame = &stack.frames[index];
        let shows = match own {
            true => format!("{} made the access", frame.text()),
            false => format!("{} is the innermost driver below the access", frame.text()),
        };
        evidence.push(frame_evidence(stack, frame, shows));
    }
    let role = match own {
        true => CulpritRole::FaultingCode,
        false => CulpritRole::Suspect,
    };
    Finding {
        cause,
        explanation,
        culprit: blamed.map(|(stack, index)| culprit(&stack.frames[index], role)),
        victims: Vec::new(),
        confidence: if own { if_own } else { Confidence::Possible },
        evidence,
        unknown: vec![Unknown {
            what: "where the address comes from".to_owned(),
            why: "the dump shows the access, not the computation of its address".to_owned(),
        }],
        alternatives: vec![Alternative {
            cause: CauseId::IrqlLeaked,
            culprit: None,
            why: "the code may be right about its memory and called at an IRQL that it does not \
                  expect"
                .to_owned(),
        }],
    }
}
