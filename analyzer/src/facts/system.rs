//! Processors, threads and their stacks.

use std::collections::HashSet;

use super::stacks::StackFacts;
use crate::dump::{Context, DumpHeader, Register, is_kernel_address};
use crate::nt::{DebuggerData, Nt, Processor, Thread, current_thread, list_threads, processors};
use crate::target::Target;
use crate::unwind::{TrapLayout, unwind};
use crate::verdict::{StackKind, Trust, Unknown};

/// Threads beyond this many keep their place in the list but get no stack.
const MAX_THREAD_STACKS: usize = 1024;
/// Stacks that DPCs and interrupts run on have this many bytes at most.
const SPECIAL_STACK: u64 = 0x8000;

/// The registers that the crash stack starts from.
pub(super) struct Start {
    pub context: Context,
    pub source: String,
}

pub(super) struct Collector<'a, 't, 'd> {
    nt: &'a Nt<'t, 'd>,
    trap: Option<TrapLayout>,
    pub unknown: Vec<Unknown>,
}

impl<'a, 't, 'd> Collector<'a, 't, 'd> {
    pub(super) fn new(nt: &'a Nt<'t, 'd>) -> Self {
        Self {
            nt,
            trap: trap_layout(nt),
            unknown: Vec::new(),
        }
    }

    pub(super) fn note(&mut self, what: &str, why: impl ToString) {
        self.unknown.push(Unknown {
            what: what.to_owned(),
            why: why.to_string(),
        });
    }

    pub(super) fn processors(
        &mut self,
        header: &DumpHeader,
        debugger: Option<&DebuggerData>,
    ) -> Vec<Processor> {
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

    /// All listed threads, and those that the processors run but no process lists (idle threads).
    pub(super) fn threads(
        &mut self,
        processors: &[Processor],
        debugger: Option<&DebuggerData>,
    ) -> Vec<Thread> {
        let head = debugger.and_then(|data| data.active_processes);
        let mut threads = match list_threads(self.nt, head) {
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
        };
        for processor in processors {
            let address = processor.current_thread;
            if threads.iter().any(|thread| thread.address == address) {
                continue;
            }
            match current_thread(self.nt, address) {
                Ok(thread) => threads.push(thread),
                Err(error) => self.note(
                    &format!("the thread of processor {}", processor.number),
                    error,
                ),
            }
        }
        threads
    }

    /// Stack pointers of the frames of the crash stack.
    pub(super) fn stack_pointers(&self, start: &Start) -> Vec<u64> {
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
            stacks.push(self.stack(
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
            match thread.switch_context(self.nt) {
                Ok(context) => stacks.push(self.stack(
                    context,
                    Trust::SwitchFrame,
                    StackKind::Thread,
                    None,
                    Some(thread.clone()),
                    format!("the switch frame at {:#x}", thread.kernel_stack),
                )),
                Err(error) => {
                    self.note(&format!("the stack of thread {:#x}", thread.address), error);
                }
            }
        }
        stacks
    }

    fn stack(
        &self,
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
            .filter(|(low, high)| (*low..*high).contains(&context.rsp()));
        let raw = unwind(target, context, trust, limits, self.trap.as_ref());
        StackFacts::new(target, raw, kind, processor, thread, source)
    }
}

/// What is not known for want of symbols: in detail for modules on the processors' stacks, in one
/// line for those that only other threads use.
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

/// Whether a stack pointer lies on a stack that the processor uses.
pub(super) fn runs_on(processor: &Processor, threads: &[Thread], rsp: u64) -> bool {
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
