//! What the stop is about: the access, the exception, the dispatcher object.

use std::collections::HashMap;

use super::LogContext;
use crate::facts::{
    Copying, ExceptionFacts, Fault, LockHome, ObjectFacts, Operand, StackFacts, access_of,
    copying_of, operand_of,
};
use crate::stop::Access;
use crate::verdict::Trust;

/// STATUS_ACCESS_VIOLATION.
const ACCESS_VIOLATION: u32 = 0xC000_0005;
const PAGE: u64 = 0x1000;
/// Stack pointers of the same stack differ by less.
const STACK_SIZE: u64 = 0x8000;

/// With exports only, the kernel's interrupt handlers have wrong names. A change of the stack marks
/// the interrupt.
pub(super) fn mark_interrupted(log: &LogContext<'_>, stacks: &mut [StackFacts]) {
    let Some(stack) = stacks.first_mut().filter(|stack| stack.is_crash()) else {
        return;
    };
    if !log.bugcheck.interrupts() || stack.interrupted().is_some() {
        return;
    }
    let clock = stack.frames.iter().position(|frame| {
        let name = frame.symbol.function.as_deref().unwrap_or("");
        name == "KeClockInterruptNotify" || name.starts_with("HalpTimerClock")
    });
    let Some(clock) = clock else { return };
    let jump = (clock..stack.frames.len().saturating_sub(2)).find(|&index| {
        let pair = stack.frames[index].sp.zip(stack.frames[index + 1].sp);
        pair.is_some_and(|(inner, outer)| outer < inner || outer - inner > STACK_SIZE)
    });
    if let Some(jump) = jump {
        stack.frames[jump + 2].trust = Trust::TrapFrame;
    }
}

/// The exception, for stops about an exception.
pub(super) fn exception(log: &LogContext<'_>) -> Option<ExceptionFacts> {
    if !log.bugcheck.is_exception() {
        return None;
    }
    let machine = &log.transcript.machine;
    let analysis = &log.transcript.analysis;
    let code = log
        .parameter(0)
        .map(|code| code as u32)
        .or(machine.exception_code)?;
    let named = |key, kind| analysis.number(key).map(|address| (kind, address));
    let stated = log.bugcheck.exception_information();
    let parameters =
        stated.and_then(|(kind, address)| log.parameter(kind).zip(log.parameter(address)));
    // For a non-canonical address, the exception record has only all ones.
    let operand = || machine.operand.filter(|_| stated.is_none());
    let access = machine
        .access
        .filter(|(_, address)| *address != u64::MAX || machine.exception_code.is_some())
        .filter(|(_, address)| *address != u64::MAX || operand().is_none())
        .or_else(operand)
        .or_else(|| named("READ_ADDRESS", 0))
        .or_else(|| named("WRITE_ADDRESS", 1))
        .or(parameters);
    Some(ExceptionFacts {
        code,
        address: log.parameter(1).or(machine.exception_address).unwrap_or(0),
        access: access.filter(|_| code == ACCESS_VIOLATION),
        refused: None,
    })
}

/// The access, for stops about an access.
pub(super) fn fault(
    log: &LogContext<'_>,
    exception: Option<&ExceptionFacts>,
    stacks: &[StackFacts],
) -> Option<Fault> {
    let of_stop = access_of(&log.bugcheck, None).and_then(|(irql, access, rip)| {
        let address = log.parameter(0)?;
        Some((address, irql, access, rip))
    });
    let of_exception = || {
        let exception = exception?;
        let (kind, address) = exception.access?;
        let access = Access::of_exception(kind);
        Some((address, None, access, Some(exception.address)))
    };
    let crash = stacks.first().filter(|stack| stack.is_crash());
    // Without the stop's parameters: the operand of the trap's instruction.
    let of_operand = || {
        let faults = log.bugcheck.code == 0 || log.bugcheck.is_access();
        let (kind, address) = log.transcript.machine.operand.filter(|_| faults)?;
        let stack = crash?;
        let frame = stack.interrupted().or_else(|| {
            let raised = stack.position_of(0, "KeBugCheckEx").is_some();
            (log.bugcheck.code == 0 && !raised).then_some(0)
        })?;
        let access = Access::of_exception(kind);
        Some((address, None, access, stack.frames.get(frame)?.address))
    };
    let found = of_stop.or_else(of_exception).or_else(of_operand);
    let (address, irql, access, rip) = found?;
    let frame = crash.and_then(|stack| {
        let at_rip = || stack.at_instruction(rip.filter(|&rip| rip != 0)?);
        let interrupted = || stack.interrupted();
        // Stacks of exceptions begin at the instruction itself.
        let first = || {
            let raised = stack.position_of(0, "KeBugCheckEx").is_some();
            (exception.is_some() && !raised && !stack.frames.is_empty()).then_some(0)
        };
        at_rip().or_else(interrupted).or_else(first)
    });
    // If the log lacks the parameter, the stack of the trap has the instruction.
    let rip = rip.or_else(|| crash?.frames[frame?].address);
    Some(Fault {
        address,
        irql,
        access,
        rip: rip.into(),
        frame,
        pte: log.transcript.pte.of(address),
        pageable: pageable(log, address),
    })
}

/// The memory operand of the faulting instruction, if the log shows its bytes and the registers.
pub(super) fn operand(
    log: &LogContext<'_>,
    fault: Option<&Fault>,
    exception: Option<&ExceptionFacts>,
) -> Option<Operand> {
    let rip = match fault {
        Some(fault) => fault.rip.known()?,
        None => {
            exception
                .filter(|one| one.code == ACCESS_VIOLATION)?
                .address
        }
    };
    let code = &log.transcript.machine.code;
    let instruction = code.iter().find(|one| one.address == rip)?;
    operand_of(&instruction.bytes, rip, |register| {
        log.transcript.registers.at(rip, register)
    })
}

/// How the faulting instruction copies, as far as the log shows its code and the registers.
pub(super) fn copying(log: &LogContext<'_>, fault: Option<&Fault>) -> Option<Copying> {
    let rip = fault?.rip.known()?;
    let shown = &log.transcript.machine.code;
    let code: HashMap<u64, &[u8]> = shown
        .iter()
        .map(|one| (one.address, one.bytes.as_slice()))
        .collect();
    // The instructions that follow one another without a gap.
    let read = |address: u64, length: usize| {
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let next = address.saturating_add(bytes.len() as u64);
            match code.get(&next) {
                Some(more) if !more.is_empty() => bytes.extend_from_slice(more),
                _ => break,
            }
        }
        bytes.truncate(length);
        bytes
    };
    let registers = &log.transcript.registers;
    copying_of(rip, read, |register| registers.at(rip, register))
}

/// Evidence in the log that the address is pageable.
fn pageable(log: &LogContext<'_>, address: u64) -> Option<String> {
    let machine = &log.transcript.machine;
    let same = |other: u64| other / PAGE == address / PAGE;
    let pool = machine
        .pool
        .iter()
        .find(|(at, region, _)| same(*at) && region.to_lowercase().starts_with("paged"));
    if pool.is_some() {
        return Some("in paged pool, as !pool says".to_owned());
    }
    machine
        .paged
        .iter()
        .any(|&at| same(at))
        .then(|| "not resident, as !pte says".to_owned())
}

/// The dispatcher object that the crash stack spins for.
pub(super) fn object(stacks: &[StackFacts]) -> Option<ObjectFacts> {
    const LOCK_ROUTINES: &[&str] = &["KiAcquireKobjectLockSafe", "KiTryToAcquireKobjectLock"];
    let stack = stacks.first().filter(|stack| stack.is_crash())?;
    let frame = stack.frames.iter().position(|frame| {
        let name = frame.symbol.function.as_deref();
        frame.symbol.in_kernel && name.is_some_and(|name| LOCK_ROUTINES.contains(&name))
    })?;
    Some(ObjectFacts {
        address: None,
        bytes: None,
        frame,
        found_by: format!("{} on the stack", stack.frames[frame].text()),
        home: LockHome::Unknown,
    })
}
