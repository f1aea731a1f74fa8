//! Stops 0x100 to 0x13F that rules or readers know.

use super::super::row::{Class, NONE, Parameter, Role, Row, says, stop, sub};
use crate::verdict::{CauseId, Confidence};

/// Of 0x116 and 0x117.
const TIME_OUT: [Parameter; 4] = [
    Role::Object.is("TDR recovery context"),
    Role::Caller.is("address in the display driver"),
    Role::Status.is("last status"),
    NONE,
];

pub(super) const ROWS: &[Row] = &[
    stop(0x100, "LOADER_BLOCK_MISMATCH", Class::Startup)
        .notices("The loader block is not of the version that the kernel expects."),
    stop(0x101, "CLOCK_WATCHDOG_TIMEOUT", Class::Watchdog)
        .notices("A processor did not answer the clock interrupt for too long.")
        .parameters([
            Role::Ticks.is("{} clock ticks without an answer"),
            NONE,
            Role::Prcb.is("_KPRCB of the processor that hangs"),
            Role::Processor.is("processor that hangs"),
        ])
        .interrupts(),
    stop(0x102, "DPC_WATCHDOG_TIMEOUT", Class::Watchdog)
        .notices("A DPC did not end within the time that it is given."),
    stop(0x103, "MUP_FILE_SYSTEM", Class::Storage)
        .notices("The multiple UNC provider met a condition that it cannot handle."),
    stop(0x109, "CRITICAL_STRUCTURE_CORRUPTION", Class::Corruption)
        .notices("The kernel found its own code or structures changed.")
        .parameters([
            NONE,
            NONE,
            NONE,
            Role::Value.is("kind of structure that is corrupt"),
        ])
        .blames(
            CauseId::MemoryCorruptionUnknownWriter,
            Confidence::Possible,
            "the kernel's code or data were changed",
        ),
    stop(
        0x10C,
        "FSRTL_EXTRA_CREATE_PARAMETER_VIOLATION",
        Class::Storage,
    )
    .notices("A file system driver broke a rule of extra create parameters."),
    stop(0x10D, "WDF_VIOLATION", Class::Other)
        .notices("The driver framework found that a driver broke a rule.")
        .parameters([Role::Subtype.is("kind of violation"), NONE, NONE, NONE])
        .identified_by_subtype(),
    stop(0x10E, "VIDEO_MEMORY_MANAGEMENT_INTERNAL", Class::Graphics)
        .notices("The video memory manager found its state inconsistent."),
    stop(0x111, "RECURSIVE_NMI", Class::Hardware)
        .notices("A non-maskable interrupt came in while another one was served."),
    stop(0x113, "VIDEO_DXGKRNL_FATAL_ERROR", Class::Graphics)
        .notices("The graphics kernel found its state inconsistent."),
    stop(0x115, "AGP_INTERNAL", Class::Graphics)
        .notices("The AGP driver found its state inconsistent."),
    stop(0x116, "VIDEO_TDR_FAILURE", Class::Graphics)
        .notices("The graphics device or its driver did not answer in time.")
        .parameters(TIME_OUT)
        .described(&["attempt to reset the display driver and recover"])
        .raised_by(&["TdrBugcheckOnTimeout"]),
    stop(0x117, "VIDEO_TDR_TIMEOUT_DETECTED", Class::Graphics)
        .notices("The graphics device or its driver did not answer in time, and was reset.")
        .parameters(TIME_OUT),
    stop(0x119, "VIDEO_SCHEDULER_INTERNAL_ERROR", Class::Graphics)
        .notices("The graphics device or its driver did not answer in time.")
        .parameters([
            Role::Subtype.is("kind of violation by the display driver"),
            NONE,
            NONE,
            NONE,
        ]),
    stop(0x11B, "DRIVER_RETURNED_HOLDING_CANCEL_LOCK", Class::Lock)
        .notices("A driver's routine returned while it held the cancel spin lock.")
        .blames(
            CauseId::SpinlockNeverReleased,
            Confidence::Likely,
            "a driver returned with the cancel lock held",
        ),
    stop(0x11D, "EVENT_TRACING_FATAL_ERROR", Class::Other)
        .notices("Event Tracing found its state inconsistent."),
    stop(0x121, "DRIVER_VIOLATION", Class::Other)
        .notices("A driver broke a rule, as another driver found."),
    stop(0x122, "WHEA_INTERNAL_ERROR", Class::Hardware)
        .notices("The hardware error architecture, or the firmware's part of it, failed."),
    stop(0x124, "WHEA_UNCORRECTABLE_ERROR", Class::Hardware)
        .notices("The processor reported a hardware error.")
        .parameters([
            Role::Subtype.is("source of the error"),
            Role::HardwareRecord.is("WHEA_ERROR_RECORD"),
            NONE,
            NONE,
        ])
        .subtypes(&[
            sub(0, "machine check"),
            sub(1, "corrected machine check"),
            sub(3, "non-maskable interrupt"),
            sub(4, "PCI Express"),
            sub(0x10, "the boot before"),
        ])
        .described(&["fatal hardware error has occurred"]),
    stop(0x127, "PAGE_NOT_ZERO", Class::Corruption).notices(
        "A page that should be all zeros is not: memory failed, or somebody wrote to a free page.",
    ),
    stop(0x12B, "FAULTY_HARDWARE_CORRUPTED_PAGE", Class::Hardware)
        .notices("A page's contents changed as failing memory changes them."),
    stop(0x12E, "INVALID_MDL_RANGE", Class::Io)
        .notices("A driver called with an _MDL whose range is not valid.")
        .blames(
            CauseId::InvalidAccess,
            Confidence::Likely,
            "an MDL describes an invalid range",
        ),
    stop(0x133, "DPC_WATCHDOG_VIOLATION", Class::Watchdog)
        .notices(
            "The watchdog that counts clock ticks at DISPATCH_LEVEL and above ran out: either one \
             DPC or ISR took too long (parameter 1 is 0), or a processor did not come below \
             DISPATCH_LEVEL for too long (parameter 1 is 1).",
        )
        .parameters([Role::Subtype.is("kind of violation"), NONE, NONE, NONE])
        .subtypes(&[
            says(0, "a single DPC or ISR exceeded its time")
                .with(
                    Role::Ticks.is("{} ticks used"),
                    Role::Ticks.is("{} ticks allowed"),
                    Role::Triage.is("triage block").unless_zero(),
                )
                .implies(CauseId::DpcOverrun),
            says(1, "the system spent too long at DISPATCH_LEVEL or above").with(
                Role::Ticks.is("watchdog period"),
                Role::Triage.is("triage block"),
                NONE,
            ),
        ])
        .implies(CauseId::DispatchLevelOverrun)
        .identified_by_subtype()
        .interrupts()
        .described(&["dpc watchdog detected a prolonged"])
        .raised_by(&["KeAccumulateTicks"]),
    stop(0x138, "GPIO_CONTROLLER_DRIVER_ERROR", Class::Other)
        .notices("The GPIO framework found an error of its controller's driver."),
    stop(0x139, "KERNEL_SECURITY_CHECK_FAILURE", Class::Corruption)
        .notices("The kernel found a structure that had been tampered with.")
        .parameters([
            Role::Subtype.is("kind of violation: {}"),
            Role::TrapFrame.is("trap frame of the check that failed"),
            Role::ExceptionRecord.is("exception record"),
            NONE,
        ])
        .subtypes(&[
            sub(0x0, "a /GS cookie was overwritten (old code)"),
            sub(0x2, "a stack cookie was overwritten"),
            sub(0x3, "a LIST_ENTRY is corrupt"),
            sub(0x5, "an argument is not valid"),
            sub(0xA, "an indirect call went to an invalid target"),
            sub(0xE, "a reference count is not valid"),
            sub(0x1D, "a balanced tree is corrupt"),
        ])
        .identified_by_subtype()
        .described(&["kernel component has corrupted a critical data structure"])
        .raised_by(&["KiFastFailDispatch"]),
    stop(0x13A, "KERNEL_MODE_HEAP_CORRUPTION", Class::Pool)
        .notices(
            "The pool allocator found its own bookkeeping damaged, or was called in a way that it \
             forbids. Who finds the damage is rarely who did it.",
        )
        .parameters([
            Role::Subtype.is("kind of corruption: {}"),
            Role::Object.is("heap that is corrupt"),
            Role::PoolBlock.is("address in it where the corruption was noticed"),
            NONE,
        ])
        .subtypes(&[
            sub(0x3, "an entry's header is corrupt"),
            sub(0x4, "several entries' headers are corrupt"),
            sub(0x5, "a large allocation's header is corrupt"),
            sub(0x6, "consistent with an overrun of a block"),
            sub(0x7, "consistent with an underrun of a block"),
            sub(0x8, "a free block was used as one in use"),
            sub(
                0x9,
                "an invalid argument, such as an address that is no block",
            ),
            sub(0xB, "consistent with use of a block after it was freed"),
            sub(0xC, "a block of another heap"),
            sub(0xD, "a free list is corrupt"),
            sub(0xE, "a list entry is corrupt"),
            sub(0x11, "a block was freed twice"),
            sub(0x12, "a subsegment of blocks of variable size is corrupt"),
        ])
        .identified_by_subtype()
        .described(&["kernel mode heap manager has detected corruption"])
        .raised_by(&["RtlpHeapHandleError"]),
    stop(0x13C, "INVALID_IO_BOOST_STATE", Class::Lock)
        .notices("A thread ended with its I/O priority still boosted."),
];
