//! The size that a dump file must have by its own headers.
//!
//! Checked before kdmp-parser builds its page map. So a truncated file is reported as truncated,
//! and a damaged one cannot make the map grow without bound.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::Bytes;
use super::header::HEADER_SIZE;
use super::kind::DumpKind;

const PAGE_SIZE: u64 = 0x1000;
/// Bytes of the second header of debugger-written dumps that are read.
const SECOND_HEADER: usize = 0x38;
/// Where the page ranges of debugger-written dumps start.
const RANGES: u64 = HEADER_SIZE as u64 + 0x30;
const RANGE_SIZE: usize = 16;
/// More ranges than any writer produces.
const MAX_RANGES: u64 = 1 << 20;

/// The size by the headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    Bytes(u64),
    Invalid,
    /// Not stated in the second header.
    Unknown,
}

/// Reads the second header of the kinds that have one.
pub(super) fn extent(kind: DumpKind, file: &mut (impl Read + Seek)) -> io::Result<Extent> {
    match kind {
        DumpKind::Kernel | DumpKind::KernelAndUser | DumpKind::Complete => {
            let header = read_at(file, HEADER_SIZE as u64, SECOND_HEADER)?;
            let header = Bytes(&header);
            let metadata = header.u64(0x10).unwrap_or(0);
            let pages = count_pages(file, (metadata / RANGE_SIZE as u64).min(MAX_RANGES))?;
            Ok(size(header.u64(0x18), pages))
        }
        _ => Ok(Extent::Unknown),
    }
}

fn size(first_page: Option<u64>, pages: Option<u64>) -> Extent {
    let size = first_page
        .zip(pages)
        .and_then(|(first, pages)| pages.checked_mul(PAGE_SIZE)?.checked_add(first));
    size.map_or(Extent::Invalid, Extent::Bytes)
}

/// Sum of the page counts of the ranges (first page, count) up to the first empty one; `None` on
/// overflow.
fn count_pages(file: &mut (impl Read + Seek), ranges: u64) -> io::Result<Option<u64>> {
    let table = read_at(file, RANGES, ranges as usize * RANGE_SIZE)?;
    let ranges = table.chunks_exact(RANGE_SIZE).map(Bytes);
    Ok(ranges
        .map(|range| (range.u64(0).unwrap_or(0), range.u64(8).unwrap_or(0)))
        .take_while(|&(first, _)| first != 0)
        .try_fold(0u64, |total, (_, count)| total.checked_add(count)))
}

/// Up to `len` bytes at `at`; fewer at the end of the file.
fn read_at(file: &mut (impl Read + Seek), at: u64, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(at))?;
    file.take(len as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// [`extent`] of a file on disk.
pub(super) fn extent_of(kind: DumpKind, mut file: File) -> io::Result<Extent> {
    extent(kind, &mut file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn file(fields: &[(usize, u64)]) -> Cursor<Vec<u8>> {
        let mut bytes = vec![0; HEADER_SIZE + 0x1000];
        for &(at, value) in fields {
            let at = HEADER_SIZE + at;
            bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        }
        Cursor::new(bytes)
    }

    #[test]
    fn debugger_dumps_sum_their_ranges() {
        let ranges = [
            (0x10, 0x40),
            (0x18, 0x3000),
            (0x30, 7),
            (0x38, 2),
            (0x40, 20),
            (0x48, 5),
        ];
        let found = extent(DumpKind::Kernel, &mut file(&ranges)).unwrap();
        assert_eq!(found, Extent::Bytes(0x3000 + 7 * 0x1000));
        let mut wild = ranges;
        wild[3].1 = u64::MAX;
        let found = extent(DumpKind::Complete, &mut file(&wild)).unwrap();
        assert_eq!(found, Extent::Invalid);
    }

    #[test]
    fn a_file_without_second_header_has_no_extent() {
        let mut short = Cursor::new(vec![0; 16]);
        assert_eq!(
            extent(DumpKind::Kernel, &mut short).unwrap(),
            Extent::Invalid
        );
        assert_eq!(extent(DumpKind::Full, &mut short).unwrap(), Extent::Unknown);
    }
}
