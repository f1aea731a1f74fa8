//! Stops 0x1D0 to 0x1FF.

use super::super::row::{Class, NONE, Role, Row, stop, sub};

pub(super) const ROWS: &[Row] = &[
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
    stop(0x1E1, "DEVICE_DIAGNOSTIC_LOG_LIVEDUMP", Class::Hardware)
        .notices("A device met an error and wrote a diagnostic log; a live dump was taken.")
        .parameters([
            Role::Subtype.is("class of device"),
            Role::Value.is("depends on the class"),
            Role::Value.is("depends on the class"),
            NONE,
        ])
        .subtypes(&[sub(0x1, "storage").with(
            Role::Value.is("kind of issue: 1 the device panicked"),
            Role::Value.is("IEEE organization ID"),
            NONE,
        )]),
    stop(0x1E4, "VIDEO_DXGKRNL_SYSMM_FATAL_ERROR", Class::Graphics)
        .notices("The system memory manager of dxgkrnl found a violation.")
        .parameters([Role::Subtype.is("kind of violation"), NONE, NONE, NONE])
        .subtypes(&[
            sub(0x1, "a physical object has a wrong type"),
            sub(0x2, "the IOMMU was turned on for a wrong reason"),
            sub(0x3, "the IOMMU was turned off for a wrong reason"),
            sub(0x4, "an ADL is built on memory that is not locked"),
            sub(0x5, "memory is unlocked while ADLs exist"),
            sub(0x6, "adapter objects leaked"),
            sub(0x7, "an ADL leaked"),
            sub(0x8, "a pool of logical blocks leaked"),
            sub(0x9, "an allocator of logical block pools leaked"),
            sub(0xA, "a domain could not be attached again"),
        ]),
    stop(0x1E9, "ILLEGAL_ATS_INITIALIZATION", Class::Hardware)
        .notices(
            "A driver enabled address translation (ATS) on a device that shares virtual memory \
             (SVM) already.",
        )
        .parameters([Role::Device.is("PDO"), NONE, NONE, NONE]),
    stop(
        0x1EA,
        "SECURE_PCI_CONFIG_SPACE_ACCESS_VIOLATION",
        Class::Fault,
    )
    .notices("The normal kernel mapped PCI configuration space directly, which secure PCI forbids.")
    .parameters([
        Role::Value.is("opcode"),
        Role::Value.is("requester ID of the device"),
        Role::Value.is("offset in configuration space"),
        Role::Instruction.is("instruction that accessed it"),
    ]),
    stop(0x1EB, "DAM_WATCHDOG_TIMEOUT", Class::Watchdog)
        .notices(
            "The Desktop Activity Moderator did not thaw the processes of a session in time after \
             standby.",
        )
        .parameters([
            Role::Object.is("delay context of the session"),
            NONE,
            NONE,
            NONE,
        ]),
    stop(0x1ED, "HANDLE_ERROR_ON_CRITICAL_THREAD", Class::Other)
        .notices("A system-critical thread used a handle that is not valid, in kernel mode."),
    stop(0x1F1, "KASAN_ENLIGHTENMENT_VIOLATION", Class::Verifier)
        .notices("The kernel's address sanitizer (KASAN) met an internal error.")
        .parameters([
            Role::Value.is("kind of operation"),
            Role::Value.is("kind of error"),
            Role::Value.is("detail of the error"),
            Role::Value.is("detail of the error"),
        ]),
    stop(0x1F2, "KASAN_ILLEGAL_ACCESS", Class::Verifier)
        .notices(
            "The kernel's address sanitizer (KASAN) caught an access to memory that is not valid.",
        )
        .parameters([
            Role::Address.is("address accessed"),
            Role::Size.is("size of the access"),
            Role::Instruction.is("code that accessed it"),
            Role::Value.is("shadow code in bits 0 to 7, bit 8 set for a write"),
        ]),
    stop(0x1F5, "APPLICATION_HANG_KERNEL_LIVEDUMP", Class::Watchdog).notices(
        "An application hung and did not end when it was terminated; a live dump was taken.",
    ),
];
