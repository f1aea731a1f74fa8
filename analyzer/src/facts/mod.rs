//! Facts: plain data about the crash. The rules read nothing else.

pub(crate) mod argument;
mod clients;
mod code;
mod collect;
mod context;
mod copying;
mod coverage;
mod died;
mod drivers;
mod event;
mod exception;
mod fault;
mod filling;
mod function;
mod irps;
mod irqllog;
mod leaks;
mod leftover;
mod lock;
pub(crate) mod locks;
mod machine;
mod mutexes;
mod operand;
mod paths;
mod poolblock;
mod pooltrace;
mod power_stack;
pub(crate) mod proof;
mod said;
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
pub(crate) use copying::{Copying, Repeats, copying_of};
pub(crate) use coverage::{Coverage, CrashStack};
pub(crate) use died::DiedProcess;
pub(crate) use event::ObjectFacts;
pub(crate) use exception::{ExceptionFacts, Refused, start};
pub(crate) use fault::{DISPATCH_LEVEL, Fault, access_of};
pub(crate) use filling::{Filling, is_filling};
pub(crate) use function::FunctionCode;
pub(crate) use irps::IrpFacts;
pub(crate) use irqllog::IrqlRaise;
pub(crate) use leaks::{LeakFacts, Taken, leak_in};
pub(crate) use leftover::Leftover;
pub(crate) use lock::{LockFact, LockHome};
pub(crate) use machine::{Reported, windows};
pub(crate) use mutexes::MutexFacts;
pub(crate) use operand::{Operand, operand_of};
pub(crate) use paths::Budget;
pub(crate) use poolblock::PoolBlock;
pub(crate) use pooltrace::PoolTrace;
pub(crate) use power_stack::PowerStack;
#[cfg(test)]
pub(crate) use proof::Shown;
pub(crate) use proof::{Proof, ProofKind};
pub(crate) use said::StopText;
pub(crate) use spin::{SpinWait, polled_in};
pub(crate) use stacks::{FROM_USER, FrameFacts, StackFacts};
pub(crate) use system::{Collector, runs_on};
pub(crate) use violator::Violator;
pub(crate) use waits::{LockWait, ResourceFacts, WaitFacts, WaitTarget};
pub(crate) use watchdog::WatchdogFacts;

use crate::modules::Unloaded;
use crate::stop::Stop;
use crate::verdict::{DriverInfo, Machine, Unknown};

/// The facts of one crash.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// What the source covers, and so what a missing fact means.
    pub shows: Coverage,
    pub bugcheck: Stop,
    /// The processor that raised it.
    pub crash_processor: Option<u32>,
    pub crash_prcb: Option<u64>,
    /// Crash stack first (if there is one), then other processors, then threads not running.
    pub stacks: Vec<StackFacts>,
    /// The access that faulted, for stops about an access.
    pub fault: Option<Fault>,
    /// The memory operand of the instruction that made the access.
    pub operand: Option<Operand>,
    /// How that instruction copies, if it may.
    pub copying: Option<Copying>,
    /// The exception, for stops about an exception.
    pub exception: Option<ExceptionFacts>,
    /// Code of the functions outside the kernel that are on the processors' stacks.
    pub code: Vec<CodeFacts>,
    /// Stacks that spin for a lock.
    pub spinning: Vec<SpinWait>,
    /// The dispatcher object that the crash stack spins for.
    pub object: Option<ObjectFacts>,
    /// Functions that build requests with events, in the driver on the crash stack.
    pub requesters: Vec<Place>,
    /// The DPC watchdog's counters.
    pub watchdog: Option<WatchdogFacts>,
    /// The IRPs that the stop is about.
    pub irps: Vec<IrpFacts>,
    /// The device stack of a power stop whose IRP may be unknown.
    pub power_stack: Option<PowerStack>,
    /// The device that the stop names, for stops that name the offender by it.
    pub device: Option<Violator>,
    /// Waits of threads.
    pub waits: Vec<WaitFacts>,
    /// Executive resources that are owned or waited for.
    pub resources: Vec<ResourceFacts>,
    /// Fast mutexes that the crashing thread holds.
    pub mutexes: Vec<MutexFacts>,
    /// Threads that wait for push locks and fast mutexes.
    pub lock_waits: Vec<LockWait>,
    /// Indices of the stacks of power IRP worker threads.
    pub power_threads: Vec<usize>,
    /// IRQL raises of the crashing thread in Driver Verifier's log that were not undone.
    pub irqls: Vec<IrqlRaise>,
    /// Driver Verifier's log about the pool block of the stop, oldest line first.
    pub pool: Vec<PoolTrace>,
    /// The pool block that the stop is about, if its header is shown.
    pub block: Option<PoolBlock>,
    /// Name of the Driver Verifier rule that was violated.
    pub verifier_rule: Option<String>,
    /// The process that died, for stops about that.
    pub died: Option<DiedProcess>,
    /// Pool that an unloaded driver leaked, for stops about that.
    pub leftover: Option<Leftover>,
    /// Functions of suspects that return with a lock held or the IRQL raised.
    pub leaks: Vec<LeakFacts>,
    /// Devices on the stack above a fault in an inbox driver.
    pub clients: Vec<DeviceOnStack>,
    /// Drivers that were unloaded.
    pub unloaded: Vec<Unloaded>,
    /// Symbols of the code addresses among the stop's parameters.
    pub blamed: Vec<Place>,
    /// Statements of the hardware error record.
    pub hardware: Vec<String>,
    /// A value that software cannot have damaged so.
    pub proof: Option<Proof>,
    /// The machine that stopped.
    pub machine: Option<Machine>,
    /// The loaded drivers that are not part of Windows.
    pub drivers: Vec<DriverInfo>,
    /// Evidence, other than the stop, that the crash was forced.
    pub forced: Option<String>,
    /// What the source says about the stop.
    pub said: StopText,
    /// The function or module that `!analyze` blamed.
    pub analyzed: Option<Place>,
    /// The failure bucket, if the source states it.
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
