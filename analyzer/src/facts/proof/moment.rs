//! The registers of a fault.
//!
//! They must be those of the fault itself. Either the stop has a context record of its exception,
//! or a trap frame on the stack has the instruction and, in `FaultAddress`, the address that the
//! stop names.

use crate::dump::{Context, MemoryExt, Register};
use crate::facts::context::CollectContext;
use crate::facts::exception::ExceptionFacts;
use crate::facts::fault::Fault;
use crate::facts::stacks::StackFacts;
use crate::hardware::Registers;
use crate::stop::{Access, Role};
use crate::unwind::find_machine_frame;

/// Registers that every trap handler saves, with their fields in `_KTRAP_FRAME` and the offsets if
/// the symbols lack them. That `FaultAddress` has the stop's address shows that the offsets fit.
const SAVED: [(Register, &str, u64); 8] = [
    (Register::Rax, "Rax", 0x30),
    (Register::Rcx, "Rcx", 0x38),
    (Register::Rdx, "Rdx", 0x40),
    (Register::R8, "R8", 0x48),
    (Register::R9, "R9", 0x50),
    (Register::R10, "R10", 0x58),
    (Register::R11, "R11", 0x60),
    (Register::Rbp, "Rbp", 0x158),
];
const FAULT_ADDRESS: u64 = 0xD0;
const RIP: u64 = 0x168;
/// Registers that calls preserve, except RBP and RSP.
pub(crate) const PRESERVED: [Register; 7] = [
    Register::Rbx,
    Register::Rsi,
    Register::Rdi,
    Register::R12,
    Register::R13,
    Register::R14,
    Register::R15,
];
/// Trap handlers point RBP this far into their trap frame.
const FRAME_POINTER: u64 = 0x80;
/// Trap frames of the same instruction that are looked at.
const MAX_FRAMES: usize = 16;
/// Size of a `CONTEXT`, behind which the exception record lies on the stack.
const CONTEXT_BYTES: u64 = 0x4D0;
/// Kernel stacks are smaller.
const MAX_STACK: u64 = 0x12000;
/// STATUS_ACCESS_VIOLATION.
const ACCESS_VIOLATION: u32 = 0xC000_0005;

/// Where values come from.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub text: String,
    /// The WinDbg command that shows them.
    pub command: String,
}

/// The registers of a fault.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    pub rip: u64,
    pub registers: Registers,
    /// The address and the kind of access, if it was one.
    pub access: Option<(u64, Access)>,
    pub source: Source,
    /// Those of them that the processor or its trap handler saved. The others were restored by
    /// unwinding.
    pub saved: Registers,
}

impl Moment {
    pub(super) fn find(
        context: &CollectContext<'_, '_, '_>,
        fault: Option<&Fault>,
        exception: Option<&ExceptionFacts>,
        crash: &StackFacts,
    ) -> Option<Self> {
        let recorded = exception.and_then(|one| of_exception(context, one, crash));
        recorded.or_else(|| of_trap(context, fault?, crash))
    }
}

/// The registers of a stop with a context record.
fn of_exception(
    context: &CollectContext<'_, '_, '_>,
    exception: &ExceptionFacts,
    crash: &StackFacts,
) -> Option<Moment> {
    let index = context.bugcheck.stop().index_of(Role::ContextRecord)?;
    let registers = crash.frames.first()?.context?;
    if registers.rip != exception.address {
        return None;
    }
    let record = context.bugcheck.parameters[index];
    let on_stack = || record_on_stack(context, record, &registers);
    let information = match exception.code {
        ACCESS_VIOLATION => exception.access.or_else(on_stack),
        _ => None,
    };
    Some(Moment {
        rip: registers.rip,
        registers: Registers::all(registers),
        access: information.map(|(kind, address)| (address, Access::of_exception(kind))),
        source: Source {
            text: format!("the context record at {record:#x}"),
            command: format!(".cxr {record:#x}"),
        },
        saved: Registers::all(registers),
    })
}

/// For stops that do not name it: the information of the exception record that lies on the stack
/// between the context record and the faulting function. It has the exception's code, no nested
/// record, the instruction, and two parameters.
fn record_on_stack(
    context: &CollectContext<'_, '_, '_>,
    record: u64,
    registers: &Context,
) -> Option<(u64, u64)> {
    let start = record.checked_add(CONTEXT_BYTES)? & !7;
    let size = registers.rsp().checked_sub(start)?;
    if size > MAX_STACK {
        return None;
    }
    let bytes = context.nt.target.memory.read_prefix(start, size as usize);
    let words: Vec<u64> = bytes
        .chunks_exact(8)
        .map(|word| u64::from_le_bytes(word.try_into().unwrap_or_default()))
        .collect();
    words.windows(6).find_map(|words| match *words {
        [code, 0, rip, count, kind @ (0 | 1 | 8), address] => {
            let fits =
                code == u64::from(ACCESS_VIOLATION) && rip == registers.rip && count as u32 == 2;
            fits.then_some((kind, address))
        }
        _ => None,
    })
}

/// The registers of the trap frame of the fault: the one with the instruction and the address.
fn of_trap(
    context: &CollectContext<'_, '_, '_>,
    fault: &Fault,
    crash: &StackFacts,
) -> Option<Moment> {
    let nt = context.nt;
    let rip = fault.rip.known()?;
    let layout = |field, otherwise| nt.offset("_KTRAP_FRAME", field).unwrap_or(otherwise);
    let stated = nt.offset("_KTRAP_FRAME", "FaultAddress").ok();
    let (at_rip, reported) = (layout("Rip", RIP), stated.unwrap_or(FAULT_ADDRESS));
    // Zeros match anything.
    if stated.is_none() && fault.address == 0 {
        return None;
    }
    let stopped = crash.frames.first()?.context?;
    let mut from = stopped.rsp();
    for _ in 0..MAX_FRAMES {
        let frame = find_machine_frame(nt.target, from, u64::MAX, Some(rip))?;
        from = frame.at.checked_add(8)?;
        let base = frame.at.wrapping_sub(at_rip);
        let word = |offset: u64| nt.target.memory.read_u64(base.wrapping_add(offset)).ok();
        if word(reported) != Some(fault.address) {
            continue;
        }
        let mut registers = Registers::default();
        registers.set(Register::Rsp, frame.rsp);
        for (register, field, otherwise) in SAVED {
            registers.set(register, word(layout(field, otherwise))?);
        }
        let saved = registers;
        let unwound = fault
            .frame
            .and_then(|index| crash.frames.get(index)?.context);
        let unwound = unwound.filter(is_unwound);
        // If the handler itself raised the stop, it has not changed them.
        let direct = stopped.get(Register::Rbp) == base.wrapping_add(FRAME_POINTER);
        let preserved = unwound.or(direct.then_some(stopped));
        if let Some(known) = preserved {
            for register in PRESERVED {
                registers.set(register, known.get(register));
            }
        }
        return Some(Moment {
            rip,
            registers,
            access: Some((fault.address, fault.access)),
            source: Source {
                text: format!("the trap frame at {base:#x}, whose FaultAddress is the same"),
                command: format!(".trap {base:#x}"),
            },
            saved,
        });
    }
    None
}

/// Whether a trap frame's context has the registers that calls preserve. One that was found without
/// unwinding has none of them.
fn is_unwound(context: &Context) -> bool {
    PRESERVED
        .into_iter()
        .any(|register| context.get(register) != 0)
}
