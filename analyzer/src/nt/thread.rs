//! Threads: `_ETHREAD`s of all processes.

use super::process::identify;
use super::reader::{Nt, NtError};
use crate::dump::{Context, MemoryExt, Register, is_kernel_address};
use crate::target::Target;

const MAX_PROCESSES: usize = 16_384;
const MAX_THREADS: usize = 65_536;
/// Offsets if `_KSWITCH_FRAME` is not in the symbols: RBP and the return address of the context
/// switch. They are the same in all x64 versions.
const SWITCH_FRAME_RBP: u64 = 0x30;
const SWITCH_FRAME_RETURN: u64 = 0x38;
const ETHREAD: &str = "_ETHREAD";
const KTHREAD: &str = "_KTHREAD";
const EPROCESS: &str = "_EPROCESS";

/// `KTHREAD_STATE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ThreadState {
    Initialized,
    Ready,
    Running,
    Standby,
    Terminated,
    Waiting,
    Transition,
    DeferredReady,
    Other(u8),
}

impl ThreadState {
    fn from_code(code: u64) -> Self {
        match code {
            0 => Self::Initialized,
            1 => Self::Ready,
            2 => Self::Running,
            3 => Self::Standby,
            4 => Self::Terminated,
            5 => Self::Waiting,
            6 => Self::Transition,
            7 => Self::DeferredReady,
            other => Self::Other(other as u8),
        }
    }

    pub(crate) fn text(self) -> String {
        match self {
            Self::Other(code) => format!("state {code}"),
            known => format!("{known:?}"),
        }
    }

    /// Whether its registers are in a switch frame on its stack.
    pub(crate) fn is_switched_out(self) -> bool {
        matches!(
            self,
            Self::Ready | Self::Standby | Self::Waiting | Self::DeferredReady
        )
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Thread {
    /// Address of the `_ETHREAD`.
    pub address: u64,
    /// Thread id.
    pub id: Option<u32>,
    /// Image name of its process.
    pub process: Option<String>,
    pub state: ThreadState,
    /// Highest address of its kernel stack.
    pub stack_base: u64,
    /// Lowest address of its kernel stack.
    pub stack_limit: u64,
    /// Stack pointer where it was switched out.
    pub kernel_stack: u64,
}

impl Thread {
    /// Whether an address lies in the thread's kernel stack.
    pub(crate) fn owns_stack(&self, address: u64) -> bool {
        (self.stack_limit..self.stack_base).contains(&address)
    }

    /// The stack's range, if it is valid.
    pub(crate) fn stack(&self) -> Option<(u64, u64)> {
        let plausible = is_kernel_address(self.stack_limit) && self.stack_limit < self.stack_base;
        plausible.then_some((self.stack_limit, self.stack_base))
    }

    /// Registers at the point where the thread was switched out: the return address into the
    /// function that called the context switch, and its stack.
    pub(crate) fn switch_context(&self, nt: &Nt<'_, '_>) -> Result<Context, NtError> {
        let memory = nt.target.memory;
        let layout = |path, otherwise| nt.offset("_KSWITCH_FRAME", path).unwrap_or(otherwise);
        let return_at = layout("Return", SWITCH_FRAME_RETURN);
        let mut context = Context {
            rip: memory.read_u64(self.kernel_stack.wrapping_add(return_at))?,
            ..Context::default()
        };
        let rbp_at = layout("Rbp", SWITCH_FRAME_RBP);
        let rbp = memory.read_u64(self.kernel_stack.wrapping_add(rbp_at))?;
        context.set(Register::Rbp, rbp);
        let rsp = self.kernel_stack.wrapping_add(return_at).wrapping_add(8);
        context.set(Register::Rsp, rsp);
        Ok(context)
    }
}

/// The thread at an address that a PRCB names.
pub(crate) fn current_thread(nt: &Nt<'_, '_>, address: u64) -> Result<Thread, NtError> {
    let process = nt
        .read(KTHREAD, "Process", address)
        .ok()
        .filter(|&process| is_kernel_address(process))
        .and_then(|process| process_name(nt, process));
    read_thread(nt, address, process)
}

/// The thread that raised the stop, by the blocks of a minidump, if the kernel's types are not
/// known.
pub(crate) fn thread_of_minidump(target: &Target<'_>) -> Option<Thread> {
    let minidump = target.minidump.as_ref()?;
    let (low, high) = minidump.stack?;
    let process = minidump.process;
    Some(Thread {
        address: minidump.thread?,
        id: None,
        process: process.and_then(|at| Some(identify(target.memory, at)?.name)),
        state: ThreadState::Running,
        stack_base: high,
        stack_limit: low,
        kernel_stack: low,
    })
}

/// All threads of all processes, and why the list may be incomplete.
pub(crate) fn list_threads(
    nt: &Nt<'_, '_>,
    head: Option<u64>,
) -> Result<(Vec<Thread>, Vec<String>), NtError> {
    let head = match nt.global("PsActiveProcessHead") {
        Ok(head) => head,
        Err(error) => head.ok_or(error)?,
    };
    let (processes, stopped) = nt.list(head, EPROCESS, "ActiveProcessLinks", MAX_PROCESSES)?;
    let mut gaps: Vec<_> = stopped
        .map(|why| format!("the process list is incomplete: {why}"))
        .into_iter()
        .collect();
    let list_at = nt.offset(EPROCESS, "ThreadListHead")?;
    let mut threads = Vec::new();
    for process in processes {
        let name = process_name(nt, process);
        let shown = name.clone().unwrap_or_else(|| format!("{process:#x}"));
        let room = MAX_THREADS.saturating_sub(threads.len());
        match nt.list(
            process.wrapping_add(list_at),
            ETHREAD,
            "ThreadListEntry",
            room,
        ) {
            Ok((addresses, stopped)) => {
                gaps.extend(stopped.map(|why| format!("threads of {shown}: {why}")));
                for address in addresses {
                    match read_thread(nt, address, name.clone()) {
                        Ok(thread) => threads.push(thread),
                        Err(error) => gaps.push(format!("thread {address:#x}: {error}")),
                    }
                }
            }
            Err(error) => gaps.push(format!("threads of {shown}: {error}")),
        }
    }
    Ok((threads, gaps))
}

/// Image name of a process, which NT cuts off after 14 characters.
pub(crate) fn process_name(nt: &Nt<'_, '_>, process: u64) -> Option<String> {
    let read = nt.read_bytes(EPROCESS, "ImageFileName", process);
    if let Err(NtError::Layout(_)) = read {
        return identify(nt.target.memory, process).map(|found| found.name);
    }
    let bytes = read.ok()?;
    let name = bytes.split(|&byte| byte == 0).next()?;
    (!name.is_empty()).then(|| String::from_utf8_lossy(name).into_owned())
}

fn read_thread(nt: &Nt<'_, '_>, address: u64, process: Option<String>) -> Result<Thread, NtError> {
    let id = nt.read(ETHREAD, "Cid.UniqueThread", address);
    Ok(Thread {
        address,
        id: id.ok().map(|id| id as u32),
        process,
        state: ThreadState::from_code(nt.read(KTHREAD, "State", address)?),
        stack_base: nt.read(KTHREAD, "StackBase", address)?,
        stack_limit: nt.read(KTHREAD, "StackLimit", address)?,
        kernel_stack: nt.read(KTHREAD, "KernelStack", address)?,
    })
}
