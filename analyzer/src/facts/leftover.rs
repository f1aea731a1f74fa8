//! Pool that a driver had not freed when it was unloaded (0xC4, P1 = 0x62).

use super::context::CollectContext;
use super::pooltrace::{LOG, PoolTrace, allocated_blocks};
use crate::dump::MemoryExt;

const MAX_NAME: usize = 64;

/// Pool that a driver left behind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leftover {
    /// File name of the driver that was unloaded (P2), if it can be read.
    pub driver: Option<String>,
    /// Allocations in the log that the driver made and that were not freed, oldest first.
    pub blocks: Vec<PoolTrace>,
}

/// The leftover of stops about pool that an unloaded driver leaked.
pub(crate) fn leftover(context: &CollectContext<'_, '_, '_>) -> Option<Leftover> {
    let [kind, name, _, _] = context.bugcheck.parameters;
    if (context.bugcheck.code, kind) != (0xC4, 0x62) {
        return None;
    }
    let driver = file_name(context, name);
    if driver.is_none() {
        let why = format!("P2, {name:#x}, points to no file name");
        context.note("the driver that was unloaded", why);
    }
    let blocks = context.known(LOG, allocated_blocks(context));
    let mut blocks = blocks.unwrap_or_default();
    blocks.retain(|block| {
        block.trace.iter().any(|place| {
            let module = place.symbol.module.as_deref();
            module
                .zip(driver.as_deref())
                .is_some_and(|(module, driver)| module.eq_ignore_ascii_case(driver))
        })
    });
    Some(Leftover { driver, blocks })
}

/// The text at `address`, or of the `UNICODE_STRING` there, if it looks like a driver's file name.
fn file_name(context: &CollectContext<'_, '_, '_>, address: u64) -> Option<String> {
    let memory = context.nt.target.memory;
    let bytes = memory.read_prefix(address, 2 * MAX_NAME);
    let units = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    let direct: Vec<u16> = units.take_while(|&unit| unit != 0).collect();
    let candidates = [
        String::from_utf16(&direct).ok(),
        memory.read_unicode_string(address).ok(),
    ];
    let is_name = |text: &String| {
        let plain = |c: char| c.is_ascii_graphic() || c == ' ';
        text.len() <= MAX_NAME && text.contains('.') && text.chars().all(plain)
    };
    candidates.into_iter().flatten().find(is_name)
}
