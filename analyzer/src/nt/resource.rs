//! Executive resources (`_ERESOURCE`) and their owners.

use super::reader::{Nt, NtError};
use crate::dump::{MemoryExt, is_kernel_address};

const RESOURCE: &str = "_ERESOURCE";
const OWNER: &str = "_OWNER_ENTRY";
const MAX_RESOURCES: usize = 65_536;
const MAX_OWNERS: u64 = 4096;
/// `ResourceOwnedExclusive` in `Flag` (wdm.h).
const OWNED_EXCLUSIVE: u64 = 0x80;
/// Low bits of `OwnerThread` that are flags.
const OWNER_FLAGS: u64 = 3;

/// A resource that is owned or waited for.
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

    /// How many times an owner has acquired it.
    pub(crate) fn owner_count(&self, nt: &Nt<'_, '_>, thread: u64) -> Option<u64> {
        let entries = owner_entries(nt, self.address).ok()?.into_iter();
        let mut own = entries.filter(|&entry| nt.read(OWNER, "OwnerThread", entry) == Ok(thread));
        nt.read(OWNER, "OwnerCount", own.next()?).ok()
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
    let mut found = vec![];
    for entry in owner_entries(nt, resource)? {
        found.extend(nt.read(OWNER, "OwnerThread", entry).ok());
    }
    found.retain(|&owner| is_kernel_address(owner) && owner & OWNER_FLAGS == 0);
    found.dedup();
    Ok(found)
}

/// Addresses of the `_OWNER_ENTRY`s of a resource: the one in it, and those of its table.
fn owner_entries(nt: &Nt<'_, '_>, resource: u64) -> Result<Vec<u64>, NtError> {
    let first = resource.wrapping_add(nt.offset(RESOURCE, "OwnerEntry")?);
    nt.read(OWNER, "OwnerThread", first)?;
    let mut found = vec![first];
    let table = nt.read(RESOURCE, "OwnerTable", resource)?;
    if is_kernel_address(table) {
        // The first entry of the table holds the table's size.
        let size = nt.size_of(OWNER)?;
        let count = nt.read(OWNER, "TableSize", table)?.min(MAX_OWNERS);
        found.extend((1..count).map(|index| table.wrapping_add(index.wrapping_mul(size))));
    }
    Ok(found)
}

/// Ticks since boot, and the length of one in milliseconds.
///
/// `KUSER_SHARED_DATA` lies at this address in kernel mode on all x64 versions; the offsets are
/// documented (ntddk.h).
pub(crate) fn tick_clock(nt: &Nt<'_, '_>) -> Option<(u64, f64)> {
    const SHARED_DATA: u64 = 0xffff_f780_0000_0000;
    const TICK_MULTIPLIER: u64 = SHARED_DATA + 4;
    const TICK_COUNT: u64 = SHARED_DATA + 0x320;
    let memory = nt.target.memory;
    let ticks = memory.read_u64(TICK_COUNT).ok()?;
    let increment = || {
        let at = nt.global("KeMaximumIncrement").ok()?;
        let units = memory.read_uint(at, 4).ok()?;
        (units != 0).then(|| units as f64 / 1e4)
    };
    // Milliseconds per tick, as a fixed-point number with 24 fractional bits.
    let multiplier = || {
        let fixed = memory.read_uint(TICK_MULTIPLIER, 4).ok()?;
        (fixed != 0).then(|| fixed as f64 / f64::from(1 << 24))
    };
    Some((ticks, increment().or_else(multiplier)?))
}
