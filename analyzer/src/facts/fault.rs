//! The memory access behind a page-fault stop.

use crate::dump::PteState;
use crate::stop::{self, Access, Parameter, Role, Stop};
use crate::target::Target;
use crate::unwind::find_machine_frame;

use super::stacks::StackFacts;

/// DISPATCH_LEVEL. At this IRQL and above, page faults cannot be served.
pub(crate) const DISPATCH_LEVEL: u64 = 2;

/// The access that could not be served.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// The address referenced (P1).
    pub address: u64,
    /// IRQL at the access, for stops that state it.
    pub irql: Option<u64>,
    /// Kind of access (P3).
    pub access: Access,
    /// The instruction (P4).
    pub rip: Parameter,
    /// The frame of the crash stack that made the access.
    pub frame: Option<usize>,
    /// Page-table state of the address.
    pub pte: Option<PteState>,
    /// Other evidence that the address is pageable; continues a sentence.
    pub pageable: Option<String>,
}

/// Size of `_KTRAP_FRAME`; the machine frame is at its end.
const TRAP_FRAME: u64 = 0x190;

/// The instruction that the stop is about, if the parameters give it: as an address, or in a trap
/// frame.
pub(crate) fn instruction(target: &Target<'_>, bugcheck: &Stop) -> Option<u64> {
    let of_trap_frame = || {
        let at = bugcheck.by_role(Role::TrapFrame)?;
        let end = at.checked_add(TRAP_FRAME)?;
        find_machine_frame(target, at, end, None).map(|frame| frame.rip)
    };
    // A context record has more.
    if bugcheck.index_of(Role::ContextRecord).is_some() {
        return None;
    }
    let stated = bugcheck.by_role(Role::Instruction);
    stated.or_else(of_trap_frame).filter(|&rip| rip != 0)
}

/// Reads the fault of stops about an access from their parameters (Microsoft's bug check reference)
/// and finds its frame: the one that a trap interrupted at P4.
pub(crate) fn fault(
    target: &Target<'_>,
    bugcheck: &Stop,
    crash: Option<&StackFacts>,
) -> Option<Fault> {
    let (irql, access, rip) = access_of(bugcheck, instruction(target, bugcheck))?;
    let frame = crash
        .zip(rip)
        .and_then(|(stack, rip)| stack.at_instruction(rip));
    let address = bugcheck.parameter(0)?;
    Some(Fault {
        address,
        irql,
        access,
        rip: rip.into(),
        frame,
        pte: target.memory.pte_state(address),
        pageable: None,
    })
}

/// IRQL (for stops that state it), access and instruction of a stop about an access.
pub(crate) fn access_of(
    bugcheck: &Stop,
    of_trap_frame: Option<u64>,
) -> Option<(Option<u64>, Access, Option<u64>)> {
    // Always a write; P2 is the PTE that forbids it.
    if bugcheck.family() == 0xBE {
        return Some((None, Access::Write, of_trap_frame));
    }
    if !bugcheck.is_access() {
        return None;
    }
    let rip = bugcheck.by_role(Role::Instruction);
    Some((bugcheck.by_role(Role::Irql), bugcheck.access()?, rip))
}

impl Fault {
    /// ` at IRQL 2 (DISPATCH_LEVEL)`, or nothing.
    pub(crate) fn at_irql(&self) -> String {
        self.irql
            .map(|irql| format!(" at IRQL {}", stop::irql(irql)))
            .unwrap_or_default()
    }

    /// Whether the access was made at DISPATCH_LEVEL or above.
    pub(crate) fn is_raised(&self) -> bool {
        self.irql.is_some_and(|irql| irql >= DISPATCH_LEVEL)
    }

    /// The page-table state as text.
    pub(crate) fn page_text(&self) -> Option<String> {
        let Some(pte) = self.pte else {
            return self.pageable.clone();
        };
        Some(match pte {
            PteState::Present { pte, .. } => format!("present in the dump (PTE {pte:#x})"),
            PteState::Transition { pte } => {
                format!("not present: in transition, on a standby or modified list (PTE {pte:#x})")
            }
            PteState::Prototype { pte } => {
                format!("not present: described by a prototype PTE (PTE {pte:#x})")
            }
            PteState::PagedOut { pte } => format!("paged out (PTE {pte:#x})"),
            PteState::DemandZero { pte } => format!("demand-zero, never touched (PTE {pte:#x})"),
            PteState::Unmapped { level: 1 } => "not mapped: its PTE is zero".to_owned(),
            PteState::Unmapped { level } => {
                format!("not mapped: there is no page table (level {level} entry is not valid)")
            }
            PteState::NotInDump { pa } => {
                format!("unknown: its page tables (physical {pa:#x}) are not in the dump")
            }
        })
    }

    /// Whether the address is pageable memory that was not resident.
    pub(crate) fn is_paged_out(&self) -> bool {
        self.pageable.is_some() || self.pte.is_some_and(PteState::is_pageable)
    }
}
