//! Searches physical memory for a Windows kernel's debugger data block, and for a dump header that
//! the guest keeps.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use memchr::memmem::Finder;

use crate::dump::{Bytes, HEADER_SIZE, Segments, is_kernel_address};

/// Bytes searched at a time. The file is read, not mapped, so that pages read once do not stay in
/// memory.
const CHUNK: usize = 1 << 20;
/// The search ends here: both are low in memory.
const MAX_SEARCHED: u64 = 64 << 30;
const MAX_FOUND: usize = 64;
/// `KDBG`, at this offset in the block; the block's size follows.
const TAG: &[u8] = b"KDBG";
const TAG_AT: u64 = 0x10;
const BLOCK_SIZES: std::ops::RangeInclusive<u32> = 0x200..=0x1000;
const SIGNATURE: &[u8] = b"PAGEDU64";

/// The fields of a debugger data block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DebuggerBlock {
    /// Physical address.
    pub pa: u64,
    pub kernel_base: u64,
    pub loaded_modules: u64,
    pub active_processes: u64,
    pub bugcheck_data: u64,
    pub build_lab: u64,
}

/// What the search found, lowest address first.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    pub blocks: Vec<DebuggerBlock>,
    /// Physical addresses of the signature of dump headers.
    pub headers: Vec<u64>,
}

/// Searches physical memory, `CHUNK` bytes at a time.
pub(super) fn search(file: &mut (impl Read + Seek), segments: &Segments) -> io::Result<Candidates> {
    let (tag, signature) = (Finder::new(TAG), Finder::new(SIGNATURE));
    let mut found = Candidates::default();
    let mut left = MAX_SEARCHED;
    // The end of a chunk is searched again with the next one: a match may span both.
    let overlap = HEADER_SIZE.max(0x400);
    let mut buffer = vec![0; CHUNK + overlap];
    for segment in segments.iter() {
        let mut done = 0;
        while done < segment.len.min(left) {
            let len = (segment.len - done).min(buffer.len() as u64) as usize;
            let bytes = &mut buffer[..len];
            file.seek(SeekFrom::Start(segment.offset + done))?;
            file.read_exact(bytes)?;
            let pa = segment.start + done;
            for at in tag.find_iter(bytes).filter(|&at| at < CHUNK + 0x400) {
                let Some(start) = at.checked_sub(TAG_AT as usize) else {
                    continue;
                };
                found
                    .blocks
                    .extend(block_of(&bytes[start..], pa + start as u64));
            }
            for at in signature.find_iter(bytes).filter(|&at| at < CHUNK) {
                found.headers.push(pa + at as u64);
            }
            if found.blocks.len() >= MAX_FOUND || found.headers.len() >= MAX_FOUND {
                return Ok(found);
            }
            done += CHUNK as u64;
        }
        left = left.saturating_sub(segment.len);
    }
    found.blocks.dedup();
    Ok(found)
}

/// [`search`] in a file on disk.
pub(super) fn search_file(path: &std::path::Path, segments: &Segments) -> io::Result<Candidates> {
    search(&mut File::open(path)?, segments)
}

/// The block at the start of `bytes`, if it is valid (`KDDEBUGGER_DATA64` of wdbgexts.h).
pub(super) fn block_of(bytes: &[u8], pa: u64) -> Option<DebuggerBlock> {
    let bytes = Bytes(bytes);
    if !BLOCK_SIZES.contains(&bytes.u32(0x14)?) {
        return None;
    }
    let kernel_base = bytes.u64(0x18)?;
    let loaded_modules = bytes.u64(0x48)?;
    let plausible = is_kernel_address(kernel_base)
        && kernel_base.is_multiple_of(0x1000)
        && is_kernel_address(loaded_modules);
    plausible.then_some(DebuggerBlock {
        pa,
        kernel_base,
        loaded_modules,
        active_processes: bytes.u64(0x50)?,
        bugcheck_data: bytes.u64(0x88)?,
        build_lab: bytes.u64(0x208)?,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;
    use crate::dump::Segment;

    const KERNEL: u64 = 0xffff_f800_1234_5000;

    fn segments(len: u64) -> Segments {
        let segment = Segment {
            start: 0x10_0000,
            len,
            offset: 0,
        };
        Segments::new(vec![segment], len)
    }

    fn put_block(bytes: &mut [u8], at: usize) {
        bytes[at + 0x10..at + 0x14].copy_from_slice(TAG);
        bytes[at + 0x14..at + 0x18].copy_from_slice(&0x380u32.to_le_bytes());
        bytes[at + 0x18..at + 0x20].copy_from_slice(&KERNEL.to_le_bytes());
        bytes[at + 0x48..at + 0x50].copy_from_slice(&(KERNEL + 0x100).to_le_bytes());
    }

    #[test]
    fn finds_blocks_at_the_borders_of_chunks() {
        for at in [0, CHUNK - 0x20, CHUNK - 8, CHUNK, 2 * CHUNK - 0x400] {
            let mut memory = vec![0; 2 * CHUNK];
            put_block(&mut memory, at);
            let found = search(&mut Cursor::new(memory), &segments(2 << 20)).unwrap();
            let places: Vec<_> = found.blocks.iter().map(|block| block.pa).collect();
            assert_eq!(places, [0x10_0000 + at as u64]);
        }
    }

    #[test]
    fn an_encoded_block_is_none() {
        let mut memory = vec![0; CHUNK];
        put_block(&mut memory, 0x1000);
        memory[0x101F] = 0x12;
        let found = search(&mut Cursor::new(memory), &segments(1 << 20)).unwrap();
        assert_eq!(found.blocks, []);
    }

    proptest! {
        #[test]
        fn any_bytes_are_searched(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut memory = TAG.repeat(50);
            memory.extend(bytes);
            let len = memory.len() as u64;
            prop_assert!(search(&mut Cursor::new(memory), &segments(len)).is_ok());
        }
    }
}
