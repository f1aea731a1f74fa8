//! A file mapped into memory.

use std::cell::RefCell;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use kdmp_parser::map::MappedFileReader;

use crate::error::AnalyzeError;

/// A mapped file. Only pages that are read take memory.
pub(crate) struct MappedFile {
    reader: RefCell<MappedFileReader<'static>>,
    size: u64,
}

impl MappedFile {
    /// Maps a file; it must not be empty.
    pub(crate) fn open(path: &Path) -> Result<Self, AnalyzeError> {
        let io = |source| AnalyzeError::io(path, source);
        let size = File::open(path).map_err(io)?.metadata().map_err(io)?.len();
        let reader = MappedFileReader::new(path).map_err(io)?;
        Ok(Self {
            reader: RefCell::new(reader),
            size,
        })
    }

    /// Bytes in the file.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Fills all of `buf` from `offset`; `false` if the file is too short.
    pub(crate) fn read_at(&self, offset: u64, buf: &mut [u8]) -> bool {
        let mut reader = self.reader.borrow_mut();
        reader.seek(SeekFrom::Start(offset)).is_ok() && reader.read_exact(buf).is_ok()
    }

    /// Up to `len` bytes at `offset`, fewer at the end of the file.
    pub(crate) fn read_up_to(&self, offset: u64, len: usize) -> Vec<u8> {
        let left = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; len.min(left)];
        match self.read_at(offset, &mut bytes) {
            true => bytes,
            false => Vec::new(),
        }
    }
}
