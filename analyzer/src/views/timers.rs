//! `!timer`, devices' one-second timers, and the processes that asked for a finer clock.

use std::fmt;

use serde::Serialize;

use super::ViewInfo;
use super::device::driver_name;
use super::session::Session;
use super::text::{dec, plain, raw};
use super::thread::image_name;
use crate::dump::{MemoryExt, is_kernel_address};
use crate::nt::Processor;
use crate::symbols::LayoutError;
use crate::verdict::Hex64;

pub(super) const VIEW: ViewInfo = ViewInfo {
    id: "timers",
    names: &["timers", "timer"],
    usage: "timers",
    meaning: "timers that are set, with their DPCs, and devices' one-second timers",
    example: "timers",
    needs_structures: true,
    make: |session, _| Ok(timers(session).into()),
};

pub(super) const RESOLUTION: ViewInfo = ViewInfo {
    id: "timerresolution",
    names: &["timerresolution"],
    usage: "timerresolution",
    meaning: "processes that asked for a finer clock",
    example: "timerresolution",
    needs_structures: true,
    make: |session, _| Ok(resolutions(session).into()),
};

const PRCB: &str = "_KPRCB";
const TIMER: &str = "_KTIMER";
const IO_TIMER: &str = "_IO_TIMER";
const ENTRY: &str = "_KTIMER_TABLE_ENTRY";
const MAX_TIMERS: usize = 16_384;
/// Both halves of the table in all versions.
const MAX_SLOTS: u64 = 1024;
/// `KUSER_SHARED_DATA.InterruptTime` (ntddk.h): low half, high half.
const INTERRUPT_TIME: u64 = 0xffff_f780_0000_0008;

/// A timer that is set.
#[derive(Clone, Debug, Serialize)]
struct TimerView {
    processor: u32,
    /// Its slot in the processor's table.
    slot: u64,
    address: Hex64,
    /// Interrupt time at which it fires, in 100 ns.
    due: Option<Hex64>,
    /// Seconds until then; negative if it is overdue.
    fires_in_seconds: Option<f64>,
    period_milliseconds: Option<u64>,
    dpc: Option<Hex64>,
    routine: Option<Hex64>,
    symbol: Option<String>,
    /// For a timer without a DPC: a thread that waits for it.
    thread: Option<Hex64>,
}

/// A device's one-second timer.
#[derive(Clone, Debug, Serialize)]
struct IoTimerView {
    address: Hex64,
    running: Option<bool>,
    routine: Option<Hex64>,
    symbol: Option<String>,
    context: Option<Hex64>,
    device: Option<Hex64>,
    driver: Option<String>,
}

/// All timers.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Timers {
    interrupt_time: Option<Hex64>,
    timers: Vec<TimerView>,
    /// `None` if the kernel's list of them is not known.
    io_timers: Option<Vec<IoTimerView>>,
}

pub(super) fn timers(session: &Session<'_, '_>) -> Timers {
    let memory = session.target.memory;
    let now = memory.read_u64(INTERRUPT_TIME).ok();
    let mut found = Vec::new();
    for processor in session.processors() {
        let room = MAX_TIMERS.saturating_sub(found.len());
        found.extend(of_processor(session, processor, now, room));
    }
    Timers {
        interrupt_time: now.map(Hex64),
        timers: found,
        io_timers: io_timers(session),
    }
}

fn of_processor(
    session: &Session<'_, '_>,
    processor: &Processor,
    now: Option<u64>,
    room: usize,
) -> Vec<TimerView> {
    let nt = &session.nt;
    let what = format!("the timers of processor {}", processor.number);
    let layout = || -> Result<_, LayoutError> {
        let table = nt.field(PRCB, "TimerTable.TimerEntries")?;
        let size = nt.size_of(ENTRY)?;
        Ok((table, size, nt.offset(ENTRY, "Entry")?))
    };
    let Some((table, size, list_at)) = session.known(&what, layout()) else {
        return Vec::new();
    };
    let slots = table.size.checked_div(size).unwrap_or(0).min(MAX_SLOTS);
    let mut found = Vec::new();
    for slot in 0..slots {
        let entry = processor.prcb.wrapping_add(table.offset + slot * size);
        let head = entry.wrapping_add(list_at);
        // A table that was never filled holds zeros.
        if session.target.memory.read_u64(head) == Ok(0) {
            continue;
        }
        let room = room.saturating_sub(found.len());
        let timers = session.list(&what, head, TIMER, "TimerListEntry", room);
        let timers = timers.into_iter();
        found.extend(timers.map(|timer| view(session, processor, slot, timer, now)));
    }
    found
}

fn view(
    session: &Session<'_, '_>,
    processor: &Processor,
    slot: u64,
    timer: u64,
    now: Option<u64>,
) -> TimerView {
    let nt = &session.nt;
    let due = nt.read(TIMER, "DueTime", timer).ok();
    let due = due.or_else(|| {
        let at = nt.offset(TIMER, "DueTime").ok()?;
        session.target.memory.read_u64(timer.wrapping_add(at)).ok()
    });
    let dpc = dpc_of(session, timer);
    let routine = dpc.and_then(|dpc| nt.read("_KDPC", "DeferredRoutine", dpc).ok());
    let waits = || {
        let head = timer.wrapping_add(nt.offset("_DISPATCHER_HEADER", "WaitListHead").ok()?);
        let (blocks, _) = nt.list(head, "_KWAIT_BLOCK", "WaitListEntry", 1).ok()?;
        nt.read("_KWAIT_BLOCK", "Thread", *blocks.first()?).ok()
    };
    TimerView {
        processor: processor.number,
        slot,
        address: timer.into(),
        fires_in_seconds: due
            .zip(now)
            .map(|(due, now)| due.wrapping_sub(now) as i64 as f64 / 1e7),
        due: due.map(Hex64),
        period_milliseconds: nt.read(TIMER, "Period", timer).ok(),
        thread: match dpc {
            None => waits().map(Hex64),
            Some(_) => None,
        },
        dpc: dpc.map(Hex64),
        symbol: routine
            .filter(|&routine| is_kernel_address(routine))
            .map(|routine| session.code(routine)),
        routine: routine.map(Hex64),
    }
}

/// A timer's DPC. Windows encodes the pointer with two kernel variables; if the symbols do not name
/// them, it is a plain pointer.
fn dpc_of(session: &Session<'_, '_>, timer: u64) -> Option<u64> {
    let nt = &session.nt;
    let stored = nt.read(TIMER, "Dpc", timer).ok()?;
    let secret = |name| {
        let at = nt.global(name).ok()?;
        session.target.memory.read_u64(at).ok()
    };
    let decoded = match (secret("KiWaitNever"), secret("KiWaitAlways")) {
        (Some(never), Some(always)) => decode(stored, timer, never, always),
        _ => stored,
    };
    is_kernel_address(decoded).then_some(decoded)
}

/// Undoes the encoding of `KTIMER.Dpc` (as volatility3 and the public descriptions have it).
fn decode(stored: u64, timer: u64, never: u64, always: u64) -> u64 {
    let rotated = (stored ^ never).rotate_left((never & 0xFF) as u32);
    (rotated ^ timer).swap_bytes() ^ always
}

fn io_timers(session: &Session<'_, '_>) -> Option<Vec<IoTimerView>> {
    let nt = &session.nt;
    let head = nt.global("IopTimerQueueHead");
    let head = session.known("devices' one-second timers", head)?;
    let list = session.list("devices' timers", head, IO_TIMER, "TimerList", MAX_TIMERS);
    let view = |timer: u64| {
        let field = |path| nt.read(IO_TIMER, path, timer).ok();
        let routine = field("TimerRoutine");
        let device = field("DeviceObject");
        IoTimerView {
            address: timer.into(),
            running: field("TimerFlag").map(|flag| flag != 0),
            symbol: routine
                .filter(|&routine| is_kernel_address(routine))
                .map(|routine| session.code(routine)),
            routine: routine.map(Hex64),
            context: field("Context").map(Hex64),
            driver: device
                .filter(|&device| is_kernel_address(device))
                .and_then(|device| driver_name(session, device)),
            device: device.map(Hex64),
        }
    };
    Some(list.into_iter().map(view).collect())
}

impl fmt::Display for Timers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let halves = |value: Option<Hex64>| match raw(value) {
            Some(value) => format!("{:08x} {:08x}", value & 0xFFFF_FFFF, value >> 32),
            None => "???????? ????????".to_owned(),
        };
        writeln!(f, "Dump system timers\n")?;
        writeln!(f, "Interrupt time: {}\n", halves(self.interrupt_time))?;
        writeln!(
            f,
            "CPU List Timer             Interrupt Low/High   Fires in      DPC/thread"
        )?;
        for timer in &self.timers {
            let fires = timer.fires_in_seconds;
            let fires = fires.map_or("?".to_owned(), |seconds| format!("{seconds:.3} s"));
            let what = match (&timer.dpc, &timer.thread) {
                (Some(dpc), _) => format!(
                    "{} (DPC @ {})",
                    timer.symbol.as_deref().unwrap_or("????"),
                    plain(dpc.0)
                ),
                (None, Some(thread)) => format!("thread {}", plain(thread.0)),
                (None, None) => String::new(),
            };
            let period = match timer.period_milliseconds {
                Some(0) | None => String::new(),
                Some(period) => format!(" every {period} ms"),
            };
            let line = format!(
                "{:>3} {:>4} {}  {} {fires:>12}   {what}{period}",
                timer.processor,
                timer.slot,
                plain(timer.address.0),
                halves(timer.due),
            );
            writeln!(f, "{}", line.trim_end())?;
        }
        writeln!(f, "\nTotal Timers: {}", self.timers.len())?;
        let Some(io_timers) = &self.io_timers else {
            return Ok(());
        };
        writeln!(
            f,
            "\nTimers of devices (nt!IopTimerQueueHead): {}",
            io_timers.len()
        )?;
        for timer in io_timers {
            writeln!(
                f,
                "{}  {}  {} (DeviceObject {} {}, Context {})",
                plain(timer.address.0),
                match timer.running {
                    Some(true) => "started",
                    Some(false) => "stopped",
                    None => "?",
                },
                timer.symbol.as_deref().unwrap_or("????"),
                plain(raw(timer.device)),
                timer.driver.as_deref().unwrap_or("????"),
                plain(raw(timer.context)),
            )?;
        }
        Ok(())
    }
}

/// A process that asked for a finer clock.
#[derive(Clone, Debug, Serialize)]
struct ResolutionView {
    process: Hex64,
    image: Option<String>,
    /// In 100 ns.
    smallest: Option<u64>,
    requested: Option<u64>,
    /// Offsets of the three fields, as `dt` prints them.
    offsets: [Option<u64>; 3],
}

/// The processes in `ExpTimerResolutionListHead`. The head is not a process (a debugger's `!list`
/// prints it as an invalid row).
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Resolutions {
    processes: Vec<ResolutionView>,
}

pub(super) fn resolutions(session: &Session<'_, '_>) -> Resolutions {
    const EPROCESS: &str = "_EPROCESS";
    let nt = &session.nt;
    let what = "the processes that asked for a finer clock";
    let head = session.known(what, nt.global("ExpTimerResolutionListHead"));
    let list = match head {
        Some(head) => session.list(what, head, EPROCESS, "TimerResolutionLink", MAX_TIMERS),
        None => Vec::new(),
    };
    let view = |process: u64| ResolutionView {
        process: process.into(),
        image: image_name(session, process),
        smallest: nt.read(EPROCESS, "SmallestTimerResolution", process).ok(),
        requested: nt.read(EPROCESS, "RequestedTimerResolution", process).ok(),
        offsets: [
            nt.offset(EPROCESS, "ImageFileName").ok(),
            nt.offset(EPROCESS, "RequestedTimerResolution").ok(),
            nt.offset(EPROCESS, "SmallestTimerResolution").ok(),
        ],
    };
    Resolutions {
        processes: list.into_iter().map(view).collect(),
    }
}

impl fmt::Display for Resolutions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for process in &self.processes {
            writeln!(f, "dt nt!_EPROCESS {}", plain(process.process.0))?;
            let image = process.image.as_deref().unwrap_or("????");
            let rows = [
                ("ImageFileName", format!("[15]  \"{image}\"")),
                ("RequestedTimerResolution", dec(process.requested)),
                (
                    "SmallestTimerResolution",
                    match process.smallest {
                        Some(value) => format!("{value:#x}"),
                        None => "????".to_owned(),
                    },
                ),
            ];
            for (index, (name, value)) in rows.into_iter().enumerate() {
                let offset = super::text::hex(process.offsets[index], 3);
                writeln!(f, "   +0x{offset} {name:<24} : {value}")?;
            }
            writeln!(f)?;
        }
        writeln!(
            f,
            "Processes in nt!ExpTimerResolutionListHead: {}",
            self.processes.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoded_dpc_is_decoded() {
        let (never, always) = (0x1234_5678_9abc_de1f, 0xfedc_ba98_7654_3210);
        let (timer, dpc) = (0xffff_8d01_1234_5040u64, 0xffff_8d01_2222_1080u64);
        // The inverse encoding.
        let stored = ((dpc ^ always).swap_bytes() ^ timer).rotate_right((never & 0xFF) as u32);
        assert_eq!(decode(stored ^ never, timer, never, always), dpc);
    }
}
