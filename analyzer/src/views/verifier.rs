//! `!verifier`: Driver Verifier's settings and logs.

use std::fmt;

use serde::Serialize;

use super::expression::{address, number};
use super::session::Session;
use super::text::{dec, plain, raw};
use super::{InspectError, ViewInfo, ViewRequest};
use crate::dump::{MemoryExt, is_kernel_address};
use crate::nt::NtError;
use crate::verdict::Hex64;

pub(super) const VIEW: ViewInfo = ViewInfo {
    id: "verifier",
    names: &["verifier"],
    usage: "verifier [8 | 0x80 [ADDR]]",
    meaning: "Driver Verifier: options and drivers; 8: IRQL changes; 0x80: pool operations",
    example: "verifier 0x80 ffffd02340000c70",
    needs_structures: true,
    make: |session, request| Ok(verifier(session, request)?.into()),
};

const IRQL: &str = "_VI_TRACK_IRQL";
const POOL: &str = "_VF_POOL_TRACE";
const MAX_ENTRIES: u64 = 0x10_0000;
const MAX_FRAMES: u64 = 64;
/// `DRIVER_VERIFIER_…` (wdm.h), as `!verifier` names them.
const OPTIONS: &[(u64, &str)] = &[
    (0x1, "Special pool"),
    (0x2, "Force IRQL checking"),
    (0x4, "Randomly simulate low resources"),
    (0x8, "Pool tracking"),
    (0x10, "I/O verification"),
    (0x20, "Deadlock detection"),
    (0x80, "DMA checking"),
    (0x100, "Security checks"),
    (0x200, "Force pending I/O requests"),
    (0x400, "IRP logging"),
    (0x800, "Miscellaneous checks"),
    (0x2_0000, "DDI compliance checking"),
];

/// A frame of a recorded stack.
#[derive(Clone, Debug, Serialize)]
struct TraceFrame {
    address: Hex64,
    symbol: String,
}

/// An IRQL change.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct IrqlChange {
    thread: Hex64,
    old: u64,
    new: u64,
    processor: Option<u64>,
    trace: Vec<TraceFrame>,
}

/// An allocation or a free.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PoolOperation {
    block: Hex64,
    size: u64,
    thread: Hex64,
    trace: Vec<TraceFrame>,
}

/// The requested part.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum VerifierView {
    /// Options, and the drivers that it verifies.
    Settings {
        level: Option<Hex64>,
        options: Vec<&'static str>,
        drivers: Vec<String>,
    },
    /// The log of IRQL changes, newest first.
    IrqlLog { changes: Vec<IrqlChange> },
    /// The pool log, newest first; only about one address, if given.
    PoolLog {
        about: Option<Hex64>,
        operations: Vec<PoolOperation>,
    },
}

pub(super) fn verifier(
    session: &Session<'_, '_>,
    request: &ViewRequest,
) -> Result<VerifierView, InspectError> {
    let flags = match request.args.first() {
        Some(text) => {
            number(text).ok_or_else(|| request.usage(format!("`{text}` is no number")))?
        }
        None => 0,
    };
    let about = request.args.get(1);
    let about = about.map(|text| address(session, text)).transpose()?;
    Ok(if flags & 0x80 != 0 {
        let what = "Driver Verifier's log of pool operations";
        let found = session.known(what, pool_log(session, about));
        VerifierView::PoolLog {
            about: about.map(Hex64),
            operations: found.unwrap_or_default(),
        }
    } else if flags & 8 != 0 {
        let what = "Driver Verifier's log of IRQL changes";
        VerifierView::IrqlLog {
            changes: session.known(what, irql_log(session)).unwrap_or_default(),
        }
    } else {
        settings(session)
    })
}

fn settings(session: &Session<'_, '_>) -> VerifierView {
    let nt = &session.nt;
    let level = nt
        .global("MmVerifierData")
        .and_then(|at| nt.read("_MM_DRIVER_VERIFIER_DATA", "Level", at));
    let level = session.known("Driver Verifier's options", level);
    let set = level.unwrap_or(0);
    let options = OPTIONS.iter().filter(|(bit, _)| set & bit != 0);
    VerifierView::Settings {
        level: level.map(Hex64),
        options: options.map(|(_, name)| *name).collect(),
        drivers: suspects(session),
    }
}

/// The drivers that Driver Verifier verifies.
fn suspects(session: &Session<'_, '_>) -> Vec<String> {
    const ENTRY: &str = "_VF_SUSPECT_DRIVER_ENTRY";
    const MAX_SUSPECTS: usize = 4096;
    let nt = &session.nt;
    let what = "the drivers that Driver Verifier verifies";
    let Some(head) = session.known(what, nt.global("VfSuspectDriversList")) else {
        return Vec::new();
    };
    let list = session.list(what, head, ENTRY, "Links", MAX_SUSPECTS);
    let name = |entry: u64| {
        let at = entry.wrapping_add(nt.offset(ENTRY, "BaseName").ok()?);
        session.target.memory.read_unicode_string(at).ok()
    };
    list.into_iter().filter_map(name).collect()
}

/// A ring buffer of records: its address, its capacity, the index of the next one.
fn ring(
    session: &Session<'_, '_>,
    [table, length, index]: [&'static str; 3],
) -> Result<(u64, u64, u64), NtError> {
    let nt = &session.nt;
    let memory = session.target.memory;
    let table = memory.read_u64(nt.global(table)?)?;
    let length = memory.read_uint(nt.global(length)?, 4)?;
    let next = memory.read_uint(nt.global(index)?, 4)?;
    match is_kernel_address(table) && length <= MAX_ENTRIES {
        true => Ok((table, length, next)),
        false => Ok((0, 0, 0)),
    }
}

/// Addresses of a ring buffer's records, newest first.
fn newest_first((table, length, next): (u64, u64, u64), size: u64) -> impl Iterator<Item = u64> {
    (1..=length).map(move |back| {
        let slot = next.wrapping_add(length).wrapping_sub(back) % length;
        table.wrapping_add(slot.wrapping_mul(size))
    })
}

fn trace(session: &Session<'_, '_>, type_name: &'static str, entry: u64) -> Vec<TraceFrame> {
    let Ok(frames) = session.nt.field(type_name, "StackTrace") else {
        return Vec::new();
    };
    let slots = (0..(frames.size / 8).min(MAX_FRAMES)).filter_map(|slot| {
        let at = entry.wrapping_add(frames.offset + 8 * slot);
        session.target.memory.read_u64(at).ok()
    });
    slots
        .filter(|&address| is_kernel_address(address))
        .map(|address| TraceFrame {
            address: address.into(),
            symbol: session
                .target
                .symbol(address, crate::target::Pc::Return)
                .text(address),
        })
        .collect()
}

fn irql_log(session: &Session<'_, '_>) -> Result<Vec<IrqlChange>, NtError> {
    let nt = &session.nt;
    let names = [
        "ViTrackIrqlQueue",
        "ViTrackIrqlQueueLength",
        "ViTrackIrqlIndex",
    ];
    let ring = ring(session, names)?;
    let size = nt.size_of(IRQL)?;
    let mut changes = Vec::new();
    for entry in newest_first(ring, size) {
        let thread = nt.read(IRQL, "Thread", entry)?;
        if is_kernel_address(thread) {
            changes.push(IrqlChange {
                thread: thread.into(),
                old: nt.read(IRQL, "OldIrql", entry)?,
                new: nt.read(IRQL, "NewIrql", entry)?,
                processor: nt.read(IRQL, "Processor", entry).ok(),
                trace: trace(session, IRQL, entry),
            });
        }
    }
    Ok(changes)
}

fn pool_log(session: &Session<'_, '_>, about: Option<u64>) -> Result<Vec<PoolOperation>, NtError> {
    let nt = &session.nt;
    let names = ["VfPoolTraces", "VfPoolTracesLength", "VfPoolTracesIndex"];
    let ring = ring(session, names)?;
    let record = nt.size_of(POOL)?;
    let mut operations = Vec::new();
    for entry in newest_first(ring, record) {
        let block = nt.read(POOL, "Address", entry)?;
        let size = nt.read(POOL, "Size", entry)?;
        let holds = |at: u64| (block..block.saturating_add(size.max(1))).contains(&at);
        if block != 0 && about.is_none_or(holds) {
            operations.push(PoolOperation {
                block: block.into(),
                size,
                thread: nt.read(POOL, "Thread", entry)?.into(),
                trace: trace(session, POOL, entry),
            });
        }
    }
    Ok(operations)
}

const RULE: &str = "======================================================================";

fn print_trace(f: &mut fmt::Formatter<'_>, trace: &[TraceFrame]) -> fmt::Result {
    let mut places = trace.iter();
    places.try_for_each(|place| writeln!(f, "{} {}", plain(place.address.0), place.symbol))
}

impl fmt::Display for VerifierView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings {
                level,
                options,
                drivers,
            } => {
                let level = super::text::hex(raw(*level), 8);
                writeln!(f, "Verify Flags Level 0x{level}\n")?;
                writeln!(f, "  STANDARD FLAGS AND OTHERS:")?;
                for option in options {
                    writeln!(f, "    [X] {option}")?;
                }
                writeln!(f, "\nVerified drivers: {}", drivers.len())?;
                let mut drivers = drivers.iter();
                drivers.try_for_each(|driver| writeln!(f, "    {driver}"))
            }
            Self::IrqlLog { changes } => {
                writeln!(
                    f,
                    "Log of IRQL changes, newest first: {} entries",
                    changes.len()
                )?;
                for change in changes {
                    writeln!(f, "{RULE}")?;
                    writeln!(f, "Thread:             {}", plain(change.thread.0))?;
                    writeln!(f, "Old irql:           {}", change.old)?;
                    writeln!(f, "New irql:           {}", change.new)?;
                    writeln!(f, "Processor:          {}\n", dec(change.processor))?;
                    print_trace(f, &change.trace)?;
                }
                Ok(())
            }
            Self::PoolLog { about, operations } => {
                let about = about.map_or_else(String::new, |at| format!(" about {}", plain(at.0)));
                writeln!(
                    f,
                    "Log of recent kernel pool Allocate and Free operations{about}: {} entries",
                    operations.len()
                )?;
                for operation in operations {
                    writeln!(f, "{RULE}")?;
                    writeln!(
                        f,
                        "Pool block {}, Size {:016x}, Thread {}",
                        plain(operation.block.0),
                        operation.size,
                        plain(operation.thread.0)
                    )?;
                    print_trace(f, &operation.trace)?;
                }
                Ok(())
            }
        }
    }
}
