//! Minidumps ("triage dumps", type 4): no physical memory, but blocks of virtual memory that the
//! crashed kernel selected: the stack, the processor, thread and process, memory that registers and
//! stack point to, and lists of drivers.
//!
//! Sources: the names in public debugger headers; the layout is that of eight real dumps of three
//! Windows versions.

mod blocks;
mod drivers;
mod layout;

use super::Bytes;
use super::header::DumpHeader;
use super::mapped::MappedFile;
use super::memory::{Memory, ReadError, is_canonical};
use super::segments::{Segment, Segments};
use crate::verdict::Unknown;
use blocks::Blocks;
use drivers::{TriageDriver, TriageUnloaded};
use layout::{Contents, SIZE, Width};

/// More data blocks than any writer produces.
const MAX_BLOCKS: u32 = 1 << 20;
const BLOCK_SIZE: usize = 16;
/// The last four bytes of a complete minidump.
const CLOSING: &[u8] = b"TRGD";

/// A minidump's content.
pub(crate) struct Triage {
    pub drivers: Vec<TriageDriver>,
    pub unloaded: Vec<TriageUnloaded>,
    /// The driver that the crashed kernel named.
    pub broken_driver: Option<String>,
    /// The blocks of the processor that raised the stop, its thread and process.
    pub blocks: Blocks,
    /// Range of the saved part of the stack.
    pub stack: Option<(u64, u64)>,
    /// Offset of the secondary data in the file, if there is any.
    pub secondary: u64,
    /// What is missing or invalid.
    pub gaps: Vec<Unknown>,
    segments: Segments,
}

impl Triage {
    /// Reads the table of contents and the lists. Reads as much as possible; `None` if there is no
    /// table of contents.
    pub(crate) fn read(file: &MappedFile, header: &DumpHeader) -> Option<Self> {
        let width = Width::of(header.machine);
        let bytes = file.read_up_to(width.contents_at(), SIZE);
        let contents = Contents::parse(Bytes(&bytes), width)?;
        let mut gaps = Vec::new();
        let mut note = |what: &str, why: String| {
            let what = what.to_owned();
            gaps.push(Unknown { what, why });
        };
        if file.read_up_to(contents.valid.into(), CLOSING.len()) != CLOSING {
            let why = "the minidump's closing signature is missing: it was not written or copied \
                       to its end";
            note("what the end of the minidump holds", why.to_owned());
        }
        let (drivers, missing) = drivers::loaded(file, &contents, width);
        if missing > 0 {
            let why = format!("{missing} records of the driver list cannot be read");
            note("some loaded modules", why);
        }
        let (segments, stack, blocks) = match width {
            // Nothing reads 32-bit memory.
            Width::Bits32 => Default::default(),
            Width::Bits64 => {
                let mut listed = data_blocks(file, &contents);
                let stack = stack(&contents);
                listed.extend(stack);
                listed.push(Segment {
                    start: header.kd_debugger_data,
                    len: contents.debugger_data_size.into(),
                    offset: contents.debugger_data.into(),
                });
                // The addresses of the blocks are not in the table of contents; pointers in the
                // other memory give them.
                let others = Segments::new(listed.clone(), file.size());
                let blocks = Blocks::find(file, &others, &contents, header);
                listed.extend(blocks.segments());
                let stack = stack.map(|stack| (stack.start, stack.start + stack.len));
                (Segments::new(listed, file.size()), stack, blocks)
            }
        };
        Some(Self {
            secondary: contents.size.into(),
            drivers,
            unloaded: drivers::unloaded(file, &contents, width),
            broken_driver: match contents.broken_driver {
                0 => None,
                at => drivers::string(file, at.into()),
            },
            blocks,
            stack,
            gaps,
            segments,
        })
    }
}

/// The stack's segment, if it is valid.
fn stack(contents: &Contents) -> Option<Segment> {
    let len = u64::from(contents.stack_size);
    let start = contents.stack_address;
    let fits = len > 0 && is_canonical(start) && start.checked_add(len).is_some();
    fits.then_some(Segment {
        start,
        len,
        offset: contents.stack.into(),
    })
}

/// The list of `{u64 address, u32 offset, u32 size}`, and the data page.
fn data_blocks(file: &MappedFile, contents: &Contents) -> Vec<Segment> {
    let count = contents.block_count.min(MAX_BLOCKS) as usize;
    let list = file.read_up_to(contents.blocks.into(), count * BLOCK_SIZE);
    let listed = list
        .chunks_exact(BLOCK_SIZE)
        .map(Bytes)
        .filter_map(|block| {
            Some(Segment {
                start: block.u64(0)?,
                len: block.u32(12)?.into(),
                offset: block.u32(8)?.into(),
            })
        });
    let (start, offset, len) = contents.data_page;
    let page = Segment {
        start,
        len: len.into(),
        offset: offset.into(),
    };
    listed.chain(std::iter::once(page)).collect()
}

/// The virtual memory that a minidump holds.
pub(crate) struct TriageMemory<'d> {
    pub triage: &'d Triage,
    pub file: &'d MappedFile,
}

impl Memory for TriageMemory<'_> {
    fn read(&self, va: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        if !is_canonical(va) {
            return Err(ReadError::NotCanonical(va));
        }
        let read = self.triage.segments.read(self.file, va, buf);
        read.map_err(ReadError::NotSaved)
    }

    fn readable(&self, va: u64, len: usize) -> Option<usize> {
        Some(self.triage.segments.available(va, len))
    }
}

#[cfg(any(test, fuzzing))]
pub(crate) mod synthetic;
#[cfg(test)]
mod tests;
