//! Names of stop codes and meanings of their parameters (Microsoft's bug check code reference).

mod stop;

use crate::verdict::{Bugcheck, BugcheckParameter};

pub(crate) use stop::{Parameter, Stop};

/// Names of the stop codes that drivers and drivers' victims raise.
const NAMES: &[(u32, &str)] = &[
    (0xA, "IRQL_NOT_LESS_OR_EQUAL"),
    (0x12, "TRAP_CAUSE_UNKNOWN"),
    (0x18, "REFERENCE_BY_POINTER"),
    (0x19, "BAD_POOL_HEADER"),
    (0x1A, "MEMORY_MANAGEMENT"),
    (0x1E, "KMODE_EXCEPTION_NOT_HANDLED"),
    (0x20, "KERNEL_APC_PENDING_DURING_EXIT"),
    (0x24, "NTFS_FILE_SYSTEM"),
    (0x27, "RDR_FILE_SYSTEM"),
    (0x34, "CACHE_MANAGER"),
    (0x35, "NO_MORE_IRP_STACK_LOCATIONS"),
    (0x3B, "SYSTEM_SERVICE_EXCEPTION"),
    (0x3D, "INTERRUPT_EXCEPTION_NOT_HANDLED"),
    (0x41, "MUST_SUCCEED_POOL_EMPTY"),
    (0x44, "MULTIPLE_IRP_COMPLETE_REQUESTS"),
    (0x4D, "NO_PAGES_AVAILABLE"),
    (0x4E, "PFN_LIST_CORRUPT"),
    (0x50, "PAGE_FAULT_IN_NONPAGED_AREA"),
    (0x51, "REGISTRY_ERROR"),
    (0x5C, "HAL_INITIALIZATION_FAILED"),
    (0x67, "CONFIG_INITIALIZATION_FAILED"),
    (0x73, "CONFIG_LIST_FAILED"),
    (0x74, "BAD_SYSTEM_CONFIG_INFO"),
    (0x76, "PROCESS_HAS_LOCKED_PAGES"),
    (0x77, "KERNEL_STACK_INPAGE_ERROR"),
    (0x79, "MISMATCHED_HAL"),
    (0x7A, "KERNEL_DATA_INPAGE_ERROR"),
    (0x7B, "INACCESSIBLE_BOOT_DEVICE"),
    (0x7C, "BUGCODE_NDIS_DRIVER"),
    (0x7E, "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED"),
    (0x7F, "UNEXPECTED_KERNEL_MODE_TRAP"),
    (0x80, "NMI_HARDWARE_FAILURE"),
    (0x8E, "KERNEL_MODE_EXCEPTION_NOT_HANDLED"),
    (0x93, "INVALID_KERNEL_HANDLE"),
    (0x96, "INVALID_WORK_QUEUE_ITEM"),
    (0x9C, "MACHINE_CHECK_EXCEPTION"),
    (0x9E, "USER_MODE_HEALTH_MONITOR"),
    (0x9F, "DRIVER_POWER_STATE_FAILURE"),
    (0xA0, "INTERNAL_POWER_ERROR"),
    (0xA1, "PCI_BUS_DRIVER_INTERNAL"),
    (0xA5, "ACPI_BIOS_ERROR"),
    (0xAB, "SESSION_HAS_VALID_POOL_ON_EXIT"),
    (0xB8, "ATTEMPTED_SWITCH_FROM_DPC"),
    (0xBA, "SESSION_HAS_VALID_SPECIAL_POOL_ON_EXIT"),
    (0xBE, "ATTEMPTED_WRITE_TO_READONLY_MEMORY"),
    (0xC1, "SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION"),
    (0xC2, "BAD_POOL_CALLER"),
    (0xC4, "DRIVER_VERIFIER_DETECTED_VIOLATION"),
    (0xC5, "DRIVER_CORRUPTED_EXPOOL"),
    (0xC6, "DRIVER_CAUGHT_MODIFYING_FREED_POOL"),
    (0xC7, "TIMER_OR_DPC_INVALID"),
    (0xC8, "IRQL_UNEXPECTED_VALUE"),
    (0xC9, "DRIVER_VERIFIER_IOMANAGER_VIOLATION"),
    (0xCA, "PNP_DETECTED_FATAL_ERROR"),
    (0xCB, "DRIVER_LEFT_LOCKED_PAGES_IN_PROCESS"),
    (0xCC, "PAGE_FAULT_IN_FREED_SPECIAL_POOL"),
    (0xCD, "PAGE_FAULT_BEYOND_END_OF_ALLOCATION"),
    (
        0xCE,
        "DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS",
    ),
    (
        0xCF,
        "TERMINAL_SERVER_DRIVER_MADE_INCORRECT_MEMORY_REFERENCE",
    ),
    (0xD0, "DRIVER_CORRUPTED_MMPOOL"),
    (0xD1, "DRIVER_IRQL_NOT_LESS_OR_EQUAL"),
    (0xD3, "DRIVER_PORTION_MUST_BE_NONPAGED"),
    (
        0xD4,
        "SYSTEM_SCAN_AT_RAISED_IRQL_CAUGHT_IMPROPER_DRIVER_UNLOAD",
    ),
    (0xD5, "DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL"),
    (0xD6, "DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION"),
    (0xD8, "DRIVER_USED_EXCESSIVE_PTES"),
    (0xDA, "SYSTEM_PTE_MISUSE"),
    (0xDB, "DRIVER_CORRUPTED_SYSPTES"),
    (0xDE, "POOL_CORRUPTION_IN_FILE_AREA"),
    (0xE1, "WORKER_THREAD_RETURNED_AT_BAD_IRQL"),
    (0xE2, "MANUALLY_INITIATED_CRASH"),
    (0xE3, "RESOURCE_NOT_OWNED"),
    (0xE4, "WORKER_INVALID"),
    (0xE6, "DRIVER_VERIFIER_DMA_VIOLATION"),
    (0xE7, "INVALID_FLOATING_POINT_STATE"),
    (0xE8, "INVALID_CANCEL_OF_FILE_OPEN"),
    (0xE9, "ACTIVE_EX_WORKER_THREAD_TERMINATION"),
    (0xEA, "THREAD_STUCK_IN_DEVICE_DRIVER"),
    (0xED, "UNMOUNTABLE_BOOT_VOLUME"),
    (0xEF, "CRITICAL_PROCESS_DIED"),
    (0xF4, "CRITICAL_OBJECT_TERMINATION"),
    (0xF5, "FLTMGR_FILE_SYSTEM"),
    (0xF7, "DRIVER_OVERRAN_STACK_BUFFER"),
    (0xF8, "RAMDISK_BOOT_INITIALIZATION_FAILED"),
    (0xFC, "ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY"),
    (0xFE, "BUGCODE_USB_DRIVER"),
    (0x100, "LOADER_BLOCK_MISMATCH"),
    (0x101, "CLOCK_WATCHDOG_TIMEOUT"),
    (0x102, "DPC_WATCHDOG_TIMEOUT"),
    (0x103, "MUP_FILE_SYSTEM"),
    (0x109, "CRITICAL_STRUCTURE_CORRUPTION"),
    (0x10C, "FSRTL_EXTRA_CREATE_PARAMETER_VIOLATION"),
    (0x10D, "WDF_VIOLATION"),
    (0x10E, "VIDEO_MEMORY_MANAGEMENT_INTERNAL"),
    (0x111, "RECURSIVE_NMI"),
    (0x113, "VIDEO_DXGKRNL_FATAL_ERROR"),
    (0x115, "VIDEO_DRIVER_DEBUG_REPORT_REQUEST"),
    (0x116, "VIDEO_TDR_FAILURE"),
    (0x117, "VIDEO_TDR_TIMEOUT_DETECTED"),
    (0x119, "VIDEO_SCHEDULER_INTERNAL_ERROR"),
    (0x11D, "EVENT_TRACING_FATAL_ERROR"),
    (0x121, "DRIVER_VIOLATION"),
    (0x122, "WHEA_INTERNAL_ERROR"),
    (0x124, "WHEA_UNCORRECTABLE_ERROR"),
    (0x127, "PAGE_NOT_ZERO"),
    (0x12B, "FAULTY_HARDWARE_CORRUPTED_PAGE"),
    (0x133, "DPC_WATCHDOG_VIOLATION"),
    (0x138, "GPIO_CONTROLLER_DRIVER_ERROR"),
    (0x139, "KERNEL_SECURITY_CHECK_FAILURE"),
    (0x13A, "KERNEL_MODE_HEAP_CORRUPTION"),
    (0x13C, "INVALID_IO_BOOST_STATE"),
    (0x144, "BUGCODE_USB3_DRIVER"),
    (0x149, "REFS_FILE_SYSTEM"),
    (0x14F, "PDC_WATCHDOG_TIMEOUT"),
    (0x153, "KERNEL_LOCK_ENTRY_LEAKED_ON_THREAD_TERMINATION"),
    (0x154, "UNEXPECTED_STORE_EXCEPTION"),
    (0x15E, "BUGCODE_NDIS_DRIVER_LIVE_DUMP"),
    (0x15F, "CONNECTED_STANDBY_WATCHDOG_TIMEOUT_LIVEDUMP"),
    (0x161, "LIVE_SYSTEM_DUMP"),
    (0x162, "KERNEL_AUTO_BOOST_INVALID_LOCK_RELEASE"),
    (0x164, "WIN32K_CRITICAL_FAILURE"),
    (0x18B, "SECURE_KERNEL_ERROR"),
    (0x192, "KERNEL_AUTO_BOOST_LOCK_ACQUISITION_WITH_RAISED_IRQL"),
    (0x1C7, "STORE_DATA_STRUCTURE_CORRUPTION"),
    (0x1C8, "MANUALLY_INITIATED_POWER_BUTTON_HOLD"),
    (0x1CA, "SYNTHETIC_WATCHDOG_TIMEOUT"),
    (0x1000007E, "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED_M"),
    (0x1000007F, "UNEXPECTED_KERNEL_MODE_TRAP_M"),
    (0x1000008E, "KERNEL_MODE_EXCEPTION_NOT_HANDLED_M"),
    (0xC000021A, "STATUS_SYSTEM_PROCESS_TERMINATED"),
];

/// Symbolic name of a stop code.
pub(crate) fn name(code: u32) -> Option<&'static str> {
    NAMES
        .iter()
        .find(|(known, _)| *known == code)
        .map(|(_, name)| *name)
}

/// The stop with everything explained that the reference explains.
pub(crate) fn describe(stop: impl Into<Stop>) -> Bugcheck {
    let data = &stop.into();
    let parameters = std::array::from_fn(|index| match data.parameter(index) {
        Some(value) => BugcheckParameter {
            value: value.into(),
            meaning: meaning(data, index, value),
        },
        // Only logs leave one out. The verdict's format has no number that means this.
        None => BugcheckParameter {
            value: 0.into(),
            meaning: Some("unknown: the log does not state it".to_owned()),
        },
    });
    Bugcheck {
        code: data.code,
        code_hex: format!("0x{:X}", data.code),
        name: name(data.code).map(str::to_owned),
        parameters,
    }
}

fn meaning(data: &Stop, index: usize, value: u64) -> Option<String> {
    let [first, ..] = data.parameters;
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
        (0x50, 3) => return Some(format!("kind of fault: {}", fault_kind(value))),
        (0xBE, 0) => "address written to",
        (0xBE, 1) => "page-table entry that forbids the write",
        (0xBE, 2) => "trap frame of the write",
        (0xFC, 0) => "address executed",
        (0xFC, 1) => "page-table entry that forbids it",
        (0x139, 0) => return Some(format!("kind of violation: {}", fast_fail(value))),
        (0x139, 1) => "trap frame of the check that failed",
        (0x139, 2) => "exception record",
        (0x13A, 0) => return Some(format!("kind of corruption: {}", heap_corruption(value))),
        (0x13A, 1) => "heap that is corrupt",
        (0x13A, 2) => "address in it where the corruption was noticed",
        (0x1A, 0) => return Some(format!("kind of inconsistency: {value:#x}")),
        (0x19, 0) => match value {
            0x20 => "kind of violation: the pool block header's size is corrupt",
            0x3 => "kind of violation: the pool free list is corrupt",
            0xD => "kind of violation: the lookaside list is corrupt",
            _ => "kind of violation",
        },
        (0x19, 1) => "pool entry that was being looked at",
        (0xC2, 0) => match value {
            0x7 => "kind of violation: the block was already freed",
            0x8 => "kind of violation: allocated at too high an IRQL",
            0x9 => "kind of violation: freed at too high an IRQL",
            0x46 => "kind of violation: an address that is no pool block was freed",
            0x99 => "kind of violation: an invalid address was freed",
            _ => "kind of violation",
        },
        (0x7F, 0) => match value {
            0 => "kind of trap: division by zero",
            6 => "kind of trap: invalid opcode",
            8 => "kind of trap: double fault, mostly a kernel stack that overflowed",
            0xD => "kind of trap: general protection",
            _ => "kind of trap",
        },
        (0x101, 0) => return Some(format!("{value} clock ticks without an answer")),
        (0x101, 2) => "_KPRCB of the processor that hangs",
        (0x101, 3) => return Some(format!("processor that hangs: {value}")),
        (0x109, 3) => "kind of structure that is corrupt",
        (0x116 | 0x117, 0) => "TDR recovery context",
        (0x116 | 0x117, 1) => "address in the display driver",
        (0x116 | 0x117, 2) => return Some(format!("last status: {value:#x}")),
        (0x119, 0) => "kind of violation by the display driver",
        (0x124, 0) => match value {
            0 => "source of the error: machine check",
            1 => "source of the error: corrected machine check",
            3 => "source of the error: non-maskable interrupt",
            4 => "source of the error: PCI Express",
            0x10 => "source of the error: the boot before",
            _ => "source of the error",
        },
        (0x124, 1) => "WHEA_ERROR_RECORD",
        (0x18, 1) => "object whose reference count is wrong",
        (0x3D, 2) | (0x8E | 0x1000008E, 2) => "trap frame",
        (0x4E | 0x7A, 0) => "kind of failure",
        (0xA5, 0) => "kind of firmware error",
        (0xEA, 0) => "thread that is stuck in the display driver",
        (0xEF, 0) => "process that died",
        (0xF7, 0) => "cookie found on the stack",
        (0xF7, 1) => "cookie expected",
        (0x153, 0) => "thread that ended",
        (0x153, 1) => "lock entry that it left",
        (0x162, 0) => "thread",
        (0x162, 1) => "lock that it does not own",
        (0xE3, 0) => "resource",
        (0xE3, 1) => "thread that released it",
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
        (0x9F, 1) if first.is(3) => "physical device object of the stack",
        (0x9F, 2) if first.is(3) => "nt!_TRIAGE_9F_POWER",
        (0x9F, 3) if first.is(3) => "the power IRP that was not completed",
        (0x9F, 1) if first.is(4) => return Some(format!("timeout: {value} seconds")),
        (0x9F, 2) if first.is(4) => "thread that holds the PnP lock",
        (0x9F, 3) if first.is(4) => "nt!_TRIAGE_9F_PNP",
        (0x133, 0) => match value {
            0 => "a single DPC or ISR exceeded its time",
            1 => "the system spent too long at DISPATCH_LEVEL or above",
            _ => "kind of violation",
        },
        (0x133, 1) if first.is(0) => return Some(format!("{value} ticks used")),
        (0x133, 2) if first.is(0) => return Some(format!("{value} ticks allowed")),
        (0x133, 1) if first.is(1) => return Some(format!("watchdog period: {value} ticks")),
        (0x133, 2) if first.is(1) => "triage block",
        (0x133, 3) if first.is(0) && value != 0 => "triage block",
        (0xC9 | 0xC4 | 0x10D, 0) => "kind of violation",
        (0xC9, 1) if first.is(0x5) => "device whose driver returned at another IRQL",
        (0xC9, 2) if first.is(0x5) => return Some(format!("IRQL before: {}", irql(value))),
        (0xC9, 3) if first.is(0x5) => return Some(format!("IRQL after: {}", irql(value))),
        (0xC9, 1) if first.is(0x302) => "caller",
        (0xC9, 2) if first.is(0x302) => "IRP",
        (0xC9, 3) if first.is(0x302) => return Some(format!("IRQL: {}", irql(value))),
        (0x44, 0) => "IRP",
        (0xCC | 0xCD | 0xD5 | 0xD6, 0) => "address referenced",
        (0xCC | 0xCD | 0xD5 | 0xD6, 1) => return Some(format!("access: {}", d1_access(value))),
        (0xCC | 0xCD | 0xD5 | 0xD6, 2) => "instruction that referenced it",
        (0xCE, 0) => "address referenced",
        _ => return None,
    };
    Some(text.to_owned())
}

/// P4 of 0x50 (Microsoft's bug check reference).
fn fault_kind(code: u64) -> String {
    match code {
        0 => "the address's PTE is not valid".to_owned(),
        2 => "no page is mapped there".to_owned(),
        other => format!("{other:#x}"),
    }
}

/// P1 of 0x139: `FAST_FAIL_…` of winnt.h.
fn fast_fail(code: u64) -> String {
    match code {
        0 => "a /GS cookie was overwritten (old code)".to_owned(),
        2 => "a stack cookie was overwritten".to_owned(),
        3 => "a LIST_ENTRY is corrupt".to_owned(),
        5 => "an argument is not valid".to_owned(),
        0xA => "an indirect call went to an invalid target".to_owned(),
        0xE => "a reference count is not valid".to_owned(),
        0x1D => "a balanced tree is corrupt".to_owned(),
        other => format!("{other:#x}"),
    }
}

/// P1 of 0x13A (Microsoft's bug check reference).
fn heap_corruption(code: u64) -> String {
    match code {
        0x3 => "an entry's header is corrupt".to_owned(),
        0x4 => "several entries' headers are corrupt".to_owned(),
        0x5 => "a large allocation's header is corrupt".to_owned(),
        0x6 => "consistent with an overrun of a block".to_owned(),
        0x7 => "consistent with an underrun of a block".to_owned(),
        0x8 => "a free block was used as one in use".to_owned(),
        0x9 => "an invalid argument, such as an address that is no block".to_owned(),
        0xB => "consistent with use of a block after it was freed".to_owned(),
        0xC => "a block of another heap".to_owned(),
        0xD => "a free list is corrupt".to_owned(),
        0xE => "a list entry is corrupt".to_owned(),
        0x11 => "a block was freed twice".to_owned(),
        0x12 => "a subsegment of blocks of variable size is corrupt".to_owned(),
        other => format!("{other:#x}"),
    }
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
        let stop = describe(Stop {
            code: 0xD1,
            parameters: [Some(0xffff_e70b_afea_2af0), Some(2), Some(0), None].map(Into::into),
        });
        assert_eq!(stop.code_hex, "0xD1");
        let meaning = |index: usize| stop.parameters[index].meaning.as_deref().unwrap();
        assert_eq!(meaning(1), "IRQL: 2 (DISPATCH_LEVEL)");
        assert_eq!(meaning(2), "access: read");
        assert_eq!(meaning(3), "unknown: the log does not state it");
    }
}
