//! The lists of loaded and unloaded drivers of a minidump.

use super::layout::{Contents, Width};
use crate::dump::mapped::MappedFile;
use crate::dump::{Bytes, is_kernel_address};
use crate::modules::Listed;

/// Windows systems load a few hundred modules.
const MAX_DRIVERS: u32 = 4096;
/// The kernel keeps the last 50.
const MAX_UNLOADED: u64 = 64;
const MAX_NAME: usize = 1024;
const MAX_IMAGE: u64 = 1 << 30;
/// Size of a record in current 64-bit and 32-bit dumps; used if the position of the list does not
/// give it.
const RECORD: [u64; 2] = [0x54, 0x90];

/// A loaded driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TriageDriver {
    pub base: u64,
    pub size: u64,
    /// File name without its path.
    pub name: String,
    /// Time stamp, checksum and path, as far as the list has them.
    pub listed: Listed,
}

/// A driver that is no longer loaded. The dump keeps the first 12 characters of the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TriageUnloaded {
    pub name: String,
    pub start: u64,
    pub end: u64,
}

/// Reads the driver list; also returns the number of invalid records.
pub(super) fn loaded(
    file: &MappedFile,
    contents: &Contents,
    width: Width,
) -> (Vec<TriageDriver>, usize) {
    let count = u64::from(contents.driver_count.min(MAX_DRIVERS));
    let record = record_size(contents, width);
    let list = file.read_up_to(contents.drivers.into(), (count * record) as usize);
    let drivers: Vec<_> = list
        .chunks_exact(record as usize)
        .filter_map(|record| driver(file, Bytes(record), width))
        .collect();
    let missing = (contents.driver_count as usize).saturating_sub(drivers.len());
    (drivers, missing)
}

/// The string pool follows the list, so the distance gives the size of a record. It has grown over
/// the versions.
fn record_size(contents: &Contents, width: Width) -> u64 {
    let distance = u64::from(contents.strings).checked_sub(contents.drivers.into());
    let fitting = distance
        .and_then(|distance| distance.checked_div(contents.driver_count.into()))
        .map(|size| size & !3)
        .filter(|size| (0x44..=0x200).contains(size));
    fitting.unwrap_or(match width {
        Width::Bits32 => RECORD[0],
        Width::Bits64 => RECORD[1],
    })
}

/// A record: offset of the name, then a `_KLDR_DATA_TABLE_ENTRY`.
fn driver(file: &MappedFile, record: Bytes<'_>, width: Width) -> Option<TriageDriver> {
    let (base_at, size_at, stamps) = match width {
        Width::Bits32 => (0x1C, 0x24, None),
        Width::Bits64 => (0x38, 0x48, Some((0x80, 0x88))),
    };
    let base = width.read(record, base_at)?;
    let size = u64::from(record.u32(size_at)?);
    let kernel = match width {
        Width::Bits32 => base >= 0x8000_0000,
        Width::Bits64 => is_kernel_address(base),
    };
    let plausible = kernel
        && base.is_multiple_of(0x1000)
        && (1..=MAX_IMAGE).contains(&size)
        && base.checked_add(size).is_some();
    let text = || text(file, record.u32(0)?.into());
    let word = |at: usize| record.u32(at).filter(|&word| word != 0);
    plausible.then(|| {
        let text = text();
        let name = text.as_deref().and_then(file_name);
        TriageDriver {
            base,
            size,
            name: name.unwrap_or_else(|| format!("module_{base:x}")),
            listed: Listed {
                timestamp: stamps.and_then(|(_, at)| word(at)),
                checksum: stamps.and_then(|(at, _)| word(at)),
                // Newer systems write file names only.
                path: text.filter(|text| text.contains('\\')),
            },
        }
    })
}

/// A string of the pool: its length in characters, then UTF-16.
fn text(file: &MappedFile, at: u64) -> Option<String> {
    let length = Bytes(&file.read_up_to(at, 4)).u32(0)? as usize;
    let text = utf16(&file.read_up_to(at + 4, length.min(MAX_NAME) * 2));
    (!text.is_empty()).then_some(text)
}

/// A string of the pool; of a path, the file name.
pub(super) fn string(file: &MappedFile, at: u64) -> Option<String> {
    file_name(&text(file, at)?)
}

fn file_name(path: &str) -> Option<String> {
    let name = path.rsplit(['\\', '/']).next()?;
    (!name.is_empty()).then(|| name.to_owned())
}

fn utf16(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .take_while(|&unit| unit != 0)
        .collect();
    String::from_utf16_lossy(&units)
}

/// Reads the unloaded drivers: a count of the size of a pointer, then records of a UNICODE_STRING,
/// 12 characters, and the range.
pub(super) fn unloaded(
    file: &MappedFile,
    contents: &Contents,
    width: Width,
) -> Vec<TriageUnloaded> {
    const CHARACTERS: usize = 24;
    if contents.unloaded == 0 {
        return Vec::new();
    }
    let pointer = width.pointer();
    let record = 2 * pointer + CHARACTERS + 2 * pointer;
    let at = u64::from(contents.unloaded);
    let count = width.read(Bytes(&file.read_up_to(at, pointer)), 0);
    let count = count.unwrap_or(0).min(MAX_UNLOADED) as usize;
    let list = file.read_up_to(at + pointer as u64, count * record);
    list.chunks_exact(record)
        .filter_map(|bytes| {
            let bytes = Bytes(bytes);
            let name = utf16(bytes.slice(2 * pointer, CHARACTERS)?);
            let start = width.read(bytes, 2 * pointer + CHARACTERS)?;
            let end = width.read(bytes, 3 * pointer + CHARACTERS)?;
            (!name.is_empty() && start < end).then_some(TriageUnloaded { name, start, end })
        })
        .collect()
}
