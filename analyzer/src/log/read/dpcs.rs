//! Queued DPCs, and the watchdog's counters: `!dpcs`, `!dpcwatchdog`.

use std::sync::LazyLock;

use regex::Regex;

use super::{Line, Reader};
use crate::log::text::number::hex;
use crate::log::text::symbol::{RawSymbol, symbol};

/// ` 0: Normal  : 0xffff… 0xffff… drv!Routine`.
static ROW: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(\d{1,4}):\s*(Normal|Threaded)\s*:\s*(?:0x)?([0-9a-f`]{8,17})\s+(?:0x)?([0-9a-f`]{8,17})\s+(\S.*)$")
        .expect("a constant")
});
static PROCESSOR: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*CPU\s?#\s?(\d{1,4})\s*$").expect("a constant"));
static CURRENT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*Current DPC:\s*(.+)$").expect("a constant"));
/// The layout of our view: WinDbg shows no counters.
static COUNTER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(DpcTimeCount|DpcWatchdogCount): (\d{1,10}) of (\d{1,10}) ticks")
        .expect("a constant")
});
const MAX: usize = 10_000;

/// A DPC in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QueuedDpc {
    pub processor: u32,
    pub address: u64,
    pub routine: u64,
    pub symbol: Option<RawSymbol>,
}

/// A processor's watchdog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Watchdog {
    pub processor: u32,
    /// Whether a DPC runs.
    pub active: Option<bool>,
    pub routine: Option<RawSymbol>,
    pub dpc_ticks: Option<(u64, u64)>,
    pub dispatch_ticks: Option<(u64, u64)>,
}

/// Reads DPCs line by line.
#[derive(Debug, Default)]
pub(crate) struct Dpcs {
    pub queued: Vec<QueuedDpc>,
    pub watchdogs: Vec<Watchdog>,
}

impl Reader for Dpcs {
    fn line(&mut self, Line { text, .. }: Line<'_>) {
        if let Some(found) = ROW.captures(text) {
            let parts = || {
                Some(QueuedDpc {
                    processor: found[1].parse().ok()?,
                    address: hex(&found[3])?,
                    routine: hex(&found[4])?,
                    symbol: symbol(&found[5]).map(|(symbol, _)| symbol),
                })
            };
            // The watchdog's table repeats what !dpcs showed.
            let dpc = parts().filter(|dpc| self.queued.len() < MAX && !self.queued.contains(dpc));
            self.queued.extend(dpc);
        } else if let Some(found) = PROCESSOR.captures(text) {
            if let Some(processor) = found[1].parse().ok().filter(|_| self.watchdogs.len() < MAX) {
                self.watchdogs.push(Watchdog {
                    processor,
                    ..Watchdog::default()
                });
            }
        } else if let Some(found) = CURRENT.captures(text) {
            let Some(watchdog) = self.watchdogs.last_mut() else {
                return;
            };
            let named = symbol(&found[1]).map(|(symbol, _)| symbol);
            watchdog.active = match (found[1].starts_with("No "), &named) {
                (true, _) => Some(false),
                (false, Some(_)) => Some(true),
                (false, None) => None,
            };
            watchdog.routine = named;
        } else if let Some(found) = COUNTER.captures(text) {
            let pair = found[2].parse().ok().zip(found[3].parse().ok());
            if let Some(watchdog) = self.watchdogs.last_mut() {
                match &found[1] {
                    "DpcTimeCount" => watchdog.dpc_ticks = pair,
                    _ => watchdog.dispatch_ticks = pair,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::log::read::transcript;

    #[test]
    fn dpcs_and_the_watchdog() {
        let dpcs = transcript(
            "1: kd> !dpcwatchdog\nAll durations are in seconds (1 System tick = 15.600000 milliseconds)\n\nCPU#1\n----\nCurrent DPC: drv!Dpc (Normal)\n\
             DpcTimeCount: 1281 of 1280 ticks (20.016 of 20.000 s)\nDpcWatchdogCount: 1280 of 7680 ticks (20.000 of 120.000 s)\n\nPending DPCs:\n\
             CPU Type      KDPC       Function\n 1: Normal  : 0xffff80001234d340 0xfffff80312345678 drv!Other\n\
             1: kd> !dpcs\nCPU Type      KDPC       Function\n 1: Normal  : 0xffff80001234d340 0xfffff80312345678 drv!Other\n",
        )
        .dpcs;
        assert_eq!(dpcs.queued.len(), 1);
        assert_eq!(dpcs.queued[0].routine, 0xffff_f803_1234_5678);
        let watchdog = &dpcs.watchdogs[0];
        assert_eq!((watchdog.processor, watchdog.active), (1, Some(true)));
        assert_eq!(watchdog.dpc_ticks, Some((1281, 1280)));
    }
}
