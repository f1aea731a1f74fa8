//! The DPC watchdog's counters on the processor that raised 0x133, and its profile.

use super::context::{CollectContext, Place};
use crate::dump::{MemoryExt, is_kernel_address};
use crate::nt::Nt;

const PRCB: &str = "_KPRCB";
/// First word of the triage block (`DPC_WATCHDOG_GLOBAL_TRIAGE_BLOCK`, ntddk.h).
const TRIAGE_SIGNATURE: u64 = 0xAEBE_CEDE;
const TRIAGE_LENGTH_AT: u64 = 0xC;
const MAX_SAMPLES: u64 = 0x8000;

/// The watchdog's counters.
#[derive(Clone, Debug, Default)]
pub(crate) struct WatchdogFacts {
    pub prcb: Option<u64>,
    /// Whether a DPC was running.
    pub dpc_active: Option<bool>,
    /// Ticks of the running DPC, and the limit.
    pub dpc_ticks: Option<(u64, u64)>,
    /// Ticks at DISPATCH_LEVEL or above, and the limit.
    pub dispatch_ticks: Option<(u64, u64)>,
    /// The routine of the DPC that ran.
    pub routine: Option<Place>,
    /// Samples in the watchdog's profile by module outside the kernel, most frequent first.
    pub samples: Vec<(String, usize)>,
}

/// Reads the counters of the processor that raised the stop.
pub(crate) fn watchdog(
    context: &CollectContext<'_, '_, '_>,
    processor: Option<u32>,
) -> Option<WatchdogFacts> {
    if context.bugcheck.code != 0x133 {
        return None;
    }
    let wanted = |number| processor == Some(number);
    let prcb = context.processors.iter().find(|known| wanted(known.number));
    let prcb = match prcb {
        Some(processor) => processor.prcb,
        None => {
            context.note(
                "the watchdog's counters",
                "the crashing processor is not known",
            );
            return None;
        }
    };
    let nt = context.nt;
    let either = |newer, older| {
        nt.read(PRCB, newer, prcb)
            .or_else(|_| nt.read(PRCB, older, prcb))
    };
    let pair = |count, limit: Result<u64, _>| Some((nt.read(PRCB, count, prcb).ok()?, limit.ok()?));
    Some(WatchdogFacts {
        prcb: Some(prcb),
        dpc_active: nt
            .read(PRCB, "DpcRoutineActive", prcb)
            .ok()
            .map(|active| active != 0),
        dpc_ticks: pair("DpcTimeCount", either("DpcTimeLimitTicks", "DpcTimeLimit")),
        dispatch_ticks: pair(
            "DpcWatchdogCount",
            either("DpcWatchdogPeriodTicks", "DpcWatchdogPeriod"),
        ),
        routine: routine(nt, prcb).map(|address| context.place(address)),
        samples: samples(context, prcb).unwrap_or_default(),
    })
}

fn routine(nt: &Nt<'_, '_>, prcb: u64) -> Option<u64> {
    let active = |path| {
        let dpc = nt
            .read(PRCB, path, prcb)
            .ok()
            .filter(|&dpc| is_kernel_address(dpc))?;
        nt.read("_KDPC", "DeferredRoutine", dpc).ok()
    };
    active("DpcData[0].ActiveDpc")
        .or_else(|| active("DpcData[1].ActiveDpc"))
        .or_else(|| nt.read(PRCB, "CurrentDpcRoutine", prcb).ok())
        .filter(|&routine| is_kernel_address(routine))
}

/// Code addresses in the profile, by module. The layout of the records is not documented, so every
/// word that lies in a module's code counts.
fn samples(context: &CollectContext<'_, '_, '_>, prcb: u64) -> Option<Vec<(String, usize)>> {
    let [_, _, third, fourth] = context.bugcheck.parameters;
    let memory = context.nt.target.memory;
    let is_triage = |at: &u64| memory.read_uint(*at, 4) == Ok(TRIAGE_SIGNATURE);
    let triage = [third, fourth].into_iter().find(is_triage)?;
    let length = memory.read_uint(triage + TRIAGE_LENGTH_AT, 2).ok()?;
    let first = context.nt.read(PRCB, "DpcWatchdogProfile", prcb).ok()?;
    let end = context
        .nt
        .read(PRCB, "DpcWatchdogProfileCurrentEmptyCapture", prcb)
        .ok();
    let used = end
        .and_then(|end| end.checked_sub(first))
        .map(|bytes| bytes / 8);
    let length = used.unwrap_or(length).min(MAX_SAMPLES);
    let bytes = memory.read_prefix(first, length as usize * 8);
    let mut counts: Vec<(String, usize)> = Vec::new();
    for slot in bytes.chunks_exact(8) {
        let address = u64::from_le_bytes(slot.try_into().ok()?);
        let Some(module) = context
            .nt
            .target
            .modules
            .find(address)
            .filter(|m| !m.is_kernel)
        else {
            continue;
        };
        match counts.iter_mut().find(|(name, _)| *name == module.name) {
            Some((_, count)) => *count += 1,
            None => counts.push((module.name.clone(), 1)),
        }
    }
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Some(counts)
}
