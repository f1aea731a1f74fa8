//! Stops 0x1B0 to 0x1DF.

use super::super::row::{Class, NONE, Role, Row, stop, sub};
use crate::verdict::{CauseId, Confidence};

pub(super) const ROWS: &[Row] = &[
    stop(0x1B0, "VIDEO_MINIPORT_FAILED_LIVEDUMP", Class::Graphics)
        .notices("A video miniport failed; a live dump was taken.")
        .parameters([
            Role::Subtype.is("call that failed"),
            Role::Status.is("why it failed"),
            NONE,
            NONE,
        ])
        .subtypes(&[
            sub(0x1, "adding the device"),
            sub(0x2, "starting the device"),
        ]),
    stop(
        0x1B8,
        "VIDEO_MINIPORT_BLACK_SCREEN_LIVEDUMP",
        Class::Graphics,
    )
    .notices("A live dump of the video miniport was taken because of a black screen.")
    .parameters([Role::Subtype.is("who asked for it"), NONE, NONE, NONE])
    .subtypes(&[
        sub(0x1, "the hotkey for black screens"),
        sub(0x2, "the volume keys"),
        sub(0x4, "an internal check"),
        sub(0x8, "the power button, held long"),
    ]),
    stop(
        0x1C4,
        "DRIVER_VERIFIER_DETECTED_VIOLATION_LIVEDUMP",
        Class::Verifier,
    )
    .notices(
        "Driver Verifier caught a violation by a driver that it checks; a live dump was taken.",
    )
    .parameters([
        Role::Subtype.is("rule that was broken"),
        Role::Text.is("condition that was broken"),
        Role::Value.is("internal state of the rule, for !ruleinfo"),
        Role::Value.is("more states, for !ruleinfo"),
    ])
    .subtypes(&[
        sub(0x8_1001, "KsDeviceMutex"),
        sub(0x8_1002, "KsStreamPointerClone"),
        sub(0x8_1003, "KsStreamPointerLock").with(
            Role::Text.is("condition that was broken"),
            NONE,
            NONE,
        ),
        sub(0x8_1004, "KsStreamPointerUnlock"),
        sub(0x8_1005, "KsCallbackReturn").with(
            Role::Text.is("condition that was broken"),
            NONE,
            NONE,
        ),
        sub(0x8_1006, "KsIrqlDeviceCallbacks"),
        sub(0x8_1007, "KsIrqlFilterCallbacks"),
        sub(0x8_1008, "KsIrqlPinCallbacks"),
        sub(0x8_1009, "KsIrqlDDIs").with(Role::Text.is("condition that was broken"), NONE, NONE),
        sub(0x8_100A, "KsFilterMutex"),
        sub(0x8_100B, "KsProcessingMutex"),
        sub(0x8_2001, "KsTimedPinSetDeviceState"),
    ]),
    stop(0x1C5, "IO_THREADPOOL_DEADLOCK_LIVEDUMP", Class::Watchdog)
        .notices("A kernel thread pool is in a deadlock; a live dump was taken.")
        .parameters([
            Role::Subtype.is("pool"),
            Role::Object.is("EX_WORK_QUEUE"),
            NONE,
            NONE,
        ])
        .subtypes(&[sub(0x0, "ExPoolUntrusted")]),
    stop(0x1C6, "FAST_ERESOURCE_PRECONDITION_VIOLATION", Class::Lock)
        .notices("A fast executive resource was used in a state that forbids it.")
        .blames(
            CauseId::ApiCalledAtWrongIrql,
            Confidence::Likely,
            "a fast resource was used in the wrong state",
        ),
    stop(0x1C7, "STORE_DATA_STRUCTURE_CORRUPTION", Class::Corruption)
        .notices("The store that compresses memory found its own structures damaged."),
    stop(0x1C8, "MANUALLY_INITIATED_POWER_BUTTON_HOLD", Class::Forced)
        .notices("Somebody held the power button until the system stopped itself."),
    stop(0x1C9, "USER_MODE_HEALTH_MONITOR_LIVEDUMP", Class::Watchdog)
        .notices("A critical process did not pass its health check in time; a live dump was taken.")
        .parameters([
            Role::Process.is("process"),
            Role::Seconds.is("timeout"),
            Role::Value.is("source of the watchdog"),
            NONE,
        ]),
    stop(0x1CA, "SYNTHETIC_WATCHDOG_TIMEOUT", Class::Watchdog).notices(
        "The watchdog of a virtual machine was not reset in time: the whole guest stood still.",
    ),
    stop(0x1CB, "INVALID_SILO_DETACH", Class::Other)
        .notices("A thread exited while attached to a silo.")
        .parameters([
            Role::Thread.is("thread"),
            Role::Object.is("silo it was attached to"),
            Role::Process.is("process of the thread"),
            NONE,
        ]),
    stop(0x1CC, "EXRESOURCE_TIMEOUT_LIVEDUMP", Class::Lock)
        .notices("Threads waited too long for an executive resource; a live dump was taken.")
        .parameters([
            Role::Lock.is("resource"),
            Role::Thread.is("thread that noticed"),
            Role::Count.is("contention count of the resource"),
            Role::Seconds.is("timeout"),
        ])
        .reason_elsewhere(),
    stop(0x1CD, "INVALID_CALLBACK_STACK_ADDRESS", Class::Corruption)
        .notices("A callback stack lies at a user-mode address."),
    stop(0x1CE, "INVALID_KERNEL_STACK_ADDRESS", Class::Corruption)
        .notices("A context switch met a kernel stack at an address that is not valid."),
    stop(0x1CF, "HARDWARE_WATCHDOG_TIMEOUT", Class::Watchdog)
        .notices("The system hung: timer ticks were no longer served.")
        .parameters([
            Role::Value.is("interrupt time since the last reset of the watchdog"),
            Role::Value.is("interrupt time now"),
            Role::Value.is("performance counter now"),
            Role::Processor.is("processor that keeps the clock"),
        ]),
    stop(0x1D0, "ACPI_FIRMWARE_WATCHDOG_TIMEOUT", Class::Watchdog)
        .notices("An ACPI operation did not end in time.")
        .parameters([
            Role::Object.is("AML context"),
            Role::Text.is("name of the AML context, UNICODE_STRING"),
            Role::Object.is("ACPI device extension"),
            Role::Triage.is("ACPI triage block"),
        ]),
    stop(0x1D1, "TELEMETRY_ASSERTS_LIVEDUMP", Class::Other)
        .notices("An assertion for telemetry failed; a live dump was taken.")
        .parameters([
            Role::Value.is("relative address of the assertion"),
            Role::Text.is("name of the module"),
            Role::Value.is("time stamp of the module"),
            Role::Size.is("size of the image"),
        ]),
    stop(0x1D2, "WORKER_THREAD_INVALID_STATE", Class::Other)
        .notices("A worker thread of the executive is in a wrong state.")
        .parameters([
            Role::Subtype.is("kind of failure"),
            Role::Thread.is("worker thread"),
            NONE,
            NONE,
        ])
        .subtypes(&[sub(0x0, "the thread ends with I/O outstanding")]),
    stop(0x1D3, "WFP_INVALID_OPERATION", Class::Io)
        .notices("A callout of the Windows Filtering Platform did what is not allowed.")
        .parameters([
            Role::Subtype.is("kind of operation"),
            Role::Value.is("depends on the kind"),
            Role::Value.is("depends on the kind"),
            NONE,
        ])
        .subtypes(&[sub(
            0x1,
            "a NET_BUFFER_LIST with several NET_BUFFERs was injected inbound",
        )
        .with(NONE, Role::Object.is("NET_BUFFER_LIST"), NONE)]),
    stop(0x1D4, "UCMUCSI_LIVEDUMP", Class::Power)
        .notices("The USB-C class extension (UcmUcsiCx) met an error; a live dump was taken.")
        .parameters([
            Role::Subtype.is("kind of failure"),
            Role::Value.is("UCSI command"),
            Role::Triage.is("UcmUcsiCx!UCMUCSICX_TRIAGE, if any"),
            NONE,
        ])
        .subtypes(&[
            sub(0x0, "the firmware did not answer a command in time"),
            sub(0x1, "a command failed in the client driver or the firmware"),
        ]),
    stop(0x1D5, "DRIVER_PNP_WATCHDOG", Class::Watchdog)
        .notices("A driver did not finish a Plug and Play operation in time.")
        .blames(
            CauseId::PnpLockHeldByBlockedDriver,
            Confidence::Possible,
            "a driver did not finish a PnP operation in time",
        ),
    stop(
        0x1D6,
        "WORKER_THREAD_RETURNED_WITH_NON_DEFAULT_WORKLOAD_CLASS",
        Class::Other,
    )
    .notices("A worker routine returned with the thread's workload class changed.")
    .parameters([
        Role::Caller.is("worker routine"),
        Role::Value.is("workload class now"),
        Role::Value.is("parameter of the work item"),
        Role::Object.is("work item"),
    ]),
    stop(0x1D7, "EFS_FATAL_ERROR", Class::Storage)
        .notices("The encrypting file system could not go on without loss of data.")
        .parameters([
            Role::Subtype.is("kind of failure"),
            Role::Status.is("why it failed"),
            Role::Irp.is("IRP"),
            Role::Object.is("encryption context of the file"),
        ])
        .subtypes(&[sub(0x1, "before the work was offloaded")]),
    stop(0x1D8, "UCMUCSI_FAILURE", Class::Power)
        .notices(
            "The USB-C class extension (UcmUcsiCx) met an error and is set to stop the system.",
        )
        .parameters([
            Role::Subtype.is("kind of failure"),
            Role::Value.is("UCSI command"),
            Role::Triage.is("UcmUcsiCx!UCMUCSICX_TRIAGE, if any"),
            NONE,
        ])
        .subtypes(&[
            sub(0x0, "the firmware did not answer a command in time"),
            sub(0x1, "a command failed in the client driver or the firmware"),
        ]),
    stop(0x1D9, "HAL_IOMMU_INTERNAL_ERROR", Class::Hardware)
        .notices("The IOMMU library of the HAL met an internal error.")
        .parameters([
            Role::Subtype.is("operation that failed"),
            Role::Status.is("why it failed"),
            Role::Object.is("IOMMU domain"),
            Role::Value.is("depends on the operation"),
        ])
        .subtypes(&[
            sub(0x0, "deleting a domain").with(
                Role::Status.is("why it failed"),
                Role::Object.is("IOMMU domain"),
                NONE,
            ),
            sub(0x1, "unmapping pages").with(
                Role::Status.is("why it failed"),
                Role::Object.is("IOMMU domain"),
                Role::Address.is("logical address"),
            ),
            sub(0x2, "leaving a domain").with(
                Role::Status.is("why it failed"),
                Role::Object.is("IOMMU domain"),
                NONE,
            ),
        ]),
    stop(
        0x1DA,
        "HAL_BLOCKED_PROCESSOR_INTERNAL_ERROR",
        Class::Hardware,
    )
    .notices("The library for blocked processors of the HAL met an internal error.")
    .parameters([
        Role::Subtype.is("kind of failure"),
        Role::Value.is("depends on the kind"),
        Role::Value.is("depends on the kind"),
        Role::Value.is("depends on the kind"),
    ])
    .subtypes(&[
        sub(0x1, "the library did not initialize").with(
            Role::Status.is("why it failed"),
            NONE,
            NONE,
        ),
        sub(0x2, "a processor did not start").with(
            Role::Processor.is("processor"),
            Role::Value.is("APIC ID"),
            NONE,
        ),
        sub(0x3, "the package ID was not found").with(Role::Processor.is("processor"), NONE, NONE),
        sub(0x4, "a power operation failed").with(
            Role::Value.is("1 MSR read, 2 MSR write, 3 port read, 4 port write, 5 idle state"),
            Role::Processor.is("processor"),
            Role::Object.is("mailbox"),
        ),
        sub(0x5, "a blocked processor met a fatal exception").with(
            Role::Processor.is("processor"),
            Role::Value.is("vector"),
            Role::TrapFrame.is("trap frame"),
        ),
        sub(0x6, "a power operation took too long").with(
            Role::Value.is("1 MSR read, 2 MSR write, 3 port read, 4 port write, 5 idle state"),
            Role::Processor.is("processor"),
            Role::Object.is("mailbox"),
        ),
    ]),
    stop(0x1DB, "IPI_WATCHDOG_TIMEOUT", Class::Watchdog)
        .notices("A processor was stuck in the loop that serves inter-processor interrupts.")
        .parameters([
            Role::Value.is("frequency of the performance counter"),
            Role::Value.is("performance counter now"),
            Role::Value.is("performance counter at the start"),
            NONE,
        ]),
    stop(0x1DC, "DMA_COMMON_BUFFER_VECTOR_ERROR", Class::Other)
        .notices("A driver used the DMA calls for vectors of common buffers wrongly.")
        .parameters([
            Role::Subtype.is("kind of failure"),
            Role::Value.is("depends on the kind"),
            Role::Value.is("depends on the kind"),
            Role::Value.is("depends on the kind"),
        ])
        .subtypes(&[
            sub(0x1, "wrong IRQL").with(Role::Irql.is("IRQL"), NONE, NONE),
            sub(0x2, "the vector is not empty").with(
                Role::Count.is("index of the buffer left"),
                Role::Address.is("virtual address of the buffer left"),
                Role::Address.is("logical address of the buffer left"),
            ),
            sub(0x3, "an index is out of bounds").with(
                Role::Count.is("entries"),
                Role::Count.is("index"),
                NONE,
            ),
            sub(0x4, "an index was freed already").with(Role::Count.is("index"), NONE, NONE),
            sub(0x5, "a common buffer leaked").with(NONE, NONE, NONE),
        ]),
    stop(0x1DD, "BUGCODE_MBBADAPTER_DRIVER", Class::Io)
        .notices(
            "The mobile broadband class extension (MBBCx) caught an error of its client driver.",
        )
        .parameters([Role::Subtype.is("kind of failure"), NONE, NONE, NONE])
        .subtypes(&[
            sub(0x0, "the private globals are damaged"),
            sub(0x1, "the IRQL is not PASSIVE_LEVEL"),
            sub(0x2, "the IRQL is above DISPATCH_LEVEL"),
            sub(0x3, "a structure has the wrong size"),
            sub(0x4, "power capabilities are not valid"),
            sub(0x5, "a wake reason is not valid"),
            sub(0x6, "no disarm is in progress"),
            sub(0x7, "a WDF object could not be created"),
        ]),
    stop(0x1DE, "BUGCODE_WIFIADAPTER_DRIVER", Class::Io)
        .notices("The Wi-Fi class extension (WiFiCx) caught an error of its client driver.")
        .parameters([
            Role::Subtype.is("kind of failure"),
            Role::Value.is("depends on the kind"),
            Role::Value.is("depends on the kind"),
            NONE,
        ])
        .subtypes(&[
            sub(0x0, "the private globals are damaged").with(NONE, NONE, NONE),
            sub(
                0x1,
                "a call that needs PASSIVE_LEVEL was made at another IRQL",
            )
            .with(Role::Irql.is("IRQL"), NONE, NONE),
            sub(0x2, "a call was made above DISPATCH_LEVEL").with(
                Role::Irql.is("IRQL"),
                NONE,
                NONE,
            ),
            sub(0x3, "a structure has the wrong size").with(
                Role::Size.is("size that the driver passed"),
                Role::Size.is("size that this WiFiCx uses"),
                NONE,
            ),
            sub(0x4, "a wake reason is not valid").with(Role::Value.is("wake reason"), NONE, NONE),
            sub(0x5, "a list of power offloads is damaged").with(
                Role::Object.is("WIFI_POWER_OFFLOAD_LIST"),
                NONE,
                NONE,
            ),
            sub(0x6, "a list of wake sources is damaged").with(
                Role::Object.is("WIFI_WAKE_SOURCE_LIST"),
                NONE,
                NONE,
            ),
            sub(0x7, "an interface context is not valid").with(
                Role::Object.is("WIFI_INTERFACE_CONTEXT"),
                NONE,
                NONE,
            ),
            sub(0x8, "a transmit demultiplexer has a wrong type").with(
                Role::Object.is("WIFI_ADAPTER_TX_DEMUX"),
                Role::Value.is("its type"),
                NONE,
            ),
            sub(0x9, "a transmit demultiplexer has a wrong range").with(
                Role::Object.is("WIFI_ADAPTER_TX_DEMUX"),
                Role::Value.is("its range"),
                NONE,
            ),
            sub(
                0xA,
                "a wake reason was reported outside the disarm callback",
            )
            .with(NONE, NONE, NONE),
            sub(0xB, "a field is used that is deprecated").with(
                Role::Text.is("name of the field"),
                NONE,
                NONE,
            ),
        ]),
    stop(0x1DF, "PROCESSOR_START_TIMEOUT", Class::Startup)
        .notices("A processor did not start in its time.")
        .parameters([
            Role::Object.is("state of the processor"),
            NONE,
            Role::Processor.is("processor"),
            Role::Value.is("local unit ID of the processor"),
        ]),
];
