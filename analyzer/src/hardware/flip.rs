//! Compares what an instruction can touch with the address at which it faulted, and searches for
//! the single bit that explains a difference.

use iced_x86::{
    Decoder, DecoderError, DecoderOptions, Instruction, InstructionInfoFactory, Register as X86,
};

use super::operands::{Touch, cannot_reach, has_shadow, touches};
use super::{Faulted, LONGEST, Registers, decode};
use crate::dump::{Register, is_canonical};
use crate::facts::argument::general;
use crate::stop::Access;

/// One bit that, changed, makes the instruction fault where it did.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Flip {
    /// A bit of the instruction.
    Instruction {
        /// Index of the byte.
        byte: usize,
        /// Bit of the byte, 0 being the lowest.
        bit: u8,
        /// The instruction with that bit changed.
        then: Instruction,
        touch: Touch,
    },
    /// A bit of a register.
    Register {
        register: Register,
        bit: u8,
        /// With this value the instruction faults where it did.
        used: u64,
        touch: Touch,
    },
}

/// A fault that the instruction in memory cannot have caused with the saved registers.
#[derive(Clone, Debug)]
pub(crate) struct Impossible {
    pub instruction: Instruction,
    /// What it touches.
    pub touches: Vec<Touch>,
    /// Every single bit that explains the address and the kind of access.
    pub flips: Vec<Flip>,
    /// Whether the effect of every other bit of the instruction is known. If not, one of those
    /// whose effect is unknown may explain the fault, too.
    pub all_tried: bool,
}

impl Impossible {
    /// The only explanation by a single bit.
    pub(crate) fn single(&self) -> Option<&Flip> {
        match self.flips.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }
}

/// `Some` if the instruction cannot have touched the address at which it faulted. `None` if it can,
/// or if that cannot be told.
///
/// Only reads and writes of canonical addresses count. A general protection fault reports the
/// address −1, and a fault of an instruction fetch is about where control went.
pub(crate) fn impossible(fault: &Faulted<'_>) -> Option<Impossible> {
    let data = matches!(fault.access, Access::Read | Access::Write);
    if !data || !is_canonical(fault.address) || fault.address == u64::MAX {
        return None;
    }
    let bytes = &fault.bytes[..fault.bytes.len().min(LONGEST)];
    let instruction = decode(bytes, fault.rip)?;
    let touched = touches(&instruction, &fault.registers)?;
    // A non-canonical address raises an exception that reports no address.
    if !touched.iter().all(|one| is_canonical(one.start)) {
        return None;
    }
    let fetched = fault.address.wrapping_sub(fault.rip) < LONGEST as u64;
    if fetched || touched.iter().any(|one| one.can_reach(fault.address)) {
        return None;
    }
    let (mut flips, all_tried) = of_instruction(fault, &bytes[..instruction.len()]);
    flips.extend(of_registers(fault, &instruction));
    // Without an explanation, an access through the shadow stack remains.
    if has_shadow(&instruction) && flips.is_empty() {
        return None;
    }
    Some(Impossible {
        instruction,
        touches: touched,
        flips,
        all_tried,
    })
}

/// The access of an instruction that faults where `fault` did.
fn explaining(fault: &Faulted<'_>, touched: &[Touch]) -> Option<Touch> {
    let fits = |touch: &&Touch| touch.faults_at(fault.address) && touch.is_a(fault.access);
    touched.iter().find(fits).copied()
}

/// Bits of the instruction that explain the fault, and whether all others were tried. Bits behind
/// the instruction do not matter: the decoder does not look at them.
fn of_instruction(fault: &Faulted<'_>, own: &[u8]) -> (Vec<Flip>, bool) {
    let bytes = fault.bytes[..fault.bytes.len().min(LONGEST)].to_vec();
    let mut flips = Vec::new();
    let mut all_tried = true;
    for byte in 0..own.len() {
        for bit in 0..8u8 {
            let mut changed = bytes.clone();
            changed[byte] ^= 1 << bit;
            let mut decoder = Decoder::with_ip(64, &changed, fault.rip, DecoderOptions::NONE);
            let then = decoder.decode();
            if then.is_invalid() {
                // An undefined instruction is another exception. One that is cut off is unknown.
                all_tried &= decoder.last_error() != DecoderError::NoMoreBytes;
                continue;
            }
            match touches(&then, &fault.registers) {
                None if cannot_reach(&then, &fault.registers, fault.address) => {}
                None => all_tried = false,
                Some(touched) => {
                    flips.extend(explaining(fault, &touched).map(|touch| Flip::Instruction {
                        byte,
                        bit,
                        then,
                        touch,
                    }))
                }
            }
        }
    }
    (flips, all_tried)
}

/// Bits of the registers in the instruction's addresses that explain the fault.
fn of_registers(fault: &Faulted<'_>, instruction: &Instruction) -> Vec<Flip> {
    let mut flips = Vec::new();
    for register in address_registers(instruction) {
        let Some(saved) = fault.registers.get(register) else {
            continue;
        };
        for bit in 0..64u8 {
            let used = saved ^ 1 << bit;
            let mut registers: Registers = fault.registers;
            registers.set(register, used);
            let touched = touches(instruction, &registers).unwrap_or_default();
            flips.extend(explaining(fault, &touched).map(|touch| Flip::Register {
                register,
                bit,
                used,
                touch,
            }));
        }
    }
    flips
}

/// Registers that the instruction computes addresses with, each once.
fn address_registers(instruction: &Instruction) -> Vec<Register> {
    let mut factory = InstructionInfoFactory::new();
    let info = factory.info(instruction);
    let used = info.used_memory().iter();
    let named = used.flat_map(|used| [used.base(), used.index()]);
    let mut found: Vec<Register> = Vec::new();
    for register in named.filter(|&register| register != X86::None) {
        let register = general(register.full_register());
        found.extend(register.filter(|register| !found.contains(register)));
    }
    found
}
