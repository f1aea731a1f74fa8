//! The process that died, for 0xEF.

use super::context::CollectContext;
use crate::nt::process_name;
use crate::stop::{CRITICAL_PROCESS_DIED, Role};

/// P2, if a thread died.
const IS_THREAD: u64 = 1;
/// STATUS_PENDING: the exit status before there is one.
const STILL_ACTIVE: u32 = 0x103;

/// A process that the system cannot go on without.
#[derive(Clone, Debug, Default)]
pub(crate) struct DiedProcess {
    /// Address of the `_EPROCESS`.
    pub address: u64,
    /// The `_ETHREAD`, if one thread of the process died.
    pub thread: Option<u64>,
    /// Image name, at most 14 characters.
    pub name: Option<String>,
    /// NTSTATUS with which the process or the thread ended; `None` if it is not set yet.
    pub exit_status: Option<u32>,
}

/// The process that the stop names.
pub(crate) fn died(context: &CollectContext<'_, '_, '_>) -> Option<DiedProcess> {
    let stop = context.bugcheck.stop();
    if stop.family() != CRITICAL_PROCESS_DIED {
        return None;
    }
    let nt = context.nt;
    let object = stop.by_role(Role::Process)?;
    let thread = stop.parameters[1].is(IS_THREAD).then_some(object);
    let (process, status) = match thread {
        Some(thread) => (
            context.known(
                "the process of the thread that died",
                nt.read("_KTHREAD", "Process", thread),
            )?,
            nt.read("_ETHREAD", "ExitStatus", thread),
        ),
        None => (object, nt.read("_EPROCESS", "ExitStatus", object)),
    };
    let name = process_name(nt, process);
    if name.is_none() {
        context.note(
            "the name of the process that died",
            format!("the _EPROCESS at {process:#x} cannot be read"),
        );
    }
    let status = context.known("the exit status of the process that died", status);
    Some(DiedProcess {
        address: process,
        thread,
        name,
        exit_status: status
            .map(|status| status as u32)
            .filter(|&status| status != STILL_ACTIVE),
    })
}
