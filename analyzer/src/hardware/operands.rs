//! Which memory an instruction can touch, with given registers.
//!
//! What cannot be told is `None`, never a guess: then nothing is impossible.

use iced_x86::{
    CpuidFeature, FlowControl, Instruction, InstructionInfoFactory, InstructionInfoOptions,
    Mnemonic, OpAccess, OpKind, Register as X86, UsedMemory,
};

use super::Registers;
use crate::dump::{Register, is_kernel_address};
use crate::stop::Access;

const PAGE: u64 = 0x1000;
/// Pushes, pops, calls and returns move RSP; they are given this much room.
const STACK_ROOM: u64 = 0x100;
/// Repeated string instructions move whole cache lines at a time.
const LINE: u64 = 64;

/// Extensions whose instructions access nothing but their operands.
const USUAL: &[CpuidFeature] = &[
    CpuidFeature::INTEL8086,
    CpuidFeature::INTEL186,
    CpuidFeature::INTEL286,
    CpuidFeature::INTEL386,
    CpuidFeature::INTEL486,
    CpuidFeature::X64,
    CpuidFeature::CMOV,
    CpuidFeature::CX8,
    CpuidFeature::CMPXCHG16B,
    CpuidFeature::FPU,
    CpuidFeature::FPU287,
    CpuidFeature::FPU387,
    CpuidFeature::MMX,
    CpuidFeature::SSE,
    CpuidFeature::SSE2,
    CpuidFeature::SSE3,
    CpuidFeature::SSSE3,
    CpuidFeature::SSE4_1,
    CpuidFeature::SSE4_2,
    CpuidFeature::AVX,
    CpuidFeature::AVX2,
    CpuidFeature::F16C,
    CpuidFeature::FMA,
    CpuidFeature::AES,
    CpuidFeature::PCLMULQDQ,
    CpuidFeature::SHA,
    CpuidFeature::BMI1,
    CpuidFeature::BMI2,
    CpuidFeature::ADX,
    CpuidFeature::LZCNT,
    CpuidFeature::POPCNT,
    CpuidFeature::MOVBE,
    CpuidFeature::PREFETCHW,
    CpuidFeature::MULTIBYTENOP,
    CpuidFeature::PAUSE,
];

/// Memory that an instruction accesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Touch {
    pub start: u64,
    /// Bytes of one access.
    pub size: u64,
    pub reads: bool,
    pub writes: bool,
    /// Bytes below and above the access that the instruction may reach, too.
    room: (u64, u64),
    /// How the address is computed.
    pub operand: UsedMemory,
}

impl Touch {
    /// Whether the instruction can in any way fault at `address` because of this access.
    pub(super) fn can_reach(&self, address: u64) -> bool {
        const EVERYTHING: u64 = 1 << 62;
        let (below, above) = self.room;
        if below >= EVERYTHING || above >= EVERYTHING {
            return true;
        }
        let length = below + self.size.max(1) + above;
        address.wrapping_sub(self.start.wrapping_sub(below)) < length
    }

    /// Whether this access, as it is, faults at `address`: at its first byte, or at the start of
    /// the next page if it reaches there.
    pub(super) fn faults_at(&self, address: u64) -> bool {
        let last = self.start.wrapping_add(self.size.max(1) - 1);
        let next_page = last & !(PAGE - 1);
        let crosses = self.start & !(PAGE - 1) != next_page;
        address == self.start || (crosses && address == next_page)
    }

    /// Whether a processor can report this access as `access`. One that reads and writes is
    /// reported as either.
    pub(super) fn is_a(&self, access: Access) -> bool {
        match access {
            Access::Read => self.reads,
            Access::Write => self.writes,
            Access::Execute => false,
            Access::Other(_) | Access::Unknown => true,
        }
    }
}

/// What an instruction touches; `None` if that cannot be told: it reaches memory through
/// descriptor tables or a segment's base, its operand's size depends on the processor's state, or a
/// register is unknown.
pub(super) fn touches(instruction: &Instruction, registers: &Registers) -> Option<Vec<Touch>> {
    if !is_plain(instruction) {
        return None;
    }
    let mut factory = InstructionInfoFactory::new();
    let info = factory.info_options(instruction, InstructionInfoOptions::NO_REGISTER_USAGE);
    let used = info.used_memory().iter();
    let accessed = used.filter(|used| used.access() != OpAccess::NoMemAccess);
    accessed
        .map(|used| touch(instruction, used, registers))
        .collect()
}

fn touch(instruction: &Instruction, used: &UsedMemory, registers: &Registers) -> Option<Touch> {
    let element = match used.memory_size().size() {
        // All that a repeated instruction moves has no size of its own.
        0 if repeats(instruction) => instruction.memory_size().size(),
        size => size,
    };
    let size = element as u64;
    if size == 0 || matches!(used.segment(), X86::FS | X86::GS) {
        return None;
    }
    let start = used.virtual_address(0, |register, _, _| match register {
        // The bases of CS, DS, ES and SS are zero in 64-bit mode.
        X86::CS | X86::DS | X86::ES | X86::SS => Some(0),
        _ => registers.x86(register),
    })?;
    let (reads, writes) = match used.access() {
        OpAccess::Read | OpAccess::CondRead => (true, false),
        OpAccess::Write | OpAccess::CondWrite => (false, true),
        _ => (true, true),
    };
    let room = match () {
        _ if repeats(instruction) => {
            let count = registers.x86(X86::RCX)?;
            let all = count.saturating_mul(size).saturating_add(LINE);
            (all, all)
        }
        _ if instruction.is_stack_instruction() => (STACK_ROOM, STACK_ROOM),
        _ => (0, 0),
    };
    Some(Touch {
        start,
        size,
        reads,
        writes,
        room,
        operand: *used,
    })
}

fn repeats(instruction: &Instruction) -> bool {
    let repeated = instruction.has_rep_prefix() || instruction.has_repne_prefix();
    repeated && instruction.is_string_instruction()
}

/// Whether an instruction cannot touch `address` for certain, although what it touches is not
/// known: it has no operand in memory, so that it reaches at most the stack and the tables of
/// descriptors, which are the kernel's.
pub(super) fn cannot_reach(instruction: &Instruction, registers: &Registers, address: u64) -> bool {
    let near_stack = |rsp: u64| address.wrapping_sub(rsp.wrapping_sub(PAGE)) < 2 * PAGE;
    let rsp = registers.get(Register::Rsp);
    has_no_operand(instruction)
        && !is_kernel_address(address)
        && rsp.is_some_and(|rsp| !near_stack(rsp))
}

fn has_no_operand(instruction: &Instruction) -> bool {
    let kinds = (0..instruction.op_count()).map(|operand| instruction.op_kind(operand));
    kinds.into_iter().all(|kind| {
        !matches!(
            kind,
            OpKind::Memory
                | OpKind::MemorySegSI
                | OpKind::MemorySegESI
                | OpKind::MemorySegRSI
                | OpKind::MemorySegDI
                | OpKind::MemorySegEDI
                | OpKind::MemorySegRDI
                | OpKind::MemoryESDI
                | OpKind::MemoryESEDI
                | OpKind::MemoryESRDI
        )
    })
}

/// Whether all memory that an instruction touches is in its operands.
fn is_plain(instruction: &Instruction) -> bool {
    let control = matches!(
        instruction.flow_control(),
        FlowControl::Next
            | FlowControl::UnconditionalBranch
            | FlowControl::ConditionalBranch
            | FlowControl::IndirectBranch
            | FlowControl::Call
            | FlowControl::IndirectCall
            | FlowControl::Return
    );
    let far = (0..instruction.op_count()).any(|operand| {
        matches!(
            instruction.op_kind(operand),
            OpKind::FarBranch16 | OpKind::FarBranch32
        )
    });
    let special = matches!(
        instruction.mnemonic(),
        Mnemonic::Retf
            | Mnemonic::Iret
            | Mnemonic::Iretd
            | Mnemonic::Iretq
            | Mnemonic::Enter
            | Mnemonic::Lar
            | Mnemonic::Lsl
            | Mnemonic::Verr
            | Mnemonic::Verw
    );
    let segment = (0..instruction.op_count()).any(|operand| {
        instruction.op_kind(operand) == OpKind::Register
            && instruction.op_register(operand).is_segment_register()
    });
    let far_pointer = (instruction.is_jmp_far_indirect() || instruction.is_call_far_indirect())
        || matches!(
            instruction.mnemonic(),
            Mnemonic::Lds | Mnemonic::Les | Mnemonic::Lfs | Mnemonic::Lgs | Mnemonic::Lss
        );
    // These take a bit anywhere in memory, not only in the operand itself.
    let bits = matches!(
        instruction.mnemonic(),
        Mnemonic::Bt | Mnemonic::Btc | Mnemonic::Btr | Mnemonic::Bts
    ) && instruction.op1_kind() == OpKind::Register;
    let features = instruction.cpuid_features().iter();
    let mut unusual = features.filter(|feature| !USUAL.contains(feature));
    control
        && !(far || special || segment || far_pointer || bits || unusual.next().is_some())
        && !instruction.is_privileged()
        && !instruction.is_save_restore_instruction()
        && !instruction.is_vsib()
}

/// Whether an access through no operand of its own is possible: calls and returns also use the
/// shadow stack, whose pointer no context has.
pub(super) fn has_shadow(instruction: &Instruction) -> bool {
    matches!(
        instruction.flow_control(),
        FlowControl::Call | FlowControl::IndirectCall | FlowControl::Return
    )
}
