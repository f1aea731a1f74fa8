//! Proof of broken hardware in a dump: which registers, which bytes, which address.
//!
//! The registers must be those of the fault itself. Either the stop has a context record of its
//! exception, or a trap frame on the stack has the instruction and, in `FaultAddress`, the address
//! that the stop names.

use super::context::CollectContext;
use super::exception::ExceptionFacts;
use super::fault::Fault;
use super::stacks::StackFacts;
use crate::dump::{Context, MemoryExt, PteState, Register, is_kernel_address};
use crate::hardware::{
    Faulted, LONGEST, Registers, Window, arithmetic, damage, damaged_pointer, impossible,
    register_name,
};
use crate::stop::{Access, Role};
use crate::target::Pc;
use crate::unwind::find_machine_frame;
use crate::verdict::{BitFlip, Confidence, HardwareProof};

const TRAP: &str = "_KTRAP_FRAME";
/// Registers that every trap handler saves.
const SAVED: [(Register, &str); 8] = [
    (Register::Rax, "Rax"),
    (Register::Rcx, "Rcx"),
    (Register::Rdx, "Rdx"),
    (Register::R8, "R8"),
    (Register::R9, "R9"),
    (Register::R10, "R10"),
    (Register::R11, "R11"),
    (Register::Rbp, "Rbp"),
];
/// Registers that calls preserve, except RBP and RSP.
const PRESERVED: [Register; 7] = [
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
/// `CONTEXT`, behind which the exception record lies on the stack.
const CONTEXT_BYTES: u64 = 0x4D0;
/// Kernel stacks are smaller.
const MAX_STACK: u64 = 0x12000;
/// STATUS_ACCESS_VIOLATION.
const ACCESS_VIOLATION: u32 = 0xC000_0005;
/// Bytes of code that are decoded before and after the instruction, the longest first.
const AROUND: [u64; 5] = [0x400, 0x200, 0x100, 0x40, 0x20];

/// Which proof it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProofKind {
    /// The instruction cannot have made the access.
    ImpossibleAccess,
    /// A pointer has a bit that nobody set.
    FlippedBit,
}

/// A value that software cannot have damaged so.
#[derive(Clone, Debug)]
pub(crate) struct Proof {
    pub kind: ProofKind,
    pub confidence: Confidence,
    /// The instruction.
    pub instruction: u64,
    /// The address that was accessed.
    pub address: u64,
    /// What is wrong, as sentences.
    pub summary: String,
    /// Where the registers come from.
    pub found_by: String,
    pub shown: HardwareProof,
}

/// Registers of a fault, the address, and where they come from.
struct Moment {
    rip: u64,
    registers: Registers,
    address: u64,
    access: Access,
    found_by: String,
    /// Whether all registers were saved by the trap or the exception itself.
    is_whole: bool,
}

/// The proof that the dump has, if any.
pub(crate) fn proof(
    context: &CollectContext<'_, '_, '_>,
    fault: Option<&Fault>,
    exception: Option<&ExceptionFacts>,
    crash: Option<&StackFacts>,
) -> Option<Proof> {
    if let Some(entry) = damaged_entry(context) {
        return Some(entry);
    }
    let moment = match exception {
        Some(exception) => of_exception(context, exception, crash?),
        None => None,
    };
    let moment = moment.or_else(|| of_trap(context, fault?, crash?))?;
    let target = context.nt.target;
    // Other code may have been changed since.
    if !is_kernel_address(moment.rip) || target.modules.find(moment.rip).is_none() {
        return None;
    }
    let bytes = target.memory.read_prefix(moment.rip, LONGEST);
    let fault = Faulted {
        rip: moment.rip,
        bytes: &bytes,
        registers: moment.registers,
        address: moment.address,
        access: moment.access,
    };
    let place = target.symbol(moment.rip, Pc::Exact).text(moment.rip);
    judged(&fault, &place, &moment.found_by, moment.is_whole, |at| {
        physical(context, at)
    })
    .or_else(|| pointer(context, &fault, &place, moment.found_by))
}

/// An access that the instruction cannot have made. `is_whole`: all registers are sure.
pub(crate) fn judged(
    fault: &Faulted<'_>,
    place: &str,
    found_by: &str,
    is_whole: bool,
    physical: impl Fn(u64) -> Option<u64>,
) -> Option<Proof> {
    use crate::hardware::Flip;
    let found = impossible(fault)?;
    let single = found.single();
    let confidence = match single {
        Some(Flip::Instruction { .. }) if found.all_tried => Confidence::Certain,
        Some(_) => Confidence::Likely,
        None if is_whole => Confidence::Likely,
        None => Confidence::Possible,
    };
    let explained = match (single, found.flips.len()) {
        (Some(Flip::Instruction { .. }), _) => {
            "With one bit of the instruction changed, it does: the processor did not execute the \
             bytes that are in memory."
                .to_owned()
        }
        (Some(Flip::Register { register, .. }), _) => format!(
            "With one bit of {} changed, it does: the processor did not use the value that was \
             saved.",
            register_name(*register)
        ),
        (None, 0) => "No single bit explains it: the processor did not execute the bytes that are \
                      in memory, or did not use the registers that were saved."
            .to_owned(),
        (None, count) => format!("{count} single bits explain it, each alone."),
    };
    let summary = format!(
        "The processor reported {} of {:#x} by {place}, but the instruction there cannot have \
         touched that address. {explained}",
        fault.access.noun(),
        fault.address
    );
    Some(Proof {
        kind: ProofKind::ImpossibleAccess,
        confidence,
        instruction: fault.rip,
        address: fault.address,
        summary,
        found_by: found_by.to_owned(),
        shown: HardwareProof {
            flip: single.map(|flip| damage(fault, flip, physical)),
            arithmetic: arithmetic(fault, &found),
        },
    })
}

/// A pointer that was NULL but for one bit.
fn pointer(
    context: &CollectContext<'_, '_, '_>,
    fault: &Faulted<'_>,
    place: &str,
    found_by: String,
) -> Option<Proof> {
    let memory = context.nt.target.memory;
    let window = AROUND.into_iter().find_map(|size| {
        let start = fault.rip.checked_sub(size)?;
        let bytes = memory.read_prefix(start, 2 * size as usize);
        Window::new(&bytes, start, fault.rip)
    })?;
    let found = damaged_pointer(fault, &window)?;
    let mut lines = found.arithmetic(fault);
    let stored = found.loaded.as_ref().and_then(|(_, address)| *address);
    let now = stored.and_then(|address| Some((address, memory.read_u64(address).ok()?)));
    match now {
        Some((address, value)) if value == found.value => {
            lines.push(format!("{address:#x} still holds {value:#x}"));
        }
        // NULL: the bit was wrong only on its way.
        Some((address, 0)) => lines.push(format!("{address:#x} holds 0 in the dump")),
        // Somebody has written there since.
        Some(_) => return None,
        None => {}
    }
    let bit = found.bit;
    let name = register_name(found.register);
    Some(Proof {
        kind: ProofKind::FlippedBit,
        confidence: Confidence::Likely,
        instruction: fault.rip,
        address: fault.address,
        summary: format!(
            "{place} used a pointer that is NULL but for bit {bit} ({:#x}). The code goes on to \
             use it only if it is not NULL, so without that bit nothing would have happened.",
            found.value
        ),
        found_by,
        shown: HardwareProof {
            flip: Some(BitFlip {
                place: match stored {
                    Some(address) => format!("the pointer at {address:#x}"),
                    None => name.to_owned(),
                },
                address: stored.map(Into::into),
                physical: stored.and_then(|at| physical(context, at)).map(Into::into),
                bit,
                was: found.value.into(),
                should_be: 0.into(),
            }),
            arithmetic: lines,
        },
    })
}

/// A page-table entry that should be empty and has a single bit set: 0x1A with 0x41792.
fn damaged_entry(context: &CollectContext<'_, '_, '_>) -> Option<Proof> {
    let [subtype, entry, content, _] = context.bugcheck.parameters;
    let found = (context.bugcheck.code, subtype) == (0x1A, 0x41792) && content.count_ones() == 1;
    let bit = content.trailing_zeros() as u8;
    found.then(|| Proof {
        kind: ProofKind::FlippedBit,
        confidence: Confidence::Likely,
        instruction: 0,
        address: entry,
        summary: "A page-table entry has a single bit set that nobody sets.".to_owned(),
        found_by: "the stop's parameters".to_owned(),
        shown: HardwareProof {
            flip: Some(BitFlip {
                place: format!("the page-table entry at {entry:#x}"),
                address: Some(entry.into()),
                physical: physical(context, entry).map(Into::into),
                bit,
                was: content.into(),
                should_be: 0.into(),
            }),
            arithmetic: vec![
                format!("the page-table entry at {entry:#x} should be 0: its page is not in use"),
                format!("it is {content:#x}: bit {bit} is set, and no other"),
            ],
        },
    })
}

/// The physical address, if the dump translates it.
fn physical(context: &CollectContext<'_, '_, '_>, address: u64) -> Option<u64> {
    match context.nt.target.memory.pte_state(address)? {
        PteState::Present { pa, .. } => Some(pa),
        _ => None,
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
    if registers.rip != exception.address || exception.code != ACCESS_VIOLATION {
        return None;
    }
    let record = context.bugcheck.parameters[index];
    let information = exception
        .access
        .or_else(|| record_on_stack(context, record, &registers));
    let (kind, address) = information?;
    Some(Moment {
        rip: registers.rip,
        registers: Registers::all(registers),
        address,
        access: Access::of_exception(kind),
        found_by: format!("the context record at {record:#x} and the exception record"),
        is_whole: true,
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
    let start = record.checked_add(CONTEXT_BYTES)?;
    let size = registers.rsp().checked_sub(start)?;
    if size > MAX_STACK {
        return None;
    }
    let memory = context.nt.target.memory;
    let bytes = memory.read_prefix(start & !7, size as usize);
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
    let at_rip = nt.offset(TRAP, "Rip").ok()?;
    let reported = nt.offset(TRAP, "FaultAddress").ok()?;
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
        for (register, field) in SAVED {
            registers.set(register, word(nt.offset(TRAP, field).ok()?)?);
        }
        let unwound = crash.frames.get(fault.frame?)?.context;
        let preserved = unwound.filter(is_unwound).map(|context| (context, true));
        // The handler itself raised the stop: it has not changed them yet.
        let direct = stopped.get(Register::Rbp) == base.wrapping_add(FRAME_POINTER);
        let preserved = preserved.or(direct.then_some((stopped, false)));
        for (known, register) in preserved
            .iter()
            .flat_map(|(known, _)| PRESERVED.into_iter().map(move |register| (known, register)))
        {
            registers.set(register, known.get(register));
        }
        return Some(Moment {
            rip,
            registers,
            address: fault.address,
            access: fault.access,
            found_by: format!(
                "the trap frame at {base:#x}, whose FaultAddress is {:#x}",
                fault.address
            ),
            is_whole: preserved.is_some_and(|(_, unwound)| unwound),
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
