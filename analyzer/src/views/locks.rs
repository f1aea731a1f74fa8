//! `!locks`: executive resources that are owned or waited for.

use std::fmt;

use serde::Serialize;

use super::expression::address;
use super::session::Session;
use super::text::plain;
use super::{InspectError, ViewRequest};
use crate::dump::{MemoryExt, is_kernel_address};
use crate::nt::{Resource, ThreadState, busy_resources, read_wait};
use crate::verdict::Hex64;

/// Resources.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Locks {
    resources: Vec<ResourceView>,
    /// How many there are, if all were looked at.
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
    /// How often the thread has acquired it.
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
        let resources = resource.iter().map(|resource| view(session, resource));
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
    Ok(Locks {
        resources: busy
            .iter()
            .map(|resource| view(session, resource))
            .collect(),
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

fn view(session: &Session<'_, '_>, resource: &Resource) -> ResourceView {
    let owners = resource.owners.iter().map(|&thread| Owner {
        thread: thread.into(),
        count: resource.owner_count(&session.nt, thread),
    });
    let [shared, exclusive] = resource.wait_objects;
    let waiting = |count: u64, object: u64| match count != 0 && is_kernel_address(object) {
        true => waiters(session, resource.address, object),
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

/// Threads that wait for a resource: on its event or semaphore, or (newer versions, whose wait
/// records are in no symbols) on an object of their own, with the resource's address in the frames
/// that they wait in.
fn waiters(session: &Session<'_, '_>, resource: u64, object: u64) -> Vec<Hex64> {
    const SEARCHED: usize = 0x400;
    let nt = &session.nt;
    let memory = session.target.memory;
    let waiting = || {
        let threads = session.threads().iter();
        threads.filter(|thread| thread.state == ThreadState::Waiting)
    };
    let on_object = waiting().filter(|thread| {
        let wait = read_wait(nt, thread.address);
        wait.is_ok_and(|wait| wait.objects.iter().any(|one| one.address == object))
    });
    let on_object: Vec<Hex64> = on_object.map(|thread| thread.address.into()).collect();
    if !on_object.is_empty() {
        return on_object;
    }
    let wanted = resource.to_le_bytes();
    let by_stack = waiting().filter(|thread| {
        let frames = memory.read_prefix(thread.kernel_stack, SEARCHED);
        let code = nt.read("_KTHREAD", "WaitReason", thread.address).ok();
        let reason = code.and_then(|code| session.enum_name("_KWAIT_REASON", code));
        reason.as_deref() == Some("WrResource") && frames.chunks_exact(8).any(|slot| slot == wanted)
    });
    by_stack.map(|thread| thread.address.into()).collect()
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
