//! Walks page tables to find the mapped pages of an address range.

use super::memory::{PAGE_SIZE, Physical};
use super::paging::{ADDRESS, AddressSpace, LARGE, PRESENT};

const ENTRIES: u64 = 512;

impl<P: Physical> AddressSpace<P> {
    /// Visits the present pages of the 512-GiB range that contains `inside`, in order, until
    /// `visit` returns `false`. Pages are 4 KiB, also inside large pages. Tables that are not in
    /// the dump are skipped. Tables that point back to themselves only cost time: each level is
    /// entered once per entry, and the visitor counts.
    pub(super) fn visit_mapped(&self, inside: u64, visit: &mut dyn FnMut(u64) -> bool) {
        let slot = inside >> 39 & (ENTRIES - 1);
        let start = inside & !((1 << 39) - 1);
        if let Some(root) = self.table(self.root())
            && root[slot as usize] & PRESENT != 0
        {
            self.visit_table(root[slot as usize] & ADDRESS, 3, start, visit);
        }
    }

    /// The entries for `va` from the root down.
    pub(super) fn walk_entries(&self, va: u64) -> [Option<u64>; 4] {
        let mut entries = [None; 4];
        let mut table = self.root();
        for (slot, level) in entries.iter_mut().zip((1..=4u32).rev()) {
            let index = va >> (12 + 9 * (level - 1)) & (ENTRIES - 1);
            let Ok(entry) = self.entry(table, index) else {
                break;
            };
            *slot = Some(entry);
            if entry & PRESENT == 0 || (level <= 3 && entry & LARGE != 0) {
                break;
            }
            table = entry & ADDRESS;
        }
        entries
    }

    /// Returns whether to go on.
    fn visit_table(
        &self,
        table: u64,
        level: u32,
        start: u64,
        visit: &mut dyn FnMut(u64) -> bool,
    ) -> bool {
        let Some(entries) = self.table(table) else {
            return true;
        };
        let shift = 12 + 9 * (level - 1);
        for (index, &entry) in entries.iter().enumerate() {
            if entry & PRESENT == 0 {
                continue;
            }
            let at = start + ((index as u64) << shift);
            let go_on = match level {
                1 => visit(at),
                _ if entry & LARGE != 0 => {
                    let pages = (1u64 << shift) / PAGE_SIZE;
                    (0..pages).all(|page| visit(at + page * PAGE_SIZE))
                }
                _ => self.visit_table(entry & ADDRESS, level - 1, at, visit),
            };
            if !go_on {
                return false;
            }
        }
        true
    }

    fn table(&self, pa: u64) -> Option<Vec<u64>> {
        let mut bytes = vec![0; PAGE_SIZE as usize];
        if !self.physical().read_physical(pa, &mut bytes) {
            return None;
        }
        let entries = bytes.chunks_exact(8);
        let entries = entries.map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap_or_default()));
        Some(entries.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::Memory;
    use crate::dump::synthetic::FlatMemory;

    #[test]
    fn visits_small_pages_and_those_of_large_ones() {
        let base = 0xffff_a000_0000_0000u64;
        let mut physical = FlatMemory::default();
        for table in [0x1000, 0x2000, 0x3000, 0x4000] {
            physical.fill_page(table);
        }
        physical.put_u64(0x1000 + (base >> 39 & 0x1FF) * 8, 0x2000 | PRESENT);
        physical.put_u64(0x2000, 0x3000 | PRESENT);
        physical.put_u64(0x3000, 0x4000 | PRESENT);
        physical.put_u64(0x4000 + 8 * 5, 0x9000 | PRESENT);
        physical.put_u64(0x3000 + 8, 0x0060_0000 | LARGE | PRESENT);
        // A table that points back to itself.
        physical.put_u64(0x2000 + 8, 0x2000 | PRESENT);
        let space = AddressSpace::new(physical, 0x1000);
        let mut seen = Vec::new();
        let known = space.visit_pages(base + 0x1234, &mut |at| {
            seen.push(at);
            true
        });
        assert!(known);
        assert_eq!(seen[..2], [base + 0x5000, base + 0x20_0000]);
        assert_eq!(seen[512], base + 0x20_0000 + 511 * PAGE_SIZE);
        // That table is read once per level: two entries each.
        assert_eq!(seen.len(), 513 + 4);
        let mut count = 0;
        space.visit_pages(base, &mut |_| {
            count += 1;
            count < 100
        });
        assert_eq!(count, 100);
    }
}
