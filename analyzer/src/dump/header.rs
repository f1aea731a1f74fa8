//! `DUMP_HEADER64` and `DUMP_HEADER32`: the start of a kernel crash dump.
//!
//! The offsets are those of the documented structures; they are the same in every Windows version.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::context::CONTEXT_SIZE;
use super::header32;
use super::kind::{DumpKind, Machine};
use super::{Bytes, Context, time};
use crate::error::AnalyzeError;

/// Bytes in a 64-bit dump header.
pub(crate) const HEADER_SIZE: usize = 0x2000;
/// Bytes in a 32-bit dump header.
pub(crate) const HEADER_SIZE_32: usize = 0x1000;
/// Offset of the physical memory description (`_PHYSICAL_MEMORY_DESCRIPTOR`).
pub(super) const PHYSICAL_MEMORY_BLOCK: usize = 0x88;
/// Runs that fit in the header's 700-byte buffer.
pub(crate) const MAX_RUNS: u32 = 42;
const CONTEXT_RECORD: usize = 0x348;
const EXCEPTION_RECORD: usize = 0xF00;
/// Fields that were never filled in hold this pattern.
const UNFILLED_U32: u32 = 0x4547_4150; // "PAGE"
const PAGE_SIZE: u64 = 0x1000;

/// A stop code and its parameters as the header holds them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BugcheckData {
    /// The stop code.
    pub code: u32,
    /// P1 to P4.
    pub parameters: [u64; 4],
}

/// `EXCEPTION_RECORD64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExceptionRecord {
    /// NTSTATUS, such as 0xC0000005.
    pub code: u32,
    /// Flags.
    pub flags: u32,
    /// The instruction that raised it.
    pub address: u64,
}

/// What the dump's header says. All of it is read from the first 8 KiB of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct DumpHeader {
    /// What the file holds.
    pub kind: DumpKind,
    /// The processor architecture.
    pub machine: Machine,
    /// `MajorVersion`: 15 for a free build.
    pub major_version: u32,
    /// The Windows build number.
    pub build: u32,
    /// Physical address of the page-table root.
    pub directory_table_base: u64,
    /// Address of `nt!PsLoadedModuleList`.
    pub loaded_module_list: u64,
    /// Address of `nt!PsActiveProcessHead`.
    pub active_process_head: u64,
    /// Address of `KDDEBUGGER_DATA64`.
    pub kd_debugger_data: u64,
    /// How many processors.
    pub processors: u32,
    /// The stop.
    pub bugcheck: BugcheckData,
    /// The exception record.
    pub exception: ExceptionRecord,
    /// Time between boot and the stop, in 100 ns; `None` if not filled in.
    pub uptime_100ns: Option<u64>,
    /// Time of the stop, in 100 ns since 1601 (UTC); `None` if not filled in.
    pub system_time: Option<u64>,
    /// Bytes the whole file must have by its memory runs; only known for full dumps.
    pub expected_size: Option<u64>,
    /// Where the kernel's image is, if the header was put together from what lies in memory.
    pub(crate) kernel_base: Option<u64>,
    pub(crate) context: Context,
}

impl BugcheckData {
    /// Whether a stop was written into it; the field of a header made ahead of one is zero or holds
    /// a pattern.
    pub(crate) fn is_filled(&self) -> bool {
        !matches!(self.code, 0 | UNFILLED_U32)
    }
}

impl DumpHeader {
    /// A 64-bit header that is not that of a file; `None` if the bytes are none.
    pub(crate) fn parse_bytes(bytes: &[u8]) -> Option<Self> {
        let header = Self::parse(Path::new(""), bytes).ok()?;
        (header.machine != Machine::X86).then_some(header)
    }

    /// Time between boot and the stop, in seconds.
    pub fn uptime_seconds(&self) -> Option<f64> {
        self.uptime_100ns.map(|ticks| ticks as f64 / 1e7)
    }

    /// Time of the stop as RFC 3339, UTC.
    pub fn crash_time(&self) -> Option<String> {
        self.system_time.and_then(time::rfc3339)
    }

    /// Reads a header from the first bytes of `path`.
    pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, AnalyzeError> {
        let fields = Bytes(bytes);
        let (is_32_bit, size) = match bytes.get(..8) {
            Some(b"PAGEDU64") => (false, HEADER_SIZE),
            Some(b"PAGEDUMP") => (true, HEADER_SIZE_32),
            _ => return Err(not_a_dump(path, bytes)),
        };
        if bytes.len() < size {
            return Err(AnalyzeError::Truncated {
                path: path.to_owned(),
                expected: size as u64,
                actual: bytes.len() as u64,
            });
        }
        if is_32_bit {
            return Ok(header32::parse(fields));
        }
        // Every field below lies within HEADER_SIZE, so the defaults are never taken.
        let u32_at = |offset| fields.u32(offset).unwrap_or_default();
        let u64_at = |offset| fields.u64(offset).unwrap_or_default();
        let kind = DumpKind::from_code(u32_at(0xF98));
        let machine = Machine::from_code(u32_at(0x30));
        // Other machines have other registers there.
        let context = fields
            .slice(CONTEXT_RECORD, CONTEXT_SIZE)
            .and_then(Context::parse)
            .filter(|_| machine == Machine::X64)
            .unwrap_or_default();
        Ok(Self {
            kind,
            machine,
            major_version: u32_at(0x8),
            build: u32_at(0xC),
            directory_table_base: u64_at(0x10),
            loaded_module_list: u64_at(0x20),
            active_process_head: u64_at(0x28),
            kd_debugger_data: u64_at(0x80),
            processors: u32_at(0x34),
            bugcheck: BugcheckData {
                code: u32_at(0x38),
                parameters: std::array::from_fn(|index| u64_at(0x40 + 8 * index)),
            },
            exception: ExceptionRecord {
                code: u32_at(EXCEPTION_RECORD),
                flags: u32_at(EXCEPTION_RECORD + 4),
                address: u64_at(EXCEPTION_RECORD + 0x10),
            },
            uptime_100ns: filled(u64_at(0x1030)),
            system_time: filled(u64_at(0xFA8)),
            expected_size: match kind {
                DumpKind::Full => Some(full_dump_size(path, fields)?),
                _ => None,
            },
            kernel_base: None,
            context,
        })
    }
}

/// The value, unless the field was never filled in.
pub(super) fn filled(value: u64) -> Option<u64> {
    let unfilled = value as u32 == UNFILLED_U32 && (value >> 32) as u32 == UNFILLED_U32;
    (value != 0 && !unfilled).then_some(value)
}

/// Says what the file is if it is not a crash dump with a header.
pub(super) fn not_a_dump(path: &Path, bytes: &[u8]) -> AnalyzeError {
    let found = match bytes {
        [] => "the file is empty",
        _ if bytes.starts_with(b"\x7fELF") => {
            "it is an ELF file, but not one that QEMU's dump-guest-memory writes of an x64 guest"
        }
        _ if bytes.starts_with(b"MDMP") => "it is a user-mode minidump of one process",
        _ if bytes.starts_with(b"KDUMP") => "it is a kdump-compressed file",
        _ if looks_like_text(bytes) => "it is a text file",
        _ => "it starts with other bytes",
    };
    AnalyzeError::NotADump {
        path: path.to_owned(),
        found: found.to_owned(),
    }
}

fn looks_like_text(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(512)];
    // A UTF-8 sequence may be cut at the end of the sample.
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&start[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty()
        && text
            .chars()
            .all(|c| !c.is_control() || matches!(c, '\t' | '\r' | '\n'))
}

/// Header plus all the pages of the memory runs.
fn full_dump_size(path: &Path, header: Bytes<'_>) -> Result<u64, AnalyzeError> {
    let runs = header.u32(PHYSICAL_MEMORY_BLOCK).unwrap_or_default();
    if runs == 0 || runs > MAX_RUNS {
        return Err(AnalyzeError::corrupt(
            path,
            format!("its header lists {runs} memory runs (1 to {MAX_RUNS} are possible)"),
        ));
    }
    let mut size = HEADER_SIZE as u64;
    for run in 0..runs as usize {
        let at = PHYSICAL_MEMORY_BLOCK + 0x10 + 0x10 * run;
        let first = header.u64(at).unwrap_or_default();
        let pages = header.u64(at + 8).unwrap_or_default();
        // 52 physical address bits is all that x64 has.
        let in_range = first
            .checked_add(pages)
            .is_some_and(|end| end <= 1 << (52 - 12));
        if !in_range {
            return Err(AnalyzeError::corrupt(
                path,
                format!("memory run {run} lies beyond the physical address space"),
            ));
        }
        size = pages
            .checked_mul(PAGE_SIZE)
            .and_then(|bytes| size.checked_add(bytes))
            .ok_or_else(|| AnalyzeError::corrupt(path, "its memory runs overflow"))?;
    }
    Ok(size)
}

/// Reads only the header of a dump; cheap, whatever the size of the file.
///
/// # Errors
/// [`AnalyzeError::Io`], [`AnalyzeError::NotADump`] (an ELF dump or a file of raw memory has no
/// such header), [`AnalyzeError::Truncated`] if not even the header is whole, and
/// [`AnalyzeError::Corrupt`].
pub fn read_header(dump: &Path) -> Result<DumpHeader, AnalyzeError> {
    let file = File::open(dump).map_err(|source| AnalyzeError::io(dump, source))?;
    let metadata = file
        .metadata()
        .map_err(|source| AnalyzeError::io(dump, source))?;
    if metadata.is_dir() {
        return Err(AnalyzeError::io(dump, ErrorKind::IsADirectory.into()));
    }
    let mut bytes = Vec::with_capacity(HEADER_SIZE);
    file.take(HEADER_SIZE as u64)
        .read_to_end(&mut bytes)
        .map_err(|source| AnalyzeError::io(dump, source))?;
    DumpHeader::parse(dump, &bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_give_a_header_or_an_error(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..HEADER_SIZE + 16),
            kind in 0u32..12,
        ) {
            let path = Path::new("x.dmp");
            prop_assert!(DumpHeader::parse(path, &bytes).is_err());
            if bytes.len() > 0xF9C {
                bytes[..8].copy_from_slice(b"PAGEDU64");
                bytes[0xF98..0xF9C].copy_from_slice(&kind.to_le_bytes());
            }
            if let Ok(header) = DumpHeader::parse(path, &bytes) {
                prop_assert_eq!(header.kind.code(), kind);
                let _ = (header.crash_time(), header.uptime_seconds());
            }
        }
    }
}
