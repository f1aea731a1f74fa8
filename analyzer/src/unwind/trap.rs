//! Finds the machine frame of an exception on the stack, by the interrupted address.
//!
//! If the dump lacks the unwind information of the trap handlers, the stack from the stop to the
//! faulting instruction is broken. But the stop names that instruction, and the processor pushed
//! its address with CS, RFLAGS, RSP and SS: five distinctive words.

use super::stack::{RawFrame, RawStack, StackEnd, unwind};
use super::step::TrapLayout;
use crate::dump::{Context, MemoryExt, Register, is_kernel_address};
use crate::target::Target;
use crate::verdict::Trust;

/// Kernel stacks are at most 24 KiB, except those that grow.
const MAX_BYTES: usize = 0x6000;
/// Code segments of the kernel and of 64-bit and 32-bit programs.
const CODE_SEGMENTS: [u64; 3] = [0x10, 0x33, 0x23];
/// Stack segments: none, the kernel's, a program's.
const STACK_SEGMENTS: [u64; 3] = [0, 0x18, 0x2B];

/// A machine frame in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MachineFrame {
    pub at: u64,
    pub rip: u64,
    pub rsp: u64,
    eflags: u32,
    cs: u16,
}

/// The nearest machine frame above `from`; if `rip` is given, the one that interrupted it.
pub(crate) fn find_machine_frame(
    target: &Target<'_>,
    from: u64,
    limit: u64,
    rip: Option<u64>,
) -> Option<MachineFrame> {
    let from = from & !7;
    if !is_kernel_address(from) {
        return None;
    }
    let length = usize::try_from(limit.checked_sub(from)?).unwrap_or(MAX_BYTES);
    let bytes = target.memory.read_prefix(from, length.min(MAX_BYTES));
    let words: Vec<u64> = bytes
        .chunks_exact(8)
        .map(|word| u64::from_le_bytes(word.try_into().unwrap_or_default()))
        .collect();
    words.windows(5).enumerate().find_map(|(index, frame)| {
        let at = from + 8 * index as u64;
        let [at_rip, cs, eflags, rsp, ss] = *frame else {
            return None;
        };
        // Bit 1 of RFLAGS is always set, the upper half and bits 3 and 5 never.
        let flags = eflags >> 32 == 0 && eflags & 0x2A == 2;
        let fits = rip.is_none_or(|rip| rip == at_rip)
            && CODE_SEGMENTS.contains(&cs)
            && STACK_SEGMENTS.contains(&ss)
            && flags
            && rsp != 0
            // A frame of the kernel interrupted the same stack further up.
            && (cs != 0x10 || rsp > at);
        fits.then_some(MachineFrame {
            at,
            rip: at_rip,
            rsp,
            eflags: eflags as u32,
            cs: cs as u16,
        })
    })
}

/// Continues a stack whose chain broke off before the instruction `rip` that the stop names: frames
/// up to the machine frame that interrupted it, that instruction, and what called it. Without such
/// a machine frame, the stack is unchanged.
pub(crate) fn through_trap(
    target: &Target<'_>,
    raw: RawStack,
    rip: u64,
    limits: Option<(u64, u64)>,
    trap: Option<&TrapLayout>,
) -> RawStack {
    let exact = |frame: &RawFrame| !frame.trust.is_scanned();
    let broken = matches!(raw.end, StackEnd::Broken(_));
    let reached = raw
        .frames
        .iter()
        .any(|frame| exact(frame) && frame.context.rip == rip);
    let Some(last) = raw
        .frames
        .iter()
        .rposition(exact)
        .filter(|_| broken && !reached)
    else {
        return raw;
    };
    let limit = limits.map_or(u64::MAX, |(_, high)| high);
    let from = raw.frames[last].context.rsp();
    let Some(found) = find_machine_frame(target, from, limit, Some(rip)) else {
        return raw;
    };
    let (context, volatile_known) = registers(target, &found, trap);
    let outer = unwind(target, context, Trust::TrapFrame, limits, trap);
    let mut frames = raw.frames;
    // Scanned frames above the machine frame are found again, from a better start.
    frames.retain(|frame| exact(frame) || frame.context.rsp() <= found.at);
    frames.extend(outer.frames);
    if let Some(frame) = frames
        .iter_mut()
        .find(|frame| frame.trust == Trust::TrapFrame && frame.context.rip == rip)
    {
        frame.volatile_known = volatile_known;
    }
    RawStack {
        frames,
        end: outer.end,
    }
}

/// The interrupted registers: those that the processor pushed and, if the layout of `_KTRAP_FRAME`
/// is known, those that the handler saved.
fn registers(
    target: &Target<'_>,
    frame: &MachineFrame,
    trap: Option<&TrapLayout>,
) -> (Context, bool) {
    let mut context = Context {
        rip: frame.rip,
        eflags: frame.eflags,
        cs: frame.cs,
        ..Context::default()
    };
    let mut known = trap.is_some();
    for (register, offset) in trap.iter().flat_map(|trap| &trap.volatile) {
        let base = frame.at.wrapping_sub(trap.map_or(0, |trap| trap.rip));
        match target.memory.read_u64(base.wrapping_add(*offset)) {
            Ok(value) => context.set(*register, value),
            Err(_) => known = false,
        }
    }
    context.set(Register::Rsp, frame.rsp);
    (context, known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::synthetic::FlatMemory;
    use crate::modules::Modules;
    use crate::symbols::{SymbolIndex, SymbolPath};

    const STACK: u64 = 0xffff_a000_0000_1000;
    const RIP: u64 = 0xffff_f800_0000_1234;

    fn found(words: &[u64]) -> Option<u64> {
        let mut memory = FlatMemory::default();
        for (index, &word) in words.iter().enumerate() {
            memory.put_u64(STACK + 8 * index as u64, word);
        }
        let symbols = SymbolIndex::new(SymbolPath::default());
        let target = Target::new(&memory, Modules::default(), symbols);
        find_machine_frame(&target, STACK, STACK + 0x1000, Some(RIP)).map(|frame| frame.rsp)
    }

    #[test]
    fn only_what_a_processor_pushes_is_a_machine_frame() {
        let rsp = STACK + 0x80;
        assert_eq!(found(&[7, RIP, RIP, 0x10, 0x50202, rsp, 0x18]), Some(rsp));
        assert_eq!(
            found(&[RIP, 0x33, 0x246, 0x7ff0_0000, 0x2B]),
            Some(0x7ff0_0000)
        );
        // Another instruction, reserved flags, a stack pointer below the frame, a cut frame.
        assert_eq!(found(&[RIP + 1, 0x10, 0x202, rsp, 0x18]), None);
        assert_eq!(found(&[RIP, 0x10, 0x200, rsp, 0x18]), None);
        assert_eq!(found(&[RIP, 0x10, 0x202, STACK, 0x18]), None);
        assert_eq!(found(&[RIP, 0x10, 0x202, rsp]), None);
    }
}
