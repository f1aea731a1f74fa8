//! Stops 0xC0 to 0xFF.

use super::super::row::{Class, NONE, Role, Row, stop, sub};

pub(super) const ROWS: &[Row] = &[
    stop(0xD2, "BUGCODE_ID_DRIVER", Class::Io)
        .notices("NDIS found an error of a network driver, with a legacy interface.")
        .parameters([
            Role::Object.is("miniport block"),
            Role::Value.is("depends on the error"),
            Role::Value.is("depends on the error"),
            Role::Value.is("depends on the error"),
        ]),
    stop(0xD7, "DRIVER_UNMAPPING_INVALID_VIEW", Class::Other)
        .notices("A driver unmapped a view at an address where none is mapped.")
        .parameters([
            Role::Address.is("address to unmap"),
            Role::Value.is("1 the view is unmapped, 2 committed"),
            NONE,
            NONE,
        ]),
    stop(0xD9, "LOCKED_PAGES_TRACKER_CORRUPTION", Class::Corruption)
        .notices("The lists that track locked pages are damaged.")
        .parameters([
            Role::Subtype.is("kind of damage"),
            Role::Object.is("internal tracking structure"),
            Role::Mdl.is("MDL"),
            Role::Count.is("pages locked for the process"),
        ])
        .subtypes(&[
            sub(0x1, "an MDL was about to enter a process's list twice"),
            sub(0x2, "an MDL was about to enter the system's list twice"),
            sub(0x3, "a freed MDL was in its process's list twice").with(
                Role::Object.is("first tracking structure found"),
                Role::Object.is("internal tracking structure"),
                Role::Mdl.is("MDL"),
            ),
            sub(
                0x4,
                "a freed MDL was still in the system's list after its removal",
            )
            .with(
                Role::Object.is("internal tracking structure"),
                Role::Mdl.is("MDL"),
                NONE,
            ),
        ]),
    stop(0xDC, "DRIVER_INVALID_STACK_ACCESS", Class::Fault)
        .notices("A driver touched a stack below its thread's stack pointer."),
    stop(0xDF, "IMPERSONATING_WORKER_THREAD", Class::Other)
        .notices("A work item was done but left its worker thread impersonating.")
        .parameters([
            Role::Caller.is("worker routine"),
            Role::Value.is("parameter of the worker routine"),
            Role::Object.is("work item"),
            NONE,
        ]),
    stop(0xE0, "ACPI_BIOS_FATAL_ERROR", Class::Hardware)
        .notices(
            "The BIOS asked for the stop because of a component that it found faulty; the values \
             are the vendor's.",
        )
        .parameters([
            Role::Value.is("value of the BIOS"),
            Role::Value.is("value of the BIOS"),
            Role::Value.is("value of the BIOS"),
            Role::Value.is("value of the BIOS"),
        ]),
    stop(0xEB, "DIRTY_MAPPED_PAGES_CONGESTION", Class::Storage)
        .notices(
            "No page was free: modified pages wait for a file system that does not write them.",
        )
        .parameters([
            Role::Count.is("dirty pages"),
            Role::Count.is("dirty pages that belong to the page file"),
            NONE,
            Role::Status.is("latest write error of the modified-page writer"),
        ]),
    stop(
        0xEC,
        "SESSION_HAS_VALID_SPECIAL_POOL_ON_EXIT",
        Class::Graphics,
    )
    .notices("A session was unloaded while a driver of it still had special pool.")
    .parameters([
        Role::Value.is("session ID"),
        Role::Count.is("pages of special pool that leak"),
        NONE,
        NONE,
    ]),
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
    stop(0xFF, "RESERVE_QUEUE_OVERFLOW", Class::Corruption)
        .notices("A reserve queue got one item more than it holds.")
        .parameters([
            Role::Object.is("reserve queue"),
            Role::Size.is("size of the queue"),
            NONE,
            NONE,
        ]),
];
