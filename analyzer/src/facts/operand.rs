//! The memory operands of the instruction that faulted, from its bytes and the registers.

use iced_x86::{Decoder, DecoderOptions, Instruction, OpKind, Register as X86};

use super::argument::{general, preserved};
use super::copying::{Copying, copying_of};
use super::filling::Filling;
use super::stacks::{FrameFacts, StackFacts};
use crate::dump::{MemoryExt, is_canonical};
use crate::target::{Pc, Target};

/// No kernel mapping lies below this address, and none within it of the top.
const NEAR_NULL: u64 = 0x10000;

/// A memory operand with its registers' values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operand {
    /// Register and value of the base; `None` for one without a base.
    pub base: Option<(String, u64)>,
    /// Register and value of the index, not scaled.
    pub index: Option<(String, u64)>,
    /// The effective address.
    pub address: u64,
}

impl Operand {
    /// Whether the base is a NULL pointer, or one that was moved a little.
    pub(crate) fn is_null(&self) -> bool {
        let base = self.base.as_ref().map_or(self.address, |(_, value)| *value);
        base.wrapping_add(NEAR_NULL) < 2 * NEAR_NULL
    }

    /// Whether the processor refuses the address without a page fault.
    pub(crate) fn is_non_canonical(&self) -> bool {
        !is_canonical(self.address)
    }

    /// The register, or the sum, that is data instead of an address, with its value.
    pub(crate) fn filling(&self) -> Option<(String, u64, Filling)> {
        let registers = self.base.iter().chain(&self.index).cloned();
        let sum = ("the address".to_owned(), self.address);
        registers
            .chain([sum])
            .find_map(|(name, value)| Some((name, value, Filling::of(value)?)))
    }

    /// `rax = 0xdead000000000000`.
    pub(crate) fn text(&self) -> String {
        match &self.base {
            Some((register, value)) => format!("{register} = {value:#x}"),
            None => format!("the address {:#x}", self.address),
        }
    }
}

/// The memory operand of the instruction in `bytes`, with registers by `value`. `None` if the
/// instruction has none or a register is not known.
pub(crate) fn operand_of(
    bytes: &[u8],
    address: u64,
    value: impl Fn(X86) -> Option<u64>,
) -> Option<Operand> {
    let mut decoder = Decoder::with_ip(64, bytes, address, DecoderOptions::NONE);
    let instruction = decoder.decode();
    let has_memory =
        (0..instruction.op_count()).any(|operand| instruction.op_kind(operand) == OpKind::Memory);
    if instruction.is_invalid() || !has_memory || is_segmented(&instruction) {
        return None;
    }
    let displacement = instruction.memory_displacement64();
    if instruction.is_ip_rel_memory_operand() {
        return Some(Operand {
            base: None,
            index: None,
            address: displacement,
        });
    }
    let read = |register: X86| match register {
        X86::None => Some(0),
        register => value(register),
    };
    let base = instruction.memory_base();
    let start = read(base)?;
    let scale = u64::from(instruction.memory_index_scale());
    let index = read(instruction.memory_index())?;
    let named = |register: X86, value: u64| {
        (register != X86::None).then(|| (format!("{register:?}").to_lowercase(), value))
    };
    Some(Operand {
        base: named(base, start),
        index: named(instruction.memory_index(), index),
        address: start
            .wrapping_add(index.wrapping_mul(scale))
            .wrapping_add(displacement),
    })
}

/// FS and GS have bases that the registers do not show.
fn is_segmented(instruction: &Instruction) -> bool {
    matches!(instruction.memory_segment(), X86::FS | X86::GS)
}

/// The operand of the instruction at `rip`, which a frame of the crash stack stands at.
pub(crate) fn operand(target: &Target<'_>, stack: &StackFacts, rip: u64) -> Option<Operand> {
    let frame = &stack.frames[stack.at_instruction(rip)?];
    if frame.pc() != Pc::Exact {
        return None;
    }
    let bytes = target.memory.read_prefix(rip, 15);
    operand_of(&bytes, rip, |register| of_frame(frame, register))
}

/// How the instruction at `rip` copies, if it may.
pub(crate) fn copying(target: &Target<'_>, stack: &StackFacts, rip: u64) -> Option<Copying> {
    let frame = &stack.frames[stack.at_instruction(rip)?];
    if frame.pc() != Pc::Exact {
        return None;
    }
    let code = |address, length| target.memory.read_prefix(address, length);
    copying_of(rip, code, |register| of_frame(frame, register))
}

fn of_frame(frame: &FrameFacts, register: X86) -> Option<u64> {
    let known = frame.volatile_known || preserved(register).is_some();
    Some(frame.context.filter(|_| known)?.get(general(register)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `mov rax, [rbx+20h]`.
    const LOAD: [u8; 4] = [0x48, 0x8b, 0x43, 0x20];

    fn load(rbx: u64) -> Operand {
        operand_of(&LOAD, 0x1000, |register| {
            (register == X86::RBX).then_some(rbx)
        })
        .unwrap()
    }

    #[test]
    fn the_base_decides_whether_a_pointer_was_null() {
        assert!(load(0).is_null());
        assert!(load(0x18).is_null());
        assert!(load(0u64.wrapping_sub(0x20)).is_null());
        let poisoned = load(0xDEAD_0000_0000_0000);
        assert!(!poisoned.is_null() && poisoned.is_non_canonical());
        assert_eq!(poisoned.text(), "rbx = 0xdead000000000000");
        assert_eq!(poisoned.address, 0xDEAD_0000_0000_0020);
    }

    #[test]
    fn data_in_any_register_of_the_operand_is_found() {
        let (register, value, filling) = load(0x4141_4141_4141_4141).filling().unwrap();
        assert_eq!((&*register, value), ("rbx", 0x4141_4141_4141_4141));
        assert_eq!(filling, Filling::Repeated(0x41));
        // mov rax, [rbx+rcx]
        let registers = |register| match register {
            X86::RBX => Some(0xffff_8000_0000_0000),
            _ => Some(0x0065_0076_0069_0072),
        };
        let operand = operand_of(&[0x48, 0x8b, 0x04, 0x0b], 0, registers).unwrap();
        assert_eq!(operand.filling().unwrap().0, "rcx");
        assert_eq!(load(0xDEAD_0000_0000_0000).filling(), None);
    }

    #[test]
    fn a_small_address_from_a_large_base_is_no_null_pointer() {
        // mov rax, [rbx+rcx]
        let registers = |register| match register {
            X86::RBX => Some(0xffff_8000_0000_0000),
            X86::RCX => Some(0x0000_8000_0000_0010),
            _ => None,
        };
        let operand = operand_of(&[0x48, 0x8b, 0x04, 0x0b], 0, registers).unwrap();
        assert_eq!(operand.address, 0x10);
        assert!(!operand.is_null());
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        assert_eq!(operand_of(&LOAD, 0, |_| None), None);
        assert_eq!(operand_of(&[0xc3], 0, |_| Some(0)), None);
        // mov rax, gs:[188h]
        let segmented = [0x65, 0x48, 0x8b, 0x04, 0x25, 0x88, 0x01, 0, 0];
        assert_eq!(operand_of(&segmented, 0, |_| Some(0)), None);
        assert_eq!(operand_of(&[], 0, |_| Some(0)), None);
    }
}
