//! Follows a pointer from the instruction that used it back to where the code compared it with
//! NULL.
//!
//! A pointer that has a single high bit set, in code that goes on only if the pointer is not NULL,
//! was NULL: the bit was not there when it was written. Without that comparison nothing is proved,
//! since a NULL pointer would have faulted, too.

use std::collections::HashSet;

use iced_x86::{
    ConditionCode, FlowControl, Instruction, InstructionInfoFactory, Mnemonic, OpAccess, OpKind,
    Register as X86,
};

use super::neighbour::base_of;
use super::operands::touches;
use super::{Faulted, Registers, Window};
use crate::dump::Register;
use crate::facts::argument::{general, preserved, writes};

/// Single bits that count. Lower ones are sizes, flags and small numbers in the upper half of a
/// pair; the highest is a flag, too.
const BITS: std::ops::RangeInclusive<u32> = 36..=62;
/// Steps back through the code, on all paths together.
const MAX_STEPS: usize = 256;
const GPR64: [X86; 16] = [
    X86::RAX,
    X86::RCX,
    X86::RDX,
    X86::RBX,
    X86::RSP,
    X86::RBP,
    X86::RSI,
    X86::RDI,
    X86::R8,
    X86::R9,
    X86::R10,
    X86::R11,
    X86::R12,
    X86::R13,
    X86::R14,
    X86::R15,
];

/// A pointer that was NULL but for one bit.
#[derive(Clone, Debug)]
pub(crate) struct DamagedPointer {
    pub instruction: Instruction,
    /// The register that held the pointer when it was compared.
    pub register: Register,
    /// What it held.
    pub value: u64,
    pub bit: u8,
    /// The comparison with NULL.
    pub test: Instruction,
    /// Instructions between the comparison and the fault that changed the pointer, the last first.
    pub steps: Vec<Instruction>,
    /// The instruction that loaded the pointer from memory.
    pub loaded: Option<Load>,
}

/// A load of a pointer from memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Load {
    pub instruction: Instruction,
    /// Where it read from, if its registers still have the values that they had.
    pub from: Option<u64>,
}

/// The pointer that the faulting instruction used, as its register holds it, and the load that it
/// comes from, if nothing else can have come between.
pub(crate) fn loaded_pointer(
    fault: &Faulted<'_>,
    window: &Window,
) -> Option<(Register, u64, Load)> {
    let (register, value) = base_of(fault, window.instruction())?;
    let trail = Trail {
        at: window.at,
        register: GPR64[register as usize],
        value,
        written: HashSet::new(),
        taken: None,
        steps: Vec::new(),
    };
    Some((register, value, load(fault, window, &trail)?))
}

/// A place on the way back.
#[derive(Clone)]
struct Trail {
    /// The last instruction that was executed before those already seen.
    at: usize,
    /// Where the pointer is at that time, and its value.
    register: X86,
    value: u64,
    /// Registers that were written since.
    written: HashSet<Register>,
    /// Whether control came on because a value was not zero (`Some(true)`) or zero.
    taken: Option<bool>,
    steps: Vec<Instruction>,
}

/// `Some` if every way to the faulting instruction leads through a comparison of its pointer with
/// NULL, and the pointer is NULL but for one high bit.
pub(crate) fn damaged_pointer(fault: &Faulted<'_>, window: &Window) -> Option<DamagedPointer> {
    let instruction = window.instruction();
    let (register, value) = base_of(fault, instruction)?;
    let mut open = vec![Trail {
        at: window.at,
        register: GPR64[register as usize],
        value,
        written: HashSet::new(),
        taken: None,
        steps: Vec::new(),
    }];
    let mut seen = HashSet::new();
    let mut found: Option<DamagedPointer> = None;
    let mut left = MAX_STEPS;
    while let Some(trail) = open.pop() {
        let ways = window.before(trail.at);
        // The way leads out of what is decoded.
        if ways.is_empty() {
            return None;
        }
        for (from, jumped) in ways {
            left = left.checked_sub(1)?;
            if !seen.insert((from, trail.register, trail.value, jumped)) {
                continue;
            }
            match step(fault, window, &trail, from, jumped)? {
                Step::On(next) => open.push(next),
                Step::Refuted => {}
                Step::Compared(pointer) => {
                    let same = |known: &DamagedPointer| known.value == pointer.value;
                    if found.as_ref().is_some_and(|known| !same(known)) {
                        return None;
                    }
                    found.get_or_insert(*pointer);
                }
            }
        }
    }
    found
}

enum Step {
    On(Trail),
    /// Control cannot have come this way: a register would have another value.
    Refuted,
    Compared(Box<DamagedPointer>),
}

/// One instruction back; `None` if the pointer's origin is lost.
fn step(
    fault: &Faulted<'_>,
    window: &Window,
    trail: &Trail,
    from: usize,
    jumped: bool,
) -> Option<Step> {
    let one = &window.instructions[from];
    let mut next = trail.clone();
    next.at = from;
    if one.flow_control() == FlowControl::ConditionalBranch {
        next.taken = match one.condition_code() {
            ConditionCode::ne => Some(jumped),
            ConditionCode::e => Some(!jumped),
            _ => None,
        };
        return Some(Step::On(next));
    }
    if compares_with_null(one, trail.register) {
        if trail.taken == Some(true) && trail.value.count_ones() == 1 {
            let bit = trail.value.trailing_zeros();
            return BITS.contains(&bit).then(|| {
                Step::Compared(Box::new(DamagedPointer {
                    instruction: *window.instruction(),
                    register: general(trail.register).unwrap_or(Register::Rax),
                    value: trail.value,
                    bit: bit as u8,
                    test: *one,
                    steps: trail.steps.clone(),
                    loaded: load(fault, window, &next),
                }))
            });
        }
        return None;
    }
    // A branch that was decided by other flags says nothing of this comparison.
    if changes_flags(one) {
        next.taken = None;
    }
    if !changes(one, trail.register) {
        note_writes(one, &mut next.written);
        return Some(Step::On(next));
    }
    let before = undone(one, trail)?;
    if let Moved::From(source) = before {
        let known = general(source).filter(|known| !trail.written.contains(known));
        let value = known.and_then(|known| fault.registers.get(known));
        if value.is_some_and(|value| value != trail.value) {
            return Some(Step::Refuted);
        }
        next.register = source;
    }
    if let Moved::By(amount) = before {
        next.value = trail.value.wrapping_sub(amount);
    }
    note_writes(one, &mut next.written);
    next.steps.push(*one);
    Some(Step::On(next))
}

/// What an instruction did to the pointer.
enum Moved {
    By(u64),
    From(X86),
}

/// How an instruction changed the pointer; `None` if that cannot be undone.
fn undone(one: &Instruction, trail: &Trail) -> Option<Moved> {
    let to = trail.register;
    if one.op_count() < 1 || one.op0_kind() != OpKind::Register || one.op0_register() != to {
        return None;
    }
    let constant = || match one.op1_kind() {
        OpKind::Immediate8to64 => Some(one.immediate8to64() as u64),
        OpKind::Immediate32to64 => Some(one.immediate32to64() as u64),
        _ => None,
    };
    Some(match one.mnemonic() {
        Mnemonic::Add => Moved::By(constant()?),
        Mnemonic::Sub => Moved::By(constant()?.wrapping_neg()),
        Mnemonic::Inc => Moved::By(1),
        Mnemonic::Dec => Moved::By(1u64.wrapping_neg()),
        Mnemonic::Lea if one.memory_base() == to && one.memory_index() == X86::None => {
            Moved::By(one.memory_displacement64())
        }
        Mnemonic::Mov if one.op1_kind() == OpKind::Register && one.op1_register().is_gpr64() => {
            Moved::From(one.op1_register())
        }
        _ => return None,
    })
}

/// `test r, r`, `cmp r, 0`.
fn compares_with_null(one: &Instruction, register: X86) -> bool {
    let first =
        one.op_count() == 2 && one.op0_kind() == OpKind::Register && one.op0_register() == register;
    let second = match (one.mnemonic(), one.op1_kind()) {
        (Mnemonic::Test, OpKind::Register) => one.op1_register() == register,
        (Mnemonic::Cmp, OpKind::Immediate8to64) => one.immediate8to64() == 0,
        _ => false,
    };
    first && second
}

fn changes_flags(one: &Instruction) -> bool {
    one.rflags_modified() & iced_x86::RflagsBits::ZF != 0 || is_call(one)
}

fn is_call(one: &Instruction) -> bool {
    matches!(
        one.flow_control(),
        FlowControl::Call | FlowControl::IndirectCall
    )
}

/// Whether a 64-bit register may have another value after an instruction.
fn changes(one: &Instruction, register: X86) -> bool {
    writes(one, register) || (is_call(one) && preserved(register).is_none())
}

fn note_writes(one: &Instruction, written: &mut HashSet<Register>) {
    let changed = GPR64.into_iter().filter(|&register| changes(one, register));
    written.extend(changed.filter_map(general));
}

fn writes_memory(one: &Instruction) -> bool {
    let mut factory = InstructionInfoFactory::new();
    let used = factory.info(one).used_memory().iter();
    let mut accesses = used.map(|used| used.access());
    accesses.any(|access| !matches!(access, OpAccess::Read | OpAccess::CondRead))
}

/// The instruction that loaded the pointer, on the straight way before the comparison.
fn load(fault: &Faulted<'_>, window: &Window, trail: &Trail) -> Option<Load> {
    let mut written = trail.written.clone();
    let mut at = trail.at;
    for _ in 0..16 {
        let [(from, false)] = window.before(at)[..] else {
            return None;
        };
        let one = &window.instructions[from];
        if changes(one, trail.register) {
            let loads = one.mnemonic() == Mnemonic::Mov
                && one.op0_register() == trail.register
                && one.op1_kind() == OpKind::Memory;
            return loads.then(|| Load {
                instruction: *one,
                from: loaded_from(fault, one, &written),
            });
        }
        // It may have written where the pointer comes from.
        if is_call(one) || writes_memory(one) {
            return None;
        }
        note_writes(one, &mut written);
        at = from;
    }
    None
}

/// Where a load read from, if its registers still have the values they had.
fn loaded_from(fault: &Faulted<'_>, one: &Instruction, written: &HashSet<Register>) -> Option<u64> {
    let target = general(one.op0_register().full_register())?;
    let mut kept = Registers::default();
    let unchanged = GPR64
        .into_iter()
        .filter_map(general)
        .filter(|register| *register != target && !written.contains(register));
    for register in unchanged {
        if let Some(value) = fault.registers.get(register) {
            kept.set(register, value);
        }
    }
    let touched = touches(one, &kept)?;
    touched.first().map(|touch| touch.start)
}
