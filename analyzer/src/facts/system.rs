//! Processors, threads and their stacks.

use std::collections::HashSet;

use super::stacks::StackFacts;
use crate::dump::{Context, DumpHeader, Register, is_kernel_address};
use crate::nt::{
    DebuggerData, Nt, NtError, Processor, SavedContext, Thread, current_thread, list_threads,
    processor_at, processors,
};
use crate::target::Target;
use crate::unwind::{TrapLayout, through_trap, unwind};
use crate::verdict::{StackKind, Trust, Unknown};

/// Further threads are listed without a stack.
const MAX_THREAD_STACKS: usize = 1024;
/// Maximum size of DPC and interrupt stacks.
const SPECIAL_STACK: u64 = 0x8000;

/// The registers that the crash stack starts from.
pub(crate) struct Start {
    pub context: Context,
    pub source: String,
    /// The instruction that the stop is about; the stack must lead to it.
    pub instruction: Option<u64>,
}

pub(crate) struct Collector<'a, 't, 'd> {
    nt: &'a Nt<'t, 'd>,
    trap: Option<TrapLayout>,
    pub unknown: Vec<Unknown>,
}

impl<'a, 't, 'd> Collector<'a, 't, 'd> {
    pub(crate) fn new(nt: &'a Nt<'t, 'd>) -> Self {
        Self {
            nt,
            trap: trap_layout(nt),
            unknown: Vec::new(),
        }
    }

    pub(crate) fn note(&mut self, what: &str, why: impl ToString) {
        self.unknown.push(Unknown {
            what: what.to_owned(),
            why: why.to_string(),
        });
    }

    pub(crate) fn processors(
        &mut self,
        header: &DumpHeader,
        debugger: Option<&DebuggerData>,
    ) -> Vec<Processor> {
        if self.nt.target.minidump.is_some() {
            return self.processors_of_minidump(header, debugger);
        }
        let block = debugger.and_then(|data| data.processor_block);
        match processors(self.nt, block, header.processors) {
            Ok((processors, failures)) => {
                for failure in failures {
                    self.note("a processor", failure);
                }
                processors
            }
            Err(error) => {
                self.note("the processors and what they run", error);
                Vec::new()
            }
        }
    }

    /// The processor of the stop, and the others whose blocks are there too.
    fn processors_of_minidump(
        &mut self,
        header: &DumpHeader,
        debugger: Option<&DebuggerData>,
    ) -> Vec<Processor> {
        let minidump = self.nt.target.minidump.as_ref();
        let of_stop = minidump.and_then(|own| Some((own.processor?, own.prcb?)));
        let block = debugger.and_then(|data| data.processor_block);
        let listed = processors(self.nt, block, header.processors);
        let mut found = listed.map(|(found, _)| found).unwrap_or_default();
        if let Some((number, prcb)) = of_stop
            && !found.iter().any(|processor| processor.number == number)
        {
            match processor_at(self.nt, number, prcb) {
                Ok(processor) => found.push(processor),
                Err(error) => self.note("the processor that raised the stop", error),
            }
        } else if of_stop.is_none() {
            self.note(
                "the processor that raised the stop",
                "its block is not in the minidump",
            );
        }
        found.sort_by_key(|processor| processor.number);
        if (found.len() as u32) < header.processors {
            let why = format!(
                "the minidump has the blocks of {} of {} processors",
                found.len(),
                header.processors
            );
            self.note("what the other processors ran", why);
        }
        found
    }

    /// All threads of the processes' lists, and the idle threads that processors run.
    pub(crate) fn threads(
        &mut self,
        processors: &[Processor],
        debugger: Option<&DebuggerData>,
    ) -> Vec<Thread> {
        let is_minidump = self.nt.target.minidump.is_some();
        let mut threads = match is_minidump {
            // It has no lists, only threads that processors ran.
            true => Vec::new(),
            false => self.listed_threads(debugger),
        };
        let mut missing = Vec::new();
        for processor in processors {
            let address = processor.current_thread;
            if threads.iter().any(|thread| thread.address == address) {
                continue;
            }
            match current_thread(self.nt, address) {
                Ok(thread) => threads.push(thread),
                Err(NtError::Read(_)) if is_minidump => missing.push(processor.number.to_string()),
                Err(error) => self.note(
                    &format!("the thread of processor {}", processor.number),
                    error,
                ),
            }
        }
        if !missing.is_empty() {
            let what = match missing.as_slice() {
                [one] => format!("the thread that processor {one} ran"),
                _ => format!("the threads that processors {} ran", missing.join(", ")),
            };
            self.note(&what, "the minidump has their addresses, not their blocks");
        }
        threads
    }

    fn listed_threads(&mut self, debugger: Option<&DebuggerData>) -> Vec<Thread> {
        let head = debugger.and_then(|data| data.active_processes);
        match list_threads(self.nt, head) {
            Ok((threads, gaps)) => {
                for gap in gaps {
                    self.note("some threads", gap);
                }
                threads
            }
            Err(error) => {
                self.note("the list of threads", error);
                Vec::new()
            }
        }
    }

    /// For headers without registers: those of the processor that was frozen in `KeBugCheckEx`.
    pub(super) fn stopped_context(&self, processors: &[Processor]) -> Option<SavedContext> {
        let stops = |context: Context| {
            let target = self.nt.target;
            let raw = unwind(target, context, Trust::Context, None, self.trap.as_ref());
            raw.frames.iter().any(|frame| {
                let symbol = target.symbol(frame.context.rip, frame.pc());
                let name = symbol.function.as_deref().unwrap_or_default();
                symbol.in_kernel && name.starts_with("KeBugCheck") && !frame.trust.is_scanned()
            })
        };
        processors
            .iter()
            .filter_map(|processor| processor.frozen.or(processor.at_dump))
            .find(|saved| stops(saved.context))
    }

    /// Stack pointers of the frames of the crash stack.
    pub(crate) fn stack_pointers(&self, start: &Start) -> Vec<u64> {
        if !start.context.is_plausible() {
            return Vec::new();
        }
        let raw = unwind(
            self.nt.target,
            start.context,
            Trust::Context,
            None,
            self.trap.as_ref(),
        );
        raw.frames.iter().map(|frame| frame.context.rsp()).collect()
    }

    pub(super) fn stacks(
        &mut self,
        start: &Start,
        processors: &[Processor],
        threads: &[Thread],
        crash: Option<&Processor>,
    ) -> Vec<StackFacts> {
        let thread_of = |processor: &Processor| {
            let found = threads
                .iter()
                .find(|thread| thread.address == processor.current_thread);
            found.cloned()
        };
        let mut stacks = Vec::new();
        if start.context.is_plausible() {
            stacks.push(self.stack_through(
                start.instruction,
                start.context,
                Trust::Context,
                StackKind::Crash,
                crash.map(|processor| processor.number),
                crash.and_then(thread_of),
                start.source.clone(),
            ));
        } else {
            self.note(
                "the stack that raised the stop",
                "the header holds no register context",
            );
        }
        for processor in processors {
            if crash.is_some_and(|crash| crash.number == processor.number) {
                continue;
            }
            let Some(saved) = processor.frozen.or(processor.at_dump) else {
                let what = format!("the stack of processor {}", processor.number);
                self.note(&what, "no register context was saved for it");
                continue;
            };
            stacks.push(self.stack(
                saved.context,
                Trust::Context,
                StackKind::Processor,
                Some(processor.number),
                thread_of(processor),
                format!("{} at {:#x}", saved.source, saved.address),
            ));
        }
        let running = |thread: &Thread| {
            processors
                .iter()
                .any(|processor| processor.current_thread == thread.address)
        };
        let switched_out: Vec<_> = threads
            .iter()
            .filter(|thread| thread.state.is_switched_out() && !running(thread))
            .collect();
        if switched_out.len() > MAX_THREAD_STACKS {
            let why = format!("only the first {MAX_THREAD_STACKS} threads are unwound");
            self.note("stacks of some threads", why);
        }
        for thread in switched_out.into_iter().take(MAX_THREAD_STACKS) {
            match self.switched_out(thread) {
                Ok(stack) => stacks.push(stack),
                Err(error) => {
                    self.note(&format!("the stack of thread {:#x}", thread.address), error);
                }
            }
        }
        stacks
    }

    /// The stack of a thread that is not running.
    pub(crate) fn switched_out(&self, thread: &Thread) -> Result<StackFacts, NtError> {
        Ok(self.stack(
            thread.switch_context(self.nt)?,
            Trust::SwitchFrame,
            StackKind::Thread,
            None,
            Some(thread.clone()),
            format!("the switch frame at {:#x}", thread.kernel_stack),
        ))
    }

    /// Unwinds and symbolizes a stack.
    pub(crate) fn stack(
        &self,
        context: Context,
        trust: Trust,
        kind: StackKind,
        processor: Option<u32>,
        thread: Option<Thread>,
        source: String,
    ) -> StackFacts {
        self.stack_through(None, context, trust, kind, processor, thread, source)
    }

    /// Like [`Self::stack`]; if `instruction` is given, the stack must lead to it.
    #[expect(clippy::too_many_arguments, reason = "all of them are the stack's")]
    fn stack_through(
        &self,
        instruction: Option<u64>,
        context: Context,
        trust: Trust,
        kind: StackKind,
        processor: Option<u32>,
        thread: Option<Thread>,
        source: String,
    ) -> StackFacts {
        let target = self.nt.target;
        let limits = thread
            .as_ref()
            .and_then(Thread::stack)
            .or_else(|| target.minidump.as_ref()?.stack)
            .filter(|(low, high)| (*low..*high).contains(&context.rsp()));
        let trap = self.trap.as_ref();
        let mut raw = unwind(target, context, trust, limits, trap);
        if let Some(rip) = instruction {
            raw = through_trap(target, raw, rip, limits, trap);
        }
        StackFacts::new(target, raw, kind, processor, thread, source)
    }
}

/// Unknowns for missing symbols: in detail for modules on the processors' stacks, in one line for
/// those that only other threads use.
pub(super) fn missing_symbols(target: &Target<'_>, stacks: &[StackFacts]) -> Vec<Unknown> {
    let used: HashSet<_> = stacks
        .iter()
        .filter(|stack| stack.kind != StackKind::Thread)
        .flat_map(|stack| &stack.frames)
        .filter_map(|frame| frame.symbol.module.as_deref())
        .collect();
    let (near, far): (Vec<_>, Vec<_>) = target
        .modules
        .iter()
        .filter_map(|module| Some((module.name.as_str(), module.missing_symbols()?)))
        .partition(|(name, _)| used.contains(name));
    let names: Vec<_> = far.into_iter().map(|(name, _)| name).collect();
    let rest = (!names.is_empty()).then(|| Unknown {
        what: "functions of modules that only waiting threads use".to_owned(),
        why: format!("there are no symbols for {}", names.join(", ")),
    });
    let kernel = target.modules.kernel();
    let caveat = kernel.and_then(|kernel| kernel.loaded_symbols()?.caveat("the kernel"));
    near.into_iter()
        .map(|(_, unknown)| unknown.clone())
        .chain(rest)
        .chain(caveat)
        .collect()
}

/// Whether a stack pointer lies in a stack of the processor.
pub(crate) fn runs_on(processor: &Processor, threads: &[Thread], rsp: u64) -> bool {
    let on_thread = threads
        .iter()
        .any(|thread| thread.address == processor.current_thread && thread.owns_stack(rsp));
    let on_dpc_stack = processor.dpc_stack.is_some_and(|top| {
        is_kernel_address(rsp) && (top.saturating_sub(SPECIAL_STACK)..=top).contains(&rsp)
    });
    on_thread || on_dpc_stack
}

fn trap_layout(nt: &Nt<'_, '_>) -> Option<TrapLayout> {
    const TRAP: &str = "_KTRAP_FRAME";
    let volatile = [
        (Register::Rax, "Rax"),
        (Register::Rcx, "Rcx"),
        (Register::Rdx, "Rdx"),
        (Register::R8, "R8"),
        (Register::R9, "R9"),
        (Register::R10, "R10"),
        (Register::R11, "R11"),
    ];
    Some(TrapLayout {
        rip: nt.offset(TRAP, "Rip").ok()?,
        volatile: volatile
            .into_iter()
            .map(|(register, name)| Some((register, nt.offset(TRAP, name).ok()?)))
            .collect::<Option<_>>()?,
    })
}
