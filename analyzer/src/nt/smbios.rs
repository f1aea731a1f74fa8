//! SMBIOS tables (DMTF DSP0134): who made the machine, its firmware, processors and memory.
//!
//! Windows keeps them as `RawSMBIOSData`: the calling method, the version, a length, and the
//! tables. `smbios-lib` reads the structures; what firmware vendors leave unfilled is dropped here.

use smbioslib::{
    CoreCount, MemorySize, MemorySizeExtended, MemorySpeed, ProcessorSpeed,
    SMBiosBaseboardInformation, SMBiosData, SMBiosInformation, SMBiosMemoryDevice,
    SMBiosMemoryDeviceMappedAddress, SMBiosProcessorInformation, SMBiosString, SMBiosStruct,
    SMBiosSystemInformation, SMBiosVersion,
};

use sha2::{Digest, Sha256};

use crate::dump::Bytes;

/// Bytes before the tables in `RawSMBIOSData`.
const HEADER: usize = 8;
/// The largest table that version 2 can describe; real ones have a few KiB.
const MAX_TABLES: usize = 64 << 10;
/// Records that are kept of each type.
const MAX_RECORDS: usize = 256;
const MAX_TEXT: usize = 128;

/// What firmware says where nobody filled in a value, in lower case.
const UNFILLED: &[&str] = &[
    "to be filled by o.e.m.",
    "to be filled by oem",
    "default string",
    "default",
    "system manufacturer",
    "system product name",
    "system version",
    "system serial number",
    "base board serial number",
    "not specified",
    "not applicable",
    "not available",
    "unknown",
    "undefined",
    "empty",
    "none",
    "n/a",
    "na",
    "invalid",
    "o.e.m.",
    "oem",
    "0",
];

/// The UUID that boards have before the maker sets one.
const SAMPLE_UUID: [u8; 16] = [
    0x00, 0x02, 0x00, 0x03, 0x00, 0x04, 0x00, 0x05, 0x00, 0x06, 0x00, 0x07, 0x00, 0x08, 0x00, 0x09,
];

/// The tables, as far as they describe the machine. Unfilled values are `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Smbios {
    /// Major and minor version of the specification.
    pub version: (u8, u8),
    pub system: Made,
    /// The system's UUID, unless it is a placeholder. Windows blanks it in most dumps.
    pub uuid: Option<[u8; 16]>,
    pub board: Made,
    /// For [`Self::identity`] only; never shown.
    pub board_serial: Option<String>,
    pub bios_vendor: Option<String>,
    pub bios_version: Option<String>,
    /// As the firmware has it, usually `MM/DD/YYYY`.
    pub bios_date: Option<String>,
    pub sockets: Vec<Socket>,
    /// The slots with a module.
    pub memory: Vec<Module>,
}

/// Maker, name and version of a thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Made {
    pub maker: Option<String>,
    pub product: Option<String>,
    pub version: Option<String>,
    /// Family and SKU, of the system.
    pub family: Option<String>,
    pub sku: Option<String>,
}

impl Made {
    /// `ASRock B560M-ITX/ac`; `None` if neither maker nor name is known.
    pub(crate) fn text(&self) -> Option<String> {
        joined([&self.maker, &self.product])
    }
}

/// A processor's socket (type 4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Socket {
    pub name: Option<String>,
    pub maker: Option<String>,
    /// The processor's name.
    pub version: Option<String>,
    pub max_mhz: Option<u16>,
    pub current_mhz: Option<u16>,
    pub cores: Option<u16>,
}

/// A module of memory (type 17).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Module {
    pub slot: String,
    pub bank: Option<String>,
    pub maker: Option<String>,
    pub part: Option<String>,
    pub size_mib: Option<u64>,
    /// MT/s that the module can do.
    pub speed: Option<u32>,
    /// MT/s that it is set to.
    pub configured_speed: Option<u32>,
    /// First address and the address behind the last, if the firmware maps one range to this module
    /// alone (type 20 without interleaving).
    pub addresses: Option<(u64, u64)>,
}

impl Smbios {
    /// Reads `RawSMBIOSData`; `None` if it holds no structure.
    pub(crate) fn parse(raw: &[u8]) -> Option<Self> {
        let bytes = Bytes(raw);
        let length = (bytes.u32(4)? as usize).min(MAX_TABLES);
        let tables = raw.get(HEADER..)?;
        let tables = &tables[..length.min(tables.len())];
        let version = (*raw.get(1)?, *raw.get(2)?);
        let tables = SMBiosData::from_vec_and_version(
            tables.to_vec(),
            Some(SMBiosVersion::new(version.0, version.1, 0)),
        );
        tables.iter().next()?;
        let system: Option<SMBiosSystemInformation<'_>> = tables.first();
        let board: Option<SMBiosBaseboardInformation<'_>> = tables.first();
        let bios: Option<SMBiosInformation<'_>> = tables.first();
        Some(Self {
            version,
            system: system.as_ref().map_or_else(Made::default, |system| Made {
                maker: text(system.manufacturer()),
                product: text(system.product_name()),
                version: text(system.version()),
                family: text(system.family()),
                sku: text(system.sku_number()),
            }),
            uuid: system.as_ref().and_then(|system| {
                let uuid = system.parts().get_field_data(0x08, 0x18)?;
                uuid.try_into().ok().filter(is_unique)
            }),
            board: board.as_ref().map_or_else(Made::default, |board| Made {
                maker: text(board.manufacturer()),
                product: text(board.product()),
                version: text(board.version()),
                ..Made::default()
            }),
            board_serial: board.as_ref().and_then(|board| text(board.serial_number())),
            bios_vendor: bios.as_ref().and_then(|bios| text(bios.vendor())),
            bios_version: bios.as_ref().and_then(|bios| text(bios.version())),
            bios_date: bios.as_ref().and_then(|bios| text(bios.release_date())),
            sockets: tables
                .defined_struct_iter()
                .take(MAX_RECORDS)
                .map(|one| socket(&one))
                .collect(),
            memory: memory(&tables),
        })
    }

    /// `American Megatrends International, LLC. P1.60 04/15/2021`.
    pub(crate) fn bios(&self) -> Option<String> {
        joined([&self.bios_vendor, &self.bios_version, &self.bios_date])
    }

    /// 16 hexadecimal digits that tell this machine from others: a hash of the UUID and of the main
    /// board with its serial number. `None` if the dump has neither, since many machines share a
    /// model.
    pub(crate) fn identity(&self) -> Option<String> {
        self.uuid
            .map(|_| ())
            .or(self.board_serial.as_ref().map(|_| ()))?;
        let mut hash = Sha256::new();
        hash.update(b"stopcode machine identity");
        hash.update(self.uuid.unwrap_or_default());
        for part in [&self.board.maker, &self.board.product, &self.board_serial] {
            let part = part.as_deref().unwrap_or_default();
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        Some(
            digest[..8]
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        )
    }

    /// MiB of all modules; `None` if there is none or one has no size.
    pub(crate) fn memory_mib(&self) -> Option<u64> {
        let sizes: Option<Vec<_>> = self.memory.iter().map(|module| module.size_mib).collect();
        let sum = sizes?.into_iter().fold(0, u64::saturating_add);
        (sum != 0).then_some(sum)
    }
}

/// The parts that are known, with spaces between them.
fn joined<const N: usize>(parts: [&Option<String>; N]) -> Option<String> {
    let parts: Vec<_> = parts.into_iter().flatten().map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// A text without the blanks around it, unless nobody filled it in.
fn text(text: SMBiosString) -> Option<String> {
    filled(&text.to_utf8_lossy()?)
}

/// The same of a text that somebody else read.
pub(crate) fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    let lower = text.to_lowercase();
    // A row of one character stands for nothing, like a blanked serial number.
    let first = text.chars().next()?;
    let is_row = text.chars().count() > 1 && text.chars().all(|other| other == first);
    if UNFILLED.contains(&lower.as_str()) || is_row {
        return None;
    }
    let printable = |c: char| if c.is_control() { '?' } else { c };
    Some(text.chars().take(MAX_TEXT).map(printable).collect())
}

fn is_unique(uuid: &[u8; 16]) -> bool {
    uuid.iter().any(|&byte| byte != uuid[0]) && *uuid != SAMPLE_UUID
}

fn socket(one: &SMBiosProcessorInformation<'_>) -> Socket {
    let mhz = |speed| match speed {
        Some(ProcessorSpeed::MHz(mhz)) if mhz != 0 => Some(mhz),
        _ => None,
    };
    let cores = match one.core_count() {
        Some(CoreCount::Count(count)) if count != 0 => Some(u16::from(count)),
        Some(CoreCount::SeeCoreCount2) => one.parts().get_field_word(0x2A),
        _ => None,
    };
    Socket {
        name: text(one.socket_designation()),
        maker: text(one.processor_manufacturer()),
        version: text(one.processor_version()),
        max_mhz: mhz(one.max_speed()),
        current_mhz: mhz(one.current_speed()),
        cores,
    }
}

fn memory(tables: &SMBiosData) -> Vec<Module> {
    let ranges: Vec<_> = tables
        .defined_struct_iter::<SMBiosMemoryDeviceMappedAddress<'_>>()
        .take(MAX_RECORDS)
        .filter_map(|range| Range::of(&range))
        .collect();
    tables
        .defined_struct_iter::<SMBiosMemoryDevice<'_>>()
        .take(MAX_RECORDS)
        .filter_map(|device| {
            let handle = *device.parts().header.handle();
            let size_mib = size(&device)?;
            Some(Module {
                slot: text(device.device_locator())
                    .or_else(|| text(device.bank_locator()))
                    .unwrap_or_else(|| format!("handle {handle:#06x}")),
                bank: text(device.bank_locator()),
                maker: text(device.manufacturer()),
                part: text(device.part_number()),
                size_mib: Some(size_mib).filter(|&size| size != 0),
                speed: speed(device.speed(), device.parts().get_field_dword(0x54)),
                configured_speed: speed(
                    device.configured_memory_speed(),
                    device.parts().get_field_dword(0x58),
                ),
                addresses: alone(&ranges, handle),
            })
        })
        .collect()
}

/// MiB of a module; 0 if its size is not stated; `None` if the slot is empty.
fn size(device: &SMBiosMemoryDevice<'_>) -> Option<u64> {
    match device.size()? {
        MemorySize::NotInstalled => None,
        MemorySize::Unknown => Some(0),
        MemorySize::Kilobytes(kib) => Some(u64::from(kib) / 1024),
        MemorySize::Megabytes(mib) => Some(mib.into()),
        MemorySize::SeeExtendedSize => match device.extended_size() {
            Some(MemorySizeExtended::Megabytes(mib)) => Some(mib.into()),
            _ => Some(0),
        },
    }
}

fn speed(speed: Option<MemorySpeed>, extended: Option<u32>) -> Option<u32> {
    match speed? {
        MemorySpeed::Unknown => None,
        MemorySpeed::MTs(speed) => Some(speed.into()),
        MemorySpeed::SeeExtendedSpeed => extended.filter(|&speed| speed != 0),
    }
}

/// A range of physical addresses that the firmware maps to a module (type 20).
struct Range {
    device: u16,
    start: u64,
    end: u64,
    /// Whether the module alone holds it: it is not interleaved, nor one of a row of modules.
    alone: bool,
}

impl Range {
    fn of(range: &SMBiosMemoryDeviceMappedAddress<'_>) -> Option<Self> {
        let (first, last) = (range.starting_address()?, range.ending_address()?);
        let (start, end) = match (first, last) {
            (u32::MAX, u32::MAX) => (
                range.extended_starting_address()?,
                range.extended_ending_address()?.checked_add(1)?,
            ),
            _ => (u64::from(first) << 10, (u64::from(last) + 1) << 10),
        };
        (start < end).then_some(Self {
            device: *range.memory_device_handle()?,
            start,
            end,
            // 0xFF means that the firmware does not say.
            alone: range.interleave_position() == Some(0)
                && range.partition_row_position() == Some(1),
        })
    }
}

/// The one range that only this module holds.
fn alone(ranges: &[Range], device: u16) -> Option<(u64, u64)> {
    let mut own = ranges.iter().filter(|range| range.device == device);
    let (range, None) = (own.next()?, own.next()) else {
        return None;
    };
    let shared = ranges
        .iter()
        .any(|other| other.device != device && other.start < range.end && range.start < other.end);
    (range.alone && !shared).then_some((range.start, range.end))
}

#[cfg(any(test, fuzzing))]
pub(crate) mod synthetic;
#[cfg(test)]
mod tests;
