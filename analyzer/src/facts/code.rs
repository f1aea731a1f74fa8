//! What a function's code has done before a call: locks it holds, and whether it raised the IRQL.

use iced_x86::{
    Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register as X86,
};

use super::argument::{first_argument, writes};
use super::fault::DISPATCH_LEVEL;
use super::function::FunctionCode;
use super::lock::{LockFact, lock_fact};
use super::locks;
use super::paths::{Effect, reaching};
use super::stacks::FrameFacts;
use crate::dump::MemoryExt;
use crate::nt::{Nt, Thread};
use crate::target::{Pc, Symbol, Target};

/// What a call (or a write to CR8) does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallKind {
    AcquireSpinLock,
    ReleaseSpinLock,
    AcquireFastMutex,
    ReleaseFastMutex,
    RaiseIrql,
    LowerIrql,
}

/// An action that is in effect at a frame's instruction: a lock taken, an IRQL raised.
#[derive(Clone, Debug)]
pub(crate) struct InEffect {
    /// The instruction that did it.
    pub address: u64,
    /// What the instruction does: `calls nt!KeAcquireSpinLockRaiseToDpc`.
    pub how: String,
    /// Whether every path to the frame's call does it.
    pub always: bool,
    /// The lock, if the frame's registers still give its address.
    pub lock: Option<LockFact>,
}

/// What the function of a frame did before the frame's call.
#[derive(Clone, Debug)]
pub(crate) struct CodeFacts {
    /// Index of the stack.
    pub stack: usize,
    /// Index of the frame in the stack.
    pub frame: usize,
    /// A spin lock taken and not released.
    pub lock: Option<InEffect>,
    /// The IRQL raised and not lowered.
    pub irql: Option<InEffect>,
}

/// Follows a frame's function up to the frame's call.
pub(crate) fn code_facts(
    nt: &Nt<'_, '_>,
    threads: &[Thread],
    (stack, index): (usize, usize),
    frame: &FrameFacts,
) -> Option<CodeFacts> {
    let target = nt.target;
    let code = FunctionCode::read(target, &frame.symbol, frame.probe()?)?;
    let now = code.position(frame.address?);
    // For a return address, the state at the call counts.
    let arrival = match frame.pc() {
        Pc::Exact => now,
        Pc::Return => now.checked_sub(1)?,
    };
    let calls: Vec<_> = (0..code.instructions.len())
        .map(|at| effect(target, &code, at))
        .collect();
    let lock = |opened_at| {
        let address = first_argument(target, &code, opened_at, now, frame)?;
        Some(lock_fact(nt, threads, address))
    };
    Some(CodeFacts {
        stack,
        frame: index,
        ..CodeFacts::arriving(&code, &calls, arrival, lock)
    })
}

impl CodeFacts {
    /// What is in effect when control arrives at instruction `arrival`. `lock` returns the lock
    /// that a call takes, by the call's index.
    pub(crate) fn arriving(
        code: &FunctionCode,
        calls: &[Option<(CallKind, String)>],
        arrival: usize,
        lock: impl Fn(usize) -> Option<LockFact>,
    ) -> Self {
        let in_effect = |opens: CallKind, closes: CallKind| {
            let effects = effects_of(calls, opens, closes);
            let found = reaching(&code.instructions, &effects, arrival)?;
            let taken = (opens == CallKind::AcquireSpinLock).then(|| lock(found.opened_at));
            Some(InEffect {
                address: code.instructions[found.opened_at].ip(),
                how: calls[found.opened_at].as_ref()?.1.clone(),
                always: found.always,
                lock: taken.flatten(),
            })
        };
        Self {
            stack: 0,
            frame: 0,
            lock: in_effect(CallKind::AcquireSpinLock, CallKind::ReleaseSpinLock),
            irql: in_effect(CallKind::RaiseIrql, CallKind::LowerIrql),
        }
    }
}

/// A function's instructions, reduced to those that acquire and release one thing.
pub(crate) fn effects_of(
    calls: &[Option<(CallKind, String)>],
    opens: CallKind,
    closes: CallKind,
) -> Vec<Option<Effect>> {
    let effect = |call: &Option<(CallKind, String)>| match call.as_ref()?.0 {
        kind if kind == opens => Some(Effect::Opens),
        kind if kind == closes => Some(Effect::Closes),
        _ => None,
    };
    calls.iter().map(effect).collect()
}

/// Whether an instruction takes or releases a lock or changes the IRQL.
pub(crate) fn effect(
    target: &Target<'_>,
    code: &FunctionCode,
    at: usize,
) -> Option<(CallKind, String)> {
    effect_of_call(code, at, || call_target(target, code, at))
}

/// Like [`effect`], with the call's target from the caller.
pub(crate) fn effect_of_call(
    code: &FunctionCode,
    at: usize,
    called: impl FnOnce() -> Option<Symbol>,
) -> Option<(CallKind, String)> {
    let instruction = &code.instructions[at];
    if instruction.mnemonic() == Mnemonic::Mov && instruction.op0_register() == X86::CR8 {
        // The inline KeRaiseIrql and KeLowerIrql: raising loads a constant, lowering brings back
        // an earlier value.
        let level = constant_before(code, at, instruction.op1_register().full_register());
        return Some(match level {
            Some(level) if level >= DISPATCH_LEVEL => {
                (CallKind::RaiseIrql, format!("writes {level} to CR8"))
            }
            _ => (CallKind::LowerIrql, "writes CR8".to_owned()),
        });
    }
    let symbol = called()?;
    Some((kind(&symbol)?, format!("calls {}", symbol.text(0))))
}

/// What a call of a function does, if it is one of the kernel's that matter here. A driver's own
/// function of the same name does not count.
pub(crate) fn kind(symbol: &Symbol) -> Option<CallKind> {
    if !symbol.in_kernel && symbol.module_symbol.as_deref() != Some("hal") {
        return None;
    }
    // Driver Verifier puts its own functions, named after the originals, into import tables.
    let name = symbol.function.as_deref()?;
    let name = name.strip_prefix("Verifier").unwrap_or(name);
    Some(match name {
        _ if locks::is_acquire(name) => CallKind::AcquireSpinLock,
        _ if locks::is_release(name) => CallKind::ReleaseSpinLock,
        _ if locks::is_mutex_acquire(name) => CallKind::AcquireFastMutex,
        _ if locks::is_mutex_release(name) => CallKind::ReleaseFastMutex,
        _ if locks::raises_irql(name) => CallKind::RaiseIrql,
        _ if locks::lowers_irql(name) => CallKind::LowerIrql,
        _ => return None,
    })
}

/// The kernel function that a tail call at `at` reaches.
pub(crate) fn tail_call(target: &Target<'_>, code: &FunctionCode, at: usize) -> Option<Symbol> {
    let jump = &code.instructions[at];
    let address = match jump.flow_control() {
        FlowControl::UnconditionalBranch => through_thunk(target, jump.near_branch_target()),
        FlowControl::IndirectBranch => pointer_slot(target, jump)?,
        _ => return None,
    };
    Some(target.symbol(address, Pc::Exact))
}

/// What a tail call at `at` does.
pub(crate) fn tail_effect(target: &Target<'_>, code: &FunctionCode, at: usize) -> Option<CallKind> {
    kind(&tail_call(target, code, at)?)
}

/// The constant that `register` was loaded with shortly before instruction `at`.
fn constant_before(code: &FunctionCode, at: usize, register: X86) -> Option<u64> {
    let before = code.instructions[at.saturating_sub(8)..at].iter().rev();
    let load = before
        .filter(|load| load.op_count() > 0 && load.op0_kind() == OpKind::Register)
        .find(|load| load.op0_register().full_register() == register)?;
    match (load.mnemonic(), load.op1_kind()) {
        (Mnemonic::Mov, OpKind::Immediate8) => Some(load.immediate8().into()),
        (Mnemonic::Mov, OpKind::Immediate32) => Some(load.immediate32().into()),
        (Mnemonic::Mov, OpKind::Immediate32to64) => Some(load.immediate32to64() as u64),
        (Mnemonic::Xor, OpKind::Register) => Some(0),
        _ => None,
    }
}

/// The function that a call reaches: directly, through the import table (also when a compiler
/// keeps the import in a register), or through a thunk that jumps through it.
pub(crate) fn call_target(target: &Target<'_>, code: &FunctionCode, at: usize) -> Option<Symbol> {
    let call = &code.instructions[at];
    let called = match (call.flow_control(), call.op0_kind()) {
        (FlowControl::Call, _) => through_thunk(target, call.near_branch_target()),
        (FlowControl::IndirectCall, OpKind::Memory) => pointer_slot(target, call)?,
        (FlowControl::IndirectCall, OpKind::Register) => {
            let register = call.op0_register();
            let load = code.instructions[..at]
                .iter()
                .rev()
                .find(|instruction| writes(instruction, register))?;
            (load.mnemonic() == Mnemonic::Mov)
                .then(|| pointer_slot(target, load))
                .flatten()?
        }
        _ => return None,
    };
    Some(target.symbol(called, Pc::Exact))
}

/// Address of the pointer that an instruction loads RIP-relative.
fn pointer_slot(target: &Target<'_>, instruction: &Instruction) -> Option<u64> {
    let is_slot = instruction.is_ip_rel_memory_operand();
    is_slot
        .then(|| {
            target
                .memory
                .read_u64(instruction.ip_rel_memory_address())
                .ok()
        })
        .flatten()
}

fn through_thunk(target: &Target<'_>, called: u64) -> u64 {
    let bytes = target.memory.read_prefix(called, 16);
    let mut decoder = Decoder::with_ip(64, &bytes, called, DecoderOptions::NONE);
    let first = decoder.decode();
    match first.flow_control() {
        FlowControl::IndirectBranch => pointer_slot(target, &first).unwrap_or(called),
        _ => called,
    }
}
