//! The saved blocks of the crashing processor, its thread and its process.

use std::collections::HashMap;

use super::layout::Contents;
use crate::dump::header::DumpHeader;
use crate::dump::mapped::MappedFile;
use crate::dump::segments::{Segment, Segments};
use crate::dump::{Bytes, is_kernel_address};

/// Offsets in `KDDEBUGGER_DATA64` (wdbgexts.h).
const KI_PROCESSOR_BLOCK: usize = 0x218;
const OFFSET_KTHREAD_APC_PROCESS: usize = 0x2A0;
const SIZE_EPROCESS: usize = 0x2A8;
const SIZE_PRCB: usize = 0x2B0;
const OFFSET_PRCB_CURRENT_THREAD: usize = 0x2B4;
const OFFSET_PRCB_NUMBER: usize = 0x2BE;
const SIZE_ETHREAD: usize = 0x2C0;
/// This many empty lists in a structure determine its address.
const ENOUGH_LISTS: usize = 3;

/// A structure of the crashed kernel that is stored in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub address: u64,
    pub size: u64,
    offset: u64,
}

/// The minidump's blocks of the processor that raised the stop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Blocks {
    /// Its number.
    pub processor: Option<u32>,
    /// Its `_KPRCB`.
    pub prcb: Option<Block>,
    /// The `_ETHREAD` that it ran.
    pub thread: Option<Block>,
    /// That thread's `_EPROCESS`.
    pub process: Option<Block>,
}

impl Blocks {
    /// Finds the addresses of the blocks: by pointers to them in `others`, the rest of the dump's
    /// memory, or by their empty lists, whose heads point to themselves.
    pub(super) fn find(
        file: &MappedFile,
        others: &Segments,
        contents: &Contents,
        header: &DumpHeader,
    ) -> Self {
        let mut data = [0; 0x340];
        let data = match others.read(file, header.kd_debugger_data, &mut data) {
            Ok(()) if &data[0x10..0x14] == b"KDBG" => Bytes(&data),
            _ => return Self::default(),
        };
        let field = |at| data.u16(at).map(usize::from).filter(|&value| value != 0);
        let content = |offset: u32, size: usize| {
            let bytes = file.read_up_to(offset.into(), field(size)?);
            (offset != 0 && !bytes.is_empty()).then_some((u64::from(offset), bytes))
        };
        let pointer = |bytes: &[u8], at: usize| Bytes(bytes).u64(field(at)?);
        let block = |content: &Option<(u64, Vec<u8>)>, pointed: Option<u64>| {
            let (offset, bytes) = content.as_ref()?;
            let address = pointed
                .or_else(|| own_address(bytes))
                .filter(|&address| is_kernel_address(address))?;
            Some(Block {
                address,
                size: bytes.len() as u64,
                offset: *offset,
            })
        };

        let prcb = content(contents.prcb, SIZE_PRCB);
        let processor = prcb
            .as_ref()
            .and_then(|(_, bytes)| Bytes(bytes).u32(field(OFFSET_PRCB_NUMBER)?));
        let of_array = processor.and_then(|number| {
            let mut pointer = [0; 8];
            let at = data.u64(KI_PROCESSOR_BLOCK)?;
            let at = at.checked_add(8 * u64::from(number))?;
            others.read(file, at, &mut pointer).ok()?;
            Some(u64::from_le_bytes(pointer))
        });
        let thread = content(contents.thread, SIZE_ETHREAD);
        let current = prcb
            .as_ref()
            .and_then(|(_, bytes)| pointer(bytes, OFFSET_PRCB_CURRENT_THREAD));
        let process = content(contents.process, SIZE_EPROCESS);
        let of_thread = thread
            .as_ref()
            .and_then(|(_, bytes)| pointer(bytes, OFFSET_KTHREAD_APC_PROCESS));
        Self {
            processor,
            prcb: block(&prcb, of_array),
            thread: block(&thread, current),
            process: block(&process, of_thread),
        }
    }

    pub(super) fn segments(&self) -> impl Iterator<Item = Segment> {
        [self.prcb, self.thread, self.process]
            .into_iter()
            .flatten()
            .filter(|block| block.address.checked_add(block.size).is_some())
            .map(|block| Segment {
                start: block.address,
                len: block.size,
                offset: block.offset,
            })
    }
}

/// The original address of a structure: an empty `LIST_ENTRY` in it points to itself twice, which
/// gives the address.
fn own_address(bytes: &[u8]) -> Option<u64> {
    let fields = Bytes(bytes);
    let mut votes: HashMap<u64, usize> = HashMap::new();
    for at in (0..bytes.len().saturating_sub(15)).step_by(8) {
        let link = fields.u64(at)?;
        if is_kernel_address(link) && fields.u64(at + 8) == Some(link) {
            *votes.entry(link.wrapping_sub(at as u64)).or_default() += 1;
        }
    }
    let (address, count) = votes
        .into_iter()
        .max_by_key(|&(address, count)| (count, address))?;
    (count >= ENOUGH_LISTS).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lists_tell_the_address() {
        let base = 0xffff_8000_0000_1000u64;
        let mut bytes = vec![0; 0x100];
        for at in [0x10usize, 0x40, 0x80] {
            let link = (base + at as u64).to_le_bytes();
            bytes[at..at + 8].copy_from_slice(&link);
            bytes[at + 8..at + 16].copy_from_slice(&link);
        }
        assert_eq!(own_address(&bytes), Some(base));
        bytes[0x80] ^= 0x20;
        assert_eq!(own_address(&bytes), None);
        assert_eq!(own_address(&[1, 2, 3]), None);
    }
}
