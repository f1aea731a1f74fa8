//! Physical and virtual memory. A read that fails says why.

/// Dump files store 4 KiB pages, also of large pages.
pub(crate) const PAGE_SIZE: u64 = 0x1000;

/// Upper bound of one read of a string or table. Anything larger means damage.
const MAX_READ: usize = 64 << 20;

/// Why memory could not be read. "Not mapped" is a fact about the crashed system, "not in the
/// dump" only about the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReadError {
    /// The address is not canonical.
    #[error("{0:#x} is not a canonical address")]
    NotCanonical(u64),
    /// The page tables have no present entry for it.
    #[error("{0:#x} was not present in the crashed system's memory")]
    NotMapped(u64),
    /// The page tables or the page itself are missing from the file.
    #[error("the page of {va:#x} (physical {pa:#x}) is not in the dump")]
    NotInDump {
        /// The virtual address that was read.
        va: u64,
        /// The physical address that is missing.
        pa: u64,
    },
    /// A minidump holds only some blocks of memory.
    #[error("{0:#x} is not among the memory that the minidump holds")]
    NotSaved(u64),
    /// The dump's memory is not read.
    #[error("the dump's memory is not read: {0}")]
    NoMemory(&'static str),
    /// An impossible length or address.
    #[error("{0:#x} gives an impossible length or address")]
    Implausible(u64),
}

/// Page-table state of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PteState {
    /// Present at this physical address.
    Present { pte: u64, pa: u64 },
    /// Not present, but its page is still in memory on a standby or modified list.
    Transition { pte: u64 },
    /// Not present; a prototype entry of a section says where its content is.
    Prototype { pte: u64 },
    /// Not present; its content is in a page file.
    PagedOut { pte: u64 },
    /// Not present; it would be filled with zeros when touched.
    DemandZero { pte: u64 },
    /// No entry: nothing is mapped there. `level` 4 is the root, 1 the page table.
    Unmapped { level: u8 },
    /// The tables themselves are missing from the dump.
    NotInDump { pa: u64 },
}

impl PteState {
    /// Whether a page fault at low IRQL would have brought the page in.
    pub(crate) fn is_pageable(self) -> bool {
        matches!(
            self,
            Self::Transition { .. }
                | Self::Prototype { .. }
                | Self::PagedOut { .. }
                | Self::DemandZero { .. }
        )
    }
}

/// Physical memory, at most one page at a time.
pub(crate) trait Physical {
    /// Fills `buf` from `pa`; the range must not cross a 4 KiB boundary. `false` if the page is
    /// not in the dump.
    fn read_physical(&self, pa: u64, buf: &mut [u8]) -> bool;
}

/// Virtual memory.
pub(crate) trait Memory {
    /// Fills all of `buf` from `va`; the error has the address that could not be read.
    fn read(&self, va: u64, buf: &mut [u8]) -> Result<(), ReadError>;

    /// Page-table state of `va`; `None` if there are no page tables.
    fn pte_state(&self, _va: u64) -> Option<PteState> {
        None
    }

    /// The page-table entries for `va`, from the root down. `None` below the point where the tables
    /// end or are missing.
    fn page_walk(&self, _va: u64) -> [Option<u64>; 4] {
        [None; 4]
    }

    /// Visits the mapped pages of the 512-GiB range that contains `inside`, in order, until `visit`
    /// returns `false`. Returns `false` if there are no page tables.
    fn visit_pages(&self, _inside: u64, _visit: &mut dyn FnMut(u64) -> bool) -> bool {
        false
    }

    /// How many of `len` bytes at `va` can be read, for memory that is not divided into pages.
    fn readable(&self, _va: u64, _len: usize) -> Option<usize> {
        None
    }
}

/// No memory: only the header and the lists of the dump are read.
pub(crate) struct NoMemory(pub &'static str);

impl Memory for NoMemory {
    fn read(&self, _va: u64, _buf: &mut [u8]) -> Result<(), ReadError> {
        Err(ReadError::NoMemory(self.0))
    }
}

/// Typed reads over any [`Memory`].
pub(crate) trait MemoryExt: Memory {
    /// `len` bytes at `va`.
    fn read_vec(&self, va: u64, len: usize) -> Result<Vec<u8>, ReadError> {
        if len > MAX_READ {
            return Err(ReadError::Implausible(va));
        }
        let mut bytes = vec![0; len];
        self.read(va, &mut bytes)?;
        Ok(bytes)
    }

    /// The longest readable prefix of `len` bytes at `va`.
    fn read_prefix(&self, va: u64, len: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(len.min(MAX_READ));
        while bytes.len() < len.min(MAX_READ) {
            let Some(at) = va.checked_add(bytes.len() as u64) else {
                break;
            };
            let in_page = (PAGE_SIZE - at % PAGE_SIZE) as usize;
            let part = in_page.min(len - bytes.len());
            match self.read_vec(at, part) {
                Ok(part) => bytes.extend(part),
                Err(_) => {
                    let rest = self.readable(at, part).unwrap_or(0).min(part);
                    bytes.extend(self.read_vec(at, rest).unwrap_or_default());
                    break;
                }
            }
        }
        bytes
    }

    fn read_u64(&self, va: u64) -> Result<u64, ReadError> {
        let mut bytes = [0; 8];
        self.read(va, &mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// An unsigned number of 1, 2, 4 or 8 bytes.
    fn read_uint(&self, va: u64, size: usize) -> Result<u64, ReadError> {
        let mut bytes = [0; 8];
        let part = bytes.get_mut(..size).ok_or(ReadError::Implausible(va))?;
        self.read(va, part)?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// A `UNICODE_STRING` (documented: u16 length in bytes, u16 capacity, pointer at +8).
    fn read_unicode_string(&self, va: u64) -> Result<String, ReadError> {
        let length = self.read_uint(va, 2)? as usize & !1;
        let buffer = self.read_u64(va.checked_add(8).ok_or(ReadError::Implausible(va))?)?;
        if length == 0 {
            return Ok(String::new());
        }
        let bytes = self.read_vec(buffer, length)?;
        let units: Vec<u16> = bytes
            .chunks_exact(2)
            .map(|c| u16::from_le_bytes([c[0], c[1]]))
            .collect();
        Ok(String::from_utf16_lossy(&units))
    }
}

impl<M: Memory + ?Sized> MemoryExt for M {}

/// Whether bits 63 to 47 are all equal.
pub(crate) fn is_canonical(va: u64) -> bool {
    matches!(va >> 47, 0 | 0x1_FFFF)
}

/// Whether `va` lies in the kernel's half.
pub(crate) fn is_kernel_address(va: u64) -> bool {
    va >> 47 == 0x1_FFFF
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::synthetic::FlatMemory;

    #[test]
    fn canonical_addresses() {
        assert!(is_canonical(0x7fff_ffff_ffff));
        assert!(!is_canonical(0x8000_0000_0000));
        assert!(is_kernel_address(0xffff_8000_0000_0000));
        assert!(!is_kernel_address(0x1000));
    }

    #[test]
    fn strings_survive_odd_lengths_and_wild_pointers() {
        let mut memory = FlatMemory::default();
        memory.put(0x1000, &[5, 0, 8, 0, 0, 0, 0, 0]);
        memory.put_u64(0x1008, 0x2001);
        memory.put(0x2001, b"h\0i\0");
        assert_eq!(memory.read_unicode_string(0x1000).unwrap(), "hi");
        memory.put_u64(0x1008, 0x9999_9999);
        assert!(memory.read_unicode_string(0x1000).is_err());
        assert!(memory.read_unicode_string(u64::MAX - 1).is_err());
    }

    #[test]
    fn a_prefix_ends_at_the_first_missing_page() {
        let mut memory = FlatMemory::default();
        memory.put(0x1ff0, &[7; 16]);
        assert_eq!(memory.read_prefix(0x1ff0, 64).len(), 16);
    }
}
