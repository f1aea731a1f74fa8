//! PE headers of a loaded image (PE/COFF specification).
//!
//! Crates for PE images need the whole image as one slice; a dump has only some of its pages.

use crate::dump::{Bytes, Memory, MemoryExt, ReadError};
use crate::symbols::PdbId;

const DIRECTORY_EXPORT: usize = 0;
const DIRECTORY_RESOURCE: usize = 2;
const DIRECTORY_EXCEPTION: usize = 3;
const DIRECTORY_DEBUG: usize = 6;
const DEBUG_ENTRY_SIZE: usize = 28;
const DEBUG_TYPE_CODEVIEW: u32 = 2;
/// IMAGE_DEBUG_TYPE_REPRO: the link time stamp is a hash.
const DEBUG_TYPE_REPRO: u32 = 16;
const PE32_PLUS: u16 = 0x20B;
const SECTION_EXECUTABLE: u32 = 0x2000_0000;
const SECTION_WRITABLE: u32 = 0x8000_0000;
const MAX_SECTIONS: usize = 96;
const MAX_DEBUG_ENTRIES: usize = 16;
/// Longer file names mean damage.
const MAX_PDB_NAME: usize = 512;

/// Why an image's headers are not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ImageError {
    /// A page of the headers cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The bytes are not PE32+ headers.
    #[error("there is no PE32+ image at {0:#x}")]
    NotAnImage(u64),
}

/// A range relative to the image's base.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Range {
    pub rva: u32,
    pub size: u32,
}

impl Range {
    pub(crate) fn contains(self, rva: u32) -> bool {
        rva.checked_sub(self.rva).is_some_and(|at| at < self.size)
    }
}

/// The fields of the headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    /// Link time stamp.
    pub timestamp: u32,
    /// Size in memory.
    pub size: u32,
    /// Whether the debug directory says that the time stamp is a hash of the content; `None` if the
    /// directory is not in the dump.
    pub reproducible: Option<bool>,
    /// The resources.
    pub resource_directory: Range,
    /// The exported names.
    pub export_directory: Range,
    /// The table of functions with unwind information (`.pdata`).
    pub exception_directory: Range,
    /// All sections.
    pub sections: Vec<Range>,
    /// Sections that hold code.
    pub code: Vec<Range>,
    /// Writable sections.
    pub data: Vec<Range>,
    /// Identity of the PDB, or why it is not known.
    pub pdb: Result<PdbId, String>,
}

impl Image {
    /// Reads the headers of the image at `base`.
    pub(crate) fn read(memory: &dyn Memory, base: u64) -> Result<Self, ImageError> {
        let headers = memory.read_prefix(base, 0x1000);
        // If the rest cannot be read, the checks below fail for that reason.
        let rest = memory.read_vec(base.saturating_add(headers.len() as u64), 1);
        let not_an_image = || match rest {
            Err(error) if headers.len() < 0x1000 => ImageError::Read(error),
            _ => ImageError::NotAnImage(base),
        };
        if headers.is_empty() {
            return Err(not_an_image());
        }
        let bytes = Bytes(&headers);
        if bytes.slice(0, 2) != Some(b"MZ") {
            return Err(not_an_image());
        }
        let nt = bytes.u32(0x3C).ok_or_else(not_an_image)? as usize;
        let nt_bytes = Bytes(headers.get(nt..).ok_or_else(not_an_image)?);
        if nt_bytes.slice(0, 4) != Some(b"PE\0\0") || nt_bytes.u16(0x18) != Some(PE32_PLUS) {
            return Err(not_an_image());
        }
        let directory = |index: usize| {
            let at = 0x18 + 112 + 8 * index;
            let count = nt_bytes.u32(0x18 + 108).unwrap_or(0) as usize;
            match (nt_bytes.u32(at), nt_bytes.u32(at + 4)) {
                (Some(rva), Some(size)) if index < count => Range { rva, size },
                _ => Range::default(),
            }
        };
        let sections = nt_bytes.u16(0x6).ok_or_else(not_an_image)? as usize;
        let first_section = 0x18 + usize::from(nt_bytes.u16(0x14).ok_or_else(not_an_image)?);
        let with_flag = |flag: u32| {
            (0..sections.min(MAX_SECTIONS))
                .filter_map(|index| {
                    let at = first_section + 40 * index;
                    let has_it = nt_bytes.u32(at + 36)? & flag == flag;
                    has_it.then_some(Range {
                        rva: nt_bytes.u32(at + 12)?,
                        size: nt_bytes.u32(at + 8)?,
                    })
                })
                .collect()
        };
        Ok(Self {
            timestamp: nt_bytes.u32(0x8).ok_or_else(not_an_image)?,
            size: nt_bytes.u32(0x18 + 56).ok_or_else(not_an_image)?,
            reproducible: is_reproducible(memory, base, directory(DIRECTORY_DEBUG)),
            resource_directory: directory(DIRECTORY_RESOURCE),
            export_directory: directory(DIRECTORY_EXPORT),
            exception_directory: directory(DIRECTORY_EXCEPTION),
            sections: with_flag(0),
            code: with_flag(SECTION_EXECUTABLE),
            data: with_flag(SECTION_WRITABLE),
            pdb: read_rsds(memory, base, directory(DIRECTORY_DEBUG)),
        })
    }

    /// Whether both offsets lie in the same section, or neither in any.
    pub(crate) fn share_section(&self, one: u32, other: u32) -> bool {
        let mut sections = self.sections.iter();
        sections.all(|range| range.contains(one) == range.contains(other))
    }

    /// Whether the offset lies in a section that holds code.
    pub(crate) fn is_code(&self, rva: u32) -> bool {
        self.code.iter().any(|range| range.contains(rva))
    }
}

/// The entries of the debug directory.
fn debug_entries(memory: &dyn Memory, base: u64, directory: Range) -> Result<Vec<u8>, String> {
    let entries = (directory.size as usize / DEBUG_ENTRY_SIZE).min(MAX_DEBUG_ENTRIES);
    let at = base.wrapping_add(directory.rva.into());
    let table = memory.read_vec(at, entries * DEBUG_ENTRY_SIZE);
    table.map_err(|error| format!("the image's debug directory cannot be read: {error}"))
}

fn is_reproducible(memory: &dyn Memory, base: u64, directory: Range) -> Option<bool> {
    let table = debug_entries(memory, base, directory).ok()?;
    let mut entries = table.chunks_exact(DEBUG_ENTRY_SIZE).map(Bytes);
    Some(entries.any(|entry| entry.u32(12) == Some(DEBUG_TYPE_REPRO)))
}

/// Follows the debug directory to the CodeView record (`RSDS`, GUID, age, path).
fn read_rsds(memory: &dyn Memory, base: u64, directory: Range) -> Result<PdbId, String> {
    if (directory.size as usize) < DEBUG_ENTRY_SIZE {
        return Err("the image names no PDB".to_owned());
    }
    let table = debug_entries(memory, base, directory)?;
    let codeview = table
        .chunks_exact(DEBUG_ENTRY_SIZE)
        .map(Bytes)
        .find(|entry| entry.u32(12) == Some(DEBUG_TYPE_CODEVIEW))
        .ok_or("the image names no PDB")?;
    let size = codeview.u32(16).unwrap_or(0) as usize;
    let rva = codeview.u32(20).unwrap_or(0);
    let record = memory.read_prefix(base.wrapping_add(rva.into()), size.min(24 + MAX_PDB_NAME));
    parse_rsds(&record)
        .ok_or_else(|| "the image's PDB record is damaged or not in the dump".to_owned())
}

fn parse_rsds(record: &[u8]) -> Option<PdbId> {
    let bytes = Bytes(record);
    if bytes.slice(0, 4)? != b"RSDS" {
        return None;
    }
    // The first three fields are stored little-endian; text has the most significant byte first.
    let mut guid: [u8; 16] = bytes.slice(4, 16)?.try_into().ok()?;
    guid[0..4].reverse();
    guid[4..6].reverse();
    guid[6..8].reverse();
    let path = record.get(24..)?;
    let path = path.split(|&byte| byte == 0).next()?;
    let path = String::from_utf8_lossy(path);
    let name = path.rsplit(['\\', '/']).next()?.to_owned();
    (!name.is_empty()).then_some(PdbId {
        name,
        guid,
        age: bytes.u32(20)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::synthetic::FlatMemory;

    /// A minimal image at `base` with one code section and an RSDS record.
    fn image(base: u64) -> FlatMemory {
        let mut memory = FlatMemory::default();
        memory.fill_page(base);
        memory.put(base, b"MZ");
        memory.put(base + 0x3C, &0x80u32.to_le_bytes());
        let nt = base + 0x80;
        memory.put(nt, b"PE\0\0");
        memory.put(nt + 0x6, &1u16.to_le_bytes());
        memory.put(nt + 0x8, &0x1234_5678u32.to_le_bytes());
        memory.put(nt + 0x14, &0xF0u16.to_le_bytes());
        memory.put(nt + 0x18, &PE32_PLUS.to_le_bytes());
        memory.put(nt + 0x18 + 56, &0x5000u32.to_le_bytes());
        memory.put(nt + 0x18 + 108, &16u32.to_le_bytes());
        let debug = nt + 0x18 + 112 + 8 * DIRECTORY_DEBUG as u64;
        memory.put(debug, &0x800u32.to_le_bytes());
        memory.put(debug + 4, &28u32.to_le_bytes());
        let section = nt + 0x18 + 0xF0;
        memory.put(section + 8, &0x100u32.to_le_bytes());
        memory.put(section + 12, &0x1000u32.to_le_bytes());
        memory.put(section + 36, &0x6000_0020u32.to_le_bytes());
        memory.put(base + 0x800 + 12, &DEBUG_TYPE_CODEVIEW.to_le_bytes());
        memory.put(base + 0x800 + 16, &40u32.to_le_bytes());
        memory.put(base + 0x800 + 20, &0x900u32.to_le_bytes());
        memory.put(
            base + 0x900,
            b"RSDS\x04\x03\x02\x01\x06\x05\x08\x07abcdefgh\x02\0\0\0C:\\b\\foo.pdb\0",
        );
        memory
    }

    #[test]
    fn reads_headers_and_pdb_identity() {
        let base = 0xffff_f800_1000_0000;
        let image = Image::read(&image(base), base).unwrap();
        assert_eq!((image.timestamp, image.size), (0x1234_5678, 0x5000));
        assert!(image.is_code(0x10ff) && !image.is_code(0x1100));
        let pdb = image.pdb.unwrap();
        assert_eq!(pdb.name, "foo.pdb");
        assert_eq!(pdb.store_key(), "010203040506070861626364656667682");
    }

    #[test]
    fn anything_else_is_an_error() {
        let mut memory = FlatMemory::default();
        assert!(matches!(
            Image::read(&memory, 0x1000),
            Err(ImageError::Read(_))
        ));
        memory.fill_page(0x1000);
        assert!(matches!(
            Image::read(&memory, 0x1000),
            Err(ImageError::NotAnImage(_))
        ));
        memory.put(0x1000, b"MZ");
        memory.put(0x103C, &u32::MAX.to_le_bytes());
        assert!(matches!(
            Image::read(&memory, 0x1000),
            Err(ImageError::NotAnImage(_))
        ));
    }
}
