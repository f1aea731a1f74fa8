//! Secondary data of a dump: what drivers and parts of the kernel added when the machine stopped
//! (bug check callbacks of the reason `KbCallbackSecondaryDumpData`). `.enumtag` lists it.
//!
//! The data follows the rest of the dump: a file header, then blocks of a header (its size, a GUID
//! that names the writer, the size of the data, padding before and behind) and data. Nothing counts
//! the blocks; what is not a block's header ends them. Sources: the names in public debugger
//! headers (`DUMP_BLOB_FILE_HEADER`, `DUMP_BLOB_HEADER`), and eight real dumps.

mod tags;

use std::fmt;

use super::Bytes;
use super::mapped::MappedFile;

pub(crate) use tags::{known, tag};

const SIGNATURE: &[u8] = b"DumpBlob";
/// Size of `DUMP_BLOB_FILE_HEADER` and of `DUMP_BLOB_HEADER`.
const FILE_HEADER: u64 = 0x10;
const BLOCK_HEADER: u64 = 0x20;
/// Real headers have their structure's size; larger ones could come.
const MAX_HEADER: u64 = 0x1000;
/// Real dumps have up to 45 blocks.
const MAX_STREAMS: usize = 1024;
/// Longer data is read in part.
pub(crate) const MAX_DATA: usize = 16 << 20;

/// A GUID, as its bytes lie in memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Guid(pub [u8; 16]);

impl Guid {
    /// From its text, a constant of this crate.
    ///
    /// # Panics
    /// If the text is not a GUID, so a wrong constant does not compile.
    pub(crate) const fn parse(text: &str) -> Self {
        /// Where each byte lies in memory: the first three parts are little-endian.
        const PLACES: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
        let text = text.as_bytes();
        let mut bytes = [0; 16];
        let (mut at, mut digits) = (0, 0);
        while at < text.len() {
            let digit = match text[at] {
                byte @ b'0'..=b'9' => byte - b'0',
                byte @ b'a'..=b'f' => byte - b'a' + 10,
                b'-' => {
                    at += 1;
                    continue;
                }
                _ => panic!("not a GUID"),
            };
            let place = PLACES[digits / 2];
            bytes[place] = bytes[place] << 4 | digit;
            digits += 1;
            at += 1;
        }
        assert!(digits == 32);
        Self(bytes)
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = Bytes(&self.0);
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-",
            bytes.u32(0).unwrap_or_default(),
            bytes.u16(4).unwrap_or_default(),
            bytes.u16(6).unwrap_or_default()
        )?;
        let (clock, node) = self.0[8..].split_at(2);
        clock.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str("-")?;
        node.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A block of data with the tag of its writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    pub tag: Guid,
    /// Bytes of data by its header.
    pub size: u32,
    /// Offset of the data in the file.
    offset: u64,
}

/// The secondary data of an open dump.
#[derive(Clone)]
pub(crate) struct Secondary<'d> {
    file: &'d MappedFile,
    /// In the order of the file. Streams without data are separators.
    pub streams: Vec<Stream>,
    /// Why the last stream is not complete, if so.
    pub cut: Option<String>,
}

impl<'d> Secondary<'d> {
    /// Reads the headers of the data that starts at `offset`; `None` if there is none.
    pub(crate) fn read(file: &'d MappedFile, offset: u64) -> Option<Self> {
        let header = file.read_up_to(offset, FILE_HEADER as usize);
        let header = Bytes(&header);
        if header.slice(0, SIGNATURE.len())? != SIGNATURE {
            return None;
        }
        let size = u64::from(header.u32(8)?).clamp(FILE_HEADER, MAX_HEADER);
        let mut found = Self {
            file,
            streams: Vec::new(),
            cut: None,
        };
        let mut at = offset.saturating_add(size);
        while found.streams.len() < MAX_STREAMS {
            let Some(next) = found.block(at) else {
                break;
            };
            at = next;
        }
        Some(found)
    }

    /// Reads the block at `at`, and returns where the next one would be.
    fn block(&mut self, at: u64) -> Option<u64> {
        let header = self.file.read_up_to(at, BLOCK_HEADER as usize);
        let header = Bytes(&header);
        let header_size = u64::from(header.u32(0)?);
        if !(BLOCK_HEADER..=MAX_HEADER).contains(&header_size) {
            return None;
        }
        let tag = Guid(header.slice(4, 16)?.try_into().ok()?);
        let size = header.u32(20)?;
        let (before, behind) = (u64::from(header.u32(24)?), u64::from(header.u32(28)?));
        let offset = at.checked_add(header_size)?.checked_add(before)?;
        let end = offset.checked_add(size.into())?;
        self.streams.push(Stream { tag, size, offset });
        if end > self.file.size() {
            self.cut = Some("the dump ends before the end of its secondary data".to_owned());
            return None;
        }
        end.checked_add(behind)
    }

    /// The first stream with a tag that has data.
    pub(crate) fn find(&self, tag: Guid) -> Option<&Stream> {
        let mut streams = self.streams.iter();
        streams.find(|stream| stream.tag == tag && stream.size != 0)
    }

    /// A stream's data, as far as it is in the file and up to [`MAX_DATA`].
    pub(crate) fn data(&self, stream: &Stream) -> Vec<u8> {
        let wanted = (stream.size as usize).min(MAX_DATA);
        self.file.read_up_to(stream.offset, wanted)
    }

    /// The data of the first stream with a tag.
    pub(crate) fn data_of(&self, tag: Guid) -> Option<Vec<u8>> {
        self.find(tag).map(|stream| self.data(stream))
    }
}

#[cfg(any(test, fuzzing))]
pub(crate) mod synthetic;
#[cfg(test)]
mod tests;
