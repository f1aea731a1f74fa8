//! Stacks that spin for a lock, and which lock it is.

use iced_x86::{Instruction, Mnemonic, OpKind, Register as X86};

use super::argument::{first_argument, general, preserved};
use super::function::FunctionCode;
use super::lock::{LockFact, lock_fact};
use super::locks;
use super::stacks::{FrameFacts, StackFacts};
use crate::dump::{MemoryExt, Register, is_kernel_address};
use crate::nt::{Nt, Thread};
use crate::target::{Pc, Target};

/// A stack that spins for a lock.
#[derive(Clone, Debug)]
pub(crate) struct SpinWait {
    /// Index of the stack in the facts.
    pub stack: usize,
    /// The routine that spins, as WinDbg writes it.
    pub routine: String,
    /// The frame of the driver that wants the lock.
    pub waiter: usize,
    pub lock: Option<LockFact>,
    /// How the lock was found.
    pub found_by: String,
}

/// Finds a spin on a stack: one of the kernel's wait routines inside the first driver's call.
pub(crate) fn spin_wait(
    nt: &Nt<'_, '_>,
    threads: &[Thread],
    index: usize,
    stack: &StackFacts,
) -> Option<SpinWait> {
    let target = nt.target;
    let waiter = stack.first_driver(0)?;
    let named = |test: fn(&str) -> bool| {
        stack.frames[..waiter].iter().position(|frame| {
            frame.symbol.in_kernel && frame.symbol.function.as_deref().is_some_and(test)
        })
    };
    let waits = named(locks::is_wait);
    let spins = waits.or_else(|| named(locks::is_acquire))?;
    let frame = &stack.frames[spins];
    let (address, found_by) = lock_address(target, stack, spins, waiter)?;
    let lock = address.map(|address| lock_fact(nt, threads, address));
    // Passing through the acquire routine is not contention (seed 000): the lock is free, or this
    // thread has just acquired it.
    if waits.is_none() {
        let held = lock.as_ref().is_some_and(LockFact::is_held);
        let code = FunctionCode::read(target, &frame.symbol, frame.address?)?;
        if !held || has_taken(&code.instructions, frame.address?) {
            return None;
        }
    }
    Some(SpinWait {
        stack: index,
        routine: frame.text(),
        waiter,
        lock,
        found_by,
    })
}

/// Whether `rip` is after the locked instruction of an acquire routine, so the thread owns the
/// lock: on failure the routine calls a wait routine, which would be on the stack. A routine with
/// its own wait loop (it has a `pause`) is not conclusive.
fn has_taken(code: &[Instruction], rip: u64) -> bool {
    let waits_itself = code
        .iter()
        .any(|instruction| instruction.mnemonic() == Mnemonic::Pause);
    let behind = code
        .iter()
        .take_while(|instruction| instruction.ip() < rip)
        .any(Instruction::has_lock_prefix);
    behind && !waits_itself
}

/// The address that the spinning routine polls, and how it was found.
fn lock_address(
    target: &Target<'_>,
    stack: &StackFacts,
    spins: usize,
    waiter: usize,
) -> Option<(Option<u64>, String)> {
    let frame = &stack.frames[spins];
    let plausible =
        |address: &u64| is_kernel_address(*address) && target.memory.read_uint(*address, 4).is_ok();
    if let Some(address) = polled_address(target, frame).filter(|(at, _)| plausible(at)) {
        return Some((Some(address.0), address.1));
    }
    let caller = &stack.frames[waiter];
    let argument = caller.probe().and_then(|probe| {
        let code = FunctionCode::read(target, &caller.symbol, probe)?;
        let now = code.position(caller.address?);
        first_argument(target, &code, now.checked_sub(1)?, now, caller)
    });
    if let Some(address) = argument.filter(plausible) {
        let how = format!("the first argument of the call before {}", caller.text());
        return Some((Some(address), how));
    }
    let rcx = frame.context.map(|context| context.get(Register::Rcx));
    if let Some(rcx) = rcx.filter(|rcx| frame.volatile_known && plausible(rcx)) {
        return Some((Some(rcx), format!("RCX in {}", frame.text())));
    }
    Some((
        None,
        format!("the registers in {} no longer tell it", frame.text()),
    ))
}

/// Evaluates the memory operand of the routine's locked instruction, or else of its polling loop.
pub(crate) fn polled_address(target: &Target<'_>, frame: &FrameFacts) -> Option<(u64, String)> {
    let probe = frame.probe()?;
    let code = FunctionCode::read(target, &frame.symbol, probe)?;
    let value = |base| {
        let known = match preserved(base) {
            Some(register) => register,
            None if frame.volatile_known => general(base)?,
            None => return None,
        };
        Some(frame.context?.get(known))
    };
    let (address, instruction) = polled_in(&code, probe, value)?;
    Some((
        address,
        format!(
            "the memory operand of the instruction at {} ({:?} in the saved registers)",
            target
                .symbol(instruction.ip(), Pc::Exact)
                .text(instruction.ip()),
            instruction.memory_base()
        ),
    ))
}

/// Like [`polled_address`], from code and register values; also returns the instruction.
pub(crate) fn polled_in(
    code: &FunctionCode,
    probe: u64,
    value: impl Fn(X86) -> Option<u64>,
) -> Option<(u64, Instruction)> {
    let polls = |instruction: &&Instruction| {
        (0..instruction.op_count()).any(|operand| instruction.op_kind(operand) == OpKind::Memory)
            && !matches!(instruction.memory_base(), X86::None | X86::RSP | X86::RIP)
            && instruction.memory_index() == X86::None
            && instruction.segment_prefix() == X86::None
    };
    let locked = code
        .instructions
        .iter()
        .filter(polls)
        .filter(|instruction| instruction.has_lock_prefix());
    // The loop is near the interrupted instruction.
    let here = code.position(probe);
    let near = code.instructions[here.saturating_sub(8)..(here + 8).min(code.instructions.len())]
        .iter()
        .filter(polls);
    locked.chain(near).find_map(|instruction| {
        let base = value(instruction.memory_base())?;
        let address = base.wrapping_add(instruction.memory_displacement64());
        Some((address, *instruction))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::decode;

    /// `lock bts qword ptr [rcx], 0; jb +1; ret; nop`, as in KeAcquireSpinLockRaiseToDpc.
    const ACQUIRE: &[u8] = &[0xF0, 0x48, 0x0F, 0xBA, 0x29, 0x00, 0x72, 0x01, 0xC3, 0x90];

    #[test]
    fn a_lock_is_the_threads_own_behind_the_locked_instruction() {
        let code = decode(ACQUIRE);
        assert!(!has_taken(&code, 0x1000), "before it");
        assert!(has_taken(&code, 0x1006), "right behind it");
        assert!(has_taken(&code, 0x1008), "at the return");
    }

    #[test]
    fn a_routine_that_waits_in_itself_does_not_tell() {
        let code = decode(&[ACQUIRE, &[0xF3, 0x90, 0xEB, 0xF2]].concat());
        assert!(!has_taken(&code, 0x1008));
    }
}
