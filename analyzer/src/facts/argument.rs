//! Recovers the first argument of a call that a frame made earlier.
//!
//! Non-volatile registers keep their values across calls, so `mov rcx, rbx` before a call can be
//! evaluated later, as long as nothing wrote RBX in between.

use iced_x86::{
    FlowControl, Instruction, InstructionInfoFactory, Mnemonic, OpAccess, OpKind, Register as X86,
};

use super::function::FunctionCode;
use super::stacks::FrameFacts;
use crate::dump::{MemoryExt, Register};
use crate::target::Target;

/// Definitions are followed up to this depth (`rcx` ← `rax` ← `[rsp+20h]`).
const MAX_DEPTH: usize = 4;
/// Instructions before the call that may set up its argument.
const MAX_DISTANCE: usize = 40;

/// RCX at the call `code.instructions[call]`, evaluated in the same activation of the function at
/// instruction `now`.
pub(crate) fn first_argument(
    target: &Target<'_>,
    code: &FunctionCode,
    call: usize,
    now: usize,
    frame: &FrameFacts,
) -> Option<u64> {
    let scope = Scope {
        target,
        code,
        now,
        frame,
    };
    scope.register(X86::RCX, call, 0)
}

struct Scope<'a, 'd> {
    target: &'a Target<'d>,
    code: &'a FunctionCode,
    now: usize,
    frame: &'a FrameFacts,
}

impl Scope<'_, '_> {
    /// Value that `wanted` had just before instruction `at`.
    fn register(&self, wanted: X86, at: usize, depth: usize) -> Option<u64> {
        if depth > MAX_DEPTH {
            return None;
        }
        if let Some(kept) = preserved(wanted) {
            // Unchanged between then and now?
            let changed = self.code.instructions.get(at..self.now)?;
            let changed = changed
                .iter()
                .any(|instruction| writes(instruction, wanted));
            return (!changed).then_some(self.frame.context?.get(kept));
        }
        let first = at.saturating_sub(MAX_DISTANCE);
        for index in (first..at).rev() {
            let instruction = &self.code.instructions[index];
            if writes(instruction, wanted) {
                return self.definition(instruction, index, depth + 1);
            }
            // Calls destroy volatile registers; a jump means that control did not come this way.
            let straight = matches!(
                instruction.flow_control(),
                FlowControl::Next | FlowControl::ConditionalBranch
            );
            if !straight {
                return None;
            }
        }
        None
    }

    /// Value that an instruction stores in its first operand.
    fn definition(&self, instruction: &Instruction, at: usize, depth: usize) -> Option<u64> {
        match (instruction.mnemonic(), instruction.op1_kind()) {
            (Mnemonic::Lea, OpKind::Memory) => self.effective(instruction, at, depth),
            (Mnemonic::Mov, OpKind::Memory) if instruction.op0_register().is_gpr64() => {
                let address = self.effective(instruction, at, depth)?;
                self.target.memory.read_u64(address).ok()
            }
            (Mnemonic::Mov, OpKind::Register) if instruction.op0_register().is_gpr64() => {
                self.register(instruction.op1_register(), at, depth)
            }
            (Mnemonic::Mov, OpKind::Immediate64) => Some(instruction.immediate64()),
            _ => None,
        }
    }

    /// Address of an instruction's memory operand (base and displacement only).
    fn effective(&self, instruction: &Instruction, at: usize, depth: usize) -> Option<u64> {
        if instruction.is_ip_rel_memory_operand() {
            return Some(instruction.ip_rel_memory_address());
        }
        let plain = instruction.memory_index() == X86::None
            && instruction.segment_prefix() == X86::None
            && instruction.memory_base() != X86::None;
        if !plain {
            return None;
        }
        let base = self.register(instruction.memory_base(), at, depth)?;
        Some(base.wrapping_add(instruction.memory_displacement64()))
    }
}

/// The register if calls preserve it. RSP counts: it does not change outside prologue and epilogue.
pub(crate) fn preserved(register: X86) -> Option<Register> {
    Some(match register {
        X86::RBX => Register::Rbx,
        X86::RBP => Register::Rbp,
        X86::RSI => Register::Rsi,
        X86::RDI => Register::Rdi,
        X86::RSP => Register::Rsp,
        X86::R12 => Register::R12,
        X86::R13 => Register::R13,
        X86::R14 => Register::R14,
        X86::R15 => Register::R15,
        _ => return None,
    })
}

/// The register in hardware numbering, volatile or not.
pub(crate) fn general(register: X86) -> Option<Register> {
    preserved(register).or(match register {
        X86::RAX => Some(Register::Rax),
        X86::RCX => Some(Register::Rcx),
        X86::RDX => Some(Register::Rdx),
        X86::R8 => Some(Register::R8),
        X86::R9 => Some(Register::R9),
        X86::R10 => Some(Register::R10),
        X86::R11 => Some(Register::R11),
        _ => None,
    })
}

/// Whether an instruction may change a 64-bit register.
pub(crate) fn writes(instruction: &Instruction, register: X86) -> bool {
    // A call and its return leave RSP unchanged.
    if register == X86::RSP && instruction.flow_control() != FlowControl::Next {
        return false;
    }
    let mut factory = InstructionInfoFactory::new();
    factory
        .info(instruction)
        .used_registers()
        .iter()
        .filter(|used| used.register().full_register() == register)
        .any(|used| {
            matches!(
                used.access(),
                OpAccess::Write
                    | OpAccess::ReadWrite
                    | OpAccess::CondWrite
                    | OpAccess::ReadCondWrite
            )
        })
}
