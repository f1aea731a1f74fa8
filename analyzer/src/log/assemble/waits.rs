//! Waits for dispatcher objects, resources, spin locks and push locks.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::LogContext;
use crate::facts::locks::{is_acquire, is_wait};
use crate::facts::{
    LockHome, LockWait, ResourceFacts, SpinWait, StackFacts, WaitFacts, WaitTarget,
};
use crate::log::read::threads::RawThread;
use crate::log::text::names;
use crate::log::text::number::hex;
use crate::nt::ThreadState;
use crate::verdict::StackKind;

/// Offset in an acquire routine from which on it waits: the fast path and its return end before
/// (disassembly of Windows 8.1 and 10 in public write-ups).
const WAITING_PART: u64 = 0x50;
/// A locked instruction within this distance belongs to the routine.
const NEAR_CODE: u64 = 0x40;
/// An object within this distance of a block that is passed as an argument may belong to it.
const BLOCK: u64 = 0x4000;
/// Size of `_FAST_MUTEX` and `_KGUARDED_MUTEX` on x64.
const MUTEX_SIZE: u64 = 0x38;

static BESIDE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"owner of \w+: ([0-9a-f]{8,16})").expect("a constant"));

fn kernel_function(stack: &StackFacts, index: usize) -> &str {
    let symbol = &stack.frames[index].symbol;
    match symbol.in_kernel {
        true => symbol.function.as_deref().unwrap_or(""),
        false => "",
    }
}

/// Waits that `!thread` and tables show.
pub(super) fn waits(log: &LogContext<'_>, stacks: &[StackFacts]) -> Vec<WaitFacts> {
    let threads = &log.transcript.threads;
    let mut waits = Vec::new();
    for (index, stack) in stacks.iter().enumerate() {
        let Some(thread) = &stack.thread else {
            continue;
        };
        let raw = threads.get(thread.address);
        let waiting = raw.is_some_and(RawThread::is_waiting);
        let blocked = stack.kind == StackKind::Thread && thread.state == ThreadState::Waiting;
        if stack.is_crash() || !waiting && !blocked {
            continue;
        }
        let objects = raw.map_or(&[][..], |raw| &raw.objects);
        waits.push(WaitFacts {
            stack: index,
            thread: thread.address,
            seconds: raw.and_then(|raw| raw.seconds),
            objects: objects
                .iter()
                .map(|object| WaitTarget {
                    address: object.address,
                    kind: object.kind,
                    owner: object
                        .owner
                        .or_else(|| recorded_owner(log, object.address))
                        .or_else(|| raw.and_then(|raw| raw.owner)),
                    home: home(log, stack, object.address),
                })
                .collect(),
        });
    }
    waits
}

/// The owner in a printed structure that contains the object.
fn recorded_owner(log: &LogContext<'_>, object: u64) -> Option<u64> {
    let structures = &log.transcript.structures;
    let mutant = structures.of("_KMUTANT").chain(structures.of("_KMUTEX"));
    let by_mutant = mutant
        .filter(|mutant| mutant.address == Some(object))
        .find_map(|mutant| mutant.value("OwnerThread"));
    let mutexes = ["_FAST_MUTEX", "_KGUARDED_MUTEX", "_KFAST_MUTEX"];
    let by_mutex = mutexes
        .iter()
        .flat_map(|kind| structures.of(kind))
        .find_map(|mutex| {
            let start = mutex.address?;
            let inside = (start..start.saturating_add(MUTEX_SIZE)).contains(&object);
            inside.then(|| mutex.value("Owner"))?
        });
    by_mutant.or(by_mutex).filter(|&owner| owner != 0)
}

/// Whose memory an object lies in, by device extensions and by drivers' frames with the block as an
/// argument.
fn home(log: &LogContext<'_>, stack: &StackFacts, object: u64) -> LockHome {
    if let Some(home) = super::extensions::home(log, object) {
        return home;
    }
    let raw = log.transcript.stacks.found.iter().find(|raw| {
        raw.thread.is_some() && raw.thread == stack.thread.as_ref().map(|thread| thread.address)
    });
    let frames = raw.map_or(&[][..], |raw| &raw.frames);
    for frame in frames {
        let Some(symbol) = frame
            .symbol
            .as_ref()
            .filter(|symbol| !names::is_kernel(&symbol.module))
        else {
            continue;
        };
        let block = frame
            .arguments
            .iter()
            .filter(|&&start| start > 0xFFFF && start <= object && object - start < BLOCK)
            .max();
        if let Some(&block) = block {
            return LockHome::HandedOn {
                module: names::file(&symbol.module, &log.images),
                block,
            };
        }
    }
    LockHome::Unknown
}

/// Executive resources that are owned or waited for.
pub(super) fn resources(log: &LogContext<'_>) -> Vec<ResourceFacts> {
    let wanted = wanted(log);
    let found = log.transcript.locks.found.iter();
    found
        .map(|resource| {
            let mut waiters = resource.waiters.clone();
            let mut waiting = resource.waiting;
            for thread in wanted.get(&resource.address).into_iter().flatten() {
                match thread {
                    Some(thread) if !waiters.contains(thread) => waiters.push(*thread),
                    Some(_) => {}
                    None => waiting = waiting.max(1),
                }
            }
            let symbol = resource.symbol.as_ref();
            let function = symbol.and_then(|symbol| symbol.function.as_deref());
            let name = ["PiEngineLock", "IopDeviceTreeLock"]
                .into_iter()
                .find(|name| function == Some(*name));
            let home = symbol.map_or(LockHome::Unknown, |symbol| LockHome::ModuleData {
                module: names::file(&symbol.module, &log.images),
                symbol: function.unwrap_or("its data").to_owned(),
            });
            ResourceFacts {
                address: resource.address,
                name,
                owners: resource.owners.clone(),
                exclusive: resource.exclusive,
                waiting: waiting.max(waiters.len() as u64),
                waiters,
                contention: resource.contention,
                home,
            }
        })
        .collect()
}

/// The threads that wait for each resource, by their stacks; `None` for a stack without a known
/// thread.
fn wanted(log: &LogContext<'_>) -> HashMap<u64, Vec<Option<u64>>> {
    const MAX_WAITERS: usize = 1024;
    let mut wanted: HashMap<u64, Vec<Option<u64>>> = HashMap::new();
    for stack in &log.transcript.stacks.found {
        for frame in &stack.frames {
            let symbol = frame.symbol.as_ref();
            let function = symbol.and_then(|symbol| symbol.function.as_deref());
            let acquires = function.is_some_and(|name| {
                name.starts_with("ExpWaitFor") || name.starts_with("ExAcquireResource")
            });
            let beside = BESIDE
                .captures(&frame.tail)
                .and_then(|found| hex(&found[1]));
            let arguments = frame.arguments.iter().copied().filter(|_| acquires);
            for address in beside.into_iter().chain(arguments) {
                let threads = wanted.entry(address).or_default();
                if threads.len() < MAX_WAITERS {
                    threads.push(stack.thread);
                }
            }
        }
    }
    wanted
}

/// Stacks that spin for a spin lock.
pub(super) fn spinning(log: &LogContext<'_>, stacks: &[StackFacts]) -> Vec<SpinWait> {
    let mut found = Vec::new();
    for (index, stack) in stacks.iter().enumerate() {
        let from = match stack.is_crash() {
            true if log.bugcheck.interrupts() => stack.interrupted().unwrap_or(0),
            true => continue,
            false => 0,
        };
        let Some(waiter) = stack.first_driver(from) else {
            continue;
        };
        // hal counts as a driver; skip it.
        let waiter = stack
            .first_suspect(from)
            .filter(|&at| at >= waiter)
            .unwrap_or(waiter);
        let waits = (from..waiter).find(|&at| is_wait(kernel_function(stack, at)));
        let stuck = || {
            (from..waiter).find(|&at| {
                let offset = stack.frames[at].symbol.offset.unwrap_or(0);
                is_acquire(kernel_function(stack, at))
                    && offset >= WAITING_PART
                    && !locks_later(log, stack.frames[at].address)
            })
        };
        let Some(routine) = waits.or_else(stuck) else {
            continue;
        };
        found.push(SpinWait {
            stack: index,
            routine: stack.frames[routine].text(),
            waiter,
            lock: None,
            found_by: "the log does not show the registers that hold it".to_owned(),
        });
    }
    found
}

/// Whether the locked instruction is still ahead of the address in the listed code: then nothing
/// waits.
fn locks_later(log: &LogContext<'_>, address: Option<u64>) -> bool {
    let Some(address) = address else { return false };
    log.transcript.machine.code.iter().any(|instruction| {
        let ahead = (address..address.saturating_add(NEAR_CODE)).contains(&instruction.address);
        ahead && instruction.mnemonic == "lock"
    })
}

/// Threads that wait for push locks and fast mutexes.
pub(super) fn lock_waits(log: &LogContext<'_>, stacks: &[StackFacts]) -> Vec<LockWait> {
    let mut found = Vec::new();
    for (index, stack) in stacks.iter().enumerate() {
        if stack.is_crash() {
            continue;
        }
        let acquires = |at: &usize| {
            let name = kernel_function(stack, *at);
            let lock = ["PushLock", "FastMutex", "GuardedMutex"]
                .iter()
                .any(|kind| name.contains(kind));
            lock && (name.contains("Acquire") || name.contains("Wait"))
        };
        // The driver called the outermost of the acquiring frames.
        let Some(inner) = (0..stack.frames.len()).find(acquires) else {
            continue;
        };
        let outer = (inner..stack.frames.len())
            .take_while(acquires)
            .last()
            .unwrap_or(inner);
        let Some(waiter) = stack.first_driver(outer) else {
            continue;
        };
        let thread = stack.thread.as_ref().map(|thread| thread.address);
        let raw = thread.and_then(|thread| log.transcript.threads.get(thread));
        found.push(LockWait {
            stack: index,
            routine: stack.frames[outer].text(),
            waiter,
            lock: thread.and_then(|thread| lock_of(log, thread)),
            seconds: raw.and_then(|raw| raw.seconds),
        });
    }
    found
}

/// The lock that a thread waits for by its `_KLOCK_ENTRY`s (`_ETHREAD.LockEntries`).
fn lock_of(log: &LogContext<'_>, thread: u64) -> Option<u64> {
    log.transcript
        .structures
        .of("_KLOCK_ENTRY")
        .filter(|entry| entry.address == Some(thread))
        .find_map(|entry| entry.value("LockUnsafe"))
        .filter(|&lock| lock != 0)
}

/// Power IRP worker threads that wait.
pub(super) fn power_threads(stacks: &[StackFacts]) -> Vec<usize> {
    let works = |stack: &StackFacts| {
        let names = || (0..stack.frames.len()).map(|at| kernel_function(stack, at));
        names().any(|name| name == "PopIrpWorker" || name == "PopFxDeviceWork")
            && names()
                .any(|name| name.starts_with("KeWaitFor") || name.starts_with("KeDelayExecution"))
    };
    let all = stacks.iter().enumerate();
    all.filter(|(_, stack)| !stack.is_crash() && works(stack))
        .map(|(index, _)| index)
        .collect()
}
