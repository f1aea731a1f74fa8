//! `DUMP_HEADER32`: what a 32-bit kernel crash dump says of itself.

use super::header::{BugcheckData, DumpHeader, ExceptionRecord, filled};
use super::kind::{DumpKind, Machine};
use super::{Bytes, Context};

const EXCEPTION_RECORD: usize = 0x7D0;

/// Reads a header of [`HEADER_SIZE_32`](super::header::HEADER_SIZE_32) bytes.
pub(super) fn parse(fields: Bytes<'_>) -> DumpHeader {
    let u32_at = |offset| fields.u32(offset).unwrap_or_default();
    let pointer = |offset| u64::from(u32_at(offset));
    let u64_at = |offset| fields.u64(offset).unwrap_or_default();
    DumpHeader {
        kind: DumpKind::from_code(u32_at(0xF88)),
        machine: Machine::from_code(u32_at(0x20)),
        major_version: u32_at(0x8),
        build: u32_at(0xC),
        directory_table_base: pointer(0x10),
        loaded_module_list: pointer(0x18),
        active_process_head: pointer(0x1C),
        kd_debugger_data: pointer(0x60),
        processors: u32_at(0x24),
        bugcheck: BugcheckData {
            code: u32_at(0x28),
            parameters: std::array::from_fn(|index| pointer(0x2C + 4 * index)),
        },
        exception: ExceptionRecord {
            code: u32_at(EXCEPTION_RECORD),
            flags: u32_at(EXCEPTION_RECORD + 4),
            address: pointer(EXCEPTION_RECORD + 0xC),
        },
        uptime_100ns: filled(u64_at(0xFB8)),
        system_time: filled(u64_at(0xFC0)),
        expected_size: None,
        kernel_base: None,
        // Its registers are those of another processor.
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
