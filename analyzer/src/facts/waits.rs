//! Waits of threads, and the executive resources that they own.

use super::context::CollectContext;
use super::lock::LockHome;
use super::stacks::StackFacts;
use crate::dump::MemoryExt;
use crate::nt::{ObjectKind, Resource, ThreadState, busy_resources, read_wait};

/// Frames of the routines that wait for a resource.
const RESOURCE_WAIT: &[&str] = &["ExpWaitForResource", "ExpWaitForFastResource"];
/// Bytes of a thread's stack in which the address of its resource is searched.
const MAX_FRAME: u64 = 0x400;

/// A thread's wait.
#[derive(Clone, Debug)]
pub(crate) struct WaitFacts {
    /// Index of its stack in the facts.
    pub stack: usize,
    /// `_ETHREAD`.
    pub thread: u64,
    /// Time since the wait began.
    pub seconds: Option<f64>,
    pub objects: Vec<WaitTarget>,
}

/// An object that is waited for.
#[derive(Clone, Debug)]
pub(crate) struct WaitTarget {
    pub address: u64,
    pub kind: ObjectKind,
    /// The thread that must act to end the wait, if the object records it.
    pub owner: Option<u64>,
    /// Whose memory it lies in.
    pub home: LockHome,
}

/// A thread that waits for a lock whose owner no structure records.
#[derive(Clone, Debug)]
pub(crate) struct LockWait {
    /// Index of its stack.
    pub stack: usize,
    /// The routine that waits.
    pub routine: String,
    /// The frame that wants the lock.
    pub waiter: usize,
    /// The lock, if it is known.
    pub lock: Option<u64>,
    pub seconds: Option<f64>,
}

/// An executive resource that is owned.
#[derive(Clone, Debug)]
pub(crate) struct ResourceFacts {
    pub address: u64,
    /// Name of the kernel's global variable, for well-known resources.
    pub name: Option<&'static str>,
    /// `_ETHREAD`s.
    pub owners: Vec<u64>,
    pub exclusive: bool,
    /// Threads that wait for it, as far as they were found.
    pub waiters: Vec<u64>,
    /// Number of waiters by its counters.
    pub waiting: u64,
    pub contention: u64,
    pub home: LockHome,
}

impl ResourceFacts {
    /// Its name in messages.
    pub(crate) fn text(&self) -> String {
        match self.name {
            Some(name) => format!("nt!{name}"),
            None => format!("the resource at {:#x}, {}", self.address, self.home.text()),
        }
    }
}

/// The waits of all threads with a stack.
pub(crate) fn waits(context: &CollectContext<'_, '_, '_>) -> Vec<WaitFacts> {
    let stacks = context.stacks.iter().enumerate();
    stacks
        .filter_map(|(stack, facts)| {
            let thread = facts.thread.as_ref()?;
            if thread.state != ThreadState::Waiting {
                return None;
            }
            let what = format!("what thread {:#x} waits for", thread.address);
            let wait = context.known(&what, read_wait(context.nt, thread.address))?;
            let objects = wait.objects.into_iter().map(|object| WaitTarget {
                address: object.address,
                kind: object.kind,
                owner: object
                    .owner
                    .or_else(|| mutex_owner(context, facts, object.address)),
                home: context.home(object.address),
            });
            Some(WaitFacts {
                stack,
                thread: thread.address,
                seconds: wait.seconds,
                objects: objects.collect(),
            })
        })
        .collect()
}

/// The owner of the fast mutex whose event a thread waits for, if its stack is that of such a wait.
fn mutex_owner(
    context: &CollectContext<'_, '_, '_>,
    stack: &StackFacts,
    event: u64,
) -> Option<u64> {
    const MUTEX: &str = "_FAST_MUTEX";
    let acquires = stack.frames.iter().any(|frame| {
        let name = frame.symbol.function.as_deref().unwrap_or("");
        frame.symbol.in_kernel && (name.contains("FastMutex") || name.contains("GuardedMutex"))
    });
    if !acquires {
        return None;
    }
    let mutex = event.wrapping_sub(context.nt.offset(MUTEX, "Event").ok()?);
    let owner = context.nt.read(MUTEX, "Owner", mutex).ok()?;
    let count = context.nt.read(MUTEX, "Count", mutex).ok()? as i32;
    let known = context.threads.iter().any(|thread| thread.address == owner);
    (known && count <= 0).then_some(owner)
}

/// The resources that are owned, with their waiters.
pub(crate) fn resources(
    context: &CollectContext<'_, '_, '_>,
    waits: &[WaitFacts],
) -> Vec<ResourceFacts> {
    let named: Vec<_> = ["PiEngineLock", "IopDeviceTreeLock"]
        .into_iter()
        .filter_map(|name| Some((context.nt.global(name).ok()?, name)))
        .collect();
    let busy = context.known("the executive resources", busy_resources(context.nt));
    let (mut busy, stopped) = busy.unwrap_or_default();
    if let Some(why) = stopped {
        context.note("some executive resources", why);
    }
    for &(address, _) in &named {
        if busy.iter().all(|known| known.address != address) {
            busy.extend(Resource::read(context.nt, address).ok());
        }
    }
    let waiters: Vec<_> = waits
        .iter()
        .map(|wait| (wait, waited(context, wait, &busy)))
        .collect();
    busy.into_iter()
        .map(|resource| ResourceFacts {
            address: resource.address,
            name: named
                .iter()
                .find(|(address, _)| *address == resource.address)
                .map(|(_, name)| *name),
            waiting: resource.waiters(),
            waiters: waiters
                .iter()
                .filter(|(_, waited)| *waited == Some(resource.address))
                .map(|(wait, _)| wait.thread)
                .collect(),
            owners: resource.owners,
            exclusive: resource.exclusive,
            contention: resource.contention,
            home: context.home(resource.address),
        })
        .collect()
}

/// The resource that a thread waits for: found by the object waited on, else by the address in the
/// frames of the resource wait routines.
fn waited(
    context: &CollectContext<'_, '_, '_>,
    wait: &WaitFacts,
    busy: &[Resource],
) -> Option<u64> {
    let stack = &context.stacks[wait.stack];
    let at = stack.frames.iter().position(|frame| {
        let name = frame.symbol.function.as_deref();
        frame.symbol.in_kernel && name.is_some_and(|name| RESOURCE_WAIT.contains(&name))
    })?;
    let wanted: Vec<_> = busy
        .iter()
        .filter(|resource| resource.waiters() != 0)
        .collect();
    let by_object = wanted.iter().find(|resource| {
        let objects = wait.objects.iter().map(|object| object.address);
        objects
            .into_iter()
            .any(|object| resource.wait_objects.contains(&object))
    });
    if let Some(resource) = by_object {
        return Some(resource.address);
    }
    let low = stack.frames[at].sp?;
    let driver = stack.first_driver(at)?;
    let high = stack.frames[driver].sp?.min(low.saturating_add(MAX_FRAME));
    let memory = context.nt.target.memory;
    (low..high).step_by(8).find_map(|slot| {
        let value = memory.read_u64(slot).ok()?;
        wanted
            .iter()
            .any(|resource| resource.address == value)
            .then_some(value)
    })
}
