//! Proof of broken hardware from an instruction, its registers and the address at which it faulted.
//!
//! Pure: nothing here knows of dumps or logs. A fault is described by a [`Faulted`]; `operands`
//! computes what its instruction can touch, `flip` compares that with the address and searches for
//! the single bit that explains a difference. For accesses that the instruction can have made,
//! `origin` follows a pointer back through the code, `neighbour` looks for its undamaged copy, and
//! `branch` for the call that should have gone elsewhere. `words` writes the arithmetic down.

mod branch;
mod code;
mod flip;
mod neighbour;
mod operands;
mod origin;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
mod words;

pub(crate) use branch::{WrongTurn, wrong_turn};
pub(crate) use code::Window;
pub(crate) use flip::{Flip, Impossible, impossible};
pub(crate) use neighbour::{Neighbour, neighbour};
pub(crate) use origin::{DamagedPointer, Load, damaged_pointer, loaded_pointer};
pub(crate) use words::{arithmetic, damage, register_name, register_named, reloaded};

use iced_x86::{Decoder, DecoderOptions, Instruction};

use crate::dump::{Context, Register};
use crate::facts::argument::general;
use crate::stop::Access;

/// An x64 instruction has at most this many bytes.
pub(crate) const LONGEST: usize = 15;

/// General-purpose registers, of which some may be unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Registers {
    values: Context,
    /// Bit n: the register with hardware number n is known.
    known: u16,
}

impl Registers {
    /// All of a context record.
    pub(crate) fn all(values: Context) -> Self {
        Self {
            values,
            known: u16::MAX,
        }
    }

    /// Makes a register known.
    pub(crate) fn set(&mut self, register: Register, value: u64) {
        self.values.set(register, value);
        self.known |= 1 << register as u16;
    }

    pub(crate) fn get(&self, register: Register) -> Option<u64> {
        let known = self.known >> register as u16 & 1 == 1;
        known.then(|| self.values.get(register))
    }

    /// Value of any general-purpose register, also of a part of one.
    fn x86(&self, register: iced_x86::Register) -> Option<u64> {
        let value = self.get(general(register.full_register())?)?;
        Some(match register.size() {
            8 => value,
            4 => value & 0xFFFF_FFFF,
            2 => value & 0xFFFF,
            // AH to BH are bits 8 to 15.
            1 if matches!(
                register,
                iced_x86::Register::AH
                    | iced_x86::Register::BH
                    | iced_x86::Register::CH
                    | iced_x86::Register::DH
            ) =>
            {
                value >> 8 & 0xFF
            }
            1 => value & 0xFF,
            _ => return None,
        })
    }
}

/// A memory access that faulted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Faulted<'b> {
    /// Address of the instruction.
    pub rip: u64,
    /// The bytes in memory from there on, at most [`LONGEST`].
    pub bytes: &'b [u8],
    /// Registers when it faulted.
    pub registers: Registers,
    /// The address that the processor reported.
    pub address: u64,
    /// The kind of access that it reported.
    pub access: Access,
}

/// The first instruction in `bytes`; `None` if they are none, or end inside it.
fn decode(bytes: &[u8], rip: u64) -> Option<Instruction> {
    let mut decoder = Decoder::with_ip(64, bytes, rip, DecoderOptions::NONE);
    let instruction = decoder.decode();
    (!instruction.is_invalid()).then_some(instruction)
}
