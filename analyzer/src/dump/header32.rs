//! `DUMP_HEADER32`: the header of a 32-bit kernel crash dump.

use super::header::{DumpHeader, ExceptionRecord, filled};
use super::kind::{DumpKind, Machine};
use super::{Bytes, Context};
use crate::stop::BugcheckData;

const MAJOR_VERSION: usize = 0x8;
const MINOR_VERSION: usize = 0xC;
const DIRECTORY_TABLE_BASE: usize = 0x10;
const PS_LOADED_MODULE_LIST: usize = 0x18;
const PS_ACTIVE_PROCESS_HEAD: usize = 0x1C;
const MACHINE_IMAGE_TYPE: usize = 0x20;
const NUMBER_PROCESSORS: usize = 0x24;
const BUG_CHECK_CODE: usize = 0x28;
const BUG_CHECK_PARAMETERS: usize = 0x2C;
const KD_DEBUGGER_DATA_BLOCK: usize = 0x60;
const EXCEPTION_RECORD: usize = 0x7D0;
const DUMP_TYPE: usize = 0xF88;
const SYSTEM_UP_TIME: usize = 0xFB8;
const SYSTEM_TIME: usize = 0xFC0;

/// Offsets in `EXCEPTION_RECORD32`.
const EXCEPTION_FLAGS: usize = 0x4;
const EXCEPTION_ADDRESS: usize = 0xC;

/// Reads a header of [`HEADER_SIZE_32`](super::header::HEADER_SIZE_32) bytes.
pub(super) fn parse(fields: Bytes<'_>) -> DumpHeader {
    let u32_at = |offset| fields.u32(offset).unwrap_or_default();
    let pointer = |offset| u64::from(u32_at(offset));
    let u64_at = |offset| fields.u64(offset).unwrap_or_default();
    DumpHeader {
        kind: DumpKind::from_code(u32_at(DUMP_TYPE)),
        machine: Machine::from_code(u32_at(MACHINE_IMAGE_TYPE)),
        major_version: u32_at(MAJOR_VERSION),
        build: u32_at(MINOR_VERSION),
        directory_table_base: pointer(DIRECTORY_TABLE_BASE),
        loaded_module_list: pointer(PS_LOADED_MODULE_LIST),
        active_process_head: pointer(PS_ACTIVE_PROCESS_HEAD),
        kd_debugger_data: pointer(KD_DEBUGGER_DATA_BLOCK),
        processors: u32_at(NUMBER_PROCESSORS),
        bugcheck: BugcheckData {
            code: u32_at(BUG_CHECK_CODE),
            parameters: std::array::from_fn(|index| pointer(BUG_CHECK_PARAMETERS + 4 * index)),
        },
        exception: ExceptionRecord {
            code: u32_at(EXCEPTION_RECORD),
            flags: u32_at(EXCEPTION_RECORD + EXCEPTION_FLAGS),
            address: pointer(EXCEPTION_RECORD + EXCEPTION_ADDRESS),
        },
        uptime_100ns: filled(u64_at(SYSTEM_UP_TIME)),
        system_time: filled(u64_at(SYSTEM_TIME)),
        expected_size: None,
        kernel_base: None,
        // The CONTEXT record is that of another architecture.
        context: Context::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::header::HEADER_SIZE_32;

    #[test]
    fn fields_are_those_of_dump_header32() {
        let mut bytes = vec![0; HEADER_SIZE_32];
        let mut put = |at: usize, value: u32| {
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        };
        for (at, value) in [
            (0xC, 7601),
            (0x20, 0x14C),
            (0x24, 2),
            (0x28, 0x9F),
            (0x2C, 3),
            (0x38, 0x8765_4321),
            (0xF88, 4),
        ] {
            put(at, value);
        }
        let header = parse(Bytes(&bytes));
        assert_eq!(
            (header.machine, header.kind),
            (Machine::X86, DumpKind::Triage)
        );
        assert_eq!((header.build, header.processors), (7601, 2));
        assert_eq!(header.bugcheck.code, 0x9F);
        assert_eq!(header.bugcheck.parameters, [3, 0, 0, 0x8765_4321]);
        assert_eq!((header.system_time, header.context.rip), (None, 0));
    }
}
