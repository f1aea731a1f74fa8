//! `!thread`: one thread with its wait, its IRPs, its times and its stack.

use std::fmt;

use serde::Serialize;

use super::expression::address;
use super::session::Session;
use super::stack::{StackView, Style, view};
use super::text::{clock, clock_days, dec, plain, raw, short};
use super::{InspectError, ViewInfo, ViewRequest};
use crate::dump::is_kernel_address;
use crate::nt::{ObjectKind, Thread, ThreadState, read_wait, tick_clock};
use crate::verdict::Hex64;

pub(super) const VIEW: ViewInfo = ViewInfo {
    id: "thread",
    names: &["thread", "t"],
    usage: "thread [ADDR]",
    meaning: "one thread: its wait, its IRPs, its times, its stack",
    example: "thread ffff8d0112345080",
    needs_structures: true,
    make: |session, request| Ok(thread(session, request)?.into()),
};

const KTHREAD: &str = "_KTHREAD";
const ETHREAD: &str = "_ETHREAD";
const MAX_IRPS: usize = 1024;
/// `KWAIT_REASON` (wdm.h), for symbols that do not describe it.
const REASONS: &[&str] = &[
    "Executive",
    "FreePage",
    "PageIn",
    "PoolAllocation",
    "DelayExecution",
    "Suspended",
    "UserRequest",
    "WrExecutive",
    "WrFreePage",
    "WrPageIn",
    "WrPoolAllocation",
    "WrDelayExecution",
    "WrSuspended",
    "WrUserRequest",
    "WrEventPair",
    "WrQueue",
    "WrLpcReceive",
    "WrLpcReply",
    "WrVirtualMemory",
    "WrPageOut",
    "WrRendezvous",
];

/// An object that a thread waits for.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct WaitedFor {
    pub object: Hex64,
    /// Its name in `!thread`: `NotificationEvent`, `Mutant`, ….
    pub kind: String,
    /// The thread that must act to end the wait, if the object records it.
    pub owner: Option<Hex64>,
}

/// Data of a thread that tables and `!thread` share.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ThreadInfo {
    pub address: Hex64,
    pub process: Option<Hex64>,
    pub process_name: Option<String>,
    pub process_id: Option<u64>,
    pub id: Option<u64>,
    pub state: String,
    /// The processor that runs it or will run it.
    pub processor: Option<u64>,
    /// Name of the last wait's reason; not current for running threads.
    pub wait_reason: Option<String>,
    pub waiting: bool,
    pub waits_for: Vec<WaitedFor>,
    /// Tick count when it began to wait, or last ran.
    pub wait_start_ticks: Option<u64>,
    pub wait_ticks: Option<u64>,
    pub wait_seconds: Option<f64>,
    pub priority: Option<u64>,
    pub base_priority: Option<u64>,
    pub context_switches: Option<u64>,
    pub user_seconds: Option<f64>,
    pub kernel_seconds: Option<f64>,
}

/// An IRP in a thread's list.
#[derive(Clone, Debug, Serialize)]
struct ListedIrp {
    address: Hex64,
    kind: Option<u64>,
    size: Option<u64>,
    flags: Option<Hex64>,
    mdl: Option<Hex64>,
}

/// A thread in full.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ThreadView {
    #[serde(flatten)]
    info: ThreadInfo,
    teb: Option<Hex64>,
    win32_thread: Option<Hex64>,
    /// `KernelMode` or `UserMode`.
    wait_mode: Option<String>,
    alertable: Option<bool>,
    irps: Vec<ListedIrp>,
    impersonating: Option<bool>,
    device_map: Option<Hex64>,
    attached_process: Option<Hex64>,
    attached_name: Option<String>,
    ideal_processor: Option<u64>,
    start_address: Option<Hex64>,
    start_symbol: Option<String>,
    initial_stack: Option<Hex64>,
    kernel_stack: Hex64,
    stack_base: Hex64,
    stack_limit: Hex64,
    unusual_boost: Option<u64>,
    foreground_boost: Option<u64>,
    io_priority: Option<u64>,
    page_priority: Option<u64>,
    stack: Option<StackView>,
}

pub(super) fn thread(
    session: &Session<'_, '_>,
    request: &ViewRequest,
) -> Result<ThreadView, InspectError> {
    let words = request.args.iter();
    // WinDbg's flags before or after the address are ignored: everything is shown.
    let given = words
        .filter(|word| !word.starts_with('-'))
        .find(|word| word.len() > 2);
    let at = match given {
        Some(text) => address(session, text)?,
        None => match session.current_processor() {
            Some(processor) => processor.current_thread,
            None => {
                return Err(request.usage(
                    "the thread of the stop is not known, so `thread` needs a thread's address",
                ));
            }
        },
    };
    let thread = session.thread(at).unwrap_or(Thread {
        address: at,
        id: None,
        process: None,
        state: ThreadState::Other(0xFF),
        stack_base: 0,
        stack_limit: 0,
        kernel_stack: 0,
    });
    Ok(detail(session, &thread))
}

/// All data of a thread.
pub(super) fn detail(session: &Session<'_, '_>, thread: &Thread) -> ThreadView {
    let nt = &session.nt;
    let at = thread.address;
    let info = info(session, thread);
    let k = |path| nt.read(KTHREAD, path, at).ok();
    let e = |path| nt.read(ETHREAD, path, at).ok();
    let attached =
        k("ApcState.Process").filter(|&process| Some(process) != info.process.map(u64::from));
    let attached = attached.filter(|&process| is_kernel_address(process));
    let start = e("Win32StartAddress")
        .filter(|&start| start != 0)
        .or(e("StartAddress"));
    let stack = match thread.state {
        ThreadState::Other(0xFF) => None,
        _ => session.thread_stack(thread),
    };
    ThreadView {
        teb: k("Teb").map(Hex64),
        win32_thread: k("Win32Thread").map(Hex64),
        wait_mode: k("WaitMode").map(|mode| match mode {
            0 => "KernelMode".to_owned(),
            _ => "UserMode".to_owned(),
        }),
        alertable: k("Alertable").map(|bit| bit != 0),
        irps: irps(session, at),
        impersonating: e("ActiveImpersonationInfo").map(|bit| bit != 0),
        device_map: info
            .process
            .and_then(|process| nt.read("_EPROCESS", "DeviceMap", process.0).ok())
            .map(Hex64),
        attached_name: attached.and_then(|process| image_name(session, process)),
        attached_process: attached.map(Hex64),
        ideal_processor: k("IdealProcessor"),
        start_symbol: start
            .filter(|&start| is_kernel_address(start))
            .map(|start| session.code(start)),
        start_address: start.map(Hex64),
        initial_stack: k("InitialStack").map(Hex64),
        kernel_stack: thread.kernel_stack.into(),
        stack_base: thread.stack_base.into(),
        stack_limit: thread.stack_limit.into(),
        unusual_boost: k("UnusualBoost"),
        foreground_boost: k("ForegroundBoost"),
        io_priority: k("ThreadFlags2")
            .and_then(|_| e("IoPriority"))
            .or(e("ThreadIoPriority")),
        page_priority: e("ThreadPagePriority").or(e("PagePriority")),
        stack: stack.map(|stack| view(session, &stack)),
        info,
    }
}

fn irps(session: &Session<'_, '_>, thread: u64) -> Vec<ListedIrp> {
    let nt = &session.nt;
    let what = format!("the IRPs of thread {thread:#x}");
    let Some(at) = session.known(&what, nt.offset(ETHREAD, "IrpList")) else {
        return Vec::new();
    };
    let head = thread.wrapping_add(at);
    let list = session.list(&what, head, "_IRP", "ThreadListEntry", MAX_IRPS);
    let irp = |address: u64| {
        let field = |path| nt.read("_IRP", path, address).ok();
        ListedIrp {
            address: address.into(),
            kind: field("Type"),
            size: field("Size"),
            flags: field("Flags").map(Hex64),
            mdl: field("MdlAddress").map(Hex64),
        }
    };
    list.into_iter().map(irp).collect()
}

/// A process's image name.
pub(super) fn image_name(session: &Session<'_, '_>, process: u64) -> Option<String> {
    let bytes = session.nt.read_bytes("_EPROCESS", "ImageFileName", process);
    let bytes = bytes.ok()?;
    let name = bytes.split(|&byte| byte == 0).next()?;
    (!name.is_empty()).then(|| String::from_utf8_lossy(name).into_owned())
}

/// The data of a thread in tables.
pub(super) fn info(session: &Session<'_, '_>, thread: &Thread) -> ThreadInfo {
    let nt = &session.nt;
    let at = thread.address;
    let k = |path| nt.read(KTHREAD, path, at).ok();
    let e = |path| nt.read(ETHREAD, path, at).ok();
    let waiting = thread.state == ThreadState::Waiting;
    let running = session.running_on(at).map(|one| u64::from(one.number));
    let next = || match thread.state {
        ThreadState::Ready | ThreadState::Standby | ThreadState::DeferredReady => {
            k("NextProcessor")
        }
        _ => None,
    };
    let start = k("WaitTime");
    let ticks = start.zip(tick_clock(nt)).map(|(began, (now, _))| {
        // The field holds the low half of the tick count.
        (now as u32).wrapping_sub(began as u32)
    });
    let ticks = ticks.filter(|&ticks| ticks < u32::MAX / 2).map(u64::from);
    let process = k("Process").filter(|&process| is_kernel_address(process));
    ThreadInfo {
        address: at.into(),
        process_name: thread
            .process
            .clone()
            .or_else(|| image_name(session, process?)),
        process_id: e("Cid.UniqueProcess"),
        process: process.map(Hex64),
        id: e("Cid.UniqueThread"),
        state: match running {
            Some(_) => "Running".to_owned(),
            None => thread.state.text(),
        },
        processor: running.or_else(next),
        wait_reason: k("WaitReason").map(|code| reason(session, code)),
        waits_for: match waiting {
            true => waits_for(session, at),
            false => Vec::new(),
        },
        waiting,
        wait_start_ticks: start,
        wait_seconds: ticks.and_then(|ticks| session.seconds(ticks)),
        wait_ticks: ticks,
        priority: k("Priority"),
        base_priority: k("BasePriority"),
        context_switches: k("ContextSwitches"),
        user_seconds: k("UserTime").and_then(|ticks| session.seconds(ticks)),
        kernel_seconds: k("KernelTime").and_then(|ticks| session.seconds(ticks)),
    }
}

/// Name of a wait reason.
pub(super) fn reason(session: &Session<'_, '_>, code: u64) -> String {
    let documented = || Some((*REASONS.get(usize::try_from(code).ok()?)?).to_owned());
    session
        .enum_name("_KWAIT_REASON", code)
        .or_else(documented)
        .unwrap_or_else(|| format!("reason {code}"))
}

fn waits_for(session: &Session<'_, '_>, thread: u64) -> Vec<WaitedFor> {
    let what = format!("what thread {thread:#x} waits for");
    let Some(wait) = session.known(&what, read_wait(&session.nt, thread)) else {
        return Vec::new();
    };
    let objects = wait.objects.into_iter();
    objects
        .map(|object| WaitedFor {
            kind: kind(session, object.kind, object.address),
            object: object.address.into(),
            owner: object.owner.map(Hex64),
        })
        .collect()
}

/// An object's kind as `!thread` names it.
fn kind(session: &Session<'_, '_>, kind: ObjectKind, address: u64) -> String {
    match kind {
        ObjectKind::NotificationEvent => "NotificationEvent".to_owned(),
        ObjectKind::SynchronizationEvent => "SynchronizationEvent".to_owned(),
        ObjectKind::Mutant => "Mutant".to_owned(),
        ObjectKind::Process => "ProcessObject".to_owned(),
        ObjectKind::Queue => "QueueObject".to_owned(),
        ObjectKind::Semaphore => {
            let limit = session.nt.read("_KSEMAPHORE", "Limit", address);
            limit.map_or_else(
                |_| "Semaphore".to_owned(),
                |limit| format!("Semaphore Limit {limit:#x}"),
            )
        }
        ObjectKind::Thread => "Thread".to_owned(),
        ObjectKind::Gate => "Gate".to_owned(),
        ObjectKind::Timer => {
            // `TimerNotificationObject` is 8, `TimerSynchronizationObject` 9 (wdm.h).
            let code = session.nt.read("_DISPATCHER_HEADER", "Type", address);
            match code.map(|code| code & 0x7F) {
                Ok(9 | 25) => "SynchronizationTimer".to_owned(),
                _ => "NotificationTimer".to_owned(),
            }
        }
        ObjectKind::Other(code) => format!("(object of type {code:#x})"),
    }
}

impl WaitedFor {
    pub(super) fn text(&self) -> String {
        match (&*self.kind, self.owner) {
            ("Mutant", Some(owner)) => format!("Mutant - owning thread {}", plain(owner.0)),
            (kind, _) => kind.to_owned(),
        }
    }
}

impl ThreadInfo {
    /// `4.1cc4`.
    pub(super) fn client_id(&self) -> String {
        let part = |id: Option<u64>| id.map_or_else(|| "????".to_owned(), |id| format!("{id:04x}"));
        format!("{}.{}", part(self.process_id), part(self.id))
    }
}

impl fmt::Display for ThreadView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let info = &self.info;
        write!(
            f,
            "THREAD {}  Cid {}  Teb: {} Win32Thread: {} ",
            plain(info.address.0),
            info.client_id(),
            plain(raw(self.teb)),
            plain(raw(self.win32_thread)),
        )?;
        let processor = dec(info.processor);
        match (info.state.as_str(), info.waiting) {
            ("Running", _) => writeln!(f, "RUNNING on processor {processor}")?,
            (_, true) => writeln!(
                f,
                "WAIT: ({}) {} {}",
                info.wait_reason.as_deref().unwrap_or("?"),
                self.wait_mode.as_deref().unwrap_or("?"),
                match self.alertable {
                    Some(true) => "Alertable",
                    Some(false) => "Non-Alertable",
                    None => "?",
                }
            )?,
            ("Ready" | "Standby" | "DeferredReady", _) => {
                writeln!(f, "{} on processor {processor}", info.state.to_uppercase())?;
            }
            (state, _) => writeln!(f, "{}", state.to_uppercase())?,
        }
        for object in &info.waits_for {
            writeln!(f, "    {}  {}", plain(object.object.0), object.text())?;
        }
        if !self.irps.is_empty() {
            writeln!(f, "IRP List:")?;
        }
        for irp in &self.irps {
            writeln!(
                f,
                "    {}: ({},{}) Flags: {}  Mdl: {}",
                plain(irp.address.0),
                super::text::hex(irp.kind, 4),
                super::text::hex(irp.size, 4),
                super::text::hex(raw(irp.flags), 8),
                short(raw(irp.mdl)),
            )?;
        }
        match self.impersonating {
            Some(true) => writeln!(f, "Impersonating")?,
            Some(false) => writeln!(f, "Not impersonating")?,
            None => writeln!(f, "Impersonating: ????")?,
        }
        writeln!(f, "{:<26}{}", "DeviceMap", plain(raw(self.device_map)))?;
        let image = |name: &Option<String>| name.clone().unwrap_or_else(|| "????".to_owned());
        writeln!(
            f,
            "{:<26}{}       Image:         {}",
            "Owning Process",
            plain(raw(info.process)),
            image(&info.process_name)
        )?;
        let (attached, name) = match self.attached_process {
            Some(process) => (plain(process.0), image(&self.attached_name)),
            None => ("N/A     ".to_owned(), "N/A".to_owned()),
        };
        writeln!(
            f,
            "{:<26}{attached}       Image:         {name}",
            "Attached Process"
        )?;
        writeln!(
            f,
            "{:<26}{:<14} Ticks: {} ({})",
            "Wait Start TickCount",
            dec(info.wait_start_ticks),
            dec(info.wait_ticks),
            clock_days(info.wait_seconds),
        )?;
        writeln!(
            f,
            "{:<26}{:<14} IdealProcessor: {}",
            "Context Switch Count",
            dec(info.context_switches),
            dec(self.ideal_processor),
        )?;
        writeln!(f, "{:<26}{}", "UserTime", clock(info.user_seconds))?;
        writeln!(f, "{:<26}{}", "KernelTime", clock(info.kernel_seconds))?;
        let start = raw(self.start_address);
        match &self.start_symbol {
            Some(symbol) => writeln!(f, "Win32 Start Address {symbol} (0x{})", plain(start))?,
            None => writeln!(f, "Win32 Start Address 0x{}", plain(start))?,
        }
        writeln!(
            f,
            "Stack Init {} Current {}",
            plain(raw(self.initial_stack)),
            plain(self.kernel_stack.0)
        )?;
        writeln!(
            f,
            "Base {} Limit {} Call 0000000000000000",
            plain(self.stack_base.0),
            plain(self.stack_limit.0)
        )?;
        writeln!(
            f,
            "Priority {} BasePriority {} UnusualBoost {} ForegroundBoost {} IoPriority {} \
             PagePriority {}",
            dec(info.priority),
            dec(info.base_priority),
            dec(self.unusual_boost),
            dec(self.foreground_boost),
            dec(self.io_priority),
            dec(self.page_priority),
        )?;
        let Some(stack) = &self.stack else {
            return Ok(());
        };
        writeln!(
            f,
            "Child-SP          RetAddr               : Args to Child                           \
             \u{20}                               : Call Site"
        )?;
        stack.print_calls(f)?;
        match &stack.note {
            Some(note) => writeln!(f, "the stack ends here: {note}"),
            None => Ok(()),
        }
    }
}

impl StackView {
    /// The lines of a stack in `!thread`: as `kb`, without frame numbers.
    fn print_calls(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = Lines(self).to_string();
        for line in text.lines() {
            let is_frame = line.starts_with(|c: char| c.is_ascii_hexdigit());
            writeln!(f, "{}", if is_frame { &line[3..] } else { line })?;
        }
        Ok(())
    }
}

struct Lines<'s>(&'s StackView);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.print(f, Style::Full)
    }
}
