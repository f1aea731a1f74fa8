//! Stops 0xF0 to 0x10F.

use super::super::row::{Class, NONE, Role, Row, stop, sub};
use crate::verdict::{CauseId, Confidence};

pub(super) const ROWS: &[Row] = &[
    stop(0xF0, "STORAGE_MINIPORT_ERROR", Class::Storage)
        .notices("A storage miniport did not complete a request.")
        .parameters([
            Role::Subtype.is("kind of failure"),
            Role::Text.is("driver's name, UNICODE_STRING"),
            Role::Object.is("SRB"),
            Role::Value.is("depends on the kind"),
        ])
        .subtypes(&[
            sub(0x1, "a request stayed open after a reset that worked").with(
                Role::Text.is("driver's name, UNICODE_STRING"),
                Role::Object.is("SRB"),
                Role::Device.is("Storport's unit device object"),
            ),
            sub(0x2, "a request stayed open after an abort that worked").with(
                Role::Text.is("driver's name, UNICODE_STRING"),
                Role::Object.is("abort SRB"),
                Role::Object.is("SRB that was aborted"),
            ),
            sub(0x3, "a request was not completed in its time").with(
                Role::Text.is("driver's name, UNICODE_STRING"),
                Role::Object.is("SRB"),
                Role::Value.is("timeout of the request"),
            ),
            sub(0x4, "a cryptographic operation was not completed").with(
                Role::Text.is("driver's name, UNICODE_STRING"),
                Role::Value.is("STOR_CRYPTO_OPERATION_TYPE"),
                NONE,
            ),
        ]),
    stop(0xF1, "SCSI_VERIFIER_DETECTED_VIOLATION", Class::Verifier)
        .notices("Driver Verifier caught a wrong call of a SCSI or Storport miniport.")
        .parameters([
            Role::Subtype.is("rule that was broken"),
            Role::Value.is("depends on the rule"),
            Role::Value.is("depends on the rule"),
            Role::Value.is("depends on the rule"),
        ])
        .subtypes(&[
            sub(0x1000, "wrong arguments to ScsiPortInitialize").with(
                Role::Value.is("first argument"),
                Role::Value.is("second argument"),
                NONE,
            ),
            sub(0x1001, "ScsiPortStallExecution for more than 0.1 s").with(
                Role::Value.is("delay in microseconds"),
                NONE,
                NONE,
            ),
            sub(0x1002, "a routine of the miniport took too long").with(
                Role::Caller.is("routine"),
                Role::Object.is("HW_DEVICE_EXTENSION"),
                Role::Value.is("duration in microseconds"),
            ),
            sub(0x1003, "a request was completed twice").with(
                Role::Object.is("HW_DEVICE_EXTENSION"),
                Role::Object.is("SRB"),
                NONE,
            ),
            sub(
                0x1004,
                "a request was completed with an SRB status that is not valid",
            )
            .with(
                Role::Object.is("SRB"),
                Role::Object.is("HW_DEVICE_EXTENSION"),
                NONE,
            ),
            sub(0x1005, "NextLuRequest while an untagged request is active").with(
                Role::Object.is("HW_DEVICE_EXTENSION"),
                Role::Object.is("LOGICAL_UNIT_EXTENSION"),
                NONE,
            ),
            sub(0x1006, "wrong address to ScsiPortGetPhysicalAddress").with(
                Role::Object.is("HW_DEVICE_EXTENSION"),
                Role::Address.is("address"),
                NONE,
            ),
            sub(0x1007, "the bus reset is over but requests are still open").with(
                Role::Object.is("ADAPTER_EXTENSION"),
                Role::Object.is("HW_DEVICE_EXTENSION"),
                NONE,
            ),
            sub(0x2001, "StorPortStallExecution for more than 0.1 s").with(
                Role::Value.is("delay in microseconds"),
                NONE,
                NONE,
            ),
            sub(
                0x2002,
                "StorPortGetUncachedExtension outside HwStorFindAdapter",
            )
            .with(NONE, NONE, NONE),
            sub(
                0x2003,
                "StorPortGetDeviceBase for an address that is not the device's",
            )
            .with(NONE, NONE, NONE),
            sub(0x2004, "a request was completed twice").with(NONE, NONE, NONE),
            sub(
                0x2005,
                "wrong address to a StorPortRead or StorPortWrite routine",
            )
            .with(NONE, NONE, NONE),
        ]),
    stop(0xF2, "HARDWARE_INTERRUPT_STORM", Class::Hardware)
        .notices("An interrupt line stayed asserted, and the processor did nothing but serve it.")
        .parameters([
            Role::Instruction.is("interrupt service routine, the first if chained"),
            Role::Value.is("context of the routine"),
            Role::Object.is("KINTERRUPT"),
            Role::Value.is("1 not chained, 2 chained"),
        ]),
    stop(0xF3, "DISORDERLY_SHUTDOWN", Class::Storage)
        .notices(
            "The system shut down but no page was free, since modified pages were not written.",
        )
        .parameters([
            Role::Count.is("dirty pages"),
            Role::Count.is("dirty pages that belong to the page file"),
            NONE,
            Role::Status.is("latest write error of the modified-page writer"),
        ]),
    stop(0xF4, "CRITICAL_OBJECT_TERMINATION", Class::Startup)
        .notices("A process or thread ended that the system cannot go on without."),
    stop(0xF5, "FLTMGR_FILE_SYSTEM", Class::Storage)
        .notices("The filter manager met a condition that it cannot handle."),
    stop(0xF6, "PCI_VERIFIER_DETECTED_VIOLATION", Class::Verifier)
        .notices("The PCI driver caught an error of the BIOS or of a device that it verifies.")
        .parameters([Role::Subtype.is("what was wrong"), NONE, NONE, NONE])
        .subtypes(&[
            sub(0x1, "the BIOS reprogrammed an active bridge while docking"),
            sub(0x2, "the power register PMCSR did not change in its time"),
            sub(
                0x3,
                "a driver wrote to configuration space that Windows controls",
            ),
        ]),
    stop(0xF7, "DRIVER_OVERRAN_STACK_BUFFER", Class::Corruption)
        .notices("A function found its stack cookie overwritten when it returned.")
        .parameters([
            Role::Value.is("cookie found on the stack"),
            Role::Value.is("cookie expected"),
            NONE,
            NONE,
        ]),
    stop(0xF8, "RAMDISK_BOOT_INITIALIZATION_FAILED", Class::Startup)
        .notices("The RAM disk that the system should start from could not be set up."),
    stop(
        0xF9,
        "DRIVER_RETURNED_STATUS_REPARSE_FOR_VOLUME_OPEN",
        Class::Io,
    )
    .notices("A driver answered STATUS_REPARSE to the open of a volume itself.")
    .parameters([
        Role::Device.is("device that was opened"),
        Role::Device.is("device object that got IRP_MJ_CREATE"),
        Role::Text.is("new name, UNICODE_STRING"),
        Role::Value.is("information that the driver returned"),
    ]),
    stop(0xFA, "HTTP_DRIVER_CORRUPTED", Class::Corruption)
        .notices("The HTTP driver (http.sys) found its own state damaged.")
        .parameters([
            Role::Subtype.is("what is damaged"),
            Role::Value.is("depends on the kind"),
            Role::Value.is("depends on the kind"),
            Role::Value.is("depends on the kind"),
        ])
        .subtypes(&[sub(0x1, "a work item is not valid").with(
            Role::Object.is("work item"),
            Role::Text.is("source file of the check"),
            Role::Internal.is("line of the check"),
        )]),
    stop(0xFC, "ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY", Class::Fault)
        .notices("Code was executed in memory that is marked as data.")
        .parameters([
            Role::Address.is("address executed"),
            Role::Pte.is("page-table entry that forbids it"),
            NONE,
            NONE,
        ])
        .blames(
            CauseId::InvalidAccess,
            Confidence::Possible,
            "memory that is no code was executed",
        ),
    stop(0xFD, "DIRTY_NOWRITE_PAGES_CONGESTION", Class::Storage)
        .notices(
            "No page was free: modified pages are marked as not to be written, and their owner \
             never wrote them.",
        )
        .parameters([
            Role::Count.is("dirty pages"),
            Role::Count.is("dirty pages that cannot be written"),
            NONE,
            Role::Status.is("latest write error of the modified-page writer"),
        ]),
    stop(0xFE, "BUGCODE_USB_DRIVER", Class::Other)
        .notices("The USB stack found a request, a device or its own state wrong.")
        .blames(
            CauseId::Inconclusive,
            Confidence::Possible,
            "the USB stack found a driver's request wrong",
        ),
    stop(0xFF, "RESERVE_QUEUE_OVERFLOW", Class::Corruption)
        .notices("A reserve queue got one item more than it holds.")
        .parameters([
            Role::Object.is("reserve queue"),
            Role::Size.is("size of the queue"),
            NONE,
            NONE,
        ]),
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
    stop(0x104, "AGP_INVALID_ACCESS", Class::Graphics)
        .notices("The GPU wrote to AGP memory that was not committed.")
        .parameters([
            Role::Value.is("offset in the verifier page of the first wrong ULONG, in ULONGs"),
            NONE,
            NONE,
            NONE,
        ]),
    stop(0x105, "AGP_GART_CORRUPTION", Class::Graphics)
        .notices("The remapping table of the AGP aperture (GART) differs from its copy.")
        .parameters([
            Role::Address.is("GART"),
            Role::Value.is("offset in it of the damage"),
            Role::Address.is("copy of the GART"),
            NONE,
        ]),
    stop(0x106, "AGP_ILLEGALLY_REPROGRAMMED", Class::Graphics)
        .notices("The AGP hardware was reprogrammed by somebody else.")
        .parameters([
            Role::Value.is("command register as it was programmed"),
            Role::Value.is("command register now"),
            NONE,
            NONE,
        ]),
    stop(0x108, "THIRD_PARTY_FILE_SYSTEM_FAILURE", Class::Storage)
        .notices("A file system of another vendor met a state that it cannot continue from.")
        .parameters([
            Role::Subtype.is("file system"),
            Role::ExceptionRecord.is("exception record"),
            Role::ContextRecord.is("context record"),
            NONE,
        ])
        .subtypes(&[sub(0x1, "Polyserve (psfs.sys)")]),
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
    stop(0x10A, "APP_TAGGING_INITIALIZATION_FAILED", Class::Startup)
        .notices("Application tagging failed to initialize."),
    stop(
        0x10C,
        "FSRTL_EXTRA_CREATE_PARAMETER_VIOLATION",
        Class::Storage,
    )
    .notices("A file system driver broke a rule of extra create parameters."),
    stop(0x10D, "WDF_VIOLATION", Class::Other)
        .notices("The driver framework found that a driver broke a rule.")
        .parameters([Role::Subtype.is("kind of violation"), NONE, NONE, NONE])
        .subtypes(super::framework::FRAMEWORK)
        .identified_by_subtype(),
    stop(0x10E, "VIDEO_MEMORY_MANAGEMENT_INTERNAL", Class::Graphics)
        .notices("The video memory manager found its state inconsistent."),
    stop(
        0x10F,
        "RESOURCE_MANAGER_EXCEPTION_NOT_HANDLED",
        Class::Exception,
    )
    .notices(
        "The kernel transaction manager called a resource manager back, and that raised an \
         exception.",
    )
    .parameters([
        Role::ExceptionRecord.is("exception record"),
        Role::ContextRecord.is("context record"),
        Role::Address.is("where the exception code is"),
        Role::Object.is("resource manager"),
    ]),
];
