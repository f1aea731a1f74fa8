use super::reader::{Nt, NtError};
use super::resource::tick_clock;
use crate::dump::is_kernel_address;

const THREAD: &str = "_KTHREAD";
const BLOCK: &str = "_KWAIT_BLOCK";
const HEADER: &str = "_DISPATCHER_HEADER";
/// `MAXIMUM_WAIT_OBJECTS` (wdm.h).
const MAX_OBJECTS: u64 = 64;

/// The `KOBJECTS` that threads wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ObjectKind {
    NotificationEvent,
    SynchronizationEvent,
    Mutant,
    Process,
    Queue,
    Semaphore,
    Thread,
    Gate,
    Timer,
    Other(u8),
}

impl ObjectKind {
    /// By the low bits of a dispatcher header's first byte.
    pub(crate) fn from_code(code: u8) -> Self {
        match code & 0x7F {
            0 => Self::NotificationEvent,
            1 => Self::SynchronizationEvent,
            2 => Self::Mutant,
            3 => Self::Process,
            4 | 21 => Self::Queue,
            5 => Self::Semaphore,
            6 => Self::Thread,
            7 => Self::Gate,
            8 | 9 | 24 | 25 => Self::Timer,
            other => Self::Other(other),
        }
    }

    pub(crate) fn text(self) -> String {
        match self {
            Self::NotificationEvent => "notification event".to_owned(),
            Self::SynchronizationEvent => "synchronization event".to_owned(),
            Self::Mutant => "mutex".to_owned(),
            Self::Process => "process".to_owned(),
            Self::Queue => "queue".to_owned(),
            Self::Semaphore => "semaphore".to_owned(),
            Self::Thread => "thread".to_owned(),
            Self::Gate => "gate".to_owned(),
            Self::Timer => "timer".to_owned(),
            Self::Other(code) => format!("object of type {code}"),
        }
    }
}

/// An object that a thread waits for.
#[derive(Clone, Debug)]
pub(crate) struct WaitObject {
    pub address: u64,
    pub kind: ObjectKind,
    /// The thread that must act to end the wait, if the object records it: a mutant's owner, or the
    /// thread that is waited for.
    pub owner: Option<u64>,
}

/// A thread's wait.
#[derive(Clone, Debug)]
pub(crate) struct Wait {
    pub objects: Vec<WaitObject>,
    /// How long it has lasted.
    pub seconds: Option<f64>,
}

/// Reads the wait of a thread.
pub(crate) fn read_wait(nt: &Nt<'_, '_>, thread: u64) -> Result<Wait, NtError> {
    let blocks = nt.read(THREAD, "WaitBlockList", thread)?;
    let count = nt.read(THREAD, "WaitBlockCount", thread).unwrap_or(1);
    let size = nt.size_of(BLOCK)?;
    let mut objects = Vec::new();
    for index in 0..count.min(MAX_OBJECTS) {
        let address = nt.read(BLOCK, "Object", blocks.wrapping_add(index * size))?;
        if is_kernel_address(address) {
            objects.push(read_object(nt, address)?);
        }
    }
    Ok(Wait {
        objects,
        seconds: seconds(nt, thread),
    })
}

fn read_object(nt: &Nt<'_, '_>, address: u64) -> Result<WaitObject, NtError> {
    let kind = ObjectKind::from_code(nt.read(HEADER, "Type", address)? as u8);
    let owner = match kind {
        ObjectKind::Mutant => nt
            .read("_KMUTANT", "OwnerThread", address)
            .ok()
            .filter(|&owner| is_kernel_address(owner)),
        ObjectKind::Thread => Some(address),
        _ => None,
    };
    Ok(WaitObject {
        address,
        kind,
        owner,
    })
}

/// Time since the wait began: `WaitTime` holds the low half of the tick count.
fn seconds(nt: &Nt<'_, '_>, thread: u64) -> Option<f64> {
    let (now, milliseconds) = tick_clock(nt)?;
    let began = nt.read(THREAD, "WaitTime", thread).ok()? as u32;
    let ticks = (now as u32).wrapping_sub(began);
    (ticks < u32::MAX / 2).then(|| f64::from(ticks) * milliseconds / 1e3)
}
