//! Control that arrived one bit beside the target of a call: in padding between functions, in no
//! code at all, in the middle of an instruction.

use super::moment::Moment;
use super::{Proof, ProofKind, Shown};
use crate::dump::{MemoryExt, Register};
use crate::facts::context::CollectContext;
use crate::hardware::wrong_turn;
use crate::stop::Access;
use crate::target::Pc;
use crate::verdict::{BitFlip, Confidence, EvidenceKind, HardwareProof};

/// Calls have at most 8 bytes.
const CALL: u64 = 8;

pub(super) fn proof(context: &CollectContext<'_, '_, '_>, moment: &Moment) -> Option<Proof> {
    // A data access is about the instruction's operands; the call that led here went well.
    let fetch = match moment.access {
        Some((address, access)) => access == Access::Execute && address == moment.rip,
        None => true,
    };
    if !fetch {
        return None;
    }
    let target = context.nt.target;
    let memory = target.memory;
    let rsp = moment.registers.get(Register::Rsp)?;
    let returns_to = memory.read_u64(rsp).ok()?;
    target.modules.find(returns_to)?;
    let before = (1..=CALL).rev().find_map(|length| {
        let start = returns_to.checked_sub(length)?;
        memory.read_vec(start, length as usize).ok()
    })?;
    let at = memory.read_prefix(moment.rip.wrapping_sub(1), 2);
    let read = |address: u64| memory.read_u64(address).ok();
    let found = wrong_turn(
        moment.rip,
        &moment.registers,
        returns_to,
        &before,
        &at,
        read,
    )?;
    // The target must be code.
    target.modules.find(found.target)?;
    let call = target
        .symbol(found.call.ip(), Pc::Exact)
        .text(found.call.ip());
    Some(Proof {
        kind: ProofKind::FlippedBit,
        confidence: Confidence::Likely,
        instruction: Some(moment.rip),
        address: moment.rip,
        summary: format!(
            "{call} calls {:#x}, but the processor arrived at {:#x}: one bit of the address was \
             wrong.",
            found.target, moment.rip
        ),
        found_by: moment.source.text.clone(),
        evidence: vec![
            Shown::new(
                EvidenceKind::Stack,
                format!("{returns_to:#x} is the return address on top of the stack"),
                format!("dps {rsp:#x} L1"),
            ),
            Shown::code(found.call.ip(), format!("it calls {:#x}", found.target)),
            Shown::new(
                EvidenceKind::Structure,
                format!("the processor was at {:#x}", moment.rip),
                moment.source.command.clone(),
            ),
        ],
        doubt: None,
        shown: HardwareProof {
            flip: Some(BitFlip {
                place: "rip".to_owned(),
                address: None,
                physical: None,
                bit: found.bit,
                was: moment.rip.into(),
                should_be: found.target.into(),
            }),
            arithmetic: found.arithmetic(moment.rip, rsp),
        },
    })
}
