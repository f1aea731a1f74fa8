//! Blocks of memory to store: what was asked for, without overlaps, as far as it can be read.

use std::collections::BTreeMap;

use crate::dump::{Memory, MemoryExt, is_canonical};

const PAGE: u64 = 0x1000;
/// Bytes of one request; the largest structure is a processor's block.
const MAX_LEN: u64 = 0x2_0000;
/// All blocks together. Windows' own reach 2.7 MiB.
const MAX_TOTAL: u64 = 8 << 20;
/// Windows' own minidumps have up to 5000.
const MAX_BLOCKS: usize = 0x4000;

/// Stored memory by address.
#[derive(Default)]
pub(super) struct Blocks {
    stored: BTreeMap<u64, Vec<u8>>,
    total: u64,
}

impl Blocks {
    /// Stores what can be read of `len` bytes at `at` and is not stored yet; returns how many bytes
    /// that were.
    pub(super) fn add(&mut self, memory: &dyn Memory, at: u64, len: u64) -> u64 {
        let before = self.total;
        if !is_canonical(at) {
            return 0;
        }
        let end = at.saturating_add(len.min(MAX_LEN));
        let mut next = at;
        while next < end {
            if let Some(stored) = self.end_of_block(next) {
                next = stored;
                continue;
            }
            let gap_end = self
                .stored
                .range(next..end)
                .next()
                .map_or(end, |(&at, _)| at);
            next = self.fill(memory, next, gap_end);
        }
        self.total - before
    }

    /// The end of the block that `at` lies in.
    fn end_of_block(&self, at: u64) -> Option<u64> {
        let (&start, bytes) = self.stored.range(..=at).next_back()?;
        let end = start + bytes.len() as u64;
        (at < end).then_some(end)
    }

    /// Stores the readable part of a gap; returns where to go on.
    fn fill(&mut self, memory: &dyn Memory, at: u64, end: u64) -> u64 {
        let room = MAX_TOTAL.saturating_sub(self.total).min(end - at);
        if room == 0 || self.stored.len() >= MAX_BLOCKS {
            return end;
        }
        let bytes = memory.read_prefix(at, room as usize);
        let read = bytes.len() as u64;
        if read == 0 {
            // The next page may be there.
            return (at & !(PAGE - 1)).saturating_add(PAGE);
        }
        self.total += read;
        self.stored.insert(at, bytes);
        at + read
    }

    /// Start and content of each block, lowest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.stored
            .iter()
            .map(|(&at, bytes)| (at, bytes.as_slice()))
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dump::synthetic::FlatMemory;

    const BASE: u64 = 0xffff_a000_0000_0000;

    proptest! {
        #[test]
        fn blocks_do_not_overlap_and_hold_what_was_asked_for(
            asked in proptest::collection::vec((0u64..0x3800, 1u64..0x900), 1..40),
        ) {
            let mut memory = FlatMemory::default();
            // The second page is missing.
            for page in [0, 2, 3] {
                let bytes: Vec<u8> = (0..PAGE).map(|at| (at * 7 + page) as u8).collect();
                memory.put(BASE + page * PAGE, &bytes);
            }
            let mut blocks = Blocks::default();
            for &(at, len) in &asked {
                blocks.add(&memory, BASE + at, len);
            }
            let mut covered = 0;
            for (at, bytes) in blocks.iter() {
                prop_assert!(at >= covered);
                covered = at + bytes.len() as u64;
                prop_assert_eq!(memory.read_vec(at, bytes.len()).unwrap(), bytes);
            }
            for (at, len) in asked {
                for at in (BASE + at..BASE + at + len).filter(|at| *at < BASE + 4 * PAGE) {
                    let there = memory.read_vec(at, 1).is_ok();
                    prop_assert_eq!(blocks.end_of_block(at).is_some(), there, "{:#x}", at);
                }
            }
        }
    }

    #[test]
    fn what_is_stored_is_bounded() {
        struct Everything;
        impl Memory for Everything {
            fn read(&self, _: u64, buf: &mut [u8]) -> Result<(), crate::dump::ReadError> {
                buf.fill(1);
                Ok(())
            }
        }
        let mut blocks = Blocks::default();
        for index in 0..1000 {
            blocks.add(&Everything, BASE + index * 0x10_0000, u64::MAX);
        }
        blocks.add(&Everything, u64::MAX - 4, 0x1000);
        assert!(blocks.total() <= MAX_TOTAL);
    }
}
