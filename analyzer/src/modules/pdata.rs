//! The `.pdata` table: functions with unwind information, sorted.

use super::image::Range;
use crate::dump::{Bytes, Memory, MemoryExt, ReadError};

const ENTRY_SIZE: u64 = 12;
/// Header, 255 unwind codes, and the chained entry or handler that follows them.
const MAX_UNWIND_DATA: usize = 4 + 2 * 256 + 12;

/// One `RUNTIME_FUNCTION`, relative to the image's base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FunctionEntry {
    pub begin: u32,
    pub end: u32,
    pub unwind_data: u32,
}

/// A driver has a few thousand functions at most.
const MAX_FUNCTIONS: u32 = 65_536;

/// All functions of an image that have unwind information.
pub(crate) fn functions(memory: &dyn Memory, base: u64, table: Range) -> Vec<FunctionEntry> {
    let count = (table.size / ENTRY_SIZE as u32).min(MAX_FUNCTIONS);
    let at = base.wrapping_add(table.rva.into());
    let bytes = memory.read_prefix(at, count as usize * ENTRY_SIZE as usize);
    let entries = bytes.chunks_exact(ENTRY_SIZE as usize).map(Bytes);
    entries
        .filter_map(|bytes| {
            Some(FunctionEntry {
                begin: bytes.u32(0)?,
                end: bytes.u32(4)?,
                unwind_data: bytes.u32(8)?,
            })
        })
        .collect()
}

/// Raw bytes of an `UNWIND_INFO`.
pub(crate) type UnwindData = Vec<u8>;

/// Finds the entry whose range contains `rva`, by bisection in the dump's memory: entries that
/// are not needed need not be readable. `None` if there is no such entry.
pub(crate) fn find_function(
    memory: &dyn Memory,
    base: u64,
    table: Range,
    rva: u32,
) -> Result<Option<FunctionEntry>, ReadError> {
    let entry = |index: u64| {
        let at = base.checked_add(u64::from(table.rva) + index * ENTRY_SIZE);
        let bytes =
            memory.read_vec(at.ok_or(ReadError::Implausible(base))?, ENTRY_SIZE as usize)?;
        let field = |at| Bytes(&bytes).u32(at).unwrap_or_default();
        Ok(FunctionEntry {
            begin: field(0),
            end: field(4),
            unwind_data: field(8),
        })
    };
    let (mut low, mut high) = (0, u64::from(table.size) / ENTRY_SIZE);
    while low < high {
        let middle = low + (high - low) / 2;
        let candidate = entry(middle)?;
        if rva < candidate.begin {
            high = middle;
        } else if rva >= candidate.end {
            low = middle + 1;
        } else {
            return Ok(Some(candidate));
        }
    }
    Ok(None)
}

/// The bytes of an entry's `UNWIND_INFO`.
pub(crate) fn read_unwind_data(memory: &dyn Memory, base: u64, rva: u32) -> UnwindData {
    // The low bit marks an entry that points at another RUNTIME_FUNCTION; old linkers only.
    match base.checked_add(u64::from(rva & !1)) {
        Some(at) => memory.read_prefix(at, MAX_UNWIND_DATA),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::synthetic::FlatMemory;

    #[test]
    fn bisects_the_table() {
        let mut memory = FlatMemory::default();
        let base = 0xffff_f800_0000_0000;
        for (index, begin) in [0x1000u32, 0x1100, 0x1200].into_iter().enumerate() {
            let at = base + 0x500 + 12 * index as u64;
            memory.put(at, &begin.to_le_bytes());
            memory.put(at + 4, &(begin + 0x80).to_le_bytes());
            memory.put(at + 8, &(begin + 1).to_le_bytes());
        }
        let table = Range {
            rva: 0x500,
            size: 36,
        };
        let find = |rva| {
            let entry = find_function(&memory, base, table, rva).unwrap();
            entry.map(|entry| entry.begin)
        };
        assert_eq!(find(0x1000), Some(0x1000));
        assert_eq!(find(0x127f), Some(0x1200));
        assert_eq!(find(0x1080), None);
        assert_eq!(find(0xfff), None);
        assert_eq!(find(u32::MAX), None);
        // "Not there" and "cannot be read" differ: only the first means a leaf function.
        let elsewhere = Range {
            rva: 0x5000,
            size: 36,
        };
        assert!(find_function(&memory, base, elsewhere, 0x1000).is_err());
    }
}
