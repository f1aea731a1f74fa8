//! Files that hold physical memory in runs: full dumps, and machines' memory without a dump's
//! header (ELF files and raw memory).

use std::path::Path;

use super::Bytes;
use super::header::{DumpHeader, HEADER_SIZE, MAX_RUNS, PHYSICAL_MEMORY_BLOCK};
use super::mapped::MappedFile;
use super::memory::Physical;
use super::parsed::check_size;
use super::segments::{Segments, physical_runs};
use crate::error::AnalyzeError;

/// Physical memory in runs: each run's pages lie in the file one after the other.
///
/// kdmp-parser keeps a map entry per page; here an entry per run is enough, whatever the size.
pub(crate) struct Runs {
    pub file: MappedFile,
    pub segments: Segments,
}

impl Runs {
    /// A full dump, by the runs of its header.
    pub(super) fn of_full_dump(path: &Path, header: &DumpHeader) -> Result<Self, AnalyzeError> {
        let file = MappedFile::open(path)?;
        check_size(path, header.expected_size, file.size())?;
        let bytes = file.read_up_to(0, HEADER_SIZE);
        let block = bytes.get(PHYSICAL_MEMORY_BLOCK..).unwrap_or_default();
        let runs = physical_runs(Bytes(block), MAX_RUNS, HEADER_SIZE as u64);
        let segments = Segments::new(runs, file.size());
        Ok(Self { file, segments })
    }
}

impl Physical for &Runs {
    fn read_physical(&self, pa: u64, buf: &mut [u8]) -> bool {
        self.segments.read(&self.file, pa, buf).is_ok()
    }
}
