//! Which physical pages belong to the kernel: what its half of the address space maps, and the
//! tables that map it. Windows writes the same pages into a kernel dump; those of user space and
//! free ones are left out.
//!
//! Pages in transition still have their content, and debuggers read them; so they are kept.

use super::pages::PageSet;
use crate::dump::{ADDRESS, LARGE, PRESENT, Physical, SOFTWARE_PROTOTYPE, SOFTWARE_TRANSITION};

const PAGE: u64 = 0x1000;
const ENTRIES: usize = 512;
/// The entries of the root table that map the kernel's half.
const KERNEL_HALF: usize = 256;

/// The pages below `limit` that the tables at `root` map in the kernel's half.
///
/// A table is read once per level, and a large page entered once; so tables that point to one
/// another cost no more than the pages there are.
pub(super) fn kernel_pages(physical: &dyn Physical, root: u64, limit: u64) -> PageSet {
    let mut walk = Walk {
        physical,
        limit,
        found: PageSet::new(limit),
        tables: std::array::from_fn(|_| PageSet::new(limit)),
        large: [
            PageSet::new(limit.div_ceil(512)),
            PageSet::new(limit.div_ceil(512 * 512)),
        ],
    };
    walk.table((root & ADDRESS) / PAGE, 4);
    walk.found
}

struct Walk<'p> {
    physical: &'p dyn Physical,
    limit: u64,
    found: PageSet,
    /// Tables that were read, by level, the lowest first.
    tables: [PageSet; 4],
    /// Large pages that were entered: of 2 MiB and of 1 GiB.
    large: [PageSet; 2],
}

impl Walk<'_> {
    fn table(&mut self, page: u64, level: usize) {
        if !self.tables[level - 1].insert(page) {
            return;
        }
        let mut bytes = vec![0; PAGE as usize];
        if !self.physical.read_physical(page * PAGE, &mut bytes) {
            return;
        }
        self.found.insert(page);
        let kernel = if level == 4 { KERNEL_HALF } else { 0 };
        let entries = bytes.as_chunks::<8>().0;
        for &entry in &entries[kernel..ENTRIES] {
            let entry = u64::from_le_bytes(entry);
            let to = (entry & ADDRESS) / PAGE;
            match (entry & PRESENT != 0, level) {
                (true, 1) => _ = self.found.insert(to),
                (true, 2 | 3) if entry & LARGE != 0 => self.large(to, level),
                (true, _) => self.table(to, level - 1),
                (false, 1) if is_in_transition(entry) => _ = self.found.insert(to),
                (false, _) => {}
            }
        }
    }

    fn large(&mut self, page: u64, level: usize) {
        let count = 512u64.pow(level as u32 - 1);
        if self.large[level - 2].insert(page / count) {
            let first = page - page % count;
            for page in first..(first + count).min(self.limit) {
                self.found.insert(page);
            }
        }
    }
}

fn is_in_transition(entry: u64) -> bool {
    entry & SOFTWARE_PROTOTYPE == 0 && entry & SOFTWARE_TRANSITION != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::synthetic::FlatMemory;

    #[test]
    fn the_kernels_half_and_its_tables_are_found() {
        let mut physical = FlatMemory::default();
        for table in 1..=5 {
            physical.fill_page(table * PAGE);
        }
        // The user's half, the kernel's, and the root itself as one of its own tables.
        physical.put_u64(0x1000, 0x5000 | PRESENT);
        physical.put_u64(0x1000 + 8 * 256, 0x2000 | PRESENT);
        physical.put_u64(0x1000 + 8 * 0x1ED, 0x1000 | PRESENT);
        physical.put_u64(0x2000, 0x3000 | PRESENT);
        physical.put_u64(0x3000, 0x4000 | PRESENT);
        physical.put_u64(0x3000 + 8, 0x20_0000 | LARGE | PRESENT);
        for (slot, entry) in [
            (0, 0x9000 | PRESENT),
            (1, 0xA000 | SOFTWARE_TRANSITION),
            (2, 0xB000 | SOFTWARE_TRANSITION | SOFTWARE_PROTOTYPE),
            // A device, beyond all memory.
            (3, 0xFEC0_0000 | PRESENT),
        ] {
            physical.put_u64(0x4000 + 8 * slot, entry);
        }
        let found = kernel_pages(&physical, 0x1000, 0x400);
        // Through its own tables the kernel also maps the tables of the user's half, here page 5.
        let runs: Vec<_> = found
            .runs()
            .iter()
            .map(|run| (run.first, run.count))
            .collect();
        assert_eq!(runs, [(1, 5), (9, 2), (0x200, 0x200)]);
    }

    #[test]
    fn tables_that_point_to_one_another_end() {
        let mut physical = FlatMemory::default();
        for table in 1..=8u64 {
            physical.fill_page(table * PAGE);
            for slot in 0..512 {
                let large = if slot % 7 == 0 { LARGE } else { 0 };
                let to = (slot + table) % 8 + 1;
                physical.put_u64(table * PAGE + 8 * slot, (to * PAGE) | large | PRESENT);
            }
        }
        let found = kernel_pages(&physical, 0x1000, 0x10_0000);
        assert!(found.contains(8));
    }
}
