//! `!irpfind`: IRPs in pool, threads' lists and device queues.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::ViewInfo;
use super::device::queued;
use super::driver::{devices, drivers};
use super::irp::{LocationView, read};
use super::session::Session;
use super::text::{plain, raw, short};
use crate::dump::is_kernel_address;
use crate::nt::{Irp, NtError};
use crate::verdict::Hex64;

pub(super) const VIEW: ViewInfo = ViewInfo {
    id: "irpfind",
    names: &["irpfind"],
    usage: "irpfind",
    meaning: "IRPs in nonpaged pool (by tag), in threads' lists and in device queues",
    example: "irpfind",
    needs_structures: true,
    make: |session, _| Ok(find(session).into()),
};

const PAGE: usize = 0x1000;
/// Pool blocks start at multiples of this.
const ALIGNMENT: usize = 16;
/// First three letters of the tags of IRPs.
const TAG: &[u8; 3] = b"Irp";
const MAX_IRPS: usize = 16_384;
/// 4 GiB of pool; the view notes if there is more.
const MAX_PAGES: usize = 1 << 20;
const THREAD_IRPS: usize = 1024;
const MAX_DEVICES: usize = 65_536;

/// How an IRP was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
enum FoundIn {
    Pool,
    ThreadList,
    DeviceQueue,
}

impl FoundIn {
    fn text(self) -> &'static str {
        match self {
            Self::Pool => "pool",
            Self::ThreadList => "thread's list",
            Self::DeviceQueue => "device's queue",
        }
    }
}

#[derive(Clone, Debug, Serialize)]
struct FoundIrp {
    address: Hex64,
    found_in: Vec<FoundIn>,
    thread: Option<Hex64>,
    mdl: Option<Hex64>,
    completed: bool,
    /// The current location; none once the IRP is completed.
    location: Option<LocationView>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct FoundIrps {
    /// Pages of pool that were searched; `None` if pool could not be searched.
    pool_pages: Option<usize>,
    threads: usize,
    devices: usize,
    irps: Vec<FoundIrp>,
}

pub(super) fn find(session: &Session<'_, '_>) -> FoundIrps {
    let mut found: BTreeMap<u64, BTreeSet<FoundIn>> = BTreeMap::new();
    let mut add = |irps: Vec<u64>, how| {
        for irp in irps {
            if found.len() < MAX_IRPS || found.contains_key(&irp) {
                found.entry(irp).or_default().insert(how);
            }
        }
    };
    let nt = &session.nt;
    let mut all_devices = Vec::new();
    for (driver, _) in drivers(session) {
        if all_devices.len() >= MAX_DEVICES {
            session.note(
                "the queues of some devices",
                format!("more than {MAX_DEVICES}"),
            );
            break;
        }
        all_devices.extend(devices(session, driver));
    }
    for &device in &all_devices {
        add(queued(session, device), FoundIn::DeviceQueue);
        let current = nt.read("_DEVICE_OBJECT", "CurrentIrp", device);
        let current = current.ok().filter(|&irp| is_kernel_address(irp));
        add(current.into_iter().collect(), FoundIn::DeviceQueue);
    }
    let list_at = nt.offset("_ETHREAD", "IrpList").ok();
    for thread in session.threads() {
        let Some(at) = list_at else { break };
        let head = thread.address.wrapping_add(at);
        let irps = nt.list(head, "_IRP", "ThreadListEntry", THREAD_IRPS);
        add(
            irps.map(|(irps, _)| irps).unwrap_or_default(),
            FoundIn::ThreadList,
        );
    }
    // Nonpaged pool is in the same 512-GiB ranges as threads and devices.
    let mut ranges: BTreeMap<u64, u64> = BTreeMap::new();
    let threads = session.threads().iter().map(|thread| thread.address);
    for at in threads.chain(all_devices.iter().copied()) {
        if session.target.modules.find(at).is_none() {
            ranges.entry(at >> 39).or_insert(at);
        }
    }
    let pool = pool_irps(session, ranges.into_values().collect());
    let pool_pages = pool.as_ref().ok().map(|(_, pages)| *pages);
    let (irps, _) = session
        .known("IRPs that only a search of pool would show", pool)
        .unwrap_or_default();
    add(irps, FoundIn::Pool);
    FoundIrps {
        pool_pages,
        threads: session.threads().len(),
        devices: all_devices.len(),
        irps: found
            .into_iter()
            .filter_map(|(at, how)| view(session, at, how))
            .collect(),
    }
}

fn view(session: &Session<'_, '_>, at: u64, how: BTreeSet<FoundIn>) -> Option<FoundIrp> {
    matches!(Irp::read(&session.nt, at), Ok(Some(_))).then_some(())?;
    let irp = read(session, at, false);
    Some(FoundIrp {
        address: irp.address,
        found_in: how.into_iter().collect(),
        thread: irp.thread,
        mdl: irp.mdl,
        completed: irp.current > irp.stack_count,
        location: irp
            .locations
            .into_iter()
            .find(|location| location.is_current),
    })
}

#[derive(Debug, thiserror::Error)]
enum PoolError {
    #[error(transparent)]
    Nt(#[from] NtError),
    #[error("the dump has no page tables that say where pool is")]
    NoTables,
}

/// IRPs behind pool headers with their tag, and how many pages were searched.
fn pool_irps(session: &Session<'_, '_>, ranges: Vec<u64>) -> Result<(Vec<u64>, usize), PoolError> {
    const HEADER: &str = "_POOL_HEADER";
    let nt = &session.nt;
    let memory = session.target.memory;
    let tag_at = nt.offset(HEADER, "PoolTag").map_err(NtError::from)? as usize;
    let size = nt.size_of(HEADER).map_err(NtError::from)?;
    let mut irps = Vec::new();
    let mut pages = 0;
    for inside in ranges {
        let mut page = vec![0; PAGE];
        let known = memory.visit_pages(inside, &mut |at| {
            pages += 1;
            if memory.read(at, &mut page).is_ok() {
                let headers = page.chunks_exact(ALIGNMENT).enumerate();
                let tagged = headers
                    .filter(|(_, header)| header.get(tag_at..tag_at + TAG.len()) == Some(&TAG[..]));
                for (index, _) in tagged {
                    let header = at.wrapping_add((index * ALIGNMENT) as u64);
                    let irp = header.wrapping_add(size);
                    if matches!(Irp::read(nt, irp), Ok(Some(_))) {
                        irps.push(irp);
                    }
                }
            }
            pages < MAX_PAGES && irps.len() < MAX_IRPS
        });
        if !known {
            return Err(PoolError::NoTables);
        }
    }
    if pages >= MAX_PAGES || irps.len() >= MAX_IRPS {
        let why = format!(
            "the search ended after {pages} pages and {} IRPs",
            irps.len()
        );
        session.note("more IRPs in pool", why);
    }
    Ok((irps, pages))
}

impl fmt::Display for FoundIrps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pool_pages {
            Some(pages) => writeln!(f, "Searching nonpaged pool ({pages} pages) for Tag: Irp?")?,
            None => writeln!(f, "Nonpaged pool could not be searched for Tag: Irp?")?,
        }
        writeln!(
            f,
            "Searching the IRP lists of {} threads and the queues of {} devices\n",
            self.threads, self.devices
        )?;
        writeln!(
            f,
            "  Irp            [ Thread ]         irpStack: (Mj,Mn)   DevObj          [Driver]         \
             MDL Process"
        )?;
        for irp in &self.irps {
            let found: Vec<_> = irp.found_in.iter().map(|how| how.text()).collect();
            let found = found.join(", ");
            let thread = plain(raw(irp.thread));
            let address = plain(irp.address.0);
            match &irp.location {
                Some(location) => writeln!(
                    f,
                    "{address} [{thread}] irpStack: ({:>2},{:>2})  {} [{}] {}  found in: {found}",
                    super::text::hex(location.major, 1),
                    super::text::hex(location.minor, 1),
                    short(raw(location.device)),
                    location.driver.as_deref().unwrap_or_default(),
                    short(raw(irp.mdl)),
                )?,
                None => writeln!(f, "{address} [{thread}] Irp is complete  found in: {found}")?,
            }
        }
        writeln!(f, "\n{} IRPs", self.irps.len())
    }
}
