//! Driver Verifier's logs → IRQL raises, allocations and frees of a block, leaked pool.

use std::collections::HashSet;

use super::LogContext;
use crate::facts::{Fault, IrqlRaise, Leftover, Place, PoolTrace};
use crate::log::read::verifier::{CodeAddress, PoolLine};
use crate::log::text::names;
use crate::stop::Role;

fn places(log: &LogContext<'_>, trace: &[CodeAddress]) -> Vec<Place> {
    let place = |(address, raw): &CodeAddress| Place {
        // The log has return addresses.
        address: address.saturating_sub(1),
        symbol: raw
            .as_ref()
            .map(|raw| names::symbol(raw, &log.images))
            .unwrap_or_default(),
    };
    trace.iter().map(place).collect()
}

/// Raises that were not undone, oldest first; only those of `thread`, if it is known.
pub(super) fn irqls(log: &LogContext<'_>, thread: Option<u64>) -> Vec<IrqlRaise> {
    let lines = log.transcript.verifier.irql.iter().rev();
    let mut open: Vec<IrqlRaise> = Vec::new();
    for line in lines.filter(|line| thread.is_none_or(|thread| line.thread == thread)) {
        let (old, new) = (line.old.min(0xFF) as u8, line.new.min(0xFF) as u8);
        open.retain(|raise| raise.new <= new || new > old);
        if new > old {
            open.push(IrqlRaise {
                entry: 0,
                old,
                new,
                trace: places(log, &line.trace),
            });
        }
    }
    open
}

fn pool_trace(log: &LogContext<'_>, line: &PoolLine) -> PoolTrace {
    let trace = places(log, &line.trace);
    let is_free = |place: &Place| {
        let name = place.symbol.function.as_deref().unwrap_or("");
        place.symbol.in_kernel && name.contains("Free")
    };
    PoolTrace {
        entry: 0,
        block: line.block,
        size: line.size,
        thread: line.thread,
        freed: trace.iter().take(3).any(is_free),
        trace,
    }
}

/// The log's entries about the block of the stop or of its fault, oldest first.
pub(super) fn pool(log: &LogContext<'_>, fault: Option<&Fault>) -> Vec<PoolTrace> {
    let of_stop = log.bugcheck.by_role(Role::PoolAddress);
    let Some(address) = of_stop.or_else(|| Some(fault?.address)) else {
        return Vec::new();
    };
    let holds = |line: &&PoolLine| {
        (line.block..line.block.saturating_add(line.size.max(1))).contains(&address)
    };
    let lines = log.transcript.verifier.pool.iter().rev();
    lines
        .filter(holds)
        .map(|line| pool_trace(log, line))
        .collect()
}

/// Pool that an unloaded driver leaked. The driver is the one that the stop names, else the one
/// that the debugger named or was asked about.
pub(super) fn leftover(log: &LogContext<'_>, blamed: &[Place]) -> Option<Leftover> {
    if (log.bugcheck.code, log.parameter(0)) != (0xC4, Some(0x62)) {
        return None;
    }
    let transcript = log.transcript;
    let pointed = blamed.get(1).filter(|place| place.is_driver());
    let pointed = pointed.and_then(|place| place.symbol.module.clone());
    let analyzed = || {
        let place = super::analyzed(log).filter(Place::is_driver)?;
        place.symbol.module
    };
    let driver = pointed
        .or_else(analyzed)
        .or_else(|| transcript.verifier.asked.clone());
    let own = |place: &Place| {
        let module = place.symbol.module.as_deref();
        let same = |driver: &String| module.is_some_and(|one| one.eq_ignore_ascii_case(driver));
        driver.as_ref().is_some_and(same)
    };
    // The first entry about a block is the newest; older ones are of earlier uses of its memory.
    let mut seen = HashSet::new();
    let newest = transcript.verifier.pool.iter();
    let newest = newest.filter(|line| seen.insert(line.block));
    let mut blocks: Vec<_> = newest.map(|line| pool_trace(log, line)).collect();
    blocks.reverse();
    blocks.extend(
        transcript
            .verifier
            .left
            .iter()
            .map(|(block, size, caller)| PoolTrace {
                entry: 0,
                block: *block,
                size: *size,
                thread: 0,
                freed: false,
                trace: places(log, std::slice::from_ref(caller)),
            }),
    );
    blocks.retain(|block| !block.freed && block.trace.iter().any(own));
    Some(Leftover { driver, blocks })
}
