//! UDF 1.02 to 2.01 as media are mastered: one physical partition, nothing but recorded extents.
//!
//! Offsets are those of ECMA-167 and of OSTA's UDF specification, which the comments name.
//! Whatever the image says is bounded before it is used: sizes by the limits here, places by the
//! reads themselves.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::{Extents, SECTOR, read};

/// Where the anchor volume descriptor pointer is (ECMA-167 3/8.4.2.1).
const ANCHOR: u64 = 256;

/// Descriptor tags (ECMA-167 3/7.2.1 and 4/7.2.1).
const TAG_ANCHOR: u16 = 2;
const TAG_PARTITION: u16 = 5;
const TAG_LOGICAL_VOLUME: u16 = 6;
const TAG_TERMINATING: u16 = 8;
const TAG_FILE_SET: u16 = 256;
const TAG_FILE_NAME: u16 = 257;
const TAG_FILE_ENTRY: u16 = 261;
const TAG_EXTENDED_FILE_ENTRY: u16 = 266;

/// More than media have, less than hurts.
const MAX_DESCRIPTORS: u64 = 64;
const MAX_DIRECTORY: u64 = 16 << 20;

/// What keeps a volume from being read.
#[derive(Debug)]
pub(super) enum Trouble {
    Io(io::Error),
    Nonsense(String),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn nonsense<T>(why: impl Into<String>) -> Result<T, Trouble> {
    Err(Trouble::Nonsense(why.into()))
}

/// A volume: where its partition lies and where its root directory is in it.
pub(super) struct Volume {
    /// First sector of the partition.
    start: u64,
    /// Sectors of the partition.
    len: u64,
    /// Block of the root directory's file entry.
    root: u32,
}

/// A file or a directory.
struct Entry {
    directory: bool,
    data: Data,
}

enum Data {
    Extents(Extents),
    /// Small ones stand in their file entry.
    Embedded(Vec<u8>),
}

impl Volume {
    /// Reads the volume descriptors; None if the image has no UDF volume.
    pub(super) fn open(image: &File) -> Result<Option<Self>, Trouble> {
        let mut anchor = [0; 512];
        match image.read_exact_at(&mut anchor, ANCHOR * SECTOR) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        if !is(&anchor, TAG_ANCHOR) {
            return Ok(None);
        }
        // Main volume descriptor sequence (3/10.2): an extent.
        let (bytes, first) = (u32_at(&anchor, 16), u64::from(u32_at(&anchor, 20)));
        let count = (u64::from(bytes) / SECTOR).min(MAX_DESCRIPTORS);
        let mut partition = None;
        let mut file_set = None;
        for number in 0..count {
            let sector = read_sector(image, first + number)?;
            match u16_at(&sector, 0) {
                // 3/10.5: starting location and length.
                TAG_PARTITION => {
                    let start = u64::from(u32_at(&sector, 188));
                    partition = Some((start, u64::from(u32_at(&sector, 192))));
                }
                TAG_LOGICAL_VOLUME => {
                    // 3/10.6: block size, place of the file set, partition maps.
                    if u64::from(u32_at(&sector, 212)) != SECTOR {
                        return nonsense("its UDF volume has blocks of another size than 2048");
                    }
                    if u32_at(&sector, 268) != 1 || sector[440] != 1 {
                        return nonsense("its UDF volume has more than one plain partition");
                    }
                    file_set = Some(u32_at(&sector, 252));
                }
                TAG_TERMINATING => break,
                _ => {}
            }
        }
        let (Some((start, len)), Some(file_set)) = (partition, file_set) else {
            return nonsense("its UDF volume lacks descriptors");
        };
        let mut volume = Self {
            start,
            len,
            root: 0,
        };
        let sector = read_sector(image, volume.sector(file_set))?;
        if !is(&sector, TAG_FILE_SET) {
            return nonsense("its UDF volume has no file set");
        }
        // 4/14.1: root directory's ICB, a long_ad (4/14.14.2): length, block.
        volume.root = u32_at(&sector, 404);
        Ok(Some(volume))
    }

    /// Bytes that the image must have.
    pub(super) fn size(&self) -> u64 {
        (self.start + self.len) * SECTOR
    }

    pub(super) fn find(&self, image: &File, path: &str) -> Result<Option<Extents>, Trouble> {
        match self.entry(image, path)? {
            Some(Entry {
                directory: false,
                data: Data::Extents(extents),
            }) => Ok(Some(extents)),
            // None of the files that we look for is so small.
            _ => Ok(None),
        }
    }

    pub(super) fn names(&self, image: &File, path: &str) -> Result<Option<Vec<String>>, Trouble> {
        match self.entry(image, path)? {
            Some(entry) if entry.directory => {
                let children = self.children(image, &entry)?;
                Ok(Some(children.into_iter().map(|(name, _)| name).collect()))
            }
            _ => Ok(None),
        }
    }

    fn sector(&self, block: u32) -> u64 {
        self.start + u64::from(block)
    }

    /// Walks down from the root; each part of the path is one step, so no loop can hold it.
    fn entry(&self, image: &File, path: &str) -> Result<Option<Entry>, Trouble> {
        let mut entry = self.read_entry(image, self.root)?;
        for part in path.split('/').filter(|part| !part.is_empty()) {
            if !entry.directory {
                return Ok(None);
            }
            let children = self.children(image, &entry)?;
            let wanted = part.to_lowercase();
            let Some((_, block)) =
                (children.iter()).find(|(name, _)| name.to_lowercase() == wanted)
            else {
                return Ok(None);
            };
            entry = self.read_entry(image, *block)?;
        }
        Ok(Some(entry))
    }

    /// 4/14.9 and 4/14.17: a file entry.
    fn read_entry(&self, image: &File, block: u32) -> Result<Entry, Trouble> {
        let sector = read_sector(image, self.sector(block))?;
        // Where the lengths of extended attributes and of allocation descriptors stand.
        let lengths_at = match u16_at(&sector, 0) {
            TAG_FILE_ENTRY => 168,
            TAG_EXTENDED_FILE_ENTRY => 208,
            other => {
                return nonsense(format!(
                    "block {block} is not a file entry: it has tag {other}"
                ));
            }
        };
        let attributes = u32_at(&sector, lengths_at) as usize;
        let descriptors = u32_at(&sector, lengths_at + 4) as usize;
        let from = (lengths_at + 8).saturating_add(attributes);
        let Some(descriptors) = sector.get(from..from.saturating_add(descriptors)) else {
            return nonsense(format!(
                "the file entry in block {block} is larger than its block"
            ));
        };
        // 4/14.6: ICB tag; file type 4 is a directory, bits 0 to 2 of the flags say where the
        // data is.
        let data = match u16_at(&sector, 34) & 7 {
            0 => self.extents(descriptors, 8, u64_at(&sector, 56))?,
            1 => self.extents(descriptors, 16, u64_at(&sector, 56))?,
            3 => Data::Embedded(descriptors.to_vec()),
            other => return nonsense(format!("block {block} has descriptors of kind {other}")),
        };
        Ok(Entry {
            directory: sector[27] == 4,
            data,
        })
    }

    /// 4/14.14.1 and 4/14.14.2: short_ad and long_ad both begin with length and block.
    fn extents(&self, descriptors: &[u8], step: usize, size: u64) -> Result<Data, Trouble> {
        let mut left = size;
        let mut extents = Vec::new();
        for descriptor in descriptors.chunks_exact(step) {
            let length = u32_at(descriptor, 0);
            let bytes = u64::from(length & 0x3FFF_FFFF);
            if bytes == 0 {
                break;
            }
            if length >> 30 != 0 {
                return nonsense("a file on its UDF volume is not fully recorded");
            }
            let bytes = bytes.min(left);
            extents.push((self.sector(u32_at(descriptor, 4)) * SECTOR, bytes));
            left -= bytes;
        }
        match left {
            0 => Ok(Data::Extents(Extents(extents))),
            _ => nonsense("a file on its UDF volume is longer than its extents"),
        }
    }

    /// 4/14.4: a directory's names and the blocks of their file entries.
    fn children(&self, image: &File, directory: &Entry) -> Result<Vec<(String, u32)>, Trouble> {
        let bytes = match &directory.data {
            Data::Embedded(bytes) => bytes.clone(),
            Data::Extents(extents) if extents.len() <= MAX_DIRECTORY => {
                let mut bytes = vec![0; extents.len() as usize];
                read(image, extents, 0, &mut bytes)?;
                bytes
            }
            Data::Extents(_) => return nonsense("a directory of its UDF volume is too large"),
        };
        let mut children = Vec::new();
        let mut rest = bytes.as_slice();
        while rest.len() >= 38 && is(rest, TAG_FILE_NAME) {
            let (name, extra) = (usize::from(rest[19]), usize::from(u16_at(rest, 36)));
            let end = 38 + extra + name;
            let Some(name) = rest.get(38 + extra..end) else {
                return nonsense("a directory of its UDF volume ends within a name");
            };
            // Bit 2: deleted; bit 3: the parent.
            if rest[18] & 0b1100 == 0 {
                children.push((decode(name), u32_at(rest, 24)));
            }
            rest = rest.get(end.next_multiple_of(4)..).unwrap_or_default();
        }
        Ok(children)
    }
}

/// OSTA compressed Unicode: a byte that says whether characters have 8 or 16 bits.
fn decode(name: &[u8]) -> String {
    match name.split_first() {
        Some((16, wide)) => {
            let wide = wide
                .chunks_exact(2)
                .map(|two| u16::from_be_bytes([two[0], two[1]]));
            char::decode_utf16(wide)
                .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        }
        Some((_, narrow)) => narrow.iter().map(|&byte| char::from(byte)).collect(),
        None => String::new(),
    }
}

/// Whether a descriptor has this tag, and a tag whose checksum is right (3/7.2.3).
fn is(descriptor: &[u8], tag: u16) -> bool {
    let sum = (descriptor.iter().take(16).enumerate())
        .filter(|(at, _)| *at != 4)
        .fold(0_u8, |sum, (_, byte)| sum.wrapping_add(*byte));
    u16_at(descriptor, 0) == tag && descriptor.get(4) == Some(&sum)
}

fn read_sector(image: &File, number: u64) -> Result<[u8; SECTOR as usize], Trouble> {
    let mut sector = [0; SECTOR as usize];
    image.read_exact_at(&mut sector, number * SECTOR)?;
    Ok(sector)
}

/// The number at `at`, 0 beyond the end.
fn u16_at(bytes: &[u8], at: usize) -> u16 {
    let mut number = [0; 2];
    if let Some(found) = bytes.get(at..at + 2) {
        number.copy_from_slice(found);
    }
    u16::from_le_bytes(number)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
