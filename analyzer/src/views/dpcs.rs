//! `!dpcs` and `!dpcwatchdog`: DPC queues and the watchdog's counters.

use std::collections::HashSet;
use std::fmt;

use serde::Serialize;

use super::session::Session;
use super::text::{dec, plain, raw};
use super::{InspectError, ViewInfo, ViewRequest};
use crate::dump::{MemoryExt, is_kernel_address};
use crate::nt::{Processor, tick_clock};
use crate::verdict::Hex64;

pub(super) const VIEW: ViewInfo = ViewInfo {
    id: "dpcs",
    names: &["dpcs"],
    usage: "dpcs [N]",
    meaning: "DPCs that wait in the processors' queues",
    example: "dpcs 0",
    needs_structures: true,
    make: |session, request| Ok(dpcs(session, request)?.into()),
};

pub(super) const WATCHDOG: ViewInfo = ViewInfo {
    id: "dpcwatchdog",
    names: &["dpcwatchdog"],
    usage: "dpcwatchdog",
    meaning: "per processor: the running DPC, the watchdog's counters and limits, waiting DPCs",
    example: "dpcwatchdog",
    needs_structures: true,
    make: |session, _| Ok(watchdogs(session).into()),
};

const PRCB: &str = "_KPRCB";
const DPC: &str = "_KDPC";
const MAX_DPCS: usize = 4096;
/// `ThreadedDpcObject` of `KOBJECTS`; a normal DPC is 19.
const THREADED: u64 = 26;

#[derive(Clone, Debug, Serialize)]
struct DpcView {
    processor: u32,
    threaded: bool,
    address: Hex64,
    routine: Option<Hex64>,
    symbol: Option<String>,
    context: Option<Hex64>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Dpcs {
    dpcs: Vec<DpcView>,
}

pub(super) fn dpcs(session: &Session<'_, '_>, request: &ViewRequest) -> Result<Dpcs, InspectError> {
    let wanted = match request.args.first() {
        Some(text) => Some(
            text.parse::<u32>()
                .map_err(|_| request.usage(format!("`{text}` is no processor's number")))?,
        ),
        None => None,
    };
    let processors = session.processors().iter();
    let processors = processors.filter(|one| wanted.is_none_or(|number| number == one.number));
    Ok(Dpcs {
        dpcs: processors
            .flat_map(|one| pending(session, one))
            .take(MAX_DPCS)
            .collect(),
    })
}

/// The DPCs in a processor's two queues: normal and threaded ones.
fn pending(session: &Session<'_, '_>, processor: &Processor) -> Vec<DpcView> {
    let chains = [
        ("DpcData[0].DpcList.ListHead", "DpcData[0].DpcListHead"),
        ("DpcData[1].DpcList.ListHead", "DpcData[1].DpcListHead"),
    ];
    let mut found = Vec::new();
    for (newer, older) in chains {
        let what = format!("the DPCs of processor {}", processor.number);
        let dpcs = match session.nt.offset(PRCB, newer) {
            Ok(at) => single_list(session, &what, processor.prcb.wrapping_add(at)),
            Err(_) => {
                let head = session.nt.offset(PRCB, older);
                let Some(at) = session.known(&what, head) else {
                    continue;
                };
                let head = processor.prcb.wrapping_add(at);
                session.list(&what, head, DPC, "DpcListEntry", MAX_DPCS)
            }
        };
        found.extend(dpcs.into_iter().map(|dpc| view(session, processor, dpc)));
    }
    found
}

/// Newer versions use a singly linked list of DPCs.
fn single_list(session: &Session<'_, '_>, what: &str, head: u64) -> Vec<u64> {
    let memory = session.target.memory;
    let Some(at) = session.known(what, session.nt.offset(DPC, "DpcListEntry")) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut link = session.known(what, memory.read_u64(head)).unwrap_or(0);
    while link != 0 {
        if !is_kernel_address(link) || !seen.insert(link) || found.len() >= MAX_DPCS {
            session.note(
                format!("the rest of {what}"),
                format!("a link holds {link:#x}"),
            );
            break;
        }
        found.push(link.wrapping_sub(at));
        link = session.known(what, memory.read_u64(link)).unwrap_or(0);
    }
    found
}

fn view(session: &Session<'_, '_>, processor: &Processor, dpc: u64) -> DpcView {
    let field = |path| session.nt.read(DPC, path, dpc).ok();
    let routine = field("DeferredRoutine");
    DpcView {
        processor: processor.number,
        threaded: field("Type") == Some(THREADED),
        address: dpc.into(),
        symbol: routine
            .filter(|&routine| is_kernel_address(routine))
            .map(|routine| session.code(routine)),
        routine: routine.map(Hex64),
        context: field("DeferredContext").map(Hex64),
    }
}

impl fmt::Display for DpcView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:>2}: {:<8}: 0x{} 0x{} {}",
            self.processor,
            if self.threaded { "Threaded" } else { "Normal" },
            plain(self.address.0),
            plain(raw(self.routine)),
            self.symbol.as_deref().unwrap_or("????")
        )
    }
}

const HEADING: &str = "CPU Type      KDPC       Function";

impl fmt::Display for Dpcs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADING}")?;
        self.dpcs.iter().try_for_each(|dpc| dpc.fmt(f))?;
        match self.dpcs.is_empty() {
            true => writeln!(f, "dpcs: no pending DPCs found"),
            false => Ok(()),
        }
    }
}

/// The watchdog of each processor.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Watchdogs {
    tick_milliseconds: Option<f64>,
    processors: Vec<WatchdogView>,
}

#[derive(Clone, Debug, Serialize)]
struct WatchdogView {
    number: u32,
    prcb: Hex64,
    /// Whether a DPC runs.
    dpc_active: Option<bool>,
    current: Option<DpcView>,
    /// Ticks of the running DPC, and the limit.
    dpc_ticks: Option<u64>,
    dpc_limit: Option<u64>,
    /// Ticks at DISPATCH_LEVEL or above, and the limit.
    dispatch_ticks: Option<u64>,
    dispatch_limit: Option<u64>,
    pending: Vec<DpcView>,
}

pub(super) fn watchdogs(session: &Session<'_, '_>) -> Watchdogs {
    let mut room = MAX_DPCS;
    let mut one = |processor: &Processor| {
        let field = |path| session.nt.read(PRCB, path, processor.prcb).ok();
        let active = field("DpcRoutineActive").map(|active| active != 0);
        let current = ["DpcData[0].ActiveDpc", "DpcData[1].ActiveDpc"]
            .into_iter()
            .filter_map(field)
            .find(|&dpc| is_kernel_address(dpc))
            .filter(|_| active != Some(false));
        WatchdogView {
            number: processor.number,
            prcb: processor.prcb.into(),
            dpc_active: active,
            current: current.map(|dpc| view(session, processor, dpc)),
            dpc_ticks: field("DpcTimeCount"),
            dpc_limit: field("DpcTimeLimitTicks").or(field("DpcTimeLimit")),
            dispatch_ticks: field("DpcWatchdogCount"),
            dispatch_limit: field("DpcWatchdogPeriodTicks").or(field("DpcWatchdogPeriod")),
            pending: {
                let mut waiting = pending(session, processor);
                waiting.truncate(room);
                room -= waiting.len();
                waiting
            },
        }
    };
    Watchdogs {
        tick_milliseconds: tick_clock(&session.nt).map(|(_, milliseconds)| milliseconds),
        processors: session.processors().iter().map(&mut one).collect(),
    }
}

impl fmt::Display for Watchdogs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tick = self.tick_milliseconds;
        let milliseconds = tick.map_or("?".to_owned(), |tick| format!("{tick:.6}"));
        writeln!(
            f,
            "All durations are in seconds (1 System tick = {milliseconds} milliseconds)\n"
        )?;
        let seconds = |ticks: Option<u64>| match ticks.zip(tick) {
            Some((ticks, tick)) => format!("{:.3}", ticks as f64 * tick / 1e3),
            None => "?".to_owned(),
        };
        for one in &self.processors {
            let rule = "-".repeat(50);
            writeln!(f, "{rule}\nCPU#{}\n{rule}", one.number)?;
            match (&one.current, one.dpc_active) {
                (Some(dpc), _) => writeln!(
                    f,
                    "Current DPC: {} ({})",
                    dpc.symbol.as_deref().unwrap_or("????"),
                    if dpc.threaded { "Threaded" } else { "Normal" }
                )?,
                (None, Some(false)) => writeln!(f, "Current DPC: No Active DPC")?,
                (None, _) => writeln!(f, "Current DPC: ????")?,
            }
            let counter = |name: &str, ticks, limit| {
                format!(
                    "{name}: {} of {} ticks ({} of {} s)",
                    dec(ticks),
                    dec(limit),
                    seconds(ticks),
                    seconds(limit)
                )
            };
            writeln!(
                f,
                "{}",
                counter("DpcTimeCount", one.dpc_ticks, one.dpc_limit)
            )?;
            let dispatch = counter("DpcWatchdogCount", one.dispatch_ticks, one.dispatch_limit);
            writeln!(f, "{dispatch}\n")?;
            writeln!(f, "Pending DPCs:\n{}\n{HEADING}", "-".repeat(40))?;
            one.pending.iter().try_for_each(|dpc| dpc.fmt(f))?;
            if one.pending.is_empty() {
                writeln!(f, "dpcs: no pending DPCs found")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
