//! The address is so small that it can only come from a NULL pointer.
//!
//! Needs: the fault and the crash stack.
//!
//! Decides: the base register of the instruction's operand, if it is known, must be near zero.
//! Addresses below 64 KiB are never mapped in kernel mode; a NULL structure pointer plus a
//! field offset gives one. The faulting function is to blame if it is a driver's. If the kernel or a
//! driver that comes with Windows faulted, it used what a driver passed: that driver is a suspect
//! only. A fault of the memory manager at the page-table entry of such an address (entries lie at
//! the base of a 512 GiB region plus 8 bytes a page) means the same.
//!
//! Confidence: for a driver's own instruction `certain` if the base register is known, else `likely`;
//! `likely` for the caller of a NULL pointer, `possible` for a suspect.
//!
//! Source: Microsoft's bug check reference, 0xD1 and 0xA (causes).

use super::blame::{culprit, fault_evidence, frame_evidence};
use super::evidence::stated;
use super::{Finding, Rule};
use crate::facts::{Facts, Fault};
use crate::verdict::{CauseId, Confidence, CulpritRole, Evidence, EvidenceKind};

/// No kernel mapping lies below this address.
const LOWEST_MAPPED: u64 = 0x10000;

pub(super) struct NullDereference;

impl Rule for NullDereference {
    fn name(&self) -> &'static str {
        "null-dereference"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let fault = facts.fault.as_ref()?;
        let stack = facts.crash_stack();
        let through_tables = fault.address >= LOWEST_MAPPED;
        if through_tables && described_address(facts, fault).is_none_or(|at| at >= LOWEST_MAPPED) {
            return None;
        }
        // Registers prove where the address comes from; a small sum may have a large base.
        let operand = facts.operand.as_ref();
        if operand.is_some_and(|operand| !operand.is_null()) && !through_tables {
            return None;
        }
        let called = fault.rip.is(fault.address) && !through_tables;
        let mut evidence = fault_evidence(fault);
        evidence.extend(operand.map(|operand| Evidence {
            kind: EvidenceKind::Code,
            shows: format!("the instruction's operand has {}", operand.text()),
            addresses: stated(&[fault.rip]).into_iter().map(Into::into).collect(),
            found_by: "the instruction's bytes and the registers".to_owned(),
            windbg: None,
        }));
        let own = stack.zip(fault.frame).and_then(|(stack, index)| {
            let frame = &stack.frames[index];
            // A call of NULL faults at the address itself, in no frame of its own.
            let mapped = fault.rip.known().is_some_and(|rip| rip >= LOWEST_MAPPED);
            (frame.is_third_party() && mapped).then_some((stack, frame))
        });
        // The return address of the call is on top of the stack.
        let caller = stack
            .zip(fault.frame)
            .filter(|_| called)
            .and_then(|(stack, index)| {
                let frame = stack.frames.get(index + 1)?;
                frame.is_third_party().then_some((stack, frame))
            });
        let below = stack.and_then(|stack| {
            let index = stack.suspect_of_pointer(fault.frame.unwrap_or(0))?;
            Some((stack, &stack.frames[index]))
        });
        let (blamed, role, confidence) = match (own, caller.or(below)) {
            (Some(found), _) => {
                let proven = operand.is_some();
                let confidence = if proven {
                    Confidence::Certain
                } else {
                    Confidence::Likely
                };
                (Some(found), CulpritRole::FaultingCode, confidence)
            }
            (None, Some(found)) if caller.is_some() => {
                (Some(found), CulpritRole::Caller, Confidence::Likely)
            }
            // The kernel dereferenced a pointer of the only driver on the stack.
            (None, below) if through_tables => (below, CulpritRole::Caller, Confidence::Likely),
            (None, below) => (below, CulpritRole::Suspect, Confidence::Possible),
        };
        if let Some((stack, frame)) = blamed {
            let shows = match role {
                CulpritRole::FaultingCode => format!("{} made the access", frame.text()),
                CulpritRole::Caller if called => {
                    format!(
                        "{} called the pointer: its return address is on top",
                        frame.text()
                    )
                }
                _ => format!("{} is the innermost driver below the access", frame.text()),
            };
            evidence.push(frame_evidence(stack, frame, shows));
        }
        Some(Finding {
            cause: CauseId::NullDereference,
            explanation: match (
                through_tables,
                fault.rip.is(fault.address) && fault.address < LOWEST_MAPPED,
            ) {
                (true, _) => format!(
                    "The memory manager was asked about a NULL pointer: {:#x} is the page-table \
                     entry of an address near zero.",
                    fault.address
                ),
                (_, true) => "A NULL pointer was called.".to_owned(),
                _ => format!(
                    "An instruction used a NULL pointer (address {:#x}).",
                    fault.address
                ),
            },
            culprit: blamed.map(|(_, frame)| culprit(frame, role)),
            victims: Vec::new(),
            confidence,
            evidence,
            unknown: Vec::new(),
            alternatives: Vec::new(),
        })
    }
}

/// The address whose page-table entry the memory manager touched when it faulted.
fn described_address(facts: &Facts, fault: &Fault) -> Option<u64> {
    const REGION: u64 = (1 << 39) - 1;
    let stack = facts.crash_stack()?;
    let symbol = &stack.frames.get(fault.frame?)?.symbol;
    let name = symbol.function.as_deref()?;
    let reads_tables = symbol.in_kernel
        && (name.starts_with("Mi") || name.starts_with("MI_"))
        && name.to_uppercase().contains("PTE");
    reads_tables.then_some((fault.address & REGION) << 9)
}
