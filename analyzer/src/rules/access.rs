//! A bad access at raised IRQL that no more specific rule explains.
//!
//! Needs: the fault, the crash stack, the code of the faulting function.
//!
//! Decides by the page tables: pageable memory that was not resident must not be accessed at
//! DISPATCH_LEVEL or above, so the code that did is wrong about its IRQL or its memory. Any other
//! address is invalid. The innermost driver at or below the fault is the suspect; it is blamed if
//! the instruction is its own.
//!
//! Confidence: for pageable memory `likely` if the faulting function itself holds a lock or raised
//! the IRQL, or no other driver is on the stack that could have; otherwise `possible`. For invalid
//! addresses always `possible`: the pointer may have come from elsewhere.
//!
//! Source: Microsoft's bug check reference, 0xD1 and 0xA.

use super::blame::{RaisedFault, code_evidence, culprit, fault_evidence, frame_evidence};
use super::{Finding, Rule};
use crate::dump::PteState;
use crate::facts::{Facts, Fault, StackFacts};
use crate::stop::Access;
use crate::verdict::{Alternative, CauseId, Confidence, CulpritRole, Evidence, Unknown};

/// Pageable memory at raised IRQL.
pub(super) struct PageableAccess;

impl Rule for PageableAccess {
    fn name(&self) -> &'static str {
        "pageable-access-at-raised-irql"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let at = RaisedFault::find(facts).filter(|at| at.fault.is_paged_out())?;
        let explanation = format!(
            "Pageable memory at {:#x} was touched{}; it was not resident, and a page \
             fault cannot be served at that IRQL.",
            at.fault.address,
            at.fault.at_irql()
        );
        let cause = CauseId::PageableAccessAtRaisedIrql;
        let own_code = own_code(at);
        let confidence = match own_code.is_some() || !others_on_stack(at) {
            true => Confidence::Likely,
            false => Confidence::Possible,
        };
        let mut finding = finding(facts, at.fault, cause, explanation, confidence);
        finding.evidence.extend(own_code);
        if confidence == Confidence::Possible {
            // The code that raised the IRQL is further out; the faulting driver may be right.
            let suspects = at.drivers_outside().map(|index| Alternative {
                cause: CauseId::PassiveCallAtRaisedIrql,
                culprit: Some(culprit(at.frame(index), CulpritRole::Suspect)),
                why: "it is on the stack further out and may have raised the IRQL".to_owned(),
            });
            finding.alternatives = suspects.last().into_iter().collect();
            let faulting = finding.culprit.take();
            finding.alternatives.extend(faulting.map(|culprit| {
                Alternative {
                    cause,
                    culprit: Some(culprit),
                    why: "it made the access; it is to blame only if it raised the IRQL itself"
                        .to_owned(),
                }
            }));
        }
        Some(finding)
    }
}

/// What the faulting function's code shows about its IRQL.
fn own_code(at: RaisedFault<'_>) -> Option<Evidence> {
    let code = at.facts.code_of(at.fault.frame?)?;
    let frame = at.frame(code.frame);
    let lock = code.lock.as_ref();
    lock.map(|taken| code_evidence(frame, taken, "release it"))
        .or_else(|| Some(code_evidence(frame, code.irql.as_ref()?, "lower the IRQL")))
}

/// Whether drivers other than the faulting one are on the stack.
fn others_on_stack(at: RaisedFault<'_>) -> bool {
    let faulting = &at.frame(at.from).symbol.module;
    at.drivers_outside()
        .any(|index| at.frame(index).symbol.module != *faulting)
}

/// Any other address.
pub(super) struct InvalidAccess;

impl Rule for InvalidAccess {
    fn name(&self) -> &'static str {
        "invalid-access"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let fault = facts.fault.as_ref()?;
        let operand = facts.operand.as_ref();
        let explanation = match operand.filter(|operand| operand.is_non_canonical()) {
            // The processor reports no address for these.
            Some(operand) => format!(
                "An instruction used the address {:#x}, which no memory can have ({}){}.",
                operand.address,
                operand.text(),
                fault.at_irql()
            ),
            None => format!(
                "An instruction tried to {} {:#x}{}.",
                fault.access.text(),
                fault.address,
                fault.at_irql()
            ),
        };
        let read_only = writes_read_only(facts, fault);
        let cause = match read_only {
            true => CauseId::WriteToReadOnlyMemory,
            false => CauseId::InvalidAccess,
        };
        Some(finding(
            facts,
            fault,
            cause,
            explanation,
            Confidence::Possible,
        ))
    }
}

/// Whether a stop states that memory was written that is read-only.
fn writes_read_only(facts: &Facts, fault: &Fault) -> bool {
    let present = matches!(fault.pte, Some(PteState::Present { pte, .. }) if pte & 2 == 0);
    let writes = fault.access == Access::Write;
    facts.bugcheck.family() == 0xBE || (writes && present)
}

/// Whether the kernel was choosing the next thread when it faulted: it then works on other threads'
/// and processors' data, and no longer on what its caller passed.
fn is_scheduling(stack: &StackFacts, from: usize, caller: usize) -> bool {
    const SCHEDULER: &[&str] = &[
        "KiExitDispatcher",
        "KiDeferredReadySingleThread",
        "KiDeferredReadyThread",
        "KiProcessDeferredReadyList",
        "KiSwapThread",
    ];
    let between = stack.frames.get(from..caller).unwrap_or_default();
    between.iter().any(|frame| {
        let name = frame.symbol.function.as_deref().unwrap_or("");
        frame.symbol.in_kernel && SCHEDULER.contains(&name)
    })
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
        let index = match cause {
            // An inbox driver was misled by its caller. A stack as printed may begin outwards of
            // the trap. In a stack's memory it would be found.
            CauseId::InvalidAccess | CauseId::WriteToReadOnlyMemory => {
                let printed = !facts.shows.stack_words;
                let from = fault.frame.or(printed.then_some(0))?;
                let index = stack.suspect_of_pointer(from)?;
                if is_scheduling(stack, from, index) {
                    return None;
                }
                index
            }
            _ => stack.first_driver(fault.frame?)?,
        };
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
    let role = match own && if_own > Confidence::Possible {
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
