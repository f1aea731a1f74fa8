//! One step outwards: from a frame's registers to its caller's.

use std::ops::ControlFlow;

use pe_unwind_info::x86_64::{
    FunctionEpilogInstruction, Register as PeRegister, UnwindInfo, UnwindInfoTrailer,
    UnwindOperation, UnwindState, XmmRegister,
};

use crate::dump::{Context, Memory, MemoryExt, Register, is_kernel_address};
use crate::modules::{FunctionEntry, Module, find_function, read_unwind_data};
use crate::target::{Pc, Target};
use crate::verdict::Trust;

/// Maximum length of a chain of unwind entries.
const MAX_CHAIN: usize = 32;
/// Distance from the top of the address space that offsets of unwind operations may use without
/// wrapping.
const HEADROOM: u64 = 1 << 34;
/// An epilogue is at most an addition, eight pops and a jump.
const MAX_EPILOGUE: usize = 64;

/// Offsets in `_KTRAP_FRAME`, from the kernel's PDB.
#[derive(Clone, Debug)]
pub(crate) struct TrapLayout {
    /// Offset of `Rip`, the start of the machine frame.
    pub rip: u64,
    /// Volatile registers and their offsets.
    pub volatile: Vec<(Register, u64)>,
}

/// The caller of a frame.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub context: Context,
    pub trust: Trust,
    /// Whether the volatile registers in `context` are valid for the caller.
    pub volatile_known: bool,
}

/// Why there is no caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StepError {
    /// The instruction pointer lies in no module.
    NotInModule,
    /// The function's unwind information is damaged or not in the dump.
    NoUnwindData(u64),
    /// The stack itself cannot be read there.
    NoStack(u64),
}

/// Computes the caller of a frame.
pub(crate) fn step(
    target: &Target<'_>,
    frame: &Context,
    pc: Pc,
    trap: Option<&TrapLayout>,
) -> Result<Step, StepError> {
    let probe = match pc {
        Pc::Exact => frame.rip,
        Pc::Return => frame.rip.wrapping_sub(1),
    };
    let Some(module) = target.modules.find(probe) else {
        return Err(StepError::NotInModule);
    };
    let state = State::new(target.memory, *frame);
    let table = module
        .image(target.memory)
        .map_err(|_| StepError::NoUnwindData(module.base))?
        .exception_directory;
    let rva = (probe - module.base) as u32;
    let no_table = |_| StepError::NoUnwindData(module.base + u64::from(table.rva));
    let found = find_function(target.memory, module.base, table, rva).map_err(no_table)?;
    let Some(function) = found else {
        // Leaf functions make no calls, so a return address in one is wrong.
        return match pc {
            Pc::Exact => state.pop_return_address(Trust::Leaf),
            Pc::Return => Err(StepError::NoUnwindData(frame.rip)),
        };
    };
    let in_function = frame.rip.wrapping_sub(module.base) as u32;
    state.unwind(module, function, in_function, pc, trap)
}

struct State<'m> {
    memory: &'m dyn Memory,
    context: Context,
    /// The address whose reading failed.
    failed: Option<u64>,
}

impl<'m> State<'m> {
    fn new(memory: &'m dyn Memory, context: Context) -> Self {
        Self {
            memory,
            context,
            failed: None,
        }
    }

    fn unwind(
        mut self,
        module: &Module,
        function: FunctionEntry,
        rva: u32,
        pc: Pc,
        trap: Option<&TrapLayout>,
    ) -> Result<Step, StepError> {
        let mut entry = function;
        for depth in 0..MAX_CHAIN {
            let no_data = StepError::NoUnwindData(module.base + u64::from(entry.unwind_data));
            let bytes = read_unwind_data(self.memory, module.base, entry.unwind_data);
            let info = UnwindInfo::parse(&bytes).ok_or_else(|| no_data.clone())?;
            // A return address is never treated as lying in an epilogue: the codes describe the
            // same frame there, and what follows a call that does not return is not this
            // function's code.
            if depth == 0 && pc == Pc::Exact && self.undo_epilogue(module, entry, rva, &info) {
                return self.pop_return_address(Trust::UnwindInfo);
            }
            // In the prologue only the operations already executed are undone; a chained entry
            // describes a prologue that is complete.
            let executed = if depth == 0 {
                rva.saturating_sub(entry.begin)
            } else {
                u32::MAX
            };
            for (offset, operation) in info.unwind_operations() {
                if u32::from(offset) > executed {
                    continue;
                }
                if let UnwindOperation::PopMachineFrame { error_code } = operation {
                    return self.pop_machine_frame(error_code, trap);
                }
                self.undo(&info, &operation)?;
            }
            match info.trailer() {
                Some(UnwindInfoTrailer::ChainedUnwindInfo { chained }) => {
                    entry = FunctionEntry {
                        begin: chained.begin_address.get(),
                        end: chained.end_address.get(),
                        unwind_data: chained.unwind_info_address.get(),
                    };
                }
                _ => return self.pop_return_address(Trust::UnwindInfo),
            }
        }
        Err(StepError::NoUnwindData(
            module.base + u64::from(function.unwind_data),
        ))
    }

    /// Undoes one operation of a prologue.
    fn undo(
        &mut self,
        info: &UnwindInfo<'_>,
        operation: &UnwindOperation,
    ) -> Result<(), StepError> {
        // The crate computes addresses without checks, so check them before.
        let base = info.frame_register().map(register);
        for register in [Some(Register::Rsp), base].into_iter().flatten() {
            let value = self.context.get(register);
            let used = register == Register::Rsp
                || matches!(
                    operation,
                    UnwindOperation::RestoreSPFromFP
                        | UnwindOperation::ReadNonVolatile(..)
                        | UnwindOperation::ReadXMM(..)
                );
            if used && !(0x1000..u64::MAX - HEADROOM).contains(&value) {
                return Err(StepError::NoStack(value));
            }
        }
        match info.resolve_operation(self, operation) {
            Some(ControlFlow::Continue(())) => Ok(()),
            _ => Err(StepError::NoStack(
                self.failed.unwrap_or(self.context.rsp()),
            )),
        }
    }

    /// If the instruction pointer is in an epilogue, executes the rest of it up to the return.
    fn undo_epilogue(
        &mut self,
        module: &Module,
        entry: FunctionEntry,
        rva: u32,
        info: &UnwindInfo<'_>,
    ) -> bool {
        let left = entry.end.saturating_sub(rva) as usize;
        let code = self
            .memory
            .read_prefix(module.base + u64::from(rva), left.min(MAX_EPILOGUE));
        let Some(rest) = rest_of_epilogue(&code, entry, rva, info.frame_register()) else {
            return false;
        };
        let mut context = self.context;
        for instruction in rest {
            match instruction {
                FunctionEpilogInstruction::AddSP(offset) => {
                    context.set(Register::Rsp, context.rsp().wrapping_add(offset.into()));
                }
                FunctionEpilogInstruction::AddSPFromFP(offset) => {
                    let Some(base) = info.frame_register() else {
                        return false;
                    };
                    let base = context.get(register(base));
                    context.set(Register::Rsp, base.wrapping_add(offset.into()));
                }
                FunctionEpilogInstruction::Pop(popped) => {
                    let Ok(value) = self.memory.read_u64(context.rsp()) else {
                        return false;
                    };
                    context.set(Register::Rsp, context.rsp().wrapping_add(8));
                    context.set(register(popped), value);
                }
            }
        }
        self.context = context;
        true
    }

    fn pop_return_address(mut self, trust: Trust) -> Result<Step, StepError> {
        let rsp = self.context.rsp();
        let rip = self
            .memory
            .read_u64(rsp)
            .map_err(|_| StepError::NoStack(rsp))?;
        self.context.rip = rip;
        self.context.set(Register::Rsp, rsp.wrapping_add(8));
        Ok(Step {
            context: self.context,
            trust,
            volatile_known: false,
        })
    }

    /// Crosses a trap or interrupt: the processor pushed RIP, CS, RFLAGS, RSP, SS.
    fn pop_machine_frame(
        mut self,
        error_code: bool,
        trap: Option<&TrapLayout>,
    ) -> Result<Step, StepError> {
        let handler_rsp = self.context.rsp();
        let frame = handler_rsp.wrapping_add(if error_code { 8 } else { 0 });
        let word = |index: u64| {
            let at = frame.wrapping_add(8 * index);
            self.memory.read_u64(at).map_err(|_| StepError::NoStack(at))
        };
        let (rip, cs, eflags, rsp) = (word(0)?, word(1)?, word(2)?, word(3)?);
        let mut volatile_known = false;
        if let Some(trap) = trap {
            let base = frame.wrapping_sub(trap.rip);
            volatile_known = is_kernel_address(base);
            for &(register, offset) in &trap.volatile {
                match self.memory.read_u64(base.wrapping_add(offset)) {
                    Ok(value) => self.context.set(register, value),
                    Err(_) => volatile_known = false,
                }
            }
        }
        self.context.rip = rip;
        self.context.cs = cs as u16;
        self.context.eflags = eflags as u32;
        self.context.set(Register::Rsp, rsp);
        Ok(Step {
            context: self.context,
            trust: Trust::TrapFrame,
            volatile_known,
        })
    }
}

impl UnwindState for State<'_> {
    fn read_register(&mut self, wanted: PeRegister) -> u64 {
        self.context.get(register(wanted))
    }

    fn read_stack(&mut self, address: u64) -> Option<u64> {
        let value = self.memory.read_u64(address).ok();
        if value.is_none() {
            self.failed = Some(address);
        }
        value
    }

    fn write_register(&mut self, written: PeRegister, value: u64) {
        self.context.set(register(written), value);
    }

    fn write_xmm_register(&mut self, _register: XmmRegister, _value: u128) {}
}

/// The instructions from `rva` to the function's return, if they are an epilogue.
///
/// pe-unwind-info takes every jump for a tail call; a jump inside the function (the end of a spin
/// loop) is not.
fn rest_of_epilogue(
    code: &[u8],
    entry: FunctionEntry,
    rva: u32,
    frame_register: Option<PeRegister>,
) -> Option<Vec<FunctionEpilogInstruction>> {
    let mut rest = Vec::new();
    let mut left = code;
    while let Some((instruction, after)) =
        FunctionEpilogInstruction::parse(left, frame_register, rest.is_empty()).ok()?
    {
        rest.push(instruction);
        left = after;
    }
    let displacement = match *left {
        [0xEB, to, ..] => i64::from(to as i8) + 2,
        [0xE9, a, b, c, d, ..] => i64::from(i32::from_le_bytes([a, b, c, d])) + 5,
        _ => return Some(rest),
    };
    let at = i64::from(rva) + (code.len() - left.len()) as i64;
    let inside = i64::from(entry.begin)..i64::from(entry.end);
    (!inside.contains(&(at + displacement))).then_some(rest)
}

fn register(register: PeRegister) -> Register {
    match register {
        PeRegister::RAX => Register::Rax,
        PeRegister::RCX => Register::Rcx,
        PeRegister::RDX => Register::Rdx,
        PeRegister::RBX => Register::Rbx,
        PeRegister::RSP => Register::Rsp,
        PeRegister::RBP => Register::Rbp,
        PeRegister::RSI => Register::Rsi,
        PeRegister::RDI => Register::Rdi,
        PeRegister::R8 => Register::R8,
        PeRegister::R9 => Register::R9,
        PeRegister::R10 => Register::R10,
        PeRegister::R11 => Register::R11,
        PeRegister::R12 => Register::R12,
        PeRegister::R13 => Register::R13,
        PeRegister::R14 => Register::R14,
        PeRegister::R15 => Register::R15,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::{Entry, Listed, Module, Modules};
    use crate::symbols::{SymbolIndex, SymbolPath};
    use crate::testing::{LoadedImage, VirtualMemory};

    const BASE: u64 = 0xffff_f800_4000_0000;
    const STACK: u64 = 0xffff_a000_0000_8000;
    const CALLER: u64 = 0x1111_2222;

    /// The caller found from `function + offset`, with these words on top of the stack.
    fn caller(function: &str, offset: u64, words: &[u64]) -> (Context, Trust) {
        let mut memory = VirtualMemory::default();
        let nt = LoadedImage::load(&mut memory, "mini-nt.exe", "mini-nt.pdb", BASE, "nt", None);
        for (index, &word) in words.iter().enumerate() {
            memory.write_u64(STACK + 8 * index as u64, word);
        }
        let entry = Entry {
            base: nt.base,
            size: nt.size.into(),
            name: nt.name.clone(),
            listed: Listed::default(),
        };
        let modules = Modules::new(vec![Module::new(entry, Some(BASE))]);
        let symbols = SymbolIndex::new(SymbolPath::default());
        let target = Target::new(&memory, modules, symbols);
        let mut context = Context {
            rip: nt.address(function) + offset,
            ..Context::default()
        };
        context.set(Register::Rsp, STACK);
        let step = step(&target, &context, Pc::Exact, None).unwrap();
        (step.context, step.trust)
    }

    #[test]
    fn every_point_of_a_function_leads_to_the_same_caller() {
        const FUNCTION: &str = "KxWaitForSpinLockAndAcquire";
        let saved_rbx = 0x3333;
        // Before the push, before the allocation, in the body, after the deallocation, at the
        // return.
        for (offset, words) in [
            (0, vec![CALLER]),
            (1, vec![saved_rbx, CALLER]),
            (5, vec![0, 0, 0, 0, saved_rbx, CALLER]),
            (0x16, vec![0, 0, 0, 0, saved_rbx, CALLER]),
            (0x1C, vec![saved_rbx, CALLER]),
            (0x1D, vec![CALLER]),
        ] {
            let (context, trust) = caller(FUNCTION, offset, &words);
            assert_eq!(context.rip, CALLER, "at +{offset:#x}");
            assert_eq!(
                context.rsp(),
                STACK + 8 * words.len() as u64,
                "at +{offset:#x}"
            );
            assert_eq!(trust, Trust::UnwindInfo);
            if words.len() > 1 {
                assert_eq!(context.get(Register::Rbx), saved_rbx, "at +{offset:#x}");
            }
        }
    }

    #[test]
    fn the_jump_of_a_spin_loop_is_no_tail_call() {
        let words = [0, 0, 0, 0, 0, CALLER];
        assert_eq!(caller("KeBugCheckEx", 6, &words).0.rip, CALLER);
    }

    #[test]
    fn functions_without_unwind_information_are_leaves() {
        let (context, trust) = caller("KeReleaseSpinLock", 6, &[CALLER]);
        assert_eq!((context.rip, trust), (CALLER, Trust::Leaf));
    }

    #[test]
    fn a_trap_gives_back_the_interrupted_registers() {
        // In KiPageFault's prologue, before anything was pushed: error code and machine frame.
        let words = [0, CALLER, 0x10, 0x246, 0x5555_0000, 0x18];
        let (context, trust) = caller("KiPageFault", 0, &words);
        assert_eq!((context.rip, context.rsp()), (CALLER, 0x5555_0000));
        assert_eq!(
            (context.cs, context.eflags, trust),
            (0x10, 0x246, Trust::TrapFrame)
        );
    }
}
