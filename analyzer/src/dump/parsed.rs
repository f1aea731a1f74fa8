//! Reads pages through kdmp-parser.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::rc::Rc;

use kdmp_parser::gxa::Gpa;
use kdmp_parser::map::{MappedFileReader, Reader};
use kdmp_parser::parse::KernelDumpParser;
use kdmp_parser::phys;

use super::extent::{Extent, extent_of};
use super::header::DumpHeader;
use super::memory::{PAGE_SIZE, Physical};
use crate::error::AnalyzeError;

/// Dumps up to this size are mapped into memory, larger ones read through the file.
const MAP_LIMIT: u64 = 4 << 30;

/// A dump whose pages kdmp-parser finds.
pub(super) struct Parsed(KernelDumpParser);

impl Parsed {
    /// Checks the size, then lets kdmp-parser build its page map.
    pub(super) fn open(path: &Path, header: &DumpHeader) -> Result<Self, AnalyzeError> {
        let io = |source| AnalyzeError::io(path, source);
        let actual = path.metadata().map_err(io)?.len();
        let extent = extent_of(header.kind, File::open(path).map_err(io)?).map_err(io)?;
        match extent {
            Extent::Bytes(size) => check_size(path, Some(size), actual)?,
            Extent::Unknown => check_size(path, header.expected_size, actual)?,
            Extent::Invalid => {
                return Err(AnalyzeError::corrupt(
                    path,
                    "it describes impossible memory",
                ));
            }
        }
        let parser = if actual <= MAP_LIMIT {
            open_without_module_walk(path, MappedFileReader::new(path).map_err(io)?)?
        } else {
            open_without_module_walk(path, File::open(path).map_err(io)?)?
        };
        Ok(Self(parser))
    }
}

impl Parsed {
    /// The present pages as runs: first page and count, lowest first.
    pub(super) fn runs(&self) -> Vec<(u64, u64)> {
        let mut runs: Vec<(u64, u64)> = Vec::new();
        for (address, _) in self.0.physmem() {
            let page = u64::from(address) / PAGE_SIZE;
            match runs.last_mut() {
                Some((first, count)) if *first + *count == page => *count += 1,
                _ => runs.push((page, 1)),
            }
        }
        runs
    }
}

impl Physical for &Parsed {
    fn read_physical(&self, pa: u64, buf: &mut [u8]) -> bool {
        // One page at a time, as the trait requires: kdmp-parser 0.8.2 computes the rest of a page
        // from the first address only, so longer reads skip bytes.
        debug_assert!(pa % PAGE_SIZE + buf.len() as u64 <= PAGE_SIZE);
        phys::Reader::new(&self.0)
            .read_exact(Gpa::new(pa), buf)
            .is_ok()
    }
}

/// Whether the file is as long as its headers require.
pub(super) fn check_size(
    path: &Path,
    expected: Option<u64>,
    actual: u64,
) -> Result<(), AnalyzeError> {
    match expected.filter(|&expected| actual < expected) {
        Some(expected) => Err(AnalyzeError::Truncated {
            path: path.to_owned(),
            expected,
            actual,
        }),
        None => Ok(()),
    }
}

/// Opens a dump with kdmp-parser, without its walk of the module lists.
///
/// kdmp-parser walks PsLoadedModuleList while opening, without a bound and without checking
/// strings, so a damaged dump can hang or abort it. This crate walks the list itself. So while
/// kdmp-parser opens the dump, every page reads as zeros: no address is mapped, and no list is
/// found.
fn open_without_module_walk(
    path: &Path,
    reader: impl Reader + 'static,
) -> Result<KernelDumpParser, AnalyzeError> {
    let opening = Rc::new(Cell::new(true));
    let reader = BlankPages {
        inner: reader,
        opening: Rc::clone(&opening),
        at_page: false,
    };
    // Its arithmetic on damaged headers of the less common kinds can overflow.
    let parser = catch_unwind(AssertUnwindSafe(|| KernelDumpParser::with_reader(reader)))
        .map_err(|_| AnalyzeError::corrupt(path, "its memory description makes no sense"))?
        .map_err(|error| AnalyzeError::corrupt(path, error.to_string()))?;
    opening.set(false);
    Ok(parser)
}

/// While `opening`, bytes behind an absolute seek read as zeros. kdmp-parser reads the headers
/// sequentially and seeks only to pages.
struct BlankPages<R> {
    inner: R,
    opening: Rc<Cell<bool>>,
    at_page: bool,
}

impl<R: Read> Read for BlankPages<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.opening.get() && self.at_page {
            buf.fill(0);
            return Ok(buf.len());
        }
        self.inner.read(buf)
    }
}

impl<R: Seek> Seek for BlankPages<R> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.at_page |= matches!(position, SeekFrom::Start(_));
        self.inner.seek(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn pages_are_blank_only_while_opening() {
        let opening = Rc::new(Cell::new(true));
        let mut reader = BlankPages {
            inner: Cursor::new(vec![7u8; 16]),
            opening: Rc::clone(&opening),
            at_page: false,
        };
        let mut byte = [0];
        reader.read_exact(&mut byte).unwrap();
        assert_eq!((byte, reader.stream_position().unwrap()), ([7], 1));
        reader.seek(SeekFrom::Start(4)).unwrap();
        reader.read_exact(&mut byte).unwrap();
        assert_eq!(byte, [0]);
        opening.set(false);
        reader.seek(SeekFrom::Start(4)).unwrap();
        reader.read_exact(&mut byte).unwrap();
        assert_eq!(byte, [7]);
    }
}
