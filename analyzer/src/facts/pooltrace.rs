//! Driver Verifier's log of pool allocations and frees: who freed a block.

use super::scene::{Place, Scene};
use crate::dump::{MemoryExt, is_kernel_address};
use crate::nt::NtError;

const TRACE: &str = "_VF_POOL_TRACE";
const MAX_TRACES: u64 = 0x10_0000;
const MAX_FRAMES: u64 = 64;

/// A line of the log.
#[derive(Clone, Debug)]
pub(crate) struct PoolTrace {
    /// The log's entry.
    pub entry: u64,
    pub block: u64,
    pub size: u64,
    pub thread: u64,
    /// Whether the block was freed, else allocated.
    pub freed: bool,
    /// Innermost first.
    pub trace: Vec<Place>,
}

/// The log's lines about the block that holds `address`, oldest first. Verified drivers only.
pub(crate) fn pool_traces(scene: &Scene<'_, '_, '_>) -> Vec<PoolTrace> {
    if !matches!(scene.bugcheck.code, 0xCC | 0xCD | 0xD5 | 0xD6 | 0xC1 | 0xC2) {
        return Vec::new();
    }
    let [first, _, _, fourth] = scene.bugcheck.parameters;
    let address = if scene.bugcheck.code == 0xC2 {
        fourth
    } else {
        first
    };
    scene
        .known(
            "Driver Verifier's log of pool allocations",
            read(scene, address),
        )
        .unwrap_or_default()
}

fn read(scene: &Scene<'_, '_, '_>, address: u64) -> Result<Vec<PoolTrace>, NtError> {
    let nt = scene.nt;
    let memory = nt.target.memory;
    let table = memory.read_u64(nt.global("VfPoolTraces")?)?;
    let length = memory.read_uint(nt.global("VfPoolTracesLength")?, 4)?;
    let next = memory.read_uint(nt.global("VfPoolTracesIndex")?, 4)?;
    if !is_kernel_address(table) || length == 0 || length > MAX_TRACES {
        return Ok(Vec::new());
    }
    let entry_size = nt.size_of(TRACE)?;
    let frames = nt.field(TRACE, "StackTrace")?;
    let mut found = Vec::new();
    for step in 0..length {
        let entry = table.wrapping_add((next.wrapping_add(step) % length) * entry_size);
        let block = nt.read(TRACE, "Address", entry)?;
        let size = nt.read(TRACE, "Size", entry)?;
        if block == 0 || !(block..block.saturating_add(size.max(1))).contains(&address) {
            continue;
        }
        let trace: Vec<_> = (0..(frames.size / 8).min(MAX_FRAMES))
            .filter_map(|slot| {
                memory
                    .read_u64(entry.wrapping_add(frames.offset + 8 * slot))
                    .ok()
            })
            .filter(|&address| is_kernel_address(address))
            .map(|address| scene.place(address.wrapping_sub(1)))
            .collect();
        let is_free = |place: &Place| {
            let name = place.symbol.function.as_deref().unwrap_or("");
            place.symbol.in_kernel && name.contains("Free")
        };
        found.push(PoolTrace {
            entry,
            block,
            size,
            thread: nt.read(TRACE, "Thread", entry)?,
            freed: trace.iter().take(3).any(is_free),
            trace,
        });
    }
    Ok(found)
}
