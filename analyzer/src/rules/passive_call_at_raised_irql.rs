//! A system service was called at raised IRQL, and nothing shows that a spin lock is involved.
//!
//! Needs: the fault, the crash stack, the code of the drivers on it.
//!
//! Decides: as for a spin lock, the caller under `KiServiceLinkage` is the suspect. If its own
//! code raises the IRQL before the call, that is the cause. Otherwise somebody left the IRQL
//! raised earlier on this thread, and the caller is only the one who was caught.
//!
//! Confidence: `likely` if the code raises the IRQL, else `possible`.
//!
//! Sources: Microsoft's bug check reference, 0xD1 and 0xA; WDK, KeRaiseIrql; seed 002.

use super::blame::{culprit, fault_evidence, frame_evidence, victim};
use super::{Finding, Rule};
use crate::bugcheck;
use crate::facts::{DISPATCH_LEVEL, Facts};
use crate::verdict::{
    Alternative, CauseId, Confidence, CulpritRole, Evidence, EvidenceKind, Unknown, VictimKind,
};

/// See the module's documentation.
pub(super) struct PassiveCallAtRaisedIrql;

impl Rule for PassiveCallAtRaisedIrql {
    fn name(&self) -> &'static str {
        "passive-call-at-raised-irql"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let fault = facts.fault.as_ref()?;
        let stack = facts.crash_stack()?;
        if fault.irql < DISPATCH_LEVEL {
            return None;
        }
        let from = fault.frame.unwrap_or(0);
        let calls = stack.service_calls();
        let call = calls.iter().find(|call| call.service >= from)?;
        let caller = stack.first_driver(call.caller)?;
        let raising = (caller..stack.frames.len())
            .take_while(|&index| stack.frames[index].is_driver())
            .find_map(|index| Some((index, facts.code_of(index)?.raised()?)));
        let suspect = &stack.frames[raising.map_or(caller, |(index, _)| index)];
        let service = &stack.frames[call.service];
        let mut evidence = fault_evidence(fault);
        evidence.push(frame_evidence(
            stack,
            suspect,
            format!(
                "{} entered {} from kernel mode (KiServiceLinkage), which requires PASSIVE_LEVEL",
                suspect.text(),
                service.text()
            ),
        ));
        let (cause, confidence, how) = match raising {
            Some((_, site)) => {
                evidence.push(Evidence {
                    kind: EvidenceKind::Code,
                    shows: format!(
                        "the same function raises the IRQL ({}) at {:#x}; nothing lowers it \
                         between that and the call of the service",
                        site.target, site.address
                    ),
                    addresses: vec![site.address.into()],
                    found_by: "disassembly up to the return address, in address order".to_owned(),
                    windbg: Some(format!("uf {:#x}", suspect.address)),
                });
                let cause = CauseId::PassiveCallAtRaisedIrql;
                (cause, Confidence::Likely, "after raising the IRQL itself")
            }
            None => (
                CauseId::IrqlLeaked,
                Confidence::Possible,
                "and nothing in its function raises the IRQL",
            ),
        };
        let victims = fault
            .frame
            .map(|index| &stack.frames[index])
            .filter(|frame| frame.symbol.module != suspect.symbol.module)
            .map(|frame| {
                let why = "it touched pageable memory on behalf of the caller".to_owned();
                victim(VictimKind::FaultingModule, stack, frame, why)
            })
            .into_iter()
            .collect();
        let other = match cause {
            CauseId::IrqlLeaked => CauseId::SpinlockHeldAcrossPassiveCall,
            _ => CauseId::IrqlLeaked,
        };
        Some(Finding {
            cause,
            explanation: format!(
                "{} called {} at IRQL {}, {how}.",
                suspect.text(),
                service
                    .symbol
                    .function
                    .as_deref()
                    .unwrap_or("a system service"),
                bugcheck::irql(fault.irql),
            ),
            culprit: Some(culprit(
                suspect,
                match cause {
                    CauseId::IrqlLeaked => CulpritRole::Suspect,
                    _ => CulpritRole::Caller,
                },
            )),
            victims,
            confidence,
            evidence,
            unknown: vec![Unknown {
                what: "who raised the IRQL".to_owned(),
                why: "free builds keep no history of IRQL changes; Driver Verifier does, for the \
                      drivers it checks"
                    .to_owned(),
            }],
            alternatives: vec![Alternative {
                cause: other,
                culprit: None,
                why: "no lock was seen, but not every way of raising the IRQL is visible"
                    .to_owned(),
            }],
        })
    }
}
