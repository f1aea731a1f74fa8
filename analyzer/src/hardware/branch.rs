//! Control that arrived one bit beside the target of a call.
//!
//! The return address on top of the stack says which call it was. Its target is in its own bytes,
//! in a register, or in the pointer that it goes through.

use iced_x86::{FlowControl, Instruction, OpKind};

use super::{Registers, decode};
use crate::facts::argument::general;

/// Lengths of near calls.
const LENGTHS: std::ops::RangeInclusive<usize> = 2..=8;
/// A function's own code lies behind its entry; a fault there is no wrong turn.
const FUNCTION: u64 = 0x10000;
const BREAKPOINT: u8 = 0xCC;

/// A call that went elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WrongTurn {
    pub call: Instruction,
    pub target: u64,
    pub bit: u8,
}

/// `Some` if the call before `returns_to` leads one bit beside `rip`.
///
/// `before` are the bytes up to the return address, `at` those from one byte before `rip` on.
/// `read` reads a pointer.
pub(crate) fn wrong_turn(
    rip: u64,
    registers: &Registers,
    returns_to: u64,
    before: &[u8],
    at: &[u8],
    read: impl Fn(u64) -> Option<u64>,
) -> Option<WrongTurn> {
    let padding = at.len() >= 2 && at[..2] == [BREAKPOINT; 2];
    let mut found = None;
    for length in LENGTHS.filter(|&length| length <= before.len()) {
        let bytes = &before[before.len() - length..];
        let start = returns_to.wrapping_sub(length as u64);
        let Some(call) = decode(bytes, start).filter(|call| call.len() == length) else {
            continue;
        };
        let Some(target) = target(&call, registers, &read) else {
            continue;
        };
        // It went where it should.
        if target == rip {
            return None;
        }
        let differs = target ^ rip;
        let own = rip.wrapping_sub(target) < FUNCTION && !padding;
        if differs.count_ones() == 1 && !own {
            found.get_or_insert(WrongTurn {
                call,
                target,
                bit: differs.trailing_zeros() as u8,
            });
        }
    }
    found
}

fn target(
    call: &Instruction,
    registers: &Registers,
    read: impl Fn(u64) -> Option<u64>,
) -> Option<u64> {
    match (call.flow_control(), call.op0_kind()) {
        (FlowControl::Call, _) => Some(call.near_branch_target()),
        (FlowControl::IndirectCall, OpKind::Register) => {
            registers.get(general(call.op0_register())?)
        }
        (FlowControl::IndirectCall, OpKind::Memory) if call.is_ip_rel_memory_operand() => {
            read(call.ip_rel_memory_address())
        }
        _ => None,
    }
}
