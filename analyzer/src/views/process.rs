//! Processes: `!process`, `!mex.tl`.

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;

use super::expression::{address, number};
use super::session::Session;
use super::text::{dec, plain, raw};
use super::thread::{ThreadView, detail, image_name, reason};
use super::{InspectError, ViewInfo, ViewRequest};
use crate::dump::is_kernel_address;
use crate::nt::{Thread, ThreadState};
use crate::verdict::Hex64;

pub(super) const VIEW: ViewInfo = ViewInfo {
    id: "process",
    names: &["process"],
    usage: "process [ADDR|0] [FLAGS]",
    meaning: "processes; flag 2 with their threads, flag 4 with stacks",
    example: "process 0 7",
    needs_structures: true,
    make: |session, request| Ok(processes(session, request)?.into()),
};

pub(super) const TABLE: ViewInfo = ViewInfo {
    id: "processtable",
    names: &["tl"],
    usage: "tl [-t]",
    meaning: "processes with their numbers of running, ready and waiting threads",
    example: "tl -t",
    needs_structures: true,
    make: |session, _| Ok(table(session).into()),
};

const EPROCESS: &str = "_EPROCESS";
const MAX_PROCESSES: usize = 16_384;
/// Maximum number of threads shown with stacks.
const MAX_DETAILS: usize = 1024;

/// Processes, with their threads if asked for.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Processes {
    processes: Vec<ProcessView>,
}

#[derive(Clone, Debug, Serialize)]
struct ProcessView {
    address: Hex64,
    id: Option<u64>,
    parent_id: Option<u64>,
    peb: Option<Hex64>,
    directory_table_base: Option<Hex64>,
    object_table: Option<Hex64>,
    handle_count: Option<u64>,
    image: Option<String>,
    threads: Vec<ThreadView>,
    #[serde(skip)]
    with_stacks: bool,
}

/// Addresses of all processes.
fn list(session: &Session<'_, '_>) -> Vec<u64> {
    let debugger = session.debugger.and_then(|data| data.active_processes);
    let head = session.nt.global("PsActiveProcessHead").ok().or(debugger);
    let head = head.or(session.pointer(session.header.active_process_head));
    let Some(head) = head else {
        session.note("the processes", "their list is not known");
        return Vec::new();
    };
    let what = "the list of processes";
    session.list(what, head, EPROCESS, "ActiveProcessLinks", MAX_PROCESSES)
}

pub(super) fn processes(
    session: &Session<'_, '_>,
    request: &ViewRequest,
) -> Result<Processes, InspectError> {
    let given = request.args.first().map(String::as_str).unwrap_or("0");
    let flags = match request.args.get(1) {
        Some(text) => {
            number(text).ok_or_else(|| request.usage(format!("`{text}` is no number")))?
        }
        None => 0,
    };
    let wanted = match given {
        "0" => list(session),
        text => vec![address(session, text)?],
    };
    let owned = threads_by_process(session);
    let views = wanted
        .into_iter()
        .map(|at| view(session, &owned, at, flags));
    Ok(Processes {
        processes: views.collect(),
    })
}

fn view(session: &Session<'_, '_>, owned: &Owned, at: u64, flags: u64) -> ProcessView {
    let nt = &session.nt;
    let field = |path| nt.read(EPROCESS, path, at).ok();
    let table = field("ObjectTable").filter(|&table| is_kernel_address(table));
    let with_stacks = flags & 4 != 0;
    let threads = match flags & 2 {
        0 => Vec::new(),
        _ => {
            let own = owned.get(&at).into_iter().flatten();
            own.take(MAX_DETAILS)
                .map(|thread| detail(session, thread))
                .collect()
        }
    };
    ProcessView {
        address: at.into(),
        id: field("UniqueProcessId"),
        parent_id: field("InheritedFromUniqueProcessId"),
        peb: field("Peb").map(Hex64),
        directory_table_base: field("Pcb.DirectoryTableBase").map(Hex64),
        handle_count: table.and_then(|table| nt.read("_HANDLE_TABLE", "HandleCount", table).ok()),
        object_table: table.map(Hex64),
        image: image_name(session, at),
        threads,
        with_stacks,
    }
}

/// Threads by the process that they belong to.
type Owned = HashMap<u64, Vec<Thread>>;

fn threads_by_process(session: &Session<'_, '_>) -> Owned {
    let mut owned = Owned::new();
    for thread in session.threads() {
        if let Ok(owner) = session.nt.read("_KTHREAD", "Process", thread.address) {
            owned.entry(owner).or_default().push(thread.clone());
        }
    }
    owned
}

impl fmt::Display for Processes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "**** NT ACTIVE PROCESS DUMP ****")?;
        for process in &self.processes {
            let id = |id: Option<u64>| id.map_or("????".to_owned(), |id| format!("{id:04x}"));
            writeln!(f, "PROCESS {}", plain(process.address.0))?;
            writeln!(
                f,
                "    SessionId: none  Cid: {}    Peb: {}  ParentCid: {}",
                id(process.id),
                super::text::hex(raw(process.peb), 8),
                id(process.parent_id)
            )?;
            writeln!(
                f,
                "    DirBase: {}  ObjectTable: {}  HandleCount: {}.",
                super::text::hex(raw(process.directory_table_base), 8),
                plain(process.object_table.map_or(Some(0), |table| Some(table.0))),
                dec(process.handle_count)
            )?;
            writeln!(
                f,
                "    Image: {}",
                process.image.as_deref().unwrap_or("????")
            )?;
            writeln!(f)?;
            for thread in &process.threads {
                let text = thread.to_string();
                let shown = text
                    .lines()
                    .take_while(|line| process.with_stacks || !line.starts_with("Child-SP"));
                for line in shown {
                    writeln!(f, "        {line}")?;
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

/// Processes with the number of their threads in each state.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ProcessTable {
    processes: Vec<ProcessRow>,
}

#[derive(Clone, Debug, Serialize)]
struct ProcessRow {
    address: Hex64,
    id: Option<u64>,
    image: Option<String>,
    running: usize,
    ready: usize,
    /// Threads that wait for a lock: a resource, a push lock, a mutex.
    blocked: usize,
    waiting: usize,
    threads: usize,
    /// Threads with IRPs.
    with_irps: usize,
}

pub(super) fn table(session: &Session<'_, '_>) -> ProcessTable {
    let mut processes = list(session);
    // The idle process is not in the list.
    for processor in session.processors() {
        let owner = session
            .nt
            .read("_KTHREAD", "Process", processor.current_thread);
        match owner {
            Ok(owner) if is_kernel_address(owner) && !processes.contains(&owner) => {
                processes.insert(0, owner);
            }
            _ => {}
        }
    }
    let owned = threads_by_process(session);
    let row = |at: u64| {
        let threads = owned.get(&at).map(Vec::as_slice).unwrap_or_default();
        let in_state = |wanted: &[ThreadState]| {
            let hits = threads
                .iter()
                .filter(|thread| wanted.contains(&thread.state));
            hits.count()
        };
        let blocked = |thread: &&Thread| {
            let code = session.nt.read("_KTHREAD", "WaitReason", thread.address);
            let name = code.map(|code| reason(session, code)).unwrap_or_default();
            thread.state == ThreadState::Waiting
                && matches!(
                    name.as_str(),
                    "WrResource" | "WrPushLock" | "WrMutex" | "WrFastMutex" | "WrGuardedMutex"
                )
        };
        let has_irps = |thread: &&Thread| {
            let list = session.nt.offset("_ETHREAD", "IrpList");
            list.is_ok_and(|at| {
                let head = thread.address.wrapping_add(at);
                let irps = session.nt.list(head, "_IRP", "ThreadListEntry", 1);
                irps.is_ok_and(|(irps, _)| !irps.is_empty())
            })
        };
        ProcessRow {
            address: at.into(),
            id: session.nt.read(EPROCESS, "UniqueProcessId", at).ok(),
            image: image_name(session, at),
            running: in_state(&[ThreadState::Running]),
            ready: in_state(&[
                ThreadState::Ready,
                ThreadState::Standby,
                ThreadState::DeferredReady,
            ]),
            blocked: threads.iter().filter(blocked).count(),
            waiting: in_state(&[ThreadState::Waiting]),
            threads: threads.len(),
            with_irps: threads.iter().filter(has_irps).count(),
        }
    };
    ProcessTable {
        processes: processes.into_iter().map(row).collect(),
    }
}

impl fmt::Display for ProcessTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |count: usize| match count {
            0 => ".".to_owned(),
            count => count.to_string(),
        };
        let row = |process: &ProcessRow| {
            vec![
                process.id.map_or("?".to_owned(), |id| format!("{id:#x}")),
                plain(process.address.0),
                process.image.clone().unwrap_or_else(|| "?".to_owned()),
                count(process.running),
                count(process.ready),
                count(process.waiting),
                count(process.blocked),
                count(process.with_irps),
                count(process.threads),
            ]
        };
        let rows: Vec<_> = self.processes.iter().map(row).collect();
        let headings = ["PID", "Address", "Name", "Rn", "Ry", "Wt", "Lc", "IO", "Th"];
        f.write_str(&super::text::table(&headings, &[3, 4, 5, 6, 7, 8], &rows))?;
        writeln!(
            f,
            "Rn running, Ry ready, Wt waiting, Lc waiting for a lock, IO with IRPs, Th threads"
        )
    }
}
