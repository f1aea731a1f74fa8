//! Driver Verifier's IRQL log: raises of a thread that were not undone.

use super::context::{CollectContext, Place};
use crate::dump::{MemoryExt, is_kernel_address};
use crate::nt::NtError;

const ENTRY: &str = "_VI_TRACK_IRQL";
const MAX_ENTRIES: u64 = 4096;
const MAX_TRACE: u64 = 32;

/// An IRQL change in the log.
#[derive(Clone, Debug)]
pub(crate) struct IrqlRaise {
    /// Address of the log entry.
    pub entry: u64,
    pub old: u8,
    pub new: u8,
    /// Callers, innermost first.
    pub trace: Vec<Place>,
}

/// Raises of `thread` that none of its later entries undid, oldest first. Only verified drivers are
/// logged, without inline writes of CR8.
pub(crate) fn unmatched_raises(
    context: &CollectContext<'_, '_, '_>,
    thread: u64,
) -> Vec<IrqlRaise> {
    context
        .known(
            "Driver Verifier's log of IRQL changes",
            read(context, thread),
        )
        .unwrap_or_default()
}

fn read(context: &CollectContext<'_, '_, '_>, thread: u64) -> Result<Vec<IrqlRaise>, NtError> {
    let nt = context.nt;
    let memory = nt.target.memory;
    let queue = memory.read_u64(nt.global("ViTrackIrqlQueue")?)?;
    let length = memory.read_uint(nt.global("ViTrackIrqlQueueLength")?, 4)?;
    let next = memory.read_uint(nt.global("ViTrackIrqlIndex")?, 4)?;
    if !is_kernel_address(queue) || length == 0 || length > MAX_ENTRIES {
        return Ok(Vec::new());
    }
    let size = nt.size_of(ENTRY)?;
    let trace_at = nt.field(ENTRY, "StackTrace")?;
    let mut open: Vec<IrqlRaise> = Vec::new();
    for step in 0..length {
        let entry = queue.wrapping_add((next.wrapping_add(step) % length) * size);
        if nt.read(ENTRY, "Thread", entry)? != thread {
            continue;
        }
        let old = nt.read(ENTRY, "OldIrql", entry)? as u8;
        let new = nt.read(ENTRY, "NewIrql", entry)? as u8;
        // A lowering undoes all raises to a level above the new one.
        open.retain(|raise| raise.new <= new || new > old);
        if new > old {
            let slots = (0..(trace_at.size / 8).min(MAX_TRACE)).filter_map(|slot| {
                let at = entry.wrapping_add(trace_at.offset + 8 * slot);
                memory
                    .read_u64(at)
                    .ok()
                    .filter(|&address| is_kernel_address(address))
            });
            open.push(IrqlRaise {
                entry,
                old,
                new,
                trace: slots
                    .map(|address| context.place(address.wrapping_sub(1)))
                    .collect(),
            });
        }
    }
    Ok(open)
}
