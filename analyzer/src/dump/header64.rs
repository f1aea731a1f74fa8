//! `DUMP_HEADER64`: reads the header of a file, and refuses files that have none.
//!
//! The offsets are those of the documented structure. They are the same in every Windows version.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::context::CONTEXT_SIZE;
use super::header::{
    DumpHeader, ExceptionRecord, HEADER_SIZE, HEADER_SIZE_32, MAX_RUNS, PHYSICAL_MEMORY_BLOCK,
    filled,
};
use super::header32;
use super::kind::{DumpKind, Machine};
use super::{Bytes, Context};
use crate::error::AnalyzeError;
use crate::stop::BugcheckData;

const MAJOR_VERSION: usize = 0x8;
const MINOR_VERSION: usize = 0xC;
const DIRECTORY_TABLE_BASE: usize = 0x10;
const PS_LOADED_MODULE_LIST: usize = 0x20;
const PS_ACTIVE_PROCESS_HEAD: usize = 0x28;
const MACHINE_IMAGE_TYPE: usize = 0x30;
const NUMBER_PROCESSORS: usize = 0x34;
const BUG_CHECK_CODE: usize = 0x38;
const BUG_CHECK_PARAMETERS: usize = 0x40;
const KD_DEBUGGER_DATA_BLOCK: usize = 0x80;
const CONTEXT_RECORD: usize = 0x348;
const EXCEPTION_RECORD: usize = 0xF00;
const DUMP_TYPE: usize = 0xF98;
const SYSTEM_TIME: usize = 0xFA8;
const SYSTEM_UP_TIME: usize = 0x1030;

/// Offsets in `EXCEPTION_RECORD64`.
const EXCEPTION_FLAGS: usize = 0x4;
const EXCEPTION_ADDRESS: usize = 0x10;

/// `Run` in `_PHYSICAL_MEMORY_DESCRIPTOR`, and the size of one `_PHYSICAL_MEMORY_RUN`.
const FIRST_RUN: usize = 0x10;
const RUN_SIZE: usize = 0x10;

const PAGE_SIZE: u64 = 0x1000;

impl DumpHeader {
    /// Reads a 64-bit header that is not at the start of a file; `None` if the bytes are not one.
    pub(crate) fn parse_bytes(bytes: &[u8]) -> Option<Self> {
        let header = Self::parse(Path::new(""), bytes).ok()?;
        (header.machine != Machine::X86).then_some(header)
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
        let kind = DumpKind::from_code(u32_at(DUMP_TYPE));
        let machine = Machine::from_code(u32_at(MACHINE_IMAGE_TYPE));
        // The CONTEXT record of another architecture has another layout.
        let context = fields
            .slice(CONTEXT_RECORD, CONTEXT_SIZE)
            .and_then(Context::parse)
            .filter(|_| machine == Machine::X64)
            .unwrap_or_default();
        Ok(Self {
            kind,
            machine,
            major_version: u32_at(MAJOR_VERSION),
            build: u32_at(MINOR_VERSION),
            directory_table_base: u64_at(DIRECTORY_TABLE_BASE),
            loaded_module_list: u64_at(PS_LOADED_MODULE_LIST),
            active_process_head: u64_at(PS_ACTIVE_PROCESS_HEAD),
            kd_debugger_data: u64_at(KD_DEBUGGER_DATA_BLOCK),
            processors: u32_at(NUMBER_PROCESSORS),
            bugcheck: BugcheckData {
                code: u32_at(BUG_CHECK_CODE),
                parameters: std::array::from_fn(|index| u64_at(BUG_CHECK_PARAMETERS + 8 * index)),
            },
            exception: ExceptionRecord {
                code: u32_at(EXCEPTION_RECORD),
                flags: u32_at(EXCEPTION_RECORD + EXCEPTION_FLAGS),
                address: u64_at(EXCEPTION_RECORD + EXCEPTION_ADDRESS),
            },
            uptime_100ns: filled(u64_at(SYSTEM_UP_TIME)),
            system_time: filled(u64_at(SYSTEM_TIME)),
            expected_size: match kind {
                DumpKind::Full => Some(full_dump_size(path, fields)?),
                _ => None,
            },
            kernel_base: None,
            context,
        })
    }
}

/// The error for a file without a dump header; it says what the file looks like.
fn not_a_dump(path: &Path, bytes: &[u8]) -> AnalyzeError {
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
        let at = PHYSICAL_MEMORY_BLOCK + FIRST_RUN + RUN_SIZE * run;
        let first = header.u64(at).unwrap_or_default();
        let pages = header.u64(at + 8).unwrap_or_default();
        // x64 has 52 physical address bits.
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

/// Reads only the header of a dump, whatever the size of the file.
///
/// # Errors
/// [`AnalyzeError::Io`], [`AnalyzeError::NotADump`] (an ELF dump or a file of raw memory has no
/// such header), [`AnalyzeError::Truncated`] if the header is incomplete, and
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
            if bytes.len() > DUMP_TYPE + 4 {
                bytes[..8].copy_from_slice(b"PAGEDU64");
                bytes[DUMP_TYPE..DUMP_TYPE + 4].copy_from_slice(&kind.to_le_bytes());
            }
            if let Ok(header) = DumpHeader::parse(path, &bytes) {
                prop_assert_eq!(header.kind.code(), kind);
                let _ = (header.crash_time(), header.uptime_seconds());
            }
        }
    }
}
