//! Memory for unit tests.

use std::collections::BTreeMap;

use super::memory::{Memory, PAGE_SIZE, Physical, ReadError};

/// Byte-addressed memory that holds only what was written; serves as physical and virtual memory.
#[derive(Clone, Default)]
pub(crate) struct FlatMemory {
    bytes: BTreeMap<u64, u8>,
}

impl FlatMemory {
    pub(crate) fn put(&mut self, at: u64, bytes: &[u8]) {
        for (index, &byte) in bytes.iter().enumerate() {
            self.bytes.insert(at.wrapping_add(index as u64), byte);
        }
    }

    pub(crate) fn put_u64(&mut self, at: u64, value: u64) {
        self.put(at, &value.to_le_bytes());
    }

    pub(crate) fn fill_page(&mut self, at: u64) {
        self.put(at & !(PAGE_SIZE - 1), &[0; PAGE_SIZE as usize]);
    }

    fn get(&self, at: u64, buf: &mut [u8]) -> Option<()> {
        for (index, byte) in buf.iter_mut().enumerate() {
            *byte = *self.bytes.get(&at.checked_add(index as u64)?)?;
        }
        Some(())
    }
}

impl Memory for FlatMemory {
    fn read(&self, va: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        self.get(va, buf).ok_or(ReadError::NotMapped(va))
    }

    fn readable(&self, va: u64, len: usize) -> Option<usize> {
        let there = |&index: &usize| self.bytes.contains_key(&(va + index as u64));
        Some((0..len).take_while(there).count())
    }
}

impl Physical for FlatMemory {
    fn read_physical(&self, pa: u64, buf: &mut [u8]) -> bool {
        self.get(pa, buf).is_some()
    }
}
