//! The memory access behind a page-fault stop.

use crate::bugcheck::{self, Parameter, Stop};
use crate::dump::{BugcheckData, PteState};
use crate::target::Target;
use crate::unwind::find_machine_frame;

use super::stacks::StackFacts;

/// DISPATCH_LEVEL: from here on page faults cannot be served.
pub(crate) const DISPATCH_LEVEL: u64 = 2;

/// What the instruction did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
    Execute,
    Other(u64),
    /// The stop's parameter is not known.
    Unknown,
}

impl Access {
    /// From the first word of an access violation's information (EXCEPTION_RECORD).
    pub(crate) fn of_exception(kind: u64) -> Self {
        match kind {
            0 => Self::Read,
            1 => Self::Write,
            8 => Self::Execute,
            other => Self::Other(other),
        }
    }

    /// As a noun, with its article.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Read => "a read",
            Self::Write => "a write",
            Self::Execute => "an execution",
            Self::Other(_) | Self::Unknown => "an access",
        }
    }

    /// As a verb.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Execute => "execute",
            Self::Other(_) | Self::Unknown => "access",
        }
    }
}

/// The access that could not be served.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// The address referenced (P1).
    pub address: u64,
    /// IRQL at the time, for stops that tell it.
    pub irql: Option<u64>,
    /// Kind of access (P3).
    pub access: Access,
    /// The instruction (P4).
    pub rip: Parameter,
    /// The frame of the crash stack that did it.
    pub frame: Option<usize>,
    /// Page-table state of the address.
    pub pte: Option<PteState>,
    /// What else says that the address is pageable, in words that continue a sentence.
    pub pageable: Option<String>,
}

/// `_KTRAP_FRAME` with its machine frame at the end has 0x190 bytes.
const TRAP_FRAME: u64 = 0x190;

/// The instruction that the stop is about, where its parameters tell it: as an address, or through
/// the trap frame that they point to.
pub(crate) fn instruction(target: &Target<'_>, bugcheck: &BugcheckData) -> Option<u64> {
    let [_, second, third, fourth] = bugcheck.parameters;
    let of_trap_frame = |at: u64| {
        let end = at.checked_add(TRAP_FRAME)?;
        find_machine_frame(target, at, end, None).map(|frame| frame.rip)
    };
    match bugcheck.code {
        0xA | 0xC5 | 0xD1 => Some(fourth),
        0x50 | 0xCC | 0xCD | 0xD5 | 0xD6 => Some(third),
        0x1E | 0x8E | 0x1000_008E => Some(second),
        0xBE => of_trap_frame(third),
        0x139 => of_trap_frame(second),
        _ => None,
    }
    .filter(|&rip| rip != 0)
}

/// Reads the fault of stops about an access from their parameters (Microsoft's bug check reference)
/// and finds its frame: the one that a trap interrupted at P4.
pub(crate) fn fault(
    target: &Target<'_>,
    bugcheck: &BugcheckData,
    crash: Option<&StackFacts>,
) -> Option<Fault> {
    let (irql, access, rip) = access_of(&Stop::from(*bugcheck), instruction(target, bugcheck))?;
    let frame = crash
        .zip(rip)
        .and_then(|(stack, rip)| stack.standing_at(rip));
    let address = bugcheck.parameters[0];
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

/// IRQL (for stops that tell it), access and instruction of a stop about an access.
pub(crate) fn access_of(
    bugcheck: &Stop,
    of_trap_frame: Option<u64>,
) -> Option<(Option<u64>, Access, Option<u64>)> {
    let [_, irql, access, rip] = bugcheck.parameters.map(Parameter::known);
    // Special pool and 0x50 hold the access in P2 and the instruction in P3, and no IRQL.
    let (irql, access, rip) = match bugcheck.code {
        0x50 | 0xCC | 0xCD | 0xD5 | 0xD6 => (None, irql, access),
        // A write by definition; P2 is the entry that forbids it.
        0xBE => (None, Some(1), of_trap_frame),
        _ => (irql, access, rip),
    };
    let is_access = matches!(
        bugcheck.code,
        0xA | 0xD1 | 0x50 | 0xBE | 0xCC | 0xCD | 0xD5 | 0xD6
    );
    let Some(access) = access else {
        return is_access.then_some((irql, Access::Unknown, rip));
    };
    let access = match (bugcheck.code, access) {
        (0x50 | 0xCC | 0xCD | 0xD5 | 0xD6, 0) => Access::Read,
        (0x50 | 0xCC | 0xCD | 0xD5 | 0xD6, 1 | 2) => Access::Write,
        (0x50 | 0xCC | 0xCD | 0xD5 | 0xD6, 8 | 0x10) => Access::Execute,
        (0xA | 0xD1, 0) => Access::Read,
        (0xA | 0xD1 | 0xBE, 1) => Access::Write,
        (0xA, code) if code & 8 != 0 => Access::Execute,
        (0xD1, 2 | 8) => Access::Execute,
        (0xA | 0xD1 | 0x50 | 0xCC | 0xCD | 0xD5 | 0xD6, code) => Access::Other(code),
        _ => return None,
    };
    Some((irql, access, rip))
}

impl Fault {
    /// ` at IRQL 2 (DISPATCH_LEVEL)`, or nothing.
    pub(crate) fn at_irql(&self) -> String {
        self.irql
            .map(|irql| format!(" at IRQL {}", bugcheck::irql(irql)))
            .unwrap_or_default()
    }

    /// Whether the access was made at DISPATCH_LEVEL or above.
    pub(crate) fn is_raised(&self) -> bool {
        self.irql.is_some_and(|irql| irql >= DISPATCH_LEVEL)
    }

    /// The state of the address in words.
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
