//! The dump file through kdmp-parser.

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
use super::header::{DumpHeader, read_header};
use super::kind::Machine;
use super::memory::{PAGE_SIZE, Physical};
use crate::error::AnalyzeError;

/// Dumps up to this size are mapped into memory, larger ones read through the file.
const MAP_LIMIT: u64 = 4 << 30;

/// An open dump: header and physical memory.
pub(crate) struct DumpFile {
    pub(crate) header: DumpHeader,
    parser: KernelDumpParser,
}

impl DumpFile {
    /// Checks header, kind and size, then lets kdmp-parser build its page map.
    pub(crate) fn open(path: &Path) -> Result<Self, AnalyzeError> {
        let header = read_header(path)?;
        if header.machine != Machine::X64 {
            return Err(AnalyzeError::UnsupportedMachine {
                path: path.to_owned(),
                machine: header.machine.to_string(),
            });
        }
        if !header.kind.is_supported() {
            return Err(AnalyzeError::UnsupportedKind {
                path: path.to_owned(),
                kind: header.kind.to_string(),
                code: header.kind.code(),
            });
        }
        let actual = path
            .metadata()
            .map_err(|source| AnalyzeError::io(path, source))?
            .len();
        let io = |source| AnalyzeError::io(path, source);
        let extent = extent_of(header.kind, File::open(path).map_err(io)?).map_err(io)?;
        let expected = match extent {
            Extent::Bytes(size) => Some(size),
            Extent::Unknown => header.expected_size,
            Extent::Nonsense => {
                return Err(AnalyzeError::corrupt(
                    path,
                    "it describes impossible memory",
                ));
            }
        };
        if let Some(expected) = expected.filter(|&expected| actual < expected) {
            return Err(AnalyzeError::Truncated {
                path: path.to_owned(),
                expected,
                actual,
            });
        }
        let parser = if actual <= MAP_LIMIT {
            let mapped =
                MappedFileReader::new(path).map_err(|source| AnalyzeError::io(path, source))?;
            open_without_module_walk(path, mapped)?
        } else {
            let file = File::open(path).map_err(|source| AnalyzeError::io(path, source))?;
            open_without_module_walk(path, file)?
        };
        Ok(Self { header, parser })
    }
}

impl Physical for &DumpFile {
    fn read_physical(&self, pa: u64, buf: &mut [u8]) -> bool {
        // One page at a time, as the trait demands: kdmp-parser 0.8.2 computes what is left in a
        // page from the first address only, which skips bytes in longer reads.
        debug_assert!(pa % PAGE_SIZE + buf.len() as u64 <= PAGE_SIZE);
        phys::Reader::new(&self.parser)
            .read_exact(Gpa::new(pa), buf)
            .is_ok()
    }
}

/// Opens a dump with kdmp-parser, but keeps it from walking the module lists.
///
/// kdmp-parser walks PsLoadedModuleList while opening, without a bound and without checking
/// strings, so that a damaged dump can hang or abort it. We walk the list ourselves. Therefore,
/// while it opens, every page of memory reads as zeros: no address is mapped, no list is found.
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
