//! Builds a minidump as Windows 10 (19041) does: of each processor its block, context and stack; the
//! thread, process and call stack of the stop; the drivers; pages that the stop's registers point
//! to; and short blocks of what the stack and the thread point to.
//!
//! Which memory Windows stores was read off real minidumps, one of them with its symbols.

mod blocks;
mod chase;
mod layout;
mod stop;

use super::header::Fields;
use super::stopped::{self, Stopped};
use crate::dump::{
    Bytes, CONTEXT_SIZE, Context, DumpHeader, DumpKind, Memory, MemoryExt, is_kernel_address,
};
use crate::modules::Unloaded;
use crate::nt::{DataBlock, DebuggerData, Nt, unloaded_drivers};
use crate::target::Target;
use crate::verdict::Unknown;
use layout::{Content, Driver};

const PAGE: u64 = 0x1000;
/// Bytes of a call stack that Windows stores at most.
const MAX_STACK: u64 = 0x4000;
/// The same of the stacks of the other processors.
const MAX_OTHER_STACK: u64 = 0x2000;
/// A context with the state that XSAVE adds.
const CONTEXT_AND_XSTATE: u64 = 0xD80;
/// Larger structures mean damage.
const MAX_STRUCTURE: usize = 0x2_0000;
/// Systems load a few hundred.
const MAX_DRIVERS: usize = 4096;
/// Fields of KDDEBUGGER_DATA64 (wdbgexts.h), with addresses.
const MM_VERIFIER_DATA: usize = 0x248;
/// Those with offsets and sizes of structures.
const OFFSET_KTHREAD_APC_PROCESS: usize = 0x2A0;
const OFFSET_PRCB_CURRENT_THREAD: usize = 0x2B4;
/// Bytes of `nt!MmVerifierData` and of `nt!NtBuildLabEx`.
const VERIFIER_DATA: u64 = 0x9C;
const BUILD_LAB: u64 = 0x100;
/// KUSER_SHARED_DATA.
const SHARED_DATA: u64 = 0xFFFF_F780_0000_0000;

/// What a minidump is made of.
pub(super) struct Source<'s, 'd> {
    pub target: &'s Target<'d>,
    pub header: &'s DumpHeader,
    pub block: &'s DataBlock,
    pub data: &'s DebuggerData,
    pub stopped: Option<&'s Stopped>,
}

/// A minidump, and what it lacks.
pub(super) struct Minidump {
    pub file: Vec<u8>,
    pub unknown: Vec<Unknown>,
    /// Pages of memory that its blocks would fill.
    pub pages: u64,
}

/// The parts of the stopped system that a minidump is about.
struct Stop {
    prcb: Option<u64>,
    thread: Option<u64>,
    process: Option<u64>,
    /// Registers in KeBugCheckEx, and those that the header blames.
    contexts: Vec<Context>,
}

impl Source<'_, '_> {
    /// Builds the file; `fields` gives its header.
    pub(super) fn minidump(&self, fields: &Fields<'_>) -> Minidump {
        let mut unknown = Vec::new();
        let stop = self.stop();
        if stop.prcb.is_none() {
            unknown.push(Unknown {
                what: "the processor that raised the stop".to_owned(),
                why: "no processor is in KeBugCheckEx, or runs on the header's stack".to_owned(),
            });
        }
        let mut content = Content {
            unloaded: self.unloaded(),
            prcb: self.structure(stop.prcb, "_KPRCB"),
            process: self.structure(stop.process, "_EPROCESS"),
            thread: self.structure(stop.thread, "_ETHREAD"),
            stack: self.call_stack(&stop),
            debugger_data: self.block.bytes.clone(),
            drivers: self.drivers(),
            ..Content::default()
        };
        self.store(&mut content, &stop);
        let pages = content.blocks.total().div_ceil(PAGE);
        Minidump {
            file: content.file(|size| fields.header(DumpKind::Triage, size)),
            unknown,
            pages,
        }
    }

    fn memory(&self) -> &dyn Memory {
        self.target.memory
    }

    fn read_uint(&self, at: u64, size: usize) -> Option<u64> {
        self.memory().read_uint(at, size).ok()
    }

    /// An offset in a structure, from the debugger data block.
    fn offset(&self, at: usize) -> Option<u64> {
        let offset = Bytes(&self.block.bytes).u16(at)?;
        (offset != 0).then_some(offset.into())
    }

    fn pointer(&self, at: Option<u64>) -> Option<u64> {
        let value = self.memory().read_u64(at?).ok()?;
        is_kernel_address(value).then_some(value)
    }

    fn size_of(&self, structure: &str) -> usize {
        let mut sizes = self.data.sizes.iter();
        let size = sizes.find(|(name, _)| *name == structure);
        size.map_or(0, |&(_, size)| size as usize)
            .min(MAX_STRUCTURE)
    }

    fn structure(&self, at: Option<u64>, name: &'static str) -> Vec<u8> {
        at.map_or_else(Vec::new, |at| {
            self.memory().read_prefix(at, self.size_of(name))
        })
    }

    fn current_thread(&self, prcb: u64) -> Option<u64> {
        self.pointer(prcb.checked_add(self.offset(OFFSET_PRCB_CURRENT_THREAD)?))
    }

    /// The kernel stack of a thread, from the kernel's types.
    fn stack_of(&self, thread: u64) -> Option<(u64, u64)> {
        let nt = Nt::new(self.target);
        let limit = nt.read("_KTHREAD", "StackLimit", thread).ok()?;
        let base = nt.read("_KTHREAD", "StackBase", thread).ok()?;
        (is_kernel_address(limit) && limit < base).then_some((limit, base))
    }

    fn stop(&self) -> Stop {
        let header = self.header.context;
        let runs_on = |prcb: &u64| {
            let stack = self.current_thread(*prcb).and_then(|at| self.stack_of(at));
            stack.is_some_and(|(low, high)| (low..high).contains(&header.rsp()))
        };
        let prcb = match self.stopped {
            Some(stopped) => Some(stopped.prcb),
            None => stopped::processors(self.target, self.header, self.data).find(runs_on),
        };
        let thread = prcb.and_then(|prcb| self.current_thread(prcb));
        let process = thread.and_then(|thread| {
            self.pointer(thread.checked_add(self.offset(OFFSET_KTHREAD_APC_PROCESS)?))
        });
        let saved = self
            .stopped
            .and_then(|stopped| Context::parse(&stopped.record));
        let contexts = saved.into_iter().chain([header]);
        Stop {
            prcb,
            thread,
            process,
            contexts: contexts.filter(Context::is_plausible).collect(),
        }
    }

    /// The readable stack from `rsp` on: to the base of the thread's stack if it lies in that.
    fn stack_from(&self, rsp: u64, thread: Option<u64>, most: u64) -> Vec<u8> {
        let of_thread = thread.and_then(|thread| self.stack_of(thread));
        let len = match of_thread {
            Some((low, high)) if (low..high).contains(&rsp) => (high - rsp).min(most),
            _ => most,
        };
        self.memory().read_prefix(rsp, len as usize)
    }

    /// The stack from KeBugCheckEx on, or from the header's registers, whichever is inner.
    fn call_stack(&self, stop: &Stop) -> (u64, Vec<u8>) {
        let outer = stop.contexts.last().map_or(0, Context::rsp);
        let inner = (stop.contexts.iter().map(Context::rsp))
            .filter(|&rsp| rsp <= outer && outer - rsp < MAX_STACK)
            .min();
        let Some(rsp) = inner.filter(|&rsp| is_kernel_address(rsp)) else {
            return (0, Vec::new());
        };
        let rsp = rsp & !7;
        (rsp, self.stack_from(rsp, stop.thread, MAX_STACK))
    }

    fn unloaded(&self) -> Vec<Unloaded> {
        unloaded_drivers(&Nt::new(self.target)).unwrap_or_default()
    }

    fn drivers(&self) -> Vec<Driver> {
        let modules = self.target.modules.iter().take(MAX_DRIVERS);
        let driver = modules.map(|module| Driver {
            base: module.base,
            size: module.size.try_into().unwrap_or(u32::MAX),
            checksum: module.checksum().unwrap_or(0),
            timestamp: module.timestamp(self.memory()).unwrap_or(0),
            name: module.path().unwrap_or(&module.name).to_owned(),
        });
        driver.collect()
    }

    /// Stores the blocks of memory.
    fn store(&self, content: &mut Content, stop: &Stop) {
        let memory = self.memory();
        let field = |at| Bytes(&self.block.bytes).u64(at).unwrap_or(0);
        let blocks = &mut content.blocks;
        blocks.add(memory, field(MM_VERIFIER_DATA), VERIFIER_DATA);
        for prcb in stopped::processors(self.target, self.header, self.data) {
            blocks.add(memory, prcb, self.size_of("_KPRCB") as u64);
            self.store_context(blocks, prcb);
        }
        if let Some(array) = self.data.processor_block {
            blocks.add(memory, array, 8 * u64::from(self.header.processors));
        }
        blocks.add(memory, self.data.build_lab.unwrap_or(0), BUILD_LAB);
        stop::store(self, blocks);
        for context in &stop.contexts {
            let stack = self.stack_from(context.rsp(), stop.thread, MAX_OTHER_STACK);
            blocks.add(memory, context.rsp(), stack.len() as u64);
        }
        let page = |address: u64| address & !(PAGE - 1);
        let of_registers = stop.contexts.first().map(|context| context.gpr);
        let pointers = (stop.contexts.iter().map(|context| context.rip))
            .chain(of_registers.into_iter().flatten())
            .chain(self.header.bugcheck.parameters)
            .chain([
                self.header.exception.address,
                self.data.kernel_base.unwrap_or(0),
            ]);
        for pointer in pointers.filter(|&pointer| is_kernel_address(pointer)) {
            blocks.add(memory, page(pointer), PAGE);
        }
        blocks.add(memory, SHARED_DATA, PAGE);
        let registers = stop.contexts.iter().flat_map(|context| context.gpr);
        let seeds = chase::pointers(&content.stack.1)
            .chain(registers)
            .chain(self.header.bugcheck.parameters)
            .chain(chase::pointers(&content.thread))
            .chain(chase::pointers(&content.prcb));
        chase::chase(memory, &mut content.blocks, seeds.collect());
    }

    /// The context that a processor saved, and its stack.
    fn store_context(&self, blocks: &mut blocks::Blocks, prcb: u64) {
        let memory = self.memory();
        let pointed = self
            .data
            .context_pointer
            .and_then(|at| self.pointer(prcb.checked_add(at)));
        if let Some(record) = pointed {
            blocks.add(memory, record, CONTEXT_AND_XSTATE);
        }
        let frozen = self.data.frozen_context.and_then(|at| prcb.checked_add(at));
        for record in frozen.into_iter().chain(pointed) {
            let bytes = memory.read_prefix(record, CONTEXT_SIZE);
            let context = Context::parse(&bytes).filter(Context::is_plausible);
            if let Some(rsp) = context.map(|context| context.rsp()) {
                let stack = self.stack_from(rsp, self.current_thread(prcb), MAX_OTHER_STACK);
                blocks.add(memory, rsp, stack.len() as u64);
            }
        }
    }
}

#[cfg(test)]
mod tests;
