//! `TRIAGE_DUMP64` and `TRIAGE_DUMP32`: the table of contents behind a minidump's header.

use crate::dump::Bytes;
use crate::dump::header::{HEADER_SIZE, HEADER_SIZE_32};
use crate::dump::kind::Machine;

/// Bytes of the structure that are read.
pub(super) const SIZE: usize = 0x80;

/// The pointer size of a minidump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    Bits32,
    Bits64,
}

impl Width {
    pub(super) fn of(machine: Machine) -> Self {
        match machine {
            Machine::X86 => Self::Bits32,
            _ => Self::Bits64,
        }
    }

    /// Offset of the table of contents in the file.
    pub(super) fn contents_at(self) -> u64 {
        match self {
            Self::Bits32 => HEADER_SIZE_32 as u64,
            Self::Bits64 => HEADER_SIZE as u64,
        }
    }

    /// Bytes of a pointer.
    pub(super) fn pointer(self) -> usize {
        match self {
            Self::Bits32 => 4,
            Self::Bits64 => 8,
        }
    }

    /// A pointer-sized field.
    pub(super) fn read(self, bytes: Bytes<'_>, at: usize) -> Option<u64> {
        match self {
            Self::Bits32 => bytes.u32(at).map(u64::from),
            Self::Bits64 => bytes.u64(at),
        }
    }
}

/// The fields that are used. Offsets are from the start of the file; 0 means "not present".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Contents {
    /// Bytes of the minidump without its secondary data.
    pub size: u32,
    pub valid: u32,
    pub unloaded: u32,
    pub prcb: u32,
    pub process: u32,
    pub thread: u32,
    pub stack: u32,
    pub stack_size: u32,
    pub drivers: u32,
    pub driver_count: u32,
    pub strings: u32,
    pub broken_driver: u32,
    /// Lowest address of the saved part of the stack.
    pub stack_address: u64,
    /// Address, offset and size of the data page.
    pub data_page: (u64, u32, u32),
    pub debugger_data: u32,
    pub debugger_data_size: u32,
    pub blocks: u32,
    pub block_count: u32,
}

impl Contents {
    pub(super) fn parse(bytes: Bytes<'_>, width: Width) -> Option<Self> {
        let u32_at = |at| bytes.u32(at);
        // After the pointer-sized fields the two layouts differ (and Itanium has its own fields at
        // 0x50).
        let (page, debugger) = match width {
            Width::Bits32 => (0x4C, 0x58),
            Width::Bits64 => (0x60, 0x70),
        };
        let pointer = width.pointer();
        Some(Self {
            size: u32_at(0x4)?,
            valid: u32_at(0x8)?,
            unloaded: u32_at(0x18)?,
            prcb: u32_at(0x1C)?,
            process: u32_at(0x20)?,
            thread: u32_at(0x24)?,
            stack: u32_at(0x28)?,
            stack_size: u32_at(0x2C)?,
            drivers: u32_at(0x30)?,
            driver_count: u32_at(0x34)?,
            strings: u32_at(0x38)?,
            broken_driver: u32_at(0x40)?,
            stack_address: width.read(bytes, 0x48)?,
            data_page: (
                width.read(bytes, page)?,
                u32_at(page + pointer)?,
                u32_at(page + pointer + 4)?,
            ),
            debugger_data: u32_at(debugger)?,
            debugger_data_size: u32_at(debugger + 4)?,
            blocks: u32_at(debugger + 8)?,
            block_count: u32_at(debugger + 12)?,
        })
    }
}
