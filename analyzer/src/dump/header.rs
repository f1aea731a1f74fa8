//! The header of a kernel crash dump, 64-bit or 32-bit.

use super::kind::{DumpKind, Machine};
use super::{Context, time};
use crate::stop::BugcheckData;

/// Bytes in a 64-bit dump header.
pub(crate) const HEADER_SIZE: usize = 0x2000;
/// Bytes in a 32-bit dump header.
pub(crate) const HEADER_SIZE_32: usize = 0x1000;
/// Offset of the physical memory description (`_PHYSICAL_MEMORY_DESCRIPTOR`).
pub(super) const PHYSICAL_MEMORY_BLOCK: usize = 0x88;
/// Runs that fit in the header's 700-byte buffer.
pub(crate) const MAX_RUNS: u32 = 42;
/// Fields that were never filled in hold `PAGE`.
const UNFILLED_U32: u32 = 0x4547_4150; // "PAGE"

/// `EXCEPTION_RECORD64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExceptionRecord {
    /// NTSTATUS, such as 0xC0000005.
    pub code: u32,
    pub flags: u32,
    /// The instruction that raised it.
    pub address: u64,
}

/// The header of a dump, from the first 8 KiB of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct DumpHeader {
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
    /// Number of processors.
    pub processors: u32,
    pub bugcheck: BugcheckData,
    pub exception: ExceptionRecord,
    /// Time between boot and the stop, in 100 ns; `None` if not filled in.
    pub uptime_100ns: Option<u64>,
    /// Time of the stop, in 100 ns since 1601 (UTC); `None` if not filled in.
    pub system_time: Option<u64>,
    /// Size of the file by its memory runs, in bytes; only known for full dumps.
    pub expected_size: Option<u64>,
    /// Base of the kernel's image, if the header was built from memory.
    pub(crate) kernel_base: Option<u64>,
    pub(crate) context: Context,
}

impl BugcheckData {
    /// Whether a stop was written. Before a stop, the field is zero or holds `PAGE`.
    pub(crate) fn is_filled(&self) -> bool {
        !matches!(self.code, 0 | UNFILLED_U32)
    }
}

impl DumpHeader {
    /// Time between boot and the stop, in seconds.
    pub fn uptime_seconds(&self) -> Option<f64> {
        self.uptime_100ns.map(|ticks| ticks as f64 / 1e7)
    }

    /// Time of the stop in seconds since 1970 (UTC).
    pub(crate) fn crash_seconds(&self) -> Option<u64> {
        self.system_time.and_then(time::seconds)
    }

    /// Time of the stop as RFC 3339, UTC.
    pub fn crash_time(&self) -> Option<String> {
        self.system_time.and_then(time::rfc3339)
    }
}

/// The value, unless the field was never filled in.
pub(super) fn filled(value: u64) -> Option<u64> {
    let unfilled = value as u32 == UNFILLED_U32 && (value >> 32) as u32 == UNFILLED_U32;
    (value != 0 && !unfilled).then_some(value)
}
