//! The file of a minidump: header, `TRIAGE_DUMP64`, and what it points to, in the order in which
//! Windows 10 (19041) writes them. `dump::triage` reads it.

use super::blocks::Blocks;
use crate::dump::HEADER_SIZE;
use crate::modules::Unloaded;

const CONTEXT_AT: u32 = 0x348;
const EXCEPTION_AT: u32 = 0xF00;
/// Bytes of `TRIAGE_DUMP64`.
const CONTENTS: usize = 0x80;
/// `DUMP_HEADER64.MiniDumpFields`: all but the memory manager's state and the data page.
const MINI_DUMP_FIELDS: usize = 0x1038;
const FIELDS: u32 = 0xCFF;
/// A driver's record: offset of the name, then a `_KLDR_DATA_TABLE_ENTRY`.
const DRIVER: usize = 0x90;
const CLOSING: &[u8] = b"TRGD";
/// Characters of an unloaded driver's name.
const UNLOADED_NAME: usize = 12;

/// A loaded driver.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Driver {
    pub base: u64,
    pub size: u32,
    pub checksum: u32,
    pub timestamp: u32,
    /// Path, or file name.
    pub name: String,
}

/// What a minidump holds.
#[derive(Default)]
pub(super) struct Content {
    pub unloaded: Vec<Unloaded>,
    /// Bytes of the stop's `_KPRCB`, `_EPROCESS` and `_ETHREAD`; empty if they are not known.
    pub prcb: Vec<u8>,
    pub process: Vec<u8>,
    pub thread: Vec<u8>,
    /// Lowest address and bytes of the call stack.
    pub stack: (u64, Vec<u8>),
    pub debugger_data: Vec<u8>,
    pub drivers: Vec<Driver>,
    pub blocks: Blocks,
}

struct File(Vec<u8>);

impl File {
    /// Appends a part, aligned; returns its offset, 0 for an empty one.
    fn append(&mut self, part: &[u8]) -> u32 {
        if part.is_empty() {
            return 0;
        }
        self.0.resize(self.0.len().next_multiple_of(8), 0);
        let at = self.0.len() as u32;
        self.0.extend(part);
        at
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }
}

impl Content {
    /// The file; `header` gives the first header for a file of so many bytes.
    pub(super) fn file(&self, header: impl FnOnce(u64) -> Vec<u8>) -> Vec<u8> {
        let mut file = File(vec![0; HEADER_SIZE + CONTENTS]);
        let unloaded = file.append(&unloaded(&self.unloaded));
        let prcb = file.append(&self.prcb);
        let process = file.append(&self.process);
        let thread = file.append(&self.thread);
        let stack = file.append(&self.stack.1);
        let debugger_data = file.append(&self.debugger_data);
        let drivers = file.append(&vec![0; DRIVER * self.drivers.len()]);
        let (strings, strings_len) = self.strings(&mut file, drivers);
        let blocks = file.append(&vec![0; 16 * self.blocks.iter().count()]);
        for (index, (at, bytes)) in self.blocks.iter().enumerate() {
            let entry = blocks as usize + 16 * index;
            let offset = file.0.len() as u32;
            file.put(entry, &at.to_le_bytes());
            file.put(entry + 8, &offset.to_le_bytes());
            file.put(entry + 12, &(bytes.len() as u32).to_le_bytes());
            file.0.extend(bytes);
        }
        file.0.resize(file.0.len().next_multiple_of(4), 0);
        let valid = file.0.len() as u32;
        file.0.extend(CLOSING);
        let size = file.0.len();
        let first = header(size as u64);
        file.put(0, &first);
        file.put(MINI_DUMP_FIELDS, &FIELDS.to_le_bytes());
        let fields = [
            (0x4, size as u32),
            (0x8, valid),
            (0xC, CONTEXT_AT),
            (0x10, EXCEPTION_AT),
            (0x18, unloaded),
            (0x1C, prcb),
            (0x20, process),
            (0x24, thread),
            (0x28, stack),
            (0x2C, self.stack.1.len() as u32),
            (0x30, drivers),
            (0x34, self.drivers.len() as u32),
            (0x38, strings),
            (0x3C, strings_len),
            (0x70, debugger_data),
            (0x74, self.debugger_data.len() as u32),
            (0x78, blocks),
            (0x7C, self.blocks.iter().count() as u32),
        ];
        for (at, value) in fields {
            file.put(HEADER_SIZE + at, &value.to_le_bytes());
        }
        file.put(HEADER_SIZE + 0x48, &self.stack.0.to_le_bytes());
        file.0
    }

    /// Fills in the records of the drivers and appends the pool of their names; returns the pool's
    /// offset and size.
    fn strings(&self, file: &mut File, records: u32) -> (u32, u32) {
        let start = file.0.len().next_multiple_of(8);
        for (index, driver) in self.drivers.iter().enumerate() {
            let name: Vec<u16> = driver.name.encode_utf16().collect();
            let mut text = (name.len() as u32).to_le_bytes().to_vec();
            text.extend(name.iter().flat_map(|unit| unit.to_le_bytes()));
            text.extend([0, 0]);
            let string = file.append(&text);
            let record = records as usize + DRIVER * index;
            file.put(record, &string.to_le_bytes());
            file.put(record + 0x38, &driver.base.to_le_bytes());
            for (at, value) in [
                (0x48, driver.size),
                (0x80, driver.checksum),
                (0x88, driver.timestamp),
            ] {
                file.put(record + at, &value.to_le_bytes());
            }
        }
        match self.drivers.is_empty() {
            true => (0, 0),
            false => (start as u32, (file.0.len() - start) as u32),
        }
    }
}

/// The list of unloaded drivers: their count, then `DUMP_UNLOADED_DRIVERS64` records.
fn unloaded(drivers: &[Unloaded]) -> Vec<u8> {
    if drivers.is_empty() {
        return Vec::new();
    }
    let mut bytes = (drivers.len() as u64).to_le_bytes().to_vec();
    for driver in drivers {
        let name: Vec<u16> = driver.name.encode_utf16().take(UNLOADED_NAME).collect();
        let length = 2 * driver.name.encode_utf16().count().min(UNLOADED_NAME) as u16;
        bytes.extend(length.to_le_bytes());
        bytes.extend(length.to_le_bytes());
        bytes.extend([0; 12]);
        for index in 0..UNLOADED_NAME {
            bytes.extend(name.get(index).copied().unwrap_or(0).to_le_bytes());
        }
        bytes.extend(driver.start.to_le_bytes());
        bytes.extend(driver.end.to_le_bytes());
    }
    bytes
}
