//! Device extensions: whose memory a lock lies in, and which fast mutexes a thread holds there.

use super::LogContext;
use crate::facts::{LockHome, MutexFacts, Place, StackFacts};
use crate::log::read::devices::Routine;
use crate::log::text::names;

/// The device whose extension holds `address`, as `!devobj` shows it.
pub(super) fn home(log: &LogContext<'_>, address: u64) -> Option<LockHome> {
    let extension = log.transcript.devices.extension_of(address)?;
    Some(LockHome::DeviceExtension {
        device: extension.device,
        driver: log.driver(&extension.driver),
        offset: address - extension.start,
    })
}

/// The thread that raised the stop: that of its stack, else the one that its processor runs.
pub(super) fn crash_thread(log: &LogContext<'_>, stacks: &[StackFacts]) -> Option<u64> {
    let crash = stacks.first().filter(|stack| stack.is_crash())?;
    if let Some(thread) = &crash.thread {
        return Some(thread.address);
    }
    let processor = crash_processor(log, stacks)?;
    let mut threads = log.transcript.threads.found.iter();
    let runs = threads.find(|thread| thread.is_running() && thread.processor == Some(processor))?;
    Some(runs.address)
}

/// The processor that raised the stop: that of its stack, else that of the prompt above.
pub(super) fn crash_processor(log: &LogContext<'_>, stacks: &[StackFacts]) -> Option<u32> {
    let crash = stacks.first().filter(|stack| stack.is_crash())?;
    let first = crash.frames.first()?.sp?;
    let mut raw = log.transcript.stacks.found.iter();
    let prompted = || {
        let same = raw.find(|raw| raw.frames.first().and_then(|frame| frame.sp) == Some(first))?;
        same.prompted
    };
    crash.processor.or_else(prompted)
}

/// Fast mutexes that `dt` shows, held by `thread`, or by any thread if it is not known.
pub(super) fn mutexes(log: &LogContext<'_>, thread: Option<u64>) -> Vec<MutexFacts> {
    /// Bits of the owner's address that are flags.
    const FLAGS: u64 = 3;
    let structures = &log.transcript.structures;
    let shown = ["_FAST_MUTEX", "_KGUARDED_MUTEX"]
        .into_iter()
        .flat_map(|kind| structures.of(kind));
    let held = shown.filter_map(|mutex| {
        let address = mutex.address?;
        let owner = mutex.value("Owner")? & !FLAGS;
        let held = owner != 0 && thread.is_none_or(|thread| thread == owner);
        held.then(|| MutexFacts {
            address,
            owner,
            old_irql: mutex.value("OldIrql").unwrap_or(0),
            contention: mutex.value("Contention").unwrap_or(0),
            home: home(log, address).unwrap_or(LockHome::Unknown),
        })
    });
    held.collect()
}

/// A dispatch routine as a place.
pub(super) fn place(log: &LogContext<'_>, routine: &Routine) -> Place {
    let mut symbol = names::symbol(&routine.symbol, &log.images);
    symbol.function_start = Some(routine.address);
    Place {
        address: routine.address,
        symbol,
    }
}
