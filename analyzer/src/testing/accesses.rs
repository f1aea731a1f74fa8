//! Generated instructions with registers, and an oracle of their addresses that shares no code with
//! the analysis: it uses only what Intel's manual says of each kind of operand.

use iced_x86::{
    Decoder, DecoderOptions, Instruction, InstructionInfoFactory, Mnemonic, OpAccess, OpKind,
    Register as X86,
};
use proptest::prelude::*;

use crate::dump::{Context, Register};
use crate::facts::argument::general;
use crate::hardware::Registers;
use crate::stop::Access;

pub(crate) const RIP: u64 = 0xffff_f803_4567_8f2a;

/// An instruction and the registers with which it runs.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub bytes: Vec<u8>,
    pub gpr: [u64; 16],
}

impl Run {
    pub(crate) fn registers(&self) -> Registers {
        Registers::all(Context {
            rip: RIP,
            gpr: self.gpr,
            ..Context::default()
        })
    }

    pub(crate) fn instruction(&self) -> Option<Instruction> {
        decoded(&self.bytes)
    }

    fn value(&self, register: X86) -> u64 {
        match register {
            X86::None => 0,
            register => {
                let full = self.gpr[general(register.full_register()).unwrap() as usize];
                match register.size() {
                    4 => full & 0xFFFF_FFFF,
                    2 => full & 0xFFFF,
                    // AL, of XLAT.
                    1 => full & 0xFF,
                    _ => full,
                }
            }
        }
    }

    /// How far from its operand a bit-string instruction accesses memory.
    fn bit_offset(&self, instruction: &Instruction, size: u64) -> u64 {
        let takes_bit = matches!(
            instruction.mnemonic(),
            Mnemonic::Bt | Mnemonic::Btc | Mnemonic::Btr | Mnemonic::Bts
        );
        if !takes_bit || instruction.op1_kind() != OpKind::Register {
            return 0;
        }
        let index = self.value(instruction.op1_register());
        let signed = match size {
            2 => i64::from(index as i16),
            4 => i64::from(index as i32),
            _ => index as i64,
        };
        let bits = 8 * size as i64;
        (signed.div_euclid(bits) as u64).wrapping_mul(size)
    }

    /// Every access that the instruction makes: address, bytes, whether it reads and writes.
    pub(crate) fn accesses(&self) -> Vec<(u64, u64, bool, bool)> {
        let Some(instruction) = self.instruction() else {
            return Vec::new();
        };
        let size = instruction.memory_size().size() as u64;
        let rsp = self.gpr[Register::Rsp as usize];
        let mut found = Vec::new();
        let mut factory = InstructionInfoFactory::new();
        let info = factory.info(&instruction).clone();
        for operand in 0..instruction.op_count() {
            let (reads, writes) = match info.op_access(operand) {
                OpAccess::Read | OpAccess::CondRead => (true, false),
                OpAccess::Write | OpAccess::CondWrite => (false, true),
                OpAccess::ReadWrite | OpAccess::ReadCondWrite => (true, true),
                _ => continue,
            };
            let address = match instruction.op_kind(operand) {
                OpKind::Memory if instruction.is_ip_rel_memory_operand() => {
                    instruction.ip_rel_memory_address()
                }
                OpKind::Memory => {
                    let (base, index) = (instruction.memory_base(), instruction.memory_index());
                    let scaled = self
                        .value(index)
                        .wrapping_mul(instruction.memory_index_scale().into());
                    let sum = self
                        .value(base)
                        .wrapping_add(scaled)
                        .wrapping_add(instruction.memory_displacement64());
                    let narrow = [base, index].iter().any(|register| register.size() == 4);
                    if narrow { sum & 0xFFFF_FFFF } else { sum }
                }
                OpKind::MemorySegRSI => self.gpr[Register::Rsi as usize],
                OpKind::MemoryESRDI | OpKind::MemorySegRDI => self.gpr[Register::Rdi as usize],
                _ => continue,
            };
            let address = address.wrapping_add(self.bit_offset(&instruction, size));
            found.push((address, size, reads, writes));
        }
        let moved = u64::from(instruction.stack_pointer_increment().unsigned_abs());
        match instruction.mnemonic() {
            Mnemonic::Push | Mnemonic::Call => {
                found.push((rsp.wrapping_sub(moved), moved, false, true));
            }
            Mnemonic::Pop => found.push((rsp, moved, true, false)),
            Mnemonic::Ret => found.push((rsp, 8, true, false)),
            _ => {}
        }
        found
    }

    /// Where an access can fault, and how it is reported: at its first byte, or at the page that it
    /// reaches into.
    pub(crate) fn faults(&self) -> Vec<(u64, Access)> {
        let mut found = Vec::new();
        for (address, size, reads, writes) in self.accesses() {
            let next = address.wrapping_add(size.max(1) - 1) & !0xFFF;
            let mut at = vec![address];
            if next != address & !0xFFF {
                at.push(next);
            }
            for one in at {
                found.extend(reads.then_some((one, Access::Read)));
                found.extend(writes.then_some((one, Access::Write)));
            }
        }
        found
    }
}

fn decoded(bytes: &[u8]) -> Option<Instruction> {
    let mut decoder = Decoder::with_ip(64, bytes, RIP, DecoderOptions::NONE);
    let instruction = decoder.decode();
    (!instruction.is_invalid()).then_some(instruction)
}

/// Values as kernel code has them: pointers into the kernel, pool and stacks, NULL, small numbers,
/// user addresses, non-canonical garbage.
fn value() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(0u64),
        0u64..0x10000,
        (0u64..1 << 32).prop_map(|low| 0xffff_f803_0000_0000 | low),
        (0u64..1 << 40).prop_map(|low| 0xffff_a000_0000_0000 | low),
        // Near the end of a page.
        (0u64..1 << 20, 0u64..16)
            .prop_map(|(page, back)| { (0xffff_c000_0000_0000 | page << 12).wrapping_sub(back) }),
        0u64..1 << 47,
        any::<u64>(),
    ]
}

/// Bytes that are often loads, stores, calls, pushes and string instructions of any addressing mode.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    const OPCODES: &[u8] = &[
        0x01, 0x03, 0x29, 0x2B, 0x39, 0x3B, 0x80, 0x81, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89,
        0x8A, 0x8B, 0xC6, 0xC7, 0xFE, 0xFF, 0x50, 0x58, 0xE8, 0xC3, 0xA4, 0xA5, 0xAA, 0xAB, 0xAC,
        0xA6, 0xF6, 0xF7, 0x63, 0xD1, 0xC1,
    ];
    let tail = prop::collection::vec(any::<u8>(), 14);
    let shaped = (
        prop::option::of(0x40u8..=0x4F),
        prop::option::of(prop::sample::select(&[0x66u8, 0xF0, 0xF2, 0xF3, 0x67][..])),
        prop::sample::select(OPCODES),
        tail.clone(),
    );
    prop_oneof![
        6 => shaped.prop_map(|(rex, prefix, opcode, tail)| {
            prefix.into_iter().chain(rex).chain([opcode]).chain(tail).take(15).collect()
        }),
        // Two-byte opcodes: SSE, CMPXCHG16B, MOVZX.
        2 => tail.clone().prop_map(|tail| [0x0F].into_iter().chain(tail).collect()),
        1 => tail.prop_map(|tail| [0x48].into_iter().chain(tail).collect()),
    ]
}

/// An instruction that accesses memory, with registers.
pub(crate) fn run() -> impl Strategy<Value = Run> {
    let gpr = prop::array::uniform16(value());
    let run = (bytes(), gpr).prop_map(|(bytes, gpr)| Run { bytes, gpr });
    run.prop_filter("it accesses memory", |run| !run.accesses().is_empty())
}
