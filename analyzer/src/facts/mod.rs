//! Facts: plain data about the crash, each with where it came from. Rules read only these.

pub(crate) mod argument;
mod clients;
mod code;
mod collect;
mod context;
mod coverage;
mod event;
mod exception;
mod fault;
mod function;
mod irps;
mod irqllog;
mod leaks;
mod leftover;
mod lock;
pub(crate) mod locks;
mod mutexes;
mod paths;
mod pooltrace;
mod spin;
mod stacks;
mod system;
mod violator;
mod waits;
mod watchdog;

pub(crate) use clients::DeviceOnStack;
pub(crate) use code::{CallKind, CodeFacts, InEffect, effect_of_call, kind};
pub(crate) use collect::EVENT_REQUESTS;
pub(crate) use collect::{collect, of_header};
pub(crate) use context::Place;
pub(crate) use coverage::{Coverage, CrashStack};
pub(crate) use event::ObjectFacts;
pub(crate) use exception::{ExceptionFacts, Refused, start};
pub(crate) use fault::{DISPATCH_LEVEL, Fault, access_of};
pub(crate) use function::FunctionCode;
pub(crate) use irps::IrpFacts;
pub(crate) use irqllog::IrqlRaise;
pub(crate) use leaks::{LeakFacts, Taken, leak_in};
pub(crate) use leftover::Leftover;
pub(crate) use lock::{LockFact, LockHome};
pub(crate) use mutexes::MutexFacts;
pub(crate) use paths::Budget;
pub(crate) use pooltrace::PoolTrace;
pub(crate) use spin::{SpinWait, polled_in};
pub(crate) use stacks::{FrameFacts, StackFacts};
pub(crate) use system::{Collector, runs_on};
pub(crate) use violator::Violator;
pub(crate) use waits::{LockWait, ResourceFacts, WaitFacts, WaitTarget};
pub(crate) use watchdog::WatchdogFacts;

use crate::modules::Unloaded;
use crate::stop::Stop;
use crate::verdict::Unknown;

/// Everything the rules may look at.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// What the source covers: what it means if something is not there.
    pub shows: Coverage,
    /// The stop.
    pub bugcheck: Stop,
    /// The processor that raised it.
    pub crash_processor: Option<u32>,
    /// Its `_KPRCB`.
    pub crash_prcb: Option<u64>,
    /// Crash stack first (if there is one), then other processors, then threads not running.
    pub stacks: Vec<StackFacts>,
    /// The access that faulted, for stops that are about one.
    pub fault: Option<Fault>,
    /// The exception, for stops that are about one.
    pub exception: Option<ExceptionFacts>,
    /// Code of the functions outside the kernel that are on the processors' stacks.
    pub code: Vec<CodeFacts>,
    /// Who spins for a lock.
    pub spinning: Vec<SpinWait>,
    /// The dispatcher object that the crash stack spins for.
    pub object: Option<ObjectFacts>,
    /// Functions of the driver on the crash stack that make requests with events.
    pub requesters: Vec<Place>,
    /// The DPC watchdog's counters.
    pub watchdog: Option<WatchdogFacts>,
    /// The IRPs that the stop is about.
    pub irps: Vec<IrpFacts>,
    /// The device that the stop names, for stops that name the offender by it.
    pub device: Option<Violator>,
    /// What threads wait for.
    pub waits: Vec<WaitFacts>,
    /// Executive resources that are owned or waited for.
    pub resources: Vec<ResourceFacts>,
    /// Fast mutexes that the crash's thread holds.
    pub mutexes: Vec<MutexFacts>,
    /// Threads that wait for push locks and fast mutexes.
    pub lock_waits: Vec<LockWait>,
    /// Indices of the stacks of threads that the power manager lets work on an IRP.
    pub power_threads: Vec<usize>,
    /// IRQL raises of the crash's thread that nothing undid, as Driver Verifier logged them.
    pub irqls: Vec<IrqlRaise>,
    /// Driver Verifier's log about the pool block of the stop, oldest line first.
    pub pool: Vec<PoolTrace>,
    /// Driver Verifier's rule that was violated, by name.
    pub verifier_rule: Option<String>,
    /// What an unloaded driver left allocated, for stops about that.
    pub leftover: Option<Leftover>,
    /// Functions of suspects that return with something taken.
    pub leaks: Vec<LeakFacts>,
    /// Devices that the stack above a fault in an in-box driver names.
    pub clients: Vec<DeviceOnStack>,
    /// Drivers that were unloaded.
    pub unloaded: Vec<Unloaded>,
    /// What lies at the addresses that the stop's parameters hold.
    pub blamed: Vec<Place>,
    /// What the hardware's error record says.
    pub hardware: Vec<String>,
    /// Why the crash is known to have been forced, beyond its stop.
    pub forced: Option<String>,
    /// Whom `!analyze` named.
    pub analyzed: Option<Place>,
    /// The failure bucket, where somebody wrote it already.
    pub bucket: Option<String>,
    /// What could not be read.
    pub unknown: Vec<Unknown>,
}

impl Facts {
    /// The stack of the processor that raised the stop.
    pub(crate) fn crash_stack(&self) -> Option<&StackFacts> {
        self.stacks.first().filter(|stack| stack.is_crash())
    }

    /// Code of the function of the crash stack's frame `index`.
    pub(crate) fn code_of(&self, index: usize) -> Option<&CodeFacts> {
        self.code_at(0, index)
    }

    /// Code of the function of a stack's frame.
    pub(crate) fn code_at(&self, stack: usize, index: usize) -> Option<&CodeFacts> {
        let mut code = self.code.iter();
        code.find(|code| (code.stack, code.frame) == (stack, index))
    }

    /// The stack of a thread.
    pub(crate) fn stack_of(&self, thread: u64) -> Option<(usize, &StackFacts)> {
        let of = |stack: &StackFacts| stack.thread.as_ref().is_some_and(|t| t.address == thread);
        self.stacks.iter().enumerate().find(|(_, stack)| of(stack))
    }

    /// The stop's code and first parameter.
    pub(crate) fn is_stop(&self, code: u32, first: u64) -> bool {
        self.bugcheck.kind() == (code, Some(first))
    }
}
