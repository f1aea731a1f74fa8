//! A damaged pointer behind an access that the instruction can have made.

use super::moment::Moment;
use super::{Proof, ProofKind, Shown, physical};
use crate::dump::{MemoryExt, Register};
use crate::facts::context::CollectContext;
use crate::hardware::{
    Faulted, Window, damaged_pointer, loaded_pointer, neighbour, register_name, reloaded,
};
use crate::verdict::{BitFlip, Confidence, EvidenceKind, HardwareProof};

/// Bytes of code that are decoded before and after the instruction, the longest first.
const AROUND: [u64; 5] = [0x400, 0x200, 0x100, 0x40, 0x20];
/// Bytes of the stack, from RSP on, that are searched for a copy.
const STACK: usize = 0x400;
/// A pointer on the thread's own stack that differs from the register it was loaded into: lower
/// bits than these are fields, and those of other memory may have changed since.
const OWN_STACK_BITS: std::ops::RangeInclusive<u32> = 12..=63;
const OTHER_BITS: std::ops::RangeInclusive<u32> = 28..=63;

pub(super) fn proof(
    context: &CollectContext<'_, '_, '_>,
    fault: &Faulted<'_>,
    place: &str,
    moment: &Moment,
) -> Option<Proof> {
    let memory = context.nt.target.memory;
    let window = AROUND.into_iter().find_map(|size| {
        let start = fault.rip.checked_sub(size)?;
        let bytes = memory.read_prefix(start, 2 * size as usize);
        Window::new(&bytes, start, fault.rip)
    });
    let window = window.as_ref();
    window
        .and_then(|window| null(context, fault, place, moment, window))
        .or_else(|| window.and_then(|window| reload(context, fault, place, moment, window)))
        .or_else(|| copy(context, fault, place, moment))
}

/// What the three have in common.
fn pointer(
    fault: &Faulted<'_>,
    moment: &Moment,
    summary: String,
    flip: BitFlip,
    arithmetic: Vec<String>,
) -> Proof {
    let shows = format!("{} has a wrong bit: {}", flip.place, flip.was);
    Proof {
        kind: ProofKind::FlippedBit,
        confidence: Confidence::Likely,
        instruction: Some(fault.rip),
        address: fault.address,
        summary,
        found_by: moment.source.text.clone(),
        evidence: vec![
            Shown::new(
                EvidenceKind::Structure,
                shows,
                moment.source.command.clone(),
            ),
            Shown::code(fault.rip, "the instruction that used it".to_owned()),
        ],
        doubt: None,
        shown: HardwareProof {
            flip: Some(flip),
            arithmetic,
        },
    }
}

/// A pointer that is NULL but for one bit.
fn null(
    context: &CollectContext<'_, '_, '_>,
    fault: &Faulted<'_>,
    place: &str,
    moment: &Moment,
    window: &Window,
) -> Option<Proof> {
    let found = damaged_pointer(fault, window)?;
    let mut lines = found.arithmetic(fault);
    let stored = found.loaded.and_then(|load| load.from);
    let read = |address: u64| context.nt.target.memory.read_u64(address).ok();
    match stored.and_then(|address| Some((address, read(address)?))) {
        Some((address, value)) if value == found.value => {
            lines.push(format!("{address:#x} still holds {value:#x}"));
        }
        Some((address, 0)) => lines.push(format!("{address:#x} holds 0 in the dump")),
        // Somebody has written there since.
        Some(_) => return None,
        None => {}
    }
    let summary = format!(
        "{place} used a pointer that is NULL but for bit {} ({:#x}). The code goes on to use it \
         only if it is not NULL, so without that bit nothing would have happened.",
        found.bit, found.value
    );
    let flip = BitFlip {
        place: match stored {
            Some(address) => format!("the pointer at {address:#x}"),
            None => register_name(found.register).to_owned(),
        },
        address: stored.map(Into::into),
        physical: stored.and_then(|at| physical(context, at)).map(Into::into),
        bit: found.bit,
        was: found.value.into(),
        should_be: 0.into(),
    };
    let mut proof = pointer(fault, moment, summary, flip, lines);
    proof.doubt = Some(
        "somebody may have written over the pointer: 0 and a power of two, as two numbers of 32 \
         bits, look the same",
    );
    Some(proof)
}

/// A pointer that was loaded from memory that holds another value.
fn reload(
    context: &CollectContext<'_, '_, '_>,
    fault: &Faulted<'_>,
    place: &str,
    moment: &Moment,
    window: &Window,
) -> Option<Proof> {
    let (register, value, load) = loaded_pointer(fault, window)?;
    let from = load.from?;
    let stored = context.nt.target.memory.read_u64(from).ok()?;
    let differs = value ^ stored;
    let own = fault.registers.get(Register::Rsp)?;
    let bits = match from.wrapping_sub(own) < 0x1000 {
        true => OWN_STACK_BITS,
        false => OTHER_BITS,
    };
    if differs.count_ones() != 1 || !bits.contains(&differs.trailing_zeros()) {
        return None;
    }
    let name = register_name(register);
    let bit = differs.trailing_zeros() as u8;
    let summary = format!(
        "{place} used {name}, which differs in bit {bit} from the pointer in memory that it was \
         loaded from ({stored:#x})."
    );
    let flip = BitFlip {
        place: name.to_owned(),
        address: None,
        physical: None,
        bit,
        was: value.into(),
        should_be: stored.into(),
    };
    let lines = reloaded(fault, (register, value), &load, (from, stored));
    Some(pointer(fault, moment, summary, flip, lines))
}

/// A pointer whose undamaged copy is in a register or on the stack.
fn copy(
    context: &CollectContext<'_, '_, '_>,
    fault: &Faulted<'_>,
    place: &str,
    moment: &Moment,
) -> Option<Proof> {
    let target = context.nt.target;
    let rsp = fault.registers.get(Register::Rsp)?;
    let bytes = target.memory.read_prefix(rsp & !7, STACK);
    let stack: Vec<(u64, u64)> = bytes
        .chunks_exact(8)
        .enumerate()
        .map(|(index, word)| {
            let word = u64::from_le_bytes(word.try_into().unwrap_or_default());
            ((rsp & !7).wrapping_add(8 * index as u64), word)
        })
        .collect();
    let is_valid = |address: u64| {
        target.modules.find(address).is_some() || target.memory.read_uint(address, 1).is_ok()
    };
    let found = neighbour(fault, &stack, is_valid)?;
    let name = register_name(found.register);
    let summary = format!(
        "{place} used {name}, which differs in bit {} from a valid pointer in {}, and in no other.",
        found.bit, found.copy
    );
    let flip = BitFlip {
        place: name.to_owned(),
        address: None,
        physical: None,
        bit: found.bit,
        was: found.value.into(),
        should_be: found.right.into(),
    };
    let lines = found.arithmetic();
    Some(pointer(fault, moment, summary, flip, lines))
}
