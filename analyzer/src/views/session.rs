//! A session of views: a target, and data that several views share.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use crate::dump::{DumpHeader, is_kernel_address};
use crate::facts::{Collector, StackFacts, runs_on, start};
use crate::modules::Module;
use crate::nt::{DebuggerData, Nt, Processor, Thread, current_thread, tick_clock};
use crate::open::Opened;
use crate::symbols::{Definition, TypeRef};
use crate::target::{Pc, Target};
use crate::verdict::{StackKind, Trust, Unknown};

/// A damaged dump could have any number of unknowns.
const MAX_NOTES: usize = 100;

/// Address and name.
type Global = (u64, String);

/// Names of a module's globals, sorted by their offsets.
type Globals = Rc<Vec<(u32, String)>>;

/// An open dump, for views.
pub(crate) struct Session<'t, 'd> {
    pub nt: Nt<'t, 'd>,
    pub target: &'t Target<'d>,
    pub header: &'t DumpHeader,
    pub debugger: Option<&'t DebuggerData>,
    /// Whether the dump's memory is not read.
    pub unread: bool,
    opening: &'t [Unknown],
    unknown: RefCell<Vec<Unknown>>,
    processors: OnceCell<(Vec<Processor>, Vec<Unknown>)>,
    threads: OnceCell<(Vec<Thread>, Vec<Unknown>)>,
    globals: RefCell<HashMap<u64, Globals>>,
    enums: RefCell<HashMap<&'static str, Vec<(String, i64)>>>,
}

impl<'t, 'd> Session<'t, 'd> {
    pub(crate) fn new(opened: &'t Opened<'d>, header: &'t DumpHeader) -> Self {
        Self {
            nt: Nt::new(&opened.target),
            target: &opened.target,
            header,
            debugger: opened.debugger.as_ref(),
            unread: opened.unread.is_some(),
            opening: &opened.unknown,
            unknown: RefCell::default(),
            processors: OnceCell::new(),
            threads: OnceCell::new(),
            globals: RefCell::default(),
            enums: RefCell::default(),
        }
    }

    /// Adds an unknown to the view.
    pub(super) fn note(&self, what: impl Into<String>, why: impl ToString) {
        let (what, why) = (what.into(), why.to_string());
        let mut unknown = self.unknown.borrow_mut();
        if unknown.len() >= MAX_NOTES {
            return;
        }
        if unknown.len() == MAX_NOTES - 1 {
            let why = "there is too much of it to list".to_owned();
            let what = "the rest".to_owned();
            unknown.push(Unknown { what, why });
            return;
        }
        let known = |entry: &Unknown| entry.what == what && entry.why == why;
        if !unknown.iter().any(known) {
            unknown.push(Unknown { what, why });
        }
    }

    /// The value; an error becomes an unknown.
    pub(super) fn known<T, E: ToString>(&self, what: &str, read: Result<T, E>) -> Option<T> {
        read.map_err(|error| self.note(what, error)).ok()
    }

    /// A list's records; if it is incomplete, adds an unknown.
    pub(super) fn list(
        &self,
        what: &str,
        head: u64,
        type_name: &'static str,
        link: &'static str,
        limit: usize,
    ) -> Vec<u64> {
        let list = self.nt.list(head, type_name, link, limit);
        let (records, stopped) = self.known(what, list).unwrap_or_default();
        if let Some(why) = stopped {
            self.note(format!("the rest of {what}"), why);
        }
        records
    }

    pub(super) fn take_unknown(&self) -> Vec<Unknown> {
        self.unknown.take()
    }

    /// Why the kernel's structures are not known, if they are not.
    pub(super) fn no_symbols(&self) -> Option<String> {
        if self.target.kernel_symbols().is_some() {
            return None;
        }
        let kernel = self.target.modules.kernel();
        let missing = kernel.and_then(Module::missing_symbols);
        let opening = || self.opening.first();
        let why = missing.or_else(opening).map(|unknown| unknown.why.clone());
        Some(why.unwrap_or_else(|| "the kernel's symbols are missing".to_owned()))
    }

    /// All processors.
    pub(super) fn processors(&self) -> &[Processor] {
        let (processors, unknown) = self.processors.get_or_init(|| {
            if self.no_symbols().is_some() {
                return Default::default();
            }
            let mut collector = Collector::new(&self.nt);
            let processors = collector.processors(self.header, self.debugger);
            (processors, collector.unknown)
        });
        self.renote(unknown);
        processors
    }

    /// All threads, including idle threads.
    pub(super) fn threads(&self) -> &[Thread] {
        let (threads, unknown) = self.threads.get_or_init(|| {
            if self.no_symbols().is_some() {
                return Default::default();
            }
            let mut collector = Collector::new(&self.nt);
            let threads = collector.threads(self.processors(), self.debugger);
            (threads, collector.unknown)
        });
        self.renote(unknown);
        threads
    }

    fn renote(&self, unknown: &[Unknown]) {
        for entry in unknown {
            self.note(entry.what.clone(), &entry.why);
        }
    }

    /// The thread at an address, listed or not.
    pub(super) fn thread(&self, address: u64) -> Option<Thread> {
        let listed = self.threads().iter().find(|one| one.address == address);
        if let Some(thread) = listed {
            return Some(thread.clone());
        }
        let what = format!("the thread {address:#x}");
        self.known(&what, current_thread(&self.nt, address))
    }

    /// The processor that raised the stop.
    pub(super) fn crash_processor(&self) -> Option<&Processor> {
        let start = start(self.target, self.header);
        let pointers = Collector::new(&self.nt).stack_pointers(&start);
        std::iter::once(self.header.context.rsp())
            .chain(pointers)
            .find_map(|rsp| {
                let mut processors = self.processors().iter();
                processors.find(|one| runs_on(one, self.threads(), rsp))
            })
            .or_else(|| {
                let number = self.target.minidump.as_ref()?.processor?;
                self.processors().iter().find(|one| one.number == number)
            })
    }

    /// The processor that runs a thread.
    pub(super) fn running_on(&self, thread: u64) -> Option<&Processor> {
        let mut processors = self.processors().iter();
        processors.find(|one| one.current_thread == thread)
    }

    /// The debugger's initial processor: that of the stop, else the first.
    pub(super) fn current_processor(&self) -> Option<&Processor> {
        self.crash_processor().or(self.processors().first())
    }

    /// The debugger's initial stack: the crash stack, else (for a system that did not stop) that of
    /// the first processor.
    pub(super) fn current_stack(&self) -> Option<StackFacts> {
        let start = start(self.target, self.header);
        match self.processors().first() {
            Some(first) if !start.context.is_plausible() => {
                self.note(
                    "the stack that raised the stop",
                    "the header holds no register context; this is what the first processor ran",
                );
                self.processor_stack(first)
            }
            _ => self.crash_stack(),
        }
    }

    /// The stack that raised the stop.
    pub(super) fn crash_stack(&self) -> Option<StackFacts> {
        let start = start(self.target, self.header);
        if !start.context.is_plausible() {
            self.note(
                "the stack that raised the stop",
                "the header holds no register context",
            );
            return None;
        }
        let crash = self.crash_processor();
        Some(Collector::new(&self.nt).stack(
            start.context,
            Trust::Context,
            StackKind::Crash,
            crash.map(|processor| processor.number),
            crash.and_then(|processor| self.thread(processor.current_thread)),
            start.source,
        ))
    }

    /// The stack of what a processor runs.
    pub(super) fn processor_stack(&self, processor: &Processor) -> Option<StackFacts> {
        let is_crash = |crash: &Processor| crash.number == processor.number;
        if self.crash_processor().is_some_and(is_crash) {
            return self.crash_stack();
        }
        let Some(saved) = processor.frozen.or(processor.at_dump) else {
            let what = format!("the stack of processor {}", processor.number);
            self.note(what, "no register context was saved for it");
            return None;
        };
        Some(Collector::new(&self.nt).stack(
            saved.context,
            Trust::Context,
            StackKind::Processor,
            Some(processor.number),
            self.thread(processor.current_thread),
            format!("{} at {:#x}", saved.source, saved.address),
        ))
    }

    /// The stack of a thread, running or not.
    pub(super) fn thread_stack(&self, thread: &Thread) -> Option<StackFacts> {
        if let Some(processor) = self.running_on(thread.address) {
            return self.processor_stack(processor);
        }
        let what = format!("the stack of thread {:#x}", thread.address);
        if !thread.state.is_switched_out() {
            let state = thread.state.text().to_lowercase();
            self.note(what, format!("it is {state}, so it has no saved registers"));
            return None;
        }
        self.known(&what, Collector::new(&self.nt).switched_out(thread))
    }

    /// Converts clock ticks to seconds.
    pub(super) fn seconds(&self, ticks: u64) -> Option<f64> {
        let (_, milliseconds) = tick_clock(&self.nt)?;
        Some(ticks as f64 * milliseconds / 1e3)
    }

    /// The symbol of an address, `nt!KeBugCheckEx+0x10`; the number if it is in no module.
    pub(super) fn code(&self, address: u64) -> String {
        self.target.symbol(address, Pc::Exact).text(address)
    }

    /// The symbol of an address in code or data of a module.
    pub(super) fn name(&self, address: u64) -> Option<String> {
        let module = self.target.modules.find(address)?;
        let symbol = self.target.symbol(address, Pc::Exact);
        if symbol.function.is_some() {
            return Some(symbol.text(address));
        }
        let (before, _) = self.around(module, address);
        Some(match before {
            Some((start, name)) if address == start => format!("{}!{name}", module.symbol_name()),
            Some((start, name)) => {
                format!("{}!{name}+{:#x}", module.symbol_name(), address - start)
            }
            None => symbol.text(address),
        })
    }

    /// The last name at or before an address, and the next one.
    pub(super) fn around(&self, module: &Module, address: u64) -> (Option<Global>, Option<Global>) {
        let globals = self.globals(module);
        let Some(rva) = module.rva(address) else {
            return (None, None);
        };
        let behind = globals.partition_point(|(at, _)| *at <= rva);
        let at = |index: usize| {
            let (at, name) = globals.get(index)?;
            Some((module.base.checked_add(u64::from(*at))?, name.clone()))
        };
        (behind.checked_sub(1).and_then(at), at(behind))
    }

    /// Names of a module's globals and functions by offset.
    pub(super) fn globals(&self, module: &Module) -> Globals {
        if let Some(known) = self.globals.borrow().get(&module.base) {
            return known.clone();
        }
        let named = self.target.globals(module).into_iter();
        let mut globals: Vec<_> = named.map(|(name, rva)| (rva, name)).collect();
        globals.sort();
        globals.dedup();
        let globals = Rc::new(globals);
        let mut all = self.globals.borrow_mut();
        all.insert(module.base, Rc::clone(&globals));
        globals
    }

    /// The name of a value in an enumeration of the kernel's symbols.
    pub(super) fn enum_name(&self, type_name: &'static str, value: u64) -> Option<String> {
        let mut enums = self.enums.borrow_mut();
        let values = enums.entry(type_name).or_insert_with(|| {
            let kernel = self.target.modules.kernel();
            let of = TypeRef::named(type_name);
            match kernel.map(|kernel| self.target.define(kernel, &of)) {
                Some(Ok(Definition::Enum { values, .. })) => values,
                _ => Vec::new(),
            }
        });
        let found = values.iter().find(|(_, known)| *known as u64 == value);
        found.map(|(name, _)| name.clone())
    }

    /// A module by WinDbg's name, or by its file name.
    pub(super) fn module(&self, name: &str) -> Option<&'t Module> {
        let same = |other: &str| other.eq_ignore_ascii_case(name);
        let mut modules = self.target.modules.iter();
        modules.find(|module| same(&module.symbol_name()) || same(&module.name))
    }

    /// The value, if it is a kernel address.
    pub(super) fn pointer(&self, value: u64) -> Option<u64> {
        is_kernel_address(value).then_some(value)
    }
}
