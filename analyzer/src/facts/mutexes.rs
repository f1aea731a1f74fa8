//! Fast mutexes that a thread holds, searched in device extensions and drivers' data.

use super::context::CollectContext;
use super::lock::LockHome;
use crate::dump::{Bytes, MemoryExt};
use crate::nt::all_devices;

const MUTEX: &str = "_FAST_MUTEX";
const DEVICE: &str = "_DEVICE_OBJECT";
/// Data sections beyond this size are not searched to the end.
const MAX_SECTION: usize = 4 << 20;
/// `SynchronizationEvent` and the size of an event, in a dispatcher header.
const EVENT_TYPE: u8 = 1;
const EVENT_SIZE: u8 = 6;

/// A fast mutex that is held.
#[derive(Clone, Debug)]
pub(crate) struct MutexFacts {
    pub address: u64,
    /// `_KTHREAD` that holds it.
    pub owner: u64,
    /// IRQL that its release restores.
    pub old_irql: u64,
    pub contention: u64,
    pub home: LockHome,
}

/// Offsets in `_FAST_MUTEX`.
struct Layout {
    size: usize,
    count: usize,
    owner: usize,
    contention: usize,
    event: usize,
    old_irql: usize,
}

/// The fast mutexes that `thread` holds, in device extensions and in the data of modules.
pub(crate) fn held_mutexes(context: &CollectContext<'_, '_, '_>, thread: u64) -> Vec<MutexFacts> {
    let nt = context.nt;
    let offset = |path| nt.offset(MUTEX, path).map(|at| at as usize);
    let layout = (|| {
        Ok::<_, crate::symbols::LayoutError>(Layout {
            size: nt.size_of(MUTEX)? as usize,
            count: offset("Count")?,
            owner: offset("Owner")?,
            contention: offset("Contention")?,
            event: offset("Event")?,
            old_irql: offset("OldIrql")?,
        })
    })();
    let Some(layout) = context.known("the fast mutexes", layout) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (start, length) in regions(context) {
        let bytes = nt.target.memory.read_prefix(start, length);
        let last = bytes.len().saturating_sub(layout.size);
        let held = (0..=last).step_by(8).filter_map(|at| {
            let record = Bytes(bytes.get(at..at + layout.size)?);
            is_held(record, &layout, thread).then(|| MutexFacts {
                address: start + at as u64,
                owner: thread,
                old_irql: record.u32(layout.old_irql).unwrap_or(0).into(),
                contention: record.u32(layout.contention).unwrap_or(0).into(),
                home: context.home(start + at as u64),
            })
        });
        found.extend(held);
    }
    found
}

/// A free fast mutex has a count of 1; bit 0 is clear while it is held.
fn is_held(record: Bytes<'_>, layout: &Layout, thread: u64) -> bool {
    const APC_LEVEL: u32 = 1;
    let event = |at| record.slice(layout.event + at, 1).map(|byte| byte[0]);
    record.u64(layout.owner) == Some(thread)
        && record
            .u32(layout.count)
            .is_some_and(|count| count as i32 <= 0)
        && event(0).is_some_and(|kind| kind & 0x7F == EVENT_TYPE)
        && event(2) == Some(EVENT_SIZE)
        && record
            .u32(layout.old_irql)
            .is_some_and(|irql| irql <= APC_LEVEL)
}

/// Device extensions, and the writable sections of all modules but the kernel.
fn regions(context: &CollectContext<'_, '_, '_>) -> Vec<(u64, usize)> {
    let nt = context.nt;
    let memory = nt.target.memory;
    let devices = context.known("the devices of all drivers", all_devices(nt));
    let mut regions: Vec<(u64, usize)> = devices
        .unwrap_or_default()
        .into_iter()
        .filter_map(|device| {
            let start = nt.read(DEVICE, "DeviceExtension", device).ok()?;
            let size = nt.read(DEVICE, "Size", device).ok()?;
            let length = device.wrapping_add(size).checked_sub(start)?;
            (length <= size).then_some((start, length as usize))
        })
        .collect();
    for module in nt.target.modules.iter().filter(|module| !module.is_kernel) {
        if let Ok(image) = module.image(memory) {
            let sections = image.data.iter();
            regions.extend(sections.map(|section| {
                let start = module.base + u64::from(section.rva);
                (start, (section.size as usize).min(MAX_SECTION))
            }));
        }
    }
    regions
}
