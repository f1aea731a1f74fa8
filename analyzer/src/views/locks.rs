//! `!locks`: executive resources that are owned or waited for.

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;

use super::expression::address;
use super::session::Session;
use super::text::plain;
use super::thread::reason;
use super::{InspectError, ViewInfo, ViewRequest};
use crate::dump::{MemoryExt, is_kernel_address};
use crate::nt::{Resource, ThreadState, busy_resources, read_wait};
use crate::verdict::Hex64;

pub(super) const VIEW: ViewInfo = ViewInfo {
    id: "locks",
    names: &["locks"],
    usage: "locks [-v] [ADDR]",
    meaning: "executive resources that are owned or waited for, with owners and waiters",
    example: "locks",
    needs_structures: true,
    make: |session, request| Ok(locks(session, request)?.into()),
};

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Locks {
    resources: Vec<ResourceView>,
    /// Number of resources, if all were read.
    total: Option<usize>,
}

#[derive(Clone, Debug, Serialize)]
struct ResourceView {
    address: Hex64,
    name: Option<String>,
    exclusive: bool,
    contention_count: u64,
    shared_waiters: u64,
    exclusive_waiters: u64,
    owners: Vec<Owner>,
    /// Threads that wait for it.
    waiting_shared: Vec<Hex64>,
    waiting_exclusive: Vec<Hex64>,
}

#[derive(Clone, Debug, Serialize)]
struct Owner {
    thread: Hex64,
    /// How many times the thread has acquired it.
    count: Option<u64>,
}

pub(super) fn locks(
    session: &Session<'_, '_>,
    request: &ViewRequest,
) -> Result<Locks, InspectError> {
    let given = request.args.iter().find(|word| !word.starts_with('-'));
    if let Some(text) = given {
        let at = address(session, text)?;
        let resource = Resource::read(&session.nt, at);
        let resource = session.known(&format!("the resource at {at:#x}"), resource);
        let waiters = Waiters::of(session);
        let resources = resource
            .iter()
            .map(|resource| view(session, &waiters, resource));
        return Ok(Locks {
            resources: resources.collect(),
            total: None,
        });
    }
    let busy = session.known("the resources", busy_resources(&session.nt));
    let (busy, stopped) = busy.unwrap_or_default();
    if let Some(why) = stopped {
        session.note("some resources", why);
    }
    let waiters = Waiters::of(session);
    let resources = busy
        .iter()
        .map(|resource| view(session, &waiters, resource));
    Ok(Locks {
        resources: resources.collect(),
        total: total(session),
    })
}

fn total(session: &Session<'_, '_>) -> Option<usize> {
    const MAX_RESOURCES: usize = 65_536;
    let nt = &session.nt;
    let head = nt.global("ExpSystemResourcesList").ok()?;
    let list = nt.list(head, "_ERESOURCE", "SystemResourcesList", MAX_RESOURCES);
    list.ok().map(|(all, _)| all.len())
}

fn view(session: &Session<'_, '_>, waiters: &Waiters, resource: &Resource) -> ResourceView {
    let owners = resource.owners.iter().map(|&thread| Owner {
        thread: thread.into(),
        count: resource.owner_count(&session.nt, thread),
    });
    let [shared, exclusive] = resource.wait_objects;
    let waiting = |count: u64, object: u64| match count != 0 && is_kernel_address(object) {
        true => waiters.waiting(resource.address, object),
        false => Vec::new(),
    };
    ResourceView {
        address: resource.address.into(),
        name: session.name(resource.address),
        exclusive: resource.exclusive,
        contention_count: resource.contention,
        shared_waiters: resource.shared_waiters,
        exclusive_waiters: resource.exclusive_waiters,
        owners: owners.collect(),
        waiting_shared: waiting(resource.shared_waiters, shared),
        waiting_exclusive: waiting(resource.exclusive_waiters, exclusive),
    }
}

/// Waiting threads, by what identifies the resource.
#[derive(Default)]
struct Waiters {
    /// By the object waited for: a resource's event or semaphore.
    on_object: HashMap<u64, Vec<Hex64>>,
    /// By the stack words of their wait frames. Newer versions wait on an object of the thread, and
    /// their wait records are not in the symbols; the resource's address is in those frames.
    by_stack: HashMap<u64, Vec<Hex64>>,
}

impl Waiters {
    fn of(session: &Session<'_, '_>) -> Self {
        const SEARCHED: usize = 0x400;
        let nt = &session.nt;
        let mut found = Self::default();
        let threads = session.threads().iter();
        for thread in threads.filter(|thread| thread.state == ThreadState::Waiting) {
            let address = Hex64(thread.address);
            if let Ok(wait) = read_wait(nt, thread.address) {
                for object in wait.objects {
                    let threads = found.on_object.entry(object.address).or_default();
                    threads.push(address);
                }
            }
            let code = nt.read("_KTHREAD", "WaitReason", thread.address);
            if code.map(|code| reason(session, code)).as_deref() != Ok("WrResource") {
                continue;
            }
            let frames = session
                .target
                .memory
                .read_prefix(thread.kernel_stack, SEARCHED);
            for word in frames.chunks_exact(8) {
                let word = u64::from_le_bytes(word.try_into().unwrap_or_default());
                let threads = found.by_stack.entry(word).or_default();
                if is_kernel_address(word) && threads.last() != Some(&address) {
                    threads.push(address);
                }
            }
        }
        found
    }

    fn waiting(&self, resource: u64, object: u64) -> Vec<Hex64> {
        let on_object = self.on_object.get(&object);
        let found = on_object.or_else(|| self.by_stack.get(&resource));
        found.cloned().unwrap_or_default()
    }
}

impl fmt::Display for Locks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.total.is_some() {
            writeln!(f, "**** DUMP OF ALL RESOURCE OBJECTS ****")?;
            writeln!(f, "KD: Scanning for held locks.")?;
        }
        for resource in &self.resources {
            let at = plain(resource.address.0);
            let name = match &resource.name {
                Some(name) => format!("{name} (0x{at})"),
                None => format!("0x{at}"),
            };
            let state = match (resource.owners.len(), resource.exclusive) {
                (0, false) => "Available".to_owned(),
                (_, true) => "Exclusively owned".to_owned(),
                (count, false) => format!("Shared {count} owning threads"),
            };
            writeln!(f, "\nResource @ {name}    {state}")?;
            if resource.contention_count != 0 {
                writeln!(f, "    Contention Count = {}", resource.contention_count)?;
            }
            if resource.shared_waiters != 0 {
                writeln!(f, "    NumberOfSharedWaiters = {}", resource.shared_waiters)?;
            }
            if resource.exclusive_waiters != 0 {
                writeln!(
                    f,
                    "    NumberOfExclusiveWaiters = {}",
                    resource.exclusive_waiters
                )?;
            }
            let owner = |owner: &Owner| {
                let count = super::text::hex(owner.count, 2);
                format!("{}-{count}<*> ", plain(owner.thread.0))
            };
            let owners: String = resource.owners.iter().map(owner).collect();
            if !owners.is_empty() {
                writeln!(f, "     Threads: {owners}")?;
            }
            for (title, threads) in [
                ("Shared", &resource.waiting_shared),
                ("Exclusive", &resource.waiting_exclusive),
            ] {
                if threads.is_empty() {
                    continue;
                }
                writeln!(f, "     Threads Waiting On {title} Access:")?;
                for thread in threads {
                    writeln!(f, "              {}       ", plain(thread.0))?;
                }
            }
        }
        let held = self.resources.iter().filter(|one| !one.owners.is_empty());
        let held = held.count();
        let total = self.total.unwrap_or(self.resources.len());
        writeln!(f, "\n{total} total locks, {held} locks currently held")
    }
}
