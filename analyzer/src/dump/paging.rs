//! x64 four-level paging over the dump's physical memory.
//!
//! kdmp-parser translates addresses too, but does not return the page-table entry. A verdict needs
//! it to distinguish "paged out" from "never mapped".

use std::cell::RefCell;
use std::collections::HashMap;

use super::memory::{Memory, PAGE_SIZE, Physical, PteState, ReadError, is_canonical};

pub(crate) const PRESENT: u64 = 1;
pub(crate) const LARGE: u64 = 1 << 7;
/// Bits 12 to 51: the physical address in an entry.
pub(crate) const ADDRESS: u64 = 0x000F_FFFF_FFFF_F000;
// Bits that the memory manager uses in entries that the processor ignores (not present). They
// are the same in all x64 versions (`_MMPTE_SOFTWARE`, `_MMPTE_TRANSITION`).
const SOFTWARE_PROTECTION: u64 = 0x1F << 5;
pub(crate) const SOFTWARE_PROTOTYPE: u64 = 1 << 10;
pub(crate) const SOFTWARE_TRANSITION: u64 = 1 << 11;
const SOFTWARE_PAGE_FILE_HIGH: u64 = 0xFFFF_FFFF << 32;

/// A virtual address space: page tables at a root, over physical memory.
pub(crate) struct AddressSpace<P> {
    physical: P,
    root: u64,
    /// Cache of virtual page → physical page: stacks and lists read few pages many times.
    translations: RefCell<HashMap<u64, u64>>,
}

impl<P: Physical> AddressSpace<P> {
    /// `root` is CR3 (its low 12 bits are flags).
    pub(crate) fn new(physical: P, root: u64) -> Self {
        Self {
            physical,
            root: root & ADDRESS,
            translations: RefCell::default(),
        }
    }

    pub(super) fn root(&self) -> u64 {
        self.root
    }

    pub(super) fn physical(&self) -> &P {
        &self.physical
    }

    pub(super) fn entry(&self, table: u64, index: u64) -> Result<u64, u64> {
        let pa = table + index * 8;
        let mut bytes = [0; 8];
        match self.physical.read_physical(pa, &mut bytes) {
            true => Ok(u64::from_le_bytes(bytes)),
            false => Err(pa),
        }
    }

    /// Walks the tables for `va`.
    fn walk(&self, va: u64) -> PteState {
        let mut table = self.root;
        for level in (1..=4u8).rev() {
            let shift = 12 + 9 * (u32::from(level) - 1);
            let entry = match self.entry(table, va >> shift & 0x1FF) {
                Ok(entry) => entry,
                Err(pa) => return PteState::NotInDump { pa },
            };
            if entry & PRESENT == 0 {
                return not_present(entry, level);
            }
            let is_leaf = level == 1 || (level <= 3 && entry & LARGE != 0);
            if is_leaf {
                let offset_mask = (1u64 << shift) - 1;
                let pa = (entry & ADDRESS & !offset_mask) | (va & offset_mask);
                return PteState::Present { pte: entry, pa };
            }
            table = entry & ADDRESS;
        }
        unreachable!("level 1 is always a leaf")
    }

    /// Physical address of `va`. Pages in transition count: their content is still there.
    fn translate(&self, va: u64) -> Result<u64, ReadError> {
        if !is_canonical(va) {
            return Err(ReadError::NotCanonical(va));
        }
        let page = va & !(PAGE_SIZE - 1);
        if let Some(&physical) = self.translations.borrow().get(&page) {
            return Ok(physical | (va - page));
        }
        let physical = match self.walk(page) {
            PteState::Present { pa, .. } => pa,
            PteState::Transition { pte } => pte & ADDRESS,
            PteState::NotInDump { pa } => return Err(ReadError::NotInDump { va, pa }),
            _ => return Err(ReadError::NotMapped(va)),
        };
        self.translations.borrow_mut().insert(page, physical);
        Ok(physical | (va - page))
    }
}

fn not_present(entry: u64, level: u8) -> PteState {
    // A pageable page table is itself in transition or paged out; what lies below is then pageable
    // too. So every level is decoded alike, except for the address of the page.
    if entry == 0 {
        PteState::Unmapped { level }
    } else if entry & SOFTWARE_PROTOTYPE != 0 {
        PteState::Prototype { pte: entry }
    } else if entry & SOFTWARE_TRANSITION != 0 {
        match level {
            1 => PteState::Transition { pte: entry },
            _ => PteState::PagedOut { pte: entry },
        }
    } else if entry & SOFTWARE_PAGE_FILE_HIGH != 0 {
        PteState::PagedOut { pte: entry }
    } else if entry & SOFTWARE_PROTECTION != 0 {
        PteState::DemandZero { pte: entry }
    } else {
        PteState::Unmapped { level }
    }
}

impl<P: Physical> Memory for AddressSpace<P> {
    fn pte_state(&self, va: u64) -> Option<PteState> {
        is_canonical(va).then(|| self.walk(va))
    }

    fn page_walk(&self, va: u64) -> [Option<u64>; 4] {
        self.walk_entries(va)
    }

    fn visit_pages(&self, inside: u64, visit: &mut dyn FnMut(u64) -> bool) -> bool {
        self.visit_mapped(inside, visit);
        true
    }

    fn read(&self, va: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let mut done = 0;
        while done < buf.len() {
            let at = va
                .checked_add(done as u64)
                .ok_or(ReadError::Implausible(va))?;
            let pa = self.translate(at)?;
            let in_page = (PAGE_SIZE - at % PAGE_SIZE) as usize;
            let part = in_page.min(buf.len() - done);
            if !self.physical.read_physical(pa, &mut buf[done..done + part]) {
                return Err(ReadError::NotInDump { va: at, pa });
            }
            done += part;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::MemoryExt;
    use crate::dump::synthetic::FlatMemory;

    const VA: u64 = 0xffff_f800_0020_3000;

    /// Tables for VA at physical 0x1000, 0x2000, 0x3000, 0x4000; returns the page-table entry's
    /// physical address.
    fn tables(memory: &mut FlatMemory) -> u64 {
        for table in [0x1000, 0x2000, 0x3000, 0x4000] {
            memory.fill_page(table);
        }
        memory.put_u64(0x1000 + (VA >> 39 & 0x1FF) * 8, 0x2000 | PRESENT);
        memory.put_u64(0x2000 + (VA >> 30 & 0x1FF) * 8, 0x3000 | PRESENT);
        memory.put_u64(0x3000 + (VA >> 21 & 0x1FF) * 8, 0x4000 | PRESENT);
        0x4000 + (VA >> 12 & 0x1FF) * 8
    }

    #[test]
    fn reads_across_pages_through_the_tables() {
        let mut physical = FlatMemory::default();
        let pte = tables(&mut physical);
        physical.put_u64(pte, 0x9000 | PRESENT);
        physical.put_u64(pte + 8, 0x7000 | PRESENT);
        physical.put(0x9ffc, &[1, 2, 3, 4]);
        physical.put(0x7000, &[5, 6, 7, 8]);
        let space = AddressSpace::new(physical, 0x1018);
        assert_eq!(space.read_u64(VA + 0xffc).unwrap(), 0x0807_0605_0403_0201);
        assert_eq!(
            space.read_u64(VA + 0x1ffc),
            Err(ReadError::NotInDump {
                va: VA + 0x1ffc,
                pa: 0x7ffc
            })
        );
    }

    #[test]
    fn tells_paged_out_from_unmapped() {
        let mut physical = FlatMemory::default();
        let pte = tables(&mut physical);
        let state = |physical: &FlatMemory| AddressSpace::new(physical.clone(), 0x1000).walk(VA);
        assert_eq!(state(&physical), PteState::Unmapped { level: 1 });
        for (entry, expected) in [
            (0x80, PteState::DemandZero { pte: 0x80 }),
            (
                0x0000_0012_0000_0080,
                PteState::PagedOut {
                    pte: 0x0000_0012_0000_0080,
                },
            ),
            (0x400, PteState::Prototype { pte: 0x400 }),
            (0x9880, PteState::Transition { pte: 0x9880 }),
        ] {
            physical.put_u64(pte, entry);
            assert_eq!(state(&physical), expected);
            assert!(expected.is_pageable());
        }
        let elsewhere = AddressSpace::new(physical.clone(), 0x1000).walk(0x1000);
        assert_eq!(elsewhere, PteState::Unmapped { level: 4 });
        let no_root = AddressSpace::new(physical, 0x8000).walk(0);
        assert_eq!(no_root, PteState::NotInDump { pa: 0x8000 });
    }

    #[test]
    fn a_page_in_transition_is_still_readable() {
        let mut physical = FlatMemory::default();
        let pte = tables(&mut physical);
        physical.put_u64(pte, 0x9880);
        physical.put_u64(0x9010, 42);
        assert_eq!(
            AddressSpace::new(physical, 0x1000)
                .read_u64(VA + 0x10)
                .unwrap(),
            42
        );
    }

    #[test]
    fn large_pages_keep_the_offset() {
        let mut physical = FlatMemory::default();
        tables(&mut physical);
        physical.put_u64(
            0x3000 + (VA >> 21 & 0x1FF) * 8,
            0x0060_0000 | LARGE | PRESENT,
        );
        physical.put_u64(0x0060_3008, 43);
        assert_eq!(
            AddressSpace::new(physical, 0x1000)
                .read_u64(VA + 8)
                .unwrap(),
            43
        );
    }

    #[test]
    fn wild_addresses_are_refused() {
        let space = AddressSpace::new(FlatMemory::default(), 0x1000);
        let wild = 0x1234_5678_9abc_def0;
        assert_eq!(space.read_u64(wild), Err(ReadError::NotCanonical(wild)));
        assert!(space.read_u64(u64::MAX - 3).is_err());
    }
}
