//! A pointer that differs in one bit from another copy of it.
//!
//! Low bits prove nothing: neighbours in memory, ends of buffers and fields differ in one bit every
//! day. Two pointers that agree in all bits but a high one are the same pointer, one of them
//! damaged.

use iced_x86::{Instruction, Register as X86};

use super::operands::touches;
use super::{Faulted, Registers, decode, register_name};
use crate::dump::{Register, is_canonical, is_kernel_address};
use crate::facts::argument::general;

/// Bits in which two valid pointers do not differ alone: 256 MiB and more.
const BITS: std::ops::RangeInclusive<u32> = 28..=62;

/// A damaged pointer and its undamaged copy.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Neighbour {
    /// The register that the instruction used.
    pub register: Register,
    pub value: u64,
    pub right: u64,
    pub bit: u8,
    /// Where the undamaged copy is, as `rbx` or `the stack at 0x…`.
    pub copy: String,
    pub instruction: Instruction,
}

/// The only register in the address that faulted, and its value. With the address −1, which stands
/// for any non-canonical one, the access with a non-canonical address.
pub(super) fn base_of(fault: &Faulted<'_>, instruction: &Instruction) -> Option<(Register, u64)> {
    let touched = touches(instruction, &fault.registers)?;
    let hidden = fault.address == u64::MAX;
    let touch = touched.iter().find(|touch| match hidden {
        true => !is_canonical(touch.start),
        false => touch.faults_at(fault.address) && touch.is_a(fault.access),
    })?;
    let used = &touch.operand;
    let plain = used.index() == X86::None && used.base().is_gpr64() && used.base() != X86::RSP;
    let register = general(used.base()).filter(|_| plain)?;
    Some((register, fault.registers.get(register)?))
}

/// `Some` if exactly one bit of the pointer differs from a valid kernel pointer in a register or on
/// the stack. `stack` are words with their addresses.
pub(crate) fn neighbour(
    fault: &Faulted<'_>,
    stack: &[(u64, u64)],
    is_valid: impl Fn(u64) -> bool,
) -> Option<Neighbour> {
    let instruction = decode(fault.bytes, fault.rip)?;
    let (register, value) = base_of(fault, &instruction)?;
    let mut found: Option<Neighbour> = None;
    for (copy, right) in copies(&fault.registers, stack) {
        let differs = value ^ right;
        let bit = differs.trailing_zeros();
        let fits = differs.count_ones() == 1
            && BITS.contains(&bit)
            && is_kernel_address(right)
            && is_valid(right)
            && !is_valid(value);
        if !fits {
            continue;
        }
        if found.as_ref().is_some_and(|known| known.right != right) {
            return None;
        }
        found.get_or_insert(Neighbour {
            register,
            value,
            right,
            bit: bit as u8,
            copy: copy.text(),
            instruction,
        });
    }
    found
}

#[derive(Clone, Copy)]
enum Copy {
    Register(Register),
    Stack(u64),
}

impl Copy {
    fn text(self) -> String {
        match self {
            Self::Register(register) => register_name(register).to_owned(),
            Self::Stack(address) => format!("the stack at {address:#x}"),
        }
    }
}

fn copies<'s>(
    registers: &'s Registers,
    stack: &'s [(u64, u64)],
) -> impl Iterator<Item = (Copy, u64)> + 's {
    let held = Register::ALL
        .into_iter()
        .filter_map(|register| Some((Copy::Register(register), registers.get(register)?)));
    let stored = stack.iter();
    held.chain(stored.map(|&(address, word)| (Copy::Stack(address), word)))
}
