//! A lock, its value, and whose memory it lies in.

use crate::dump::MemoryExt;
use crate::nt::{Nt, Thread, find_device_extension};
use crate::target::Pc;

/// Whose memory a lock lies in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LockHome {
    /// In the extension of a device.
    DeviceExtension {
        device: u64,
        driver: String,
        offset: u64,
    },
    /// In the data of a module.
    ModuleData { module: String, symbol: String },
    /// In a block that a driver's frames on the same stack pass as an argument.
    HandedOn { module: String, block: u64 },
    /// On the kernel stack of a thread.
    ThreadStack { thread: u64 },
    /// Somewhere else, probably in pool.
    Unknown,
}

impl LockHome {
    /// The module whose memory it is.
    pub(crate) fn module(&self) -> Option<&str> {
        match self {
            Self::DeviceExtension { driver, .. } => Some(driver),
            Self::ModuleData { module, .. } | Self::HandedOn { module, .. } => Some(module),
            Self::ThreadStack { .. } | Self::Unknown => None,
        }
    }

    /// As text that continues a sentence.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::DeviceExtension {
                device,
                driver,
                offset,
            } => format!("at offset {offset:#x} of the extension of {driver}'s device {device:#x}"),
            Self::ModuleData { module, symbol } => format!("in the data of {module} ({symbol})"),
            Self::HandedOn { module, block } => {
                format!("in the block at {block:#x} that {module}'s frames hand on")
            }
            Self::ThreadStack { thread } => format!("on the stack of thread {thread:#x}"),
            Self::Unknown => "in memory of no known owner".to_owned(),
        }
    }
}

/// A lock and its state in the dump.
#[derive(Clone, Debug)]
pub(crate) struct LockFact {
    pub address: u64,
    /// Its value; not zero means held.
    pub value: Option<u64>,
    pub home: LockHome,
}

impl LockFact {
    pub(crate) fn is_held(&self) -> bool {
        self.value.is_some_and(|value| value != 0)
    }
}

/// The lock at `address`.
pub(crate) fn lock_fact(nt: &Nt<'_, '_>, threads: &[Thread], address: u64) -> LockFact {
    LockFact {
        address,
        value: nt.target.memory.read_u64(address).ok(),
        home: lock_home(nt, threads, address),
    }
}

/// Finds whose memory an address lies in.
pub(crate) fn lock_home(nt: &Nt<'_, '_>, threads: &[Thread], address: u64) -> LockHome {
    if let Some(module) = nt.target.modules.find(address) {
        return LockHome::ModuleData {
            module: module.name.clone(),
            symbol: nt.target.symbol(address, Pc::Exact).text(address),
        };
    }
    if let Some(thread) = threads.iter().find(|thread| thread.owns_stack(address)) {
        return LockHome::ThreadStack {
            thread: thread.address,
        };
    }
    match find_device_extension(nt, address) {
        Ok(Some(found)) => LockHome::DeviceExtension {
            device: found.device,
            driver: nt.target.modules.find(found.driver_start).map_or_else(
                || format!("{:#x}", found.driver_start),
                |module| module.name.clone(),
            ),
            offset: found.offset,
        },
        _ => LockHome::Unknown,
    }
}
