//! All threads (`!mex.lt`), and the running ones (`!running`, `!mex.running`).

use std::fmt;

use serde::Serialize;

use super::expression::address;
use super::session::Session;
use super::stack::{StackView, Style, view};
use super::text::{brief, dec, plain, raw};
use super::thread::{ThreadInfo, info};
use super::{InspectError, ViewInfo, ViewRequest};
use crate::dump::is_kernel_address;
use crate::verdict::Hex64;

pub(super) const RUNNING: ViewInfo = ViewInfo {
    id: "running",
    names: &["running"],
    usage: "running [-t]",
    meaning: "what each processor runs, -t with stacks",
    example: "running -t",
    needs_structures: true,
    make: |session, request| Ok(running(session, request).into()),
};

pub(super) const TABLE: ViewInfo = ViewInfo {
    id: "threads",
    names: &["threads", "lt"],
    usage: "threads [-wr REASON[,…]] [-state STATE[,…]] [PROCESS]",
    meaning: "all threads: state, how long, wait reason, what they wait for",
    example: "threads -wr Executive,WrResource",
    needs_structures: true,
    make: |session, request| Ok(table(session, request)?.into()),
};

/// Threads that match.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ThreadTable {
    threads: Vec<ThreadInfo>,
}

pub(super) fn table(
    session: &Session<'_, '_>,
    request: &ViewRequest,
) -> Result<ThreadTable, InspectError> {
    let words = |flag| -> Option<Vec<String>> {
        let list = request.value_of(flag)?;
        Some(list.split(',').map(str::to_lowercase).collect())
    };
    let (reasons, states) = (words("-wr"), words("-state"));
    let taken: Vec<_> = ["-wr", "-state"]
        .into_iter()
        .filter_map(|flag| request.value_of(flag))
        .collect();
    let process = request
        .args
        .iter()
        .map(String::as_str)
        .find(|word| !word.starts_with('-') && !taken.contains(word));
    let process = process.map(|text| address(session, text)).transpose()?;
    let matches = |info: &ThreadInfo| {
        let reason = info.wait_reason.as_deref().unwrap_or("?").to_lowercase();
        reasons
            .as_ref()
            .is_none_or(|wanted| info.waiting && wanted.contains(&reason))
            && states
                .as_ref()
                .is_none_or(|wanted| wanted.contains(&info.state.to_lowercase()))
            && process.is_none_or(|wanted| raw(info.process) == Some(wanted))
    };
    let threads = session.threads().iter();
    Ok(ThreadTable {
        threads: threads
            .map(|thread| info(session, thread))
            .filter(matches)
            .collect(),
    })
}

impl fmt::Display for ThreadTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<_> = self.threads.iter().map(row).collect();
        let headings = [
            "Process",
            "PID",
            "Thread",
            "Id",
            "Pri",
            "State",
            "Time",
            "Reason",
            "Waiting On",
        ];
        f.write_str(&super::text::table(&headings, &[1, 3, 4, 6], &rows))?;
        writeln!(f, "\nThread Count: {}", self.threads.len())
    }
}

fn row(info: &ThreadInfo) -> Vec<String> {
    let objects: Vec<_> = info
        .waits_for
        .iter()
        .map(|object| format!("{} {}", plain(object.object.0), object.text()))
        .collect();
    vec![
        info.process_name.clone().unwrap_or_else(|| "?".to_owned()),
        info.process_id
            .map_or("?".to_owned(), |id| format!("{id:x}")),
        plain(info.address.0),
        info.id.map_or("?".to_owned(), |id| format!("{id:x}")),
        dec(info.priority),
        info.state.clone(),
        brief(info.wait_seconds),
        info.wait_reason.clone().unwrap_or_else(|| "?".to_owned()),
        objects.join(", "),
    ]
}

/// The running threads, by processor.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Running {
    /// Whether to print the mex extension's table, else that of `!running`.
    #[serde(skip)]
    as_table: bool,
    processors: Vec<RunningOn>,
}

#[derive(Clone, Debug, Serialize)]
struct RunningOn {
    number: u32,
    prcb: Hex64,
    /// `_ETHREAD` that it runs.
    current_thread: Hex64,
    /// The same in detail, if it is in the dump.
    current: Option<ThreadInfo>,
    next: Option<Hex64>,
    next_priority: Option<u64>,
    idle: Option<Hex64>,
    is_idle: bool,
    /// Only with `-t`.
    stack: Option<StackView>,
}

pub(super) fn running(session: &Session<'_, '_>, request: &ViewRequest) -> Running {
    let with_stacks = ["-t", "-ti", "-it"].iter().any(|flag| request.has(flag));
    let nt = &session.nt;
    let listed = |address| {
        let mut threads = session.threads().iter();
        threads.find(|thread| thread.address == address)
    };
    let one = |processor: &crate::nt::Processor| {
        let field = |path| nt.read("_KPRCB", path, processor.prcb).ok();
        let pointer = |path| field(path).filter(|&at| is_kernel_address(at));
        let next = pointer("NextThread");
        let idle = pointer("IdleThread");
        RunningOn {
            number: processor.number,
            prcb: processor.prcb.into(),
            current_thread: processor.current_thread.into(),
            // What cannot be read of it is noted with the list of threads.
            current: listed(processor.current_thread).map(|thread| info(session, thread)),
            next_priority: next.and_then(|at| nt.read("_KTHREAD", "Priority", at).ok()),
            next: next.map(Hex64),
            is_idle: idle == Some(processor.current_thread),
            idle: idle.map(Hex64),
            stack: with_stacks
                .then(|| session.processor_stack(processor))
                .flatten()
                .map(|stack| view(session, &stack)),
        }
    };
    Running {
        as_table: request.command().contains("mex."),
        processors: session.processors().iter().map(one).collect(),
    }
}

impl fmt::Display for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.as_table {
            return self.table(f);
        }
        let set = |wanted: fn(&RunningOn) -> bool| {
            let numbers = self.processors.iter().filter(|one| wanted(one));
            let bits = numbers.filter(|one| one.number < 64);
            bits.fold(0u64, |set, one| set | 1 << one.number)
        };
        writeln!(f)?;
        writeln!(f, "System Processors:  ({:016x})", set(|_| true))?;
        writeln!(f, "  Idle Processors:  ({:016x})", set(|one| one.is_idle))?;
        writeln!(f)?;
        writeln!(
            f,
            "       Prcbs             Current         (pri) Next            (pri) Idle"
        )?;
        for one in &self.processors {
            let current = one.current.as_ref();
            let next = match one.next {
                Some(next) => format!("{} ({:>2})", plain(next.0), dec(one.next_priority)),
                None => String::new(),
            };
            let row = format!(
                "{:>3}    {}  {} ({:>2}) {next:<21}{}  ................",
                one.number,
                plain(one.prcb.0),
                plain(one.current_thread.0),
                dec(current.and_then(|thread| thread.priority)),
                plain(raw(one.idle)),
            );
            writeln!(f, "{row}")?;
            if let Some(stack) = &one.stack {
                writeln!(f, "\n # Child-SP          RetAddr               Call Site")?;
                stack.print(f, Style::NoSource)?;
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

impl Running {
    /// As `!mex.running` lays it out.
    fn table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |one: &RunningOn| {
            let number = |value: Option<u64>| value.map_or("?".to_owned(), |id| format!("{id:x}"));
            let current = one.current.as_ref();
            vec![
                current
                    .and_then(|thread| thread.process_name.clone())
                    .unwrap_or_else(|| "?".to_owned()),
                number(current.and_then(|thread| thread.process_id)),
                plain(one.current_thread.0),
                number(current.and_then(|thread| thread.id)),
                dec(current.and_then(|thread| thread.priority)),
                dec(current.and_then(|thread| thread.base_priority)),
                one.next.map_or("0".to_owned(), |next| plain(next.0)),
                one.number.to_string(),
                dec(current.and_then(|thread| thread.context_switches)),
                brief(current.and_then(|thread| thread.user_seconds)),
                brief(current.and_then(|thread| thread.kernel_seconds)),
                "Running".to_owned(),
                brief(current.and_then(|thread| thread.wait_seconds)),
                current
                    .and_then(|thread| thread.wait_reason.clone())
                    .unwrap_or_else(|| "?".to_owned()),
            ]
        };
        let headings = [
            "Process",
            "PID",
            "Thread",
            "Id",
            "Pri",
            "Base Pri",
            "Next",
            "CPU",
            "CSwitches",
            "User",
            "Kernel",
            "State",
            "Time",
            "Reason",
        ];
        let rows: Vec<_> = self.processors.iter().map(row).collect();
        f.write_str(&table_text(&headings, &rows))?;
        writeln!(f, "\nCount: {}", rows.len())
    }
}

fn table_text(headings: &[&str], rows: &[Vec<String>]) -> String {
    super::text::table(headings, &[1, 3, 4, 5, 6, 7, 8, 9, 10, 12], rows)
}
