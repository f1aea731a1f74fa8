//! Stops 0x130 to 0x15F.

use super::super::row::{Class, NONE, Role, Row, stop, sub};

pub(super) const ROWS: &[Row] = &[
    stop(0x130, "DYNAMIC_ADD_PROCESSOR_MISMATCH", Class::Hardware)
        .notices("A processor that was added does not fit the others."),
    stop(0x131, "INVALID_EXTENDED_PROCESSOR_STATE", Class::Other)
        .notices("Extended processor state was saved or restored with arguments that do not fit.")
        .parameters([
            Role::Subtype.is("check that failed"),
            Role::Value.is("depends on the check"),
            Role::Value.is("depends on the check"),
            Role::Value.is("depends on the check"),
        ])
        .subtypes(&[
            sub(
                0x0,
                "the feature mask is not valid, or extended state is off",
            )
            .with(
                Role::Value.is("not zero if extended state is on"),
                Role::Flags.is("feature mask, low 32 bits"),
                Role::Flags.is("feature mask, high 32 bits"),
            ),
            sub(0x1, "the IRQL is above DISPATCH_LEVEL").with(Role::Irql.is("IRQL"), NONE, NONE),
            sub(
                0x2,
                "the state saved before is of the same or a higher level",
            )
            .with(
                Role::Value.is("level of the saved state"),
                Role::Value.is("level now"),
                NONE,
            ),
            sub(0x3, "the state saved before is of another thread").with(
                Role::Thread.is("thread of the saved state"),
                Role::Thread.is("thread now"),
                NONE,
            ),
            sub(0x4, "the state saved before is of another level").with(
                Role::Value.is("level of the saved state"),
                Role::Value.is("level now"),
                NONE,
            ),
        ]),
    stop(0x132, "RESOURCE_OWNER_POINTER_INVALID", Class::Lock)
        .notices("An executive resource was given an owner pointer that is not valid.")
        .parameters([
            Role::Lock.is("resource"),
            Role::Object.is("its owner table"),
            Role::Thread.is("current thread"),
            Role::Value.is("owner pointer"),
        ]),
    stop(0x134, "DRIVE_EXTENDER", Class::Storage)
        .notices("The drive extender met an internal error that it cannot continue from."),
    stop(0x135, "REGISTRY_FILTER_DRIVER_EXCEPTION", Class::Exception)
        .notices(
            "A registry callback of a filter driver raised an exception and did not handle it.",
        )
        .parameters([
            Role::Status.is("exception code"),
            Role::ContextRecord.is("context record"),
            Role::Caller.is("callback routine of the driver"),
            NONE,
        ]),
    stop(
        0x136,
        "VHD_BOOT_HOST_VOLUME_NOT_ENOUGH_SPACE",
        Class::Startup,
    )
    .notices("The volume that holds the boot VHD has too little space for it.")
    .parameters([
        Role::Subtype.is("what failed"),
        Role::Status.is("why it failed"),
        NONE,
        NONE,
    ])
    .subtypes(&[sub(0x0, "growing the VHD's file to its full size")]),
    stop(0x137, "WIN32K_HANDLE_MANAGER", Class::Graphics)
        .notices("The handle manager of win32k met a fatal error.")
        .parameters([NONE, Role::Object.is("object, if known"), NONE, NONE]),
    stop(0x13B, "PASSIVE_INTERRUPT_ERROR", Class::Lock)
        .notices("An interrupt object for PASSIVE_LEVEL was used in a way that is not allowed.")
        .parameters([
            Role::Subtype.is("kind of error"),
            Role::Object.is("KINTERRUPT"),
            NONE,
            NONE,
        ])
        .subtypes(&[sub(
            0x1,
            "its spin lock was to be acquired, but it has none",
        )]),
    stop(0x13D, "CRITICAL_INITIALIZATION_FAILURE", Class::Startup)
        .notices("The kernel failed very early in its start."),
    stop(0x140, "STORAGE_DEVICE_ABNORMALITY_DETECTED", Class::Storage)
        .notices("The storage stack answered too slowly too often, or not at all."),
    stop(0x141, "VIDEO_ENGINE_TIMEOUT_DETECTED", Class::Graphics)
        .notices("An engine of the GPU did not answer in time; a live dump was taken.")
        .parameters([
            Role::Object.is("TDR recovery context, if any"),
            Role::Address.is("address in the display driver"),
            Role::Value.is("second key of the driver"),
            Role::Value.is("internal data"),
        ]),
    stop(0x142, "VIDEO_TDR_APPLICATION_BLOCKED", Class::Graphics)
        .notices(
            "A process was barred from the GPU after too many timeouts; a live dump was taken.",
        )
        .parameters([
            Role::Object.is("TDR recovery context, if any"),
            Role::Address.is("address in the display driver"),
            Role::Value.is("second key of the driver"),
            Role::Value.is("ID of the process that was barred"),
        ]),
    stop(0x143, "PROCESSOR_DRIVER_INTERNAL", Class::Power)
        .notices("The processor power driver met a fatal error.")
        .parameters([
            Role::Subtype.is("kind of error"),
            Role::Value.is("depends on the kind"),
            Role::Value.is("depends on the kind"),
            Role::Object.is("device context of the processor (FDO_DATA)"),
        ])
        .subtypes(&[
            sub(
                0x1,
                "the power engine plug-in refused a notification that it must take",
            )
            .with(
                Role::Value.is("type of notification"),
                Role::Object.is("notification"),
                Role::Object.is("device context of the processor (FDO_DATA)"),
            ),
            sub(
                0x2,
                "the power engine plug-in named an idle state that is not valid",
            )
            .with(
                Role::Value.is("0 too many processors, 1 processor state, 2 platform state"),
                Role::Value.is("processors, or index of the idle state"),
                Role::Object.is("device context of the processor (FDO_DATA)"),
            ),
        ]),
    stop(0x145, "SECURE_BOOT_VIOLATION", Class::Startup)
        .notices(
            "Secure Boot could not be enforced: its policy is not valid, or a step was not done.",
        )
        .parameters([
            Role::Status.is("why it failed"),
            Role::Object.is("Secure Boot policy"),
            Role::Size.is("size of the policy"),
            NONE,
        ]),
    stop(0x147, "ABNORMAL_RESET_DETECTED", Class::Hardware)
        .notices("The machine was reset without a shutdown, and nothing of its state was saved."),
    stop(0x14A, "KERNEL_WMI_INTERNAL", Class::Corruption)
        .notices("The kernel's WMI met a fatal error.")
        .parameters([
            Role::Subtype.is("kind of error"),
            Role::Object.is("WMI entry"),
            NONE,
            NONE,
        ])
        .subtypes(&[
            sub(0x0, "a reference was taken on an entry that had none left"),
            sub(0x1, "a data source was removed too early").with(
                Role::Object.is("WMI data source"),
                NONE,
                NONE,
            ),
        ]),
    stop(0x14B, "SOC_SUBSYSTEM_FAILURE", Class::Hardware)
        .notices("A subsystem of the SoC failed and cannot be recovered.")
        .parameters([
            Role::Object.is("SOC_SUBSYSTEM_FAILURE_DETAILS"),
            NONE,
            NONE,
            Role::Address.is("data of the vendor, if any"),
        ]),
    stop(0x14C, "FATAL_ABNORMAL_RESET_ERROR", Class::Hardware)
        .notices("The machine was reset after an error that it could not recover from."),
    stop(0x14D, "EXCEPTION_SCOPE_INVALID", Class::Exception)
        .notices("The dispatch of an exception found its own state inconsistent."),
    stop(0x14E, "SOC_CRITICAL_DEVICE_REMOVED", Class::Hardware)
        .notices("A device of the SoC that the system needs failed or was removed.")
        .parameters([
            Role::PoolTag.is("ID of the device, four characters, if known"),
            NONE,
            NONE,
            NONE,
        ]),
    stop(0x150, "TCPIP_AOAC_NIC_ACTIVE_REFERENCE_LEAK", Class::Io)
        .notices("A network adapter's active reference was kept though its send queue was empty."),
    stop(0x151, "UNSUPPORTED_INSTRUCTION_MODE", Class::Exception)
        .notices("Code ran in an instruction set mode that the system does not allow.")
        .parameters([
            Role::Instruction.is("program counter"),
            Role::TrapFrame.is("trap frame"),
            NONE,
            NONE,
        ]),
    stop(0x152, "INVALID_PUSH_LOCK_FLAGS", Class::Lock)
        .notices("A push lock was called with flags that are not valid.")
        .parameters([
            Role::Flags.is("flags of the caller"),
            Role::Lock.is("push lock"),
            NONE,
            NONE,
        ]),
    stop(0x155, "OS_DATA_TAMPERING", Class::Corruption)
        .notices("Data of the system was tampered with."),
    stop(
        0x156,
        "WINSOCK_DETECTED_HUNG_CLOSESOCKET_LIVEDUMP",
        Class::Watchdog,
    )
    .notices(
        "Winsock closed a socket whose transport endpoint did not finish; a live dump was \
         taken.",
    )
    .parameters([
        Role::Object.is("AFD endpoint"),
        Role::Value.is("transport: 1 UDP, 2 raw, 3 TCP listener, 4 TCP"),
        Role::Size.is("bytes waiting to be sent, for datagrams"),
        Role::Triage.is("afd!NETIO_SUPER_TRIAGE_BLOCK"),
    ]),
    stop(0x158, "ILLEGAL_IOMMU_PAGE_FAULT", Class::Hardware)
        .notices("The IOMMU reported a page fault for an address space that is not valid.")
        .parameters([
            Role::Value.is("ASID"),
            Role::Count.is("ASIDs in use"),
            Role::Process.is("process of the ASID"),
            Role::Count.is("references of the ASID"),
        ]),
    stop(0x159, "HAL_ILLEGAL_IOMMU_PAGE_FAULT", Class::Hardware)
        .notices(
            "The IOMMU reported a page fault for an address space being freed: a driver left DMA \
             running.",
        )
        .parameters([
            Role::Value.is("vendor of the IOMMU"),
            Role::HardwareRecord.is("fault packet, or a status"),
            Role::Value.is("vendor's data, or the PASID"),
            Role::Value.is("vendor's data, or the directory base"),
        ]),
    stop(0x15A, "SDBUS_INTERNAL_ERROR", Class::Hardware)
        .notices("A device on an SD bus failed and cannot be recovered.")
        .parameters([
            Role::Object.is("SD work packet that failed"),
            Role::Object.is("socket of the controller"),
            Role::Object.is("request sent to the bus driver"),
            NONE,
        ]),
    stop(
        0x15B,
        "WORKER_THREAD_RETURNED_WITH_SYSTEM_PAGE_PRIORITY_ACTIVE",
        Class::Other,
    )
    .notices("A worker routine returned with the thread's system page priority raised.")
    .parameters([
        Role::Caller.is("worker routine"),
        Role::Value.is("system page priority now"),
        Role::Value.is("parameter of the work item"),
        Role::Object.is("work item"),
    ]),
    stop(0x15C, "PDC_WATCHDOG_TIMEOUT_LIVEDUMP", Class::Watchdog)
        .notices(
            "A component did not answer in time on the way into or out of connected standby; a \
             live dump was taken.",
        )
        .parameters([
            Role::Value.is("ID of the client that hangs"),
            Role::Value.is("type of client: 1 notification, 2 resiliency, 3 activator"),
            Role::Object.is("PDC structure of the client"),
            Role::Triage.is("pdc!PDC_14F_TRIAGE"),
        ]),
    stop(0x15D, "SOC_SUBSYSTEM_FAILURE_LIVEDUMP", Class::Hardware)
        .notices("A subsystem of the SoC failed; a live dump was taken.")
        .parameters([
            Role::Object.is("SOC_SUBSYSTEM_FAILURE_DETAILS"),
            NONE,
            NONE,
            Role::Address.is("data of the vendor, if any"),
        ]),
];
