//! Executive resources (`_ERESOURCE`) and who owns them.

use super::reader::{Nt, NtError};
use crate::dump::{MemoryExt, is_kernel_address};

const RESOURCE: &str = "_ERESOURCE";
const OWNER: &str = "_OWNER_ENTRY";
const MAX_RESOURCES: usize = 65_536;
const MAX_OWNERS: u64 = 4096;
/// `ResourceOwnedExclusive` in `Flag` (wdm.h).
const OWNED_EXCLUSIVE: u64 = 0x80;
/// Low bits of an owner that is not a thread's address.
const OWNER_FLAGS: u64 = 3;

/// A resource that somebody owns or waits for.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub address: u64,
    /// `_ETHREAD`s.
    pub owners: Vec<u64>,
    pub exclusive: bool,
    pub shared_waiters: u64,
    pub exclusive_waiters: u64,
    /// The objects or wait blocks that waiters wait on.
    pub wait_objects: [u64; 2],
    pub contention: u64,
}

impl Resource {
    pub(crate) fn read(nt: &Nt<'_, '_>, address: u64) -> Result<Self, NtError> {
        let field = |path| nt.read(RESOURCE, path, address);
        Ok(Self {
            address,
            owners: owners(nt, address)?,
            exclusive: field("Flag")? & OWNED_EXCLUSIVE != 0,
            shared_waiters: field("NumberOfSharedWaiters")?,
            exclusive_waiters: field("NumberOfExclusiveWaiters")?,
            wait_objects: [field("SharedWaiters")?, field("ExclusiveWaiters")?],
            contention: field("ContentionCount")?,
        })
    }

    pub(crate) fn waiters(&self) -> u64 {
        self.shared_waiters + self.exclusive_waiters
    }
}

/// All resources that are owned or waited for, from the system's list.
pub(crate) fn busy_resources(nt: &Nt<'_, '_>) -> Result<(Vec<Resource>, Option<String>), NtError> {
    let head = nt.global("ExpSystemResourcesList")?;
    let (addresses, stopped) = nt.list(head, RESOURCE, "SystemResourcesList", MAX_RESOURCES)?;
    let resources = addresses
        .into_iter()
        .filter_map(|address| Resource::read(nt, address).ok())
        .filter(|resource| !resource.owners.is_empty() || resource.waiters() != 0)
        .collect();
    Ok((resources, stopped))
}

fn owners(nt: &Nt<'_, '_>, resource: u64) -> Result<Vec<u64>, NtError> {
    let entry = resource.wrapping_add(nt.offset(RESOURCE, "OwnerEntry")?);
    let mut found = vec![nt.read(OWNER, "OwnerThread", entry)?];
    let table = nt.read(RESOURCE, "OwnerTable", resource)?;
    if is_kernel_address(table) {
        // The table's first entry holds its size.
        let size = nt.size_of(OWNER)?;
        let count = nt.read(OWNER, "TableSize", table)?.min(MAX_OWNERS);
        let entries = (1..count).map(|index| table.wrapping_add(index * size));
        found.extend(entries.map_while(|entry| nt.read(OWNER, "OwnerThread", entry).ok()));
    }
    found.retain(|&owner| is_kernel_address(owner) && owner & OWNER_FLAGS == 0);
    found.dedup();
    Ok(found)
}

/// Ticks since boot, and the length of one in units of 100 ns.
pub(crate) fn tick_clock(nt: &Nt<'_, '_>) -> Option<(u64, u64)> {
    /// `KUSER_SHARED_DATA` lies there in kernel mode on all x64 versions, and its `TickCount` at
    /// this offset (ntddk.h).
    const TICK_COUNT: u64 = 0xffff_f780_0000_0320;
    let memory = nt.target.memory;
    let increment = memory.read_uint(nt.global("KeMaximumIncrement").ok()?, 4);
    let increment = increment.ok().filter(|&length| length != 0)?;
    Some((memory.read_u64(TICK_COUNT).ok()?, increment))
}
