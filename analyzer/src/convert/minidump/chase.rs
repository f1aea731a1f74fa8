//! Stores what pointers lead to: a short block each, the nearest first.

use std::collections::{HashSet, VecDeque};

use super::blocks::Blocks;
use crate::dump::{Memory, MemoryExt, is_kernel_address};

/// Bytes that Windows stores behind a pointer.
const LEN: u64 = 0x100;
/// Bytes of all such blocks.
const MAX_TOTAL: u64 = 0x8_0000;
/// How many pointers are followed one after another.
const DEPTH: u32 = 3;
/// Pointers that are followed in all.
const MAX_FOLLOWED: usize = 0x1_0000;
/// Pointers that wait to be followed.
const MAX_WAITING: usize = 0x1_0000;

/// The kernel addresses among the words of `bytes`.
pub(super) fn pointers(bytes: &[u8]) -> impl Iterator<Item = u64> {
    let words = bytes.as_chunks::<8>().0.iter();
    words
        .map(|word| u64::from_le_bytes(*word))
        .filter(|&word| is_kernel_address(word))
}

/// Follows pointers from `seeds` on.
pub(super) fn chase(memory: &dyn Memory, blocks: &mut Blocks, seeds: Vec<u64>) {
    let mut waiting: VecDeque<(u64, u32)> = seeds.into_iter().map(|at| (at, 1)).collect();
    let mut followed = HashSet::new();
    let mut total = 0;
    while let Some((at, depth)) = waiting.pop_front() {
        if total >= MAX_TOTAL {
            return;
        }
        if !is_kernel_address(at) || followed.len() >= MAX_FOLLOWED || !followed.insert(at) {
            continue;
        }
        total += blocks.add(memory, at, LEN);
        if depth == DEPTH {
            continue;
        }
        let Some(first) = at.checked_next_multiple_of(8) else {
            continue;
        };
        let bytes = memory.read_prefix(first, LEN as usize);
        let room = MAX_WAITING.saturating_sub(waiting.len());
        waiting.extend(pointers(&bytes).take(room).map(|to| (to, depth + 1)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::synthetic::FlatMemory;

    const BASE: u64 = 0xffff_a000_0000_0000;

    #[test]
    fn pointers_are_followed_three_times() {
        let mut memory = FlatMemory::default();
        for index in 0..6u64 {
            let at = BASE + index * 0x1000;
            memory.fill_page(at);
            memory.put_u64(at + 0x10, at + 0x1000);
            // A ring.
            memory.put_u64(at + 0x18, BASE);
        }
        let mut blocks = Blocks::default();
        chase(&memory, &mut blocks, vec![BASE, 0x1000, 5]);
        let starts: Vec<u64> = blocks.iter().map(|(at, _)| at).collect();
        assert_eq!(starts, [BASE, BASE + 0x1000, BASE + 0x2000]);
    }

    #[test]
    fn the_last_address_ends_the_chase() {
        let mut blocks = Blocks::default();
        chase(
            &FlatMemory::default(),
            &mut blocks,
            vec![u64::MAX, u64::MAX - 7],
        );
        assert_eq!(blocks.total(), 0);
    }
}
