//! Synthetic minidumps.

use crate::dump::header::{HEADER_SIZE, HEADER_SIZE_32};
use crate::dump::secondary::Guid;
use crate::dump::secondary::synthetic::secondary;

pub(super) const KERNEL: u64 = 0xffff_f800_1000_0000;
pub(super) const STACK: u64 = 0xffff_a000_0000_1000;
pub(super) const DATA: u64 = 0xffff_b000_0000_0010;
pub(super) const PRCB: u64 = 0xffff_c000_0000_0180;
pub(super) const THREAD: u64 = 0xffff_d000_0000_0080;
pub(super) const KDBG: u64 = KERNEL + 0x5000;
/// Offsets in the file, after the table of contents.
pub(super) const UNLOADED: usize = 0x2100;
pub(super) const PRCB_AT: usize = 0x2200;
pub(super) const THREAD_AT: usize = 0x2300;
pub(super) const STACK_AT: usize = 0x2400;
pub(super) const KDBG_AT: usize = 0x2500;
pub(super) const DRIVERS: usize = 0x2900;
pub(super) const STRINGS: usize = DRIVERS + 2 * 0x90;
pub(super) const BLOCKS: usize = 0x2B00;
pub(super) const DATA_AT: usize = 0x2C00;
pub(super) const CLOSING_AT: usize = 0x2D00;
pub(super) const FILE_SIZE: usize = CLOSING_AT + 4;

pub(super) struct File(pub(super) Vec<u8>);

impl File {
    pub(super) fn put(&mut self, at: usize, bytes: &[u8]) {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    pub(super) fn u32(&mut self, at: usize, value: u32) {
        self.put(at, &value.to_le_bytes());
    }

    pub(super) fn u64(&mut self, at: usize, value: u64) {
        self.put(at, &value.to_le_bytes());
    }

    pub(super) fn string(&mut self, at: usize, text: &str) {
        self.u32(at, text.encode_utf16().count() as u32);
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.put(at + 4, &bytes);
    }
}

/// A 64-bit minidump with two drivers, one unloaded driver, a stack, a processor and a thread.
pub(crate) fn minidump() -> Vec<u8> {
    let mut file = File(vec![0; FILE_SIZE]);
    file.put(0, b"PAGEDU64");
    file.u32(0xC, 19041);
    file.u32(0x30, 0x8664);
    file.u32(0x34, 4);
    file.u32(0x38, 0xE2);
    file.u64(0x80, KDBG);
    file.u32(0xF98, 4);
    file.u64(0x348 + 0x98, STACK + 8);
    file.u64(0x348 + 0xF8, KERNEL + 0x1234);
    for (at, value) in [
        (0x08, CLOSING_AT),
        (0x18, UNLOADED),
        (0x1C, PRCB_AT),
        (0x24, THREAD_AT),
        (0x28, STACK_AT),
        (0x2C, 0x40),
        (0x30, DRIVERS),
        (0x34, 2),
        (0x38, STRINGS),
        (0x70, KDBG_AT),
        (0x74, 0x380),
        (0x78, BLOCKS),
        (0x7C, 1),
    ] {
        file.u32(HEADER_SIZE + at, value as u32);
    }
    file.u64(HEADER_SIZE + 0x48, STACK);
    file.u64(UNLOADED, 1);
    let name: Vec<u8> = "gone.sys"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    file.put(UNLOADED + 8 + 0x10, &name);
    file.u64(UNLOADED + 8 + 0x28, KERNEL + 0x100_0000);
    file.u64(UNLOADED + 8 + 0x30, KERNEL + 0x100_8000);
    for (index, name) in ["ntoskrnl.exe", "\\dir\\bad.sys"].into_iter().enumerate() {
        let record = DRIVERS + 0x90 * index;
        let string = STRINGS + 0x40 * index;
        file.u32(record, string as u32);
        file.u64(record + 0x38, KERNEL + 0x10_0000 * index as u64);
        file.u32(record + 0x48, 0x8000);
        file.u32(record + 0x80, 0xABCD);
        file.u32(record + 0x88, 0x1234_5678);
        file.string(string, name);
    }
    file.put(KDBG_AT + 0x10, b"KDBG");
    file.u64(KDBG_AT + 0x18, KERNEL);
    for (at, value) in [
        (0x2A0, 0xB8),
        (0x2B0, 0x100),
        (0x2B4, 8),
        (0x2BE, 0x24),
        (0x2C0, 0x100),
    ] {
        file.put(KDBG_AT + at, &(value as u16).to_le_bytes());
    }
    file.u64(PRCB_AT + 8, THREAD);
    file.u32(PRCB_AT + 0x24, 3);
    // Empty lists determine the address of the processor's block.
    for at in [0x30, 0x50, 0x80] {
        file.u64(PRCB_AT + at, PRCB + at as u64);
        file.u64(PRCB_AT + at + 8, PRCB + at as u64);
    }
    file.u64(BLOCKS, DATA);
    file.u32(BLOCKS + 8, DATA_AT as u32);
    file.u32(BLOCKS + 12, 0x20);
    file.u64(DATA_AT, 0x1122_3344);
    file.put(CLOSING_AT, b"TRGD");
    file.0
}

/// The 64-bit minidump with secondary data behind it.
pub(crate) fn with_secondary(blocks: &[(Guid, Vec<u8>)]) -> Vec<u8> {
    let mut file = File(minidump());
    file.u32(HEADER_SIZE + 4, FILE_SIZE as u32);
    file.0.extend(secondary(blocks, 4));
    file.0
}

/// A 32-bit minidump with one driver.
pub(crate) fn minidump32() -> Vec<u8> {
    let mut file = File(vec![0; FILE_SIZE]);
    file.put(0, b"PAGEDUMP");
    file.u32(0xC, 7601);
    file.u32(0x20, 0x14C);
    file.u32(0x28, 0x9F);
    file.u32(0x2C, 3);
    file.u32(0xF88, 4);
    let record = 0x4C + 4;
    for (at, value) in [
        (0x08, CLOSING_AT),
        (0x30, DRIVERS),
        (0x34, 1),
        (0x38, DRIVERS + record),
    ] {
        file.u32(HEADER_SIZE_32 + at, value as u32);
    }
    file.u32(DRIVERS, (DRIVERS + record) as u32);
    file.u32(DRIVERS + 0x1C, 0x8123_4000);
    file.u32(DRIVERS + 0x24, 0x3000);
    file.string(DRIVERS + record, "old.sys");
    file.put(CLOSING_AT, b"TRGD");
    file.0
}
