//! Facts: plain data about the crash, each with where it came from. Rules read only these.

mod argument;
mod code;
mod collect;
mod fault;
mod locks;
mod paths;
mod spin;
mod stacks;

pub(crate) use code::{CodeFacts, InEffect};
pub(crate) use collect::collect;
#[cfg(test)]
pub(crate) use fault::Access;
pub(crate) use fault::{DISPATCH_LEVEL, Fault};
pub(crate) use spin::{LockFact, LockHome, SpinWait};
pub(crate) use stacks::{FrameFacts, StackFacts};

use crate::dump::BugcheckData;
use crate::verdict::Unknown;

/// Everything the rules may look at.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The stop, from the dump's header.
    pub bugcheck: BugcheckData,
    /// The processor that raised it.
    pub crash_processor: Option<u32>,
    /// Crash stack first (if there is one), then other processors, then threads not running.
    pub stacks: Vec<StackFacts>,
    /// The access that faulted, for stops that are about one.
    pub fault: Option<Fault>,
    /// Code of the functions outside the kernel that are on the crash stack.
    pub code: Vec<CodeFacts>,
    /// Who spins for a lock.
    pub spinning: Vec<SpinWait>,
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
        self.code.iter().find(|code| code.frame == index)
    }
}
