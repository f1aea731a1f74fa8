//! Files that hold physical memory in runs: full dumps, and machines' memory without a dump's
//! header (ELF files and raw memory).

use std::collections::BTreeMap;
use std::path::Path;

use super::Bytes;
use super::header::{DumpHeader, HEADER_SIZE, MAX_RUNS, PHYSICAL_MEMORY_BLOCK};
use super::mapped::MappedFile;
use super::memory::Physical;
use super::parsed::check_size;
use super::segments::{Segments, physical_runs};
use crate::error::AnalyzeError;

/// Physical memory in runs; the pages of a run are consecutive in the file.
///
/// kdmp-parser keeps a map entry per page; here an entry per run is enough, whatever the size.
pub(crate) struct Runs {
    pub file: MappedFile,
    pub segments: Segments,
    patches: BTreeMap<u64, Vec<u8>>,
}

/// Patches are at most this long, so a read checks only those just before its address.
const MAX_PATCH: usize = 0x1000;

impl Runs {
    /// Memory in segments of a file.
    pub(crate) fn new(file: MappedFile, segments: Segments) -> Self {
        Self {
            file,
            segments,
            patches: BTreeMap::new(),
        }
    }

    /// Reads at `pa` return `bytes` from now on. A patch longer than [`MAX_PATCH`] has no
    /// effect.
    pub(crate) fn patch(&mut self, pa: u64, bytes: Vec<u8>) {
        if bytes.len() <= MAX_PATCH && pa.checked_add(MAX_PATCH as u64).is_some() {
            self.patches.insert(pa, bytes);
        }
    }

    /// Fills `buf` from `pa`; `false` if not all of it is in the file.
    pub(crate) fn read(&self, pa: u64, buf: &mut [u8]) -> bool {
        if self.segments.read(&self.file, pa, buf).is_err() {
            return false;
        }
        let end = pa.saturating_add(buf.len() as u64);
        let near = self.patches.range(pa.saturating_sub(MAX_PATCH as u64)..end);
        for (&at, bytes) in near {
            let from = at.max(pa);
            let to = (at + bytes.len() as u64).min(end);
            if from < to {
                let part = &bytes[(from - at) as usize..(to - at) as usize];
                buf[(from - pa) as usize..(to - pa) as usize].copy_from_slice(part);
            }
        }
        true
    }

    /// A full dump, by the runs of its header.
    pub(super) fn of_full_dump(path: &Path, header: &DumpHeader) -> Result<Self, AnalyzeError> {
        let file = MappedFile::open(path)?;
        check_size(path, header.expected_size, file.size())?;
        let bytes = file.read_up_to(0, HEADER_SIZE);
        let block = bytes.get(PHYSICAL_MEMORY_BLOCK..).unwrap_or_default();
        let runs = physical_runs(Bytes(block), MAX_RUNS, HEADER_SIZE as u64);
        let segments = Segments::new(runs, file.size());
        Ok(Self::new(file, segments))
    }
}

impl Physical for &Runs {
    fn read_physical(&self, pa: u64, buf: &mut [u8]) -> bool {
        self.read(pa, buf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::Segment;

    #[test]
    fn patches_show_through_at_their_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("memory");
        std::fs::write(&path, [1; 32]).unwrap();
        let segment = Segment {
            start: 0x1000,
            len: 32,
            offset: 0,
        };
        let file = MappedFile::open(&path).unwrap();
        let mut runs = Runs::new(file, Segments::new(vec![segment], 32));
        runs.patch(0xFFE, vec![2; 4]);
        runs.patch(0x1004, vec![3, 4]);
        runs.patch(0x101F, vec![5, 5]);
        let mut bytes = [0; 32];
        assert!(runs.read(0x1000, &mut bytes));
        assert_eq!(bytes[..8], [2, 2, 1, 1, 3, 4, 1, 1]);
        assert_eq!(bytes[30..], [1, 5]);
        assert!(runs.read(0x1005, &mut bytes[..2]));
        assert_eq!(bytes[..2], [4, 1]);
        assert!(!runs.read(0x1010, &mut bytes));
    }
}
