//! Proof of broken hardware in a dump. The arithmetic is in `crate::hardware`; here are the
//! registers, the bytes and the words of memory that it needs.

mod access;
mod entry;
mod moment;
mod pointer;
mod turn;

pub(crate) use access::judged;
pub(crate) use moment::{PRESERVED, Source};

use self::moment::Moment;
use super::context::CollectContext;
use super::exception::ExceptionFacts;
use super::fault::Fault;
use super::stacks::StackFacts;
use crate::dump::{MemoryExt, PteState, is_kernel_address};
use crate::hardware::{Faulted, LONGEST};
use crate::target::Pc;
use crate::verdict::{Confidence, EvidenceKind, HardwareProof};

/// Which proof it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProofKind {
    /// The instruction cannot have made the access.
    ImpossibleAccess,
    /// A value has a bit that nobody set, or lacks one.
    FlippedBit,
}

/// A value that software cannot have damaged so.
#[derive(Clone, Debug)]
pub(crate) struct Proof {
    pub kind: ProofKind,
    pub confidence: Confidence,
    /// The instruction, if the proof is about one.
    pub instruction: Option<u64>,
    /// The address that was accessed, or the value's.
    pub address: u64,
    /// What is wrong, as sentences.
    pub summary: String,
    /// Where the values come from.
    pub found_by: String,
    pub evidence: Vec<Shown>,
    /// How software could have brought the value about after all.
    pub doubt: Option<&'static str>,
    pub shown: HardwareProof,
}

/// A piece of evidence of a proof.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub kind: EvidenceKind,
    pub shows: String,
    /// The WinDbg command that shows it.
    pub command: String,
}

impl Shown {
    fn new(kind: EvidenceKind, shows: String, command: String) -> Self {
        Self {
            kind,
            shows,
            command,
        }
    }

    /// The instruction at an address.
    fn code(at: u64, shows: String) -> Self {
        Self::new(EvidenceKind::Code, shows, format!("u {at:#x} L1"))
    }
}

/// The proof that the dump has, if any.
pub(crate) fn proof(
    context: &CollectContext<'_, '_, '_>,
    fault: Option<&Fault>,
    exception: Option<&ExceptionFacts>,
    crash: Option<&StackFacts>,
) -> Option<Proof> {
    if let Some(entry) = entry::proof(context) {
        return Some(entry);
    }
    let moment = Moment::find(context, fault, exception, crash?)?;
    let target = context.nt.target;
    if let Some(turn) = turn::proof(context, &moment) {
        return Some(turn);
    }
    // Code outside of modules may have been changed since.
    if !is_kernel_address(moment.rip) || target.modules.find(moment.rip).is_none() {
        return None;
    }
    let (address, access) = moment.access?;
    let bytes = target.memory.read_prefix(moment.rip, LONGEST);
    let fault = Faulted {
        rip: moment.rip,
        bytes: &bytes,
        registers: moment.registers,
        address,
        access,
    };
    let place = target.symbol(moment.rip, Pc::Exact).text(moment.rip);
    judged(&fault, &place, &moment.source, &moment.saved, |at| {
        physical(context, at)
    })
    .or_else(|| pointer::proof(context, &fault, &place, &moment))
}

/// The physical address, if the dump translates it.
fn physical(context: &CollectContext<'_, '_, '_>, address: u64) -> Option<u64> {
    match context.nt.target.memory.pte_state(address)? {
        PteState::Present { pa, .. } => Some(pa),
        _ => None,
    }
}
