//! Where the addresses of the evidence about the stop come from.
//!
//! Rules take the access from `Facts`. For some stops it is in the stop's parameters, for others in
//! the exception's record or, in a log, in the operand of the instruction.

use crate::facts::Facts;
use crate::stop::Role;
use crate::verdict::{Evidence, EvidenceKind};

/// Corrects the source of each piece of evidence with an address that is no parameter of the stop.
pub(super) fn correct(evidence: &mut [Evidence], facts: &Facts) {
    let stop = &facts.bugcheck;
    let is_parameter = |address: u64| (0..4).any(|index| stop.parameter(index) == Some(address));
    for piece in evidence {
        if piece.kind == EvidenceKind::PageTable && !facts.shows.has_memory() {
            piece.found_by =
                "the page-table entries, or the kind of pool, that the log shows".to_owned();
        }
        let all = piece.addresses.iter();
        let stated = all.copied().all(|address| is_parameter(address.into()));
        if piece.kind != EvidenceKind::BugcheckParameter || stated {
            continue;
        }
        let record = stop.by_role(Role::ExceptionRecord);
        piece.found_by = match (record, facts.shows.has_memory()) {
            (Some(_), true) => "the exception's record",
            (None, true) => "the stop's parameters and the trap frame",
            (_, false) => "the exception or the registers that the log shows",
        }
        .to_owned();
        piece.windbg = Some(match record {
            Some(record) => format!(".exr {record:#x}"),
            None => "!analyze -v".to_owned(),
        });
    }
}
