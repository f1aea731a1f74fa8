//! Proof of broken hardware in a log: registers and instruction of one block, and the address that
//! the stop or its exception record has for that instruction.
//!
//! A text is no memory: only what a single bit explains counts, and it is at most `likely`.

use super::LogContext;
use crate::dump::Register;
use crate::facts::proof::{PRESERVED, Source, judged};
use crate::facts::{Fault, Place, Proof};
use crate::hardware::{Faulted, Registers, impossible};
use crate::log::read::moment::Block;
use crate::verdict::Confidence;

/// The proof that the log has, if any. `place` names an address.
pub(super) fn proof(
    log: &LogContext<'_>,
    fault: Option<&Fault>,
    place: impl Fn(u64) -> Place,
) -> Option<Proof> {
    let fault = fault?;
    let rip = fault.rip.known()?;
    if !is_reported(log, fault.address, rip) {
        return None;
    }
    let blocks = log.transcript.moments.found.iter();
    let mut of_fault = blocks.filter(|block| block.rip == rip);
    let block = of_fault.next()?;
    // Two blocks that differ: one of them is of another moment.
    if of_fault.any(|other| differs(block, other)) {
        return None;
    }
    let at = Faulted {
        rip,
        bytes: &block.bytes,
        registers: known(block),
        address: fault.address,
        access: fault.access,
    };
    let found = impossible(&at)?;
    let operands = found.touches.iter().map(|touch| touch.start);
    // The debugger has computed the same address.
    let agrees = match block.operand {
        Some(operand) => operands.clone().any(|start| start == operand),
        None => operands.clone().count() == 0,
    };
    let whole = found.instruction.len() == block.bytes.len();
    if !agrees || !whole || found.flips.is_empty() {
        return None;
    }
    let source = Source {
        text: "the registers that the log shows above the instruction".to_owned(),
        command: "r".to_owned(),
    };
    let mut proof = judged(&at, &place(rip).text(), &source, &at.registers, |_| None)?;
    proof.confidence = proof.confidence.min(Confidence::Likely);
    Some(proof)
}

/// Whether the stop's parameters or an exception record name both the address and the instruction.
fn is_reported(log: &LogContext<'_>, address: u64, rip: u64) -> bool {
    let of_stop = log.bugcheck.is_access()
        && log.parameter(0) == Some(address)
        && log
            .bugcheck
            .instruction_index()
            .and_then(|index| log.parameter(index))
            == Some(rip);
    let machine = &log.transcript.machine;
    let of_record = machine.exception_address == Some(rip)
        && machine.access.is_some_and(|(_, stated)| stated == address);
    of_stop || of_record
}

/// The registers that are shown as they were.
fn known(block: &Block) -> Registers {
    let mut registers = Registers::default();
    let shown = Register::ALL
        .into_iter()
        .filter(|register| block.is_whole || !PRESERVED.contains(register));
    for register in shown {
        if let Some(value) = block.registers.get(register) {
            registers.set(register, value);
        }
    }
    registers
}

fn differs(one: &Block, other: &Block) -> bool {
    one.bytes != other.bytes
        || Register::ALL.into_iter().any(|register| {
            let both = one.is_whole && other.is_whole || !PRESERVED.contains(&register);
            both && one.registers.get(register) != other.registers.get(register)
        })
}

#[cfg(test)]
mod tests {
    use crate::log::analyze_log;
    use crate::verdict::{CauseId, Confidence, Verdict};

    /// A stop in gizmo.sys at `mov eax,[rcx+18h]` with these registers, as `!analyze` and `.trap`
    /// print it.
    fn judged(address: u64, rcx: u64, rbp: u64, r12: u64, operand: u64) -> Verdict {
        let split = |value: u64| format!("{:08x}`{:08x}", value >> 32, value & 0xFFFF_FFFF);
        let text = format!(
            "0: kd> !analyze -v\n\
             DRIVER_IRQL_NOT_LESS_OR_EQUAL (d1)\n\
             Arguments:\n\
             Arg1: {address:016x}, memory referenced\n\
             Arg2: 0000000000000002, IRQL\n\
             Arg3: 0000000000000000, value 0 = read operation, 1 = write operation\n\
             Arg4: fffff80612345ae9, address which referenced memory\n\
             \n\
             TRAP_FRAME:  ffff900a12345670 -- (.trap 0xffff900a12345670)\n\
             NOTE: The trap frame does not contain all registers.\n\
             Some register values may be zeroed or incorrect.\n\
             rax=0000000000000001 rbx=0000000000000000 rcx={rcx:016x}\n\
             rdx=0000000000000000 rsi=0000000000000000 rdi=0000000000000000\n\
             rip=fffff80612345ae9 rsp=fffff98a6645ee30 rbp={rbp:016x}\n \
             r8=0000000000000000  r9=0000000000000000 r10=0000000000000000\n\
             r11=0000000000000000 r12={r12:016x} r13=0000000000000000\n\
             r14=0000000000000000 r15=0000000000000000\n\
             iopl=0         nv up ei pl nz na po nc\n\
             gizmo!Spin+0x19:\n\
             fffff806`12345ae9 8b4118          mov     eax,dword ptr [rcx+18h] ds:{}=????????\n\
             \n\
             STACK_TEXT:\n\
             ffff900a`12345528 fffff806`10412345 : 00000000`0000000a 00000000`00000018 00000000`00000002 00000000`00000000 : nt!KeBugCheckEx\n\
             ffff900a`12345530 fffff806`1040e789 : 00000000`00000000 00000000`00000000 00000000`00000000 00000000`00000000 : nt!KiBugCheckDispatch+0x69\n\
             ffff900a`12345670 fffff806`12345ae9 : 00000000`00000000 00000000`00000000 00000000`00000000 00000000`00000000 : nt!KiPageFault+0x469\n\
             ffff900a`12345800 fffff806`12346000 : 00000000`00000000 00000000`00000000 00000000`00000000 00000000`00000000 : gizmo!Spin+0x19\n",
            split(operand)
        );
        analyze_log(text.as_bytes()).unwrap().remove(0)
    }

    const POOL: u64 = 0xffff_908b_1287_d6e0;

    #[test]
    fn one_bit_between_the_instruction_and_the_reported_address_clears_the_driver() {
        // Executed with RBP for RCX; with another bit in RCX.
        for (address, rcx) in [(0x18, POOL), ((POOL + 0x18) ^ (1 << 41), POOL)] {
            let verdict = judged(address, rcx, 0, 7, rcx + 0x18);
            assert_eq!(verdict.cause.id, CauseId::ImpossibleAccess, "{verdict:#?}");
            assert_eq!(verdict.confidence, Confidence::Likely);
            assert!(verdict.culprit.is_none());
            assert!(verdict.hardware.unwrap().flip.is_some());
        }
    }

    #[test]
    fn a_text_that_may_be_torn_proves_nothing() {
        for (address, rcx, rbp, operand) in [
            // As the instruction makes it.
            (0x18, 0, 0, 0x18),
            (POOL + 0x18, POOL, 0, POOL + 0x18),
            // No single bit; an operand of another moment.
            (0x1234_5678_9000, POOL, 1, POOL + 0x18),
            (0x18, POOL, 0, POOL + 0x2000),
        ] {
            let verdict = judged(address, rcx, rbp, 7, operand);
            assert_ne!(verdict.cause.id, CauseId::ImpossibleAccess, "{address:#x}");
            assert!(verdict.hardware.is_none());
        }
    }
}
