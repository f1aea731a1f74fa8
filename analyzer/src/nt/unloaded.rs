//! The kernel's list of unloaded drivers.

use super::reader::{Nt, NtError};
use crate::dump::{MemoryExt, is_kernel_address};
use crate::modules::Unloaded;

/// Entries that the kernel keeps (as `lm` of WinDbg shows them).
const MAX_UNLOADED: u64 = 50;
/// `_UNLOADED_DRIVERS`: a name, the image's range, the time of unloading. The type is not in every
/// PDB; this layout is the same on all x64 versions.
const ENTRY_SIZE: u64 = 0x28;
const START_AT: u64 = 0x10;
const END_AT: u64 = 0x18;

pub(crate) fn unloaded_drivers(nt: &Nt<'_, '_>) -> Result<Vec<Unloaded>, NtError> {
    // A minidump has its own list.
    if let Some(minidump) = &nt.target.minidump {
        return Ok(minidump.unloaded.clone());
    }
    let memory = nt.target.memory;
    let table = memory.read_u64(nt.global("MmUnloadedDrivers")?)?;
    if !is_kernel_address(table) {
        return Ok(Vec::new());
    }
    let read = |index: u64| {
        let entry = table.wrapping_add(index * ENTRY_SIZE);
        let unloaded = Unloaded {
            name: memory.read_unicode_string(entry).ok()?,
            start: memory.read_u64(entry + START_AT).ok()?,
            end: memory.read_u64(entry + END_AT).ok()?,
        };
        let plausible = is_kernel_address(unloaded.start) && unloaded.start < unloaded.end;
        (plausible && !unloaded.name.is_empty()).then_some(unloaded)
    };
    Ok((0..MAX_UNLOADED).filter_map(read).collect())
}
