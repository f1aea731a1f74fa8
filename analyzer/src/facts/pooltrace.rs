//! Driver Verifier's log of pool allocations and frees.

use std::collections::BTreeMap;

use super::context::{CollectContext, Place};
use super::fault::Fault;
use crate::dump::{MemoryExt, is_kernel_address};
use crate::nt::NtError;
use crate::stop::Role;

/// The log's name in unknowns.
pub(super) const LOG: &str = "Driver Verifier's log of pool allocations";
const TRACE: &str = "_VF_POOL_TRACE";
const MAX_TRACES: u64 = 0x10_0000;
const MAX_FRAMES: u64 = 64;
const MAX_BLOCKS: usize = 0x1000;

/// An entry of the log.
#[derive(Clone, Debug)]
pub(crate) struct PoolTrace {
    /// Address of the entry.
    pub entry: u64,
    pub block: u64,
    pub size: u64,
    pub thread: u64,
    /// A free; otherwise an allocation.
    pub freed: bool,
    /// Callers, innermost first.
    pub trace: Vec<Place>,
}

/// The log's entries about the block that the stop names, or in which its fault lies, oldest first.
/// Only verified drivers are logged.
pub(crate) fn pool_traces(
    context: &CollectContext<'_, '_, '_>,
    fault: Option<&Fault>,
) -> Vec<PoolTrace> {
    let of_stop = context.bugcheck.stop().by_role(Role::PoolAddress);
    let of_fault = || Some(fault?.address).filter(|&address| is_kernel_address(address));
    let Some(address) = of_stop.or_else(of_fault) else {
        return Vec::new();
    };
    let about = lines(context).and_then(|lines| {
        let holds = |line: &Line| {
            (line.block..line.block.saturating_add(line.size.max(1))).contains(&address)
        };
        let lines = lines.iter().filter(|line| holds(line));
        lines.map(|line| read(context, line)).collect()
    });
    match of_stop {
        Some(_) => context.known(LOG, about).unwrap_or_default(),
        // Most systems are not verified: there is nothing to miss.
        None => about.unwrap_or_default(),
    }
}

/// The allocations in the log without a later free, oldest first. Only verified drivers are logged.
pub(super) fn allocated_blocks(
    context: &CollectContext<'_, '_, '_>,
) -> Result<Vec<PoolTrace>, NtError> {
    let mut last: BTreeMap<u64, Line> = BTreeMap::new();
    for (order, line) in lines(context)?.into_iter().enumerate() {
        last.insert(line.block, Line { order, ..line });
    }
    let mut last: Vec<Line> = last.into_values().collect();
    last.sort_by_key(|line| line.order);
    // The log may be long, and symbols take time: the newest allocations are enough.
    let newest = last.len().saturating_sub(MAX_BLOCKS);
    let mut found = Vec::new();
    for line in &last[newest..] {
        let trace = read(context, line)?;
        found.extend((!trace.freed).then_some(trace));
    }
    Ok(found)
}

/// The address of an entry, and its block.
#[derive(Clone, Copy)]
struct Line {
    entry: u64,
    block: u64,
    size: u64,
    order: usize,
}

/// The log's entries, oldest first.
fn lines(context: &CollectContext<'_, '_, '_>) -> Result<Vec<Line>, NtError> {
    let nt = context.nt;
    let memory = nt.target.memory;
    let table = memory.read_u64(nt.global("VfPoolTraces")?)?;
    let length = memory.read_uint(nt.global("VfPoolTracesLength")?, 4)?;
    let next = memory.read_uint(nt.global("VfPoolTracesIndex")?, 4)?;
    if !is_kernel_address(table) || length == 0 || length > MAX_TRACES {
        return Ok(Vec::new());
    }
    let entry_size = nt.size_of(TRACE)?;
    let mut found = Vec::new();
    for step in 0..length {
        let entry = table.wrapping_add((next.wrapping_add(step) % length) * entry_size);
        let block = nt.read(TRACE, "Address", entry)?;
        let size = nt.read(TRACE, "Size", entry)?;
        if block != 0 {
            found.push(Line {
                entry,
                block,
                size,
                order: found.len(),
            });
        }
    }
    Ok(found)
}

fn read(context: &CollectContext<'_, '_, '_>, line: &Line) -> Result<PoolTrace, NtError> {
    let nt = context.nt;
    let frames = nt.field(TRACE, "StackTrace")?;
    let at = line.entry.wrapping_add(frames.offset);
    let trace: Vec<_> = (0..(frames.size / 8).min(MAX_FRAMES))
        .filter_map(|slot| nt.target.memory.read_u64(at.wrapping_add(8 * slot)).ok())
        .filter(|&address| is_kernel_address(address))
        .map(|address| context.place(address.wrapping_sub(1)))
        .collect();
    let is_free = |place: &Place| {
        let name = place.symbol.function.as_deref().unwrap_or("");
        place.symbol.in_kernel && name.contains("Free")
    };
    Ok(PoolTrace {
        entry: line.entry,
        block: line.block,
        size: line.size,
        thread: nt.read(TRACE, "Thread", line.entry)?,
        freed: trace.iter().take(3).any(is_free),
        trace,
    })
}
