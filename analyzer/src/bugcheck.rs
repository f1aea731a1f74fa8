//! Names of stop codes and meanings of their parameters (Microsoft's bug check code reference).

use crate::dump::BugcheckData;
use crate::verdict::{Bugcheck, BugcheckParameter};

/// Names of the stop codes that drivers and drivers' victims raise.
const NAMES: &[(u32, &str)] = &[
    (0x0A, "IRQL_NOT_LESS_OR_EQUAL"),
    (0x18, "REFERENCE_BY_POINTER"),
    (0x19, "BAD_POOL_HEADER"),
    (0x1A, "MEMORY_MANAGEMENT"),
    (0x1E, "KMODE_EXCEPTION_NOT_HANDLED"),
    (0x24, "NTFS_FILE_SYSTEM"),
    (0x27, "RDR_FILE_SYSTEM"),
    (0x3B, "SYSTEM_SERVICE_EXCEPTION"),
    (0x3D, "INTERRUPT_EXCEPTION_NOT_HANDLED"),
    (0x44, "MULTIPLE_IRP_COMPLETE_REQUESTS"),
    (0x4E, "PFN_LIST_CORRUPT"),
    (0x50, "PAGE_FAULT_IN_NONPAGED_AREA"),
    (0x76, "PROCESS_HAS_LOCKED_PAGES"),
    (0x7A, "KERNEL_DATA_INPAGE_ERROR"),
    (0x7E, "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED"),
    (0x7F, "UNEXPECTED_KERNEL_MODE_TRAP"),
    (0x80, "NMI_HARDWARE_FAILURE"),
    (0x8E, "KERNEL_MODE_EXCEPTION_NOT_HANDLED"),
    (0x9C, "MACHINE_CHECK_EXCEPTION"),
    (0x9F, "DRIVER_POWER_STATE_FAILURE"),
    (0xA0, "INTERNAL_POWER_ERROR"),
    (0xA5, "ACPI_BIOS_ERROR"),
    (0xB8, "ATTEMPTED_SWITCH_FROM_DPC"),
    (0xBE, "ATTEMPTED_WRITE_TO_READONLY_MEMORY"),
    (0xC1, "SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION"),
    (0xC2, "BAD_POOL_CALLER"),
    (0xC4, "DRIVER_VERIFIER_DETECTED_VIOLATION"),
    (0xC5, "DRIVER_CORRUPTED_EXPOOL"),
    (0xC9, "DRIVER_VERIFIER_IOMANAGER_VIOLATION"),
    (0xCB, "DRIVER_LEFT_LOCKED_PAGES_IN_PROCESS"),
    (0xCC, "PAGE_FAULT_IN_FREED_SPECIAL_POOL"),
    (0xCD, "PAGE_FAULT_BEYOND_END_OF_ALLOCATION"),
    (
        0xCE,
        "DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS",
    ),
    (0xD1, "DRIVER_IRQL_NOT_LESS_OR_EQUAL"),
    (0xD3, "DRIVER_PORTION_MUST_BE_NONPAGED"),
    (0xD5, "DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL"),
    (0xD6, "DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION"),
    (0xDA, "SYSTEM_PTE_MISUSE"),
    (0xE1, "WORKER_THREAD_RETURNED_AT_BAD_IRQL"),
    (0xE2, "MANUALLY_INITIATED_CRASH"),
    (0xE3, "RESOURCE_NOT_OWNED"),
    (0xEA, "THREAD_STUCK_IN_DEVICE_DRIVER"),
    (0xEF, "CRITICAL_PROCESS_DIED"),
    (0xF7, "DRIVER_OVERRAN_STACK_BUFFER"),
    (0xFC, "ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY"),
    (0x101, "CLOCK_WATCHDOG_TIMEOUT"),
    (0x109, "CRITICAL_STRUCTURE_CORRUPTION"),
    (0x10D, "WDF_VIOLATION"),
    (0x10E, "VIDEO_MEMORY_MANAGEMENT_INTERNAL"),
    (0x116, "VIDEO_TDR_FAILURE"),
    (0x119, "VIDEO_SCHEDULER_INTERNAL_ERROR"),
    (0x124, "WHEA_UNCORRECTABLE_ERROR"),
    (0x133, "DPC_WATCHDOG_VIOLATION"),
    (0x139, "KERNEL_SECURITY_CHECK_FAILURE"),
    (0x13A, "KERNEL_MODE_HEAP_CORRUPTION"),
    (0x153, "KERNEL_LOCK_ENTRY_LEAKED_ON_THREAD_TERMINATION"),
    (0x154, "UNEXPECTED_STORE_EXCEPTION"),
    (0x15E, "BUGCODE_NDIS_DRIVER_LIVE_DUMP"),
    (0x161, "LIVE_SYSTEM_DUMP"),
    (0x162, "KERNEL_AUTO_BOOST_INVALID_LOCK_RELEASE"),
    (0x1000007E, "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED_M"),
    (0x1000007F, "UNEXPECTED_KERNEL_MODE_TRAP_M"),
    (0x1000008E, "KERNEL_MODE_EXCEPTION_NOT_HANDLED_M"),
];

/// Symbolic name of a stop code.
pub(crate) fn name(code: u32) -> Option<&'static str> {
    NAMES
        .iter()
        .find(|(known, _)| *known == code)
        .map(|(_, name)| *name)
}

/// The stop with everything explained that the reference explains.
pub(crate) fn describe(data: &BugcheckData) -> Bugcheck {
    let parameters = std::array::from_fn(|index| BugcheckParameter {
        value: data.parameters[index].into(),
        meaning: meaning(data, index),
    });
    Bugcheck {
        code: data.code,
        code_hex: format!("0x{:X}", data.code),
        name: name(data.code).map(str::to_owned),
        parameters,
    }
}

fn meaning(data: &BugcheckData, index: usize) -> Option<String> {
    let value = data.parameters[index];
    let first = data.parameters[0];
    let text = match (data.code, index) {
        (0xA | 0xD1, 0) => "address referenced",
        (0xA | 0xD1 | 0xC5, 1) => return Some(format!("IRQL: {}", irql(value))),
        (0xD1, 2) => return Some(format!("access: {}", d1_access(value))),
        (0xA, 2) => return Some(format!("access: {}", a_access(value))),
        (0xA | 0xD1 | 0xC5, 3) => "instruction that referenced it",
        (0xC5, 0) => "address referenced",
        (0xC5, 2) => return Some(format!("access: {}", d1_access(value))),
        (0x50, 0) => "address referenced",
        (0x50, 1) => return Some(format!("access: {}", d1_access(value))),
        (0x50, 2) => "instruction that referenced it, if known",
        (0x50, 3) => "kind of fault",
        (0x7E | 0x1000007E, 0) | (0x1E | 0x3B | 0x8E | 0x1000008E, 0) => "exception code",
        (0x7E | 0x1000007E | 0x1E | 0x3B | 0x8E | 0x1000008E, 1) => "address of the exception",
        (0x7E | 0x1000007E, 2) => "exception record",
        (0x7E | 0x1000007E, 3) | (0x3B, 2) => "context record",
        (0x9F, 0) => match value {
            1 => "a device object is being freed with a power request outstanding",
            2 => "the target device did not call PoStartNextPowerIrp",
            3 => "a device object has been blocking a power IRP for too long",
            4 => "the power transition timed out waiting for the PnP lock",
            _ => "kind of failure",
        },
        (0x9F, 1) if first == 3 => "physical device object of the stack",
        (0x9F, 2) if first == 3 => "nt!_TRIAGE_9F_POWER",
        (0x9F, 3) if first == 3 => "the power IRP that was not completed",
        (0x9F, 1) if first == 4 => return Some(format!("timeout: {value} seconds")),
        (0x9F, 2) if first == 4 => "thread that holds the PnP lock",
        (0x9F, 3) if first == 4 => "nt!_TRIAGE_9F_PNP",
        (0x133, 0) => match value {
            0 => "a single DPC or ISR exceeded its time",
            1 => "the system spent too long at DISPATCH_LEVEL or above",
            _ => "kind of violation",
        },
        (0x133, 1) if first == 0 => return Some(format!("{value} ticks used")),
        (0x133, 2) if first == 0 => return Some(format!("{value} ticks allowed")),
        (0x133, 1) if first == 1 => return Some(format!("watchdog period: {value} ticks")),
        (0x133, 2) if first == 1 => "triage block",
        (0x133, 3) if first == 0 && value != 0 => "triage block",
        (0xC9 | 0xC4 | 0x19 | 0xC2 | 0x10D | 0x7F | 0x139 | 0x13A, 0) => "kind of violation",
        (0xC9, 1) if first == 0x5 => "device whose driver returned at another IRQL",
        (0xC9, 2) if first == 0x5 => return Some(format!("IRQL before: {}", irql(value))),
        (0xC9, 3) if first == 0x5 => return Some(format!("IRQL after: {}", irql(value))),
        (0xC9, 1) if first == 0x302 => "caller",
        (0xC9, 2) if first == 0x302 => "IRP",
        (0xC9, 3) if first == 0x302 => return Some(format!("IRQL: {}", irql(value))),
        (0x44, 0) => "IRP",
        (0xCC | 0xCD | 0xD5 | 0xD6, 0) => "address referenced",
        (0xCC | 0xCD | 0xD5 | 0xD6, 1) => return Some(format!("access: {}", d1_access(value))),
        (0xCC | 0xCD | 0xD5 | 0xD6, 2) => "instruction that referenced it",
        (0xCE, 0) => "address referenced",
        _ => return None,
    };
    Some(text.to_owned())
}

/// IRQL with its name (wdm.h, x64).
pub(crate) fn irql(level: u64) -> String {
    match level {
        0 => "0 (PASSIVE_LEVEL)".to_owned(),
        1 => "1 (APC_LEVEL)".to_owned(),
        2 => "2 (DISPATCH_LEVEL)".to_owned(),
        3..=11 => format!("{level} (device)"),
        12 => "12 (SYNCH_LEVEL)".to_owned(),
        13 => "13 (CLOCK_LEVEL)".to_owned(),
        14 => "14 (IPI_LEVEL)".to_owned(),
        15 => "15 (HIGH_LEVEL)".to_owned(),
        // 0xff: the access was made with interrupts disabled.
        0xFF => "0xff (interrupts were disabled)".to_owned(),
        other => format!("{other:#x}"),
    }
}

fn d1_access(code: u64) -> String {
    match code {
        0 => "read".to_owned(),
        1 => "write".to_owned(),
        2 | 8 | 0x10 => "execute".to_owned(),
        other => format!("{other:#x}"),
    }
}

fn a_access(code: u64) -> String {
    match (code & 8 != 0, code & 1 != 0) {
        (true, _) => "execute".to_owned(),
        (false, true) => "write".to_owned(),
        (false, false) => "read".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_known() {
        assert!(NAMES.is_sorted_by_key(|(code, _)| code));
        assert_eq!(name(0xD1), Some("DRIVER_IRQL_NOT_LESS_OR_EQUAL"));
        assert_eq!(name(0xDEAD), None);
    }

    #[test]
    fn explains_d1() {
        let stop = describe(&BugcheckData {
            code: 0xD1,
            parameters: [0xffff_e70b_afea_2af0, 2, 0, 0xffff_f801_4d54_c7ae],
        });
        assert_eq!(stop.code_hex, "0xD1");
        let meaning = |index: usize| stop.parameters[index].meaning.as_deref().unwrap();
        assert_eq!(meaning(1), "IRQL: 2 (DISPATCH_LEVEL)");
        assert_eq!(meaning(2), "access: read");
    }
}
