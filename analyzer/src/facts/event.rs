//! The dispatcher object whose lock bit the crash stack spins for, and whether it still is an
//! event.

use super::context::CollectContext;
use super::lock::LockHome;
use super::spin::polled_address;
use crate::dump::{MemoryExt, is_kernel_address};

/// Routine that takes the lock bit of a dispatcher object.
const LOCK_ROUTINES: &[&str] = &["KiAcquireKobjectLockSafe", "KiTryToAcquireKobjectLock"];
/// Bit 7 of a dispatcher header's first byte is its lock.
const LOCK_BIT: u8 = 0x80;

/// A dispatcher object whose lock bit a thread spins for.
#[derive(Clone, Debug)]
pub(crate) struct ObjectFacts {
    /// `None` if no register holds it.
    pub address: Option<u64>,
    /// Its first 16 bytes, if they can be read.
    pub bytes: Option<[u8; 16]>,
    /// Frame of the routine that spins.
    pub frame: usize,
    pub found_by: String,
    pub home: LockHome,
}

impl ObjectFacts {
    /// Whether the header is one of an event: its type, and its size in 4-byte units.
    pub(crate) fn is_event(&self) -> Option<bool> {
        const EVENT_SIZE: u8 = 6;
        let bytes = self.bytes?;
        Some(bytes[0] & !LOCK_BIT <= 1 && bytes[2] == EVENT_SIZE)
    }

    pub(crate) fn is_locked(&self) -> Option<bool> {
        Some(self.bytes?[0] & LOCK_BIT != 0)
    }
}

/// Finds the object on the crash stack.
pub(crate) fn spun_object(context: &CollectContext<'_, '_, '_>) -> Option<ObjectFacts> {
    let stack = context.stacks.first().filter(|stack| stack.is_crash())?;
    let frame = stack.frames.iter().position(|frame| {
        let name = frame.symbol.function.as_deref();
        frame.symbol.in_kernel && name.is_some_and(|name| LOCK_ROUTINES.contains(&name))
    })?;
    let Some((address, found_by)) = polled_address(context.nt.target, &stack.frames[frame])
        .filter(|(address, _)| is_kernel_address(*address))
    else {
        context.note(
            "the object that is spun for",
            "the registers do not tell its address",
        );
        return None;
    };
    let bytes = context.nt.target.memory.read_vec(address, 16).ok();
    Some(ObjectFacts {
        address: Some(address),
        bytes: bytes.and_then(|bytes| bytes.try_into().ok()),
        frame,
        found_by,
        home: context.home(address),
    })
}
