//! Stops 0x18C to 0x19F.

use super::super::row::{Class, NONE, Role, Row, stop, sub};

pub(super) const ROWS: &[Row] = &[
    stop(0x18C, "HYPERGUARD_VIOLATION", Class::Corruption)
        .notices("HyperGuard found code or data of the kernel changed.")
        .parameters([
            Role::Subtype.is("kind of region that changed"),
            Role::Value.is("detail of the failure"),
            NONE,
            NONE,
        ])
        .subtypes(&[
            sub(0x1001, "data"),
            sub(0x1002, "the hash of a page"),
            sub(0x1004, "a processor's IDT"),
            sub(0x1005, "a processor's GDT"),
            sub(0x1007, "a debug routine"),
            sub(0x1008, "dynamic code"),
            sub(0x1009, "data that can be shared"),
            sub(0x100A, "an overlay page of the hypervisor"),
            sub(0x100B, "the mode of a processor"),
            sub(0x100C, "an extended control register"),
            sub(0x100D, "secure memory"),
            sub(0x100E, "a loaded module"),
            sub(0x100F, "the state of a processor"),
            sub(0x1010, "the kernel's CFG bitmap"),
            sub(0x1011, "the page at address 0"),
            sub(0x1012, "the alternate inverted function table"),
            sub(0x1013, "a page that was verified on demand"),
            sub(0x1016, "a secure image"),
            sub(0x1017, "the protection of a kernel address"),
            sub(0x1101, "the checker's own context"),
            sub(0x1102, "the IDTR register"),
            sub(0x1103, "the GDTR register"),
        ]),
    stop(0x18D, "SECURE_FAULT_UNHANDLED", Class::Fault)
        .notices("The secure kernel raised a fault that nobody handled.")
        .parameters([
            Role::Subtype.is("kind of fault, a set of bits"),
            Role::Address.is("address, for some kinds"),
            Role::ExceptionRecord.is("exception record"),
            Role::ContextRecord.is("context record"),
        ])
        .subtypes(&[
            sub(0x1, "the second-level page tables (SLAT) forbid execution"),
            sub(0x2, "the second-level page tables (SLAT) forbid reads"),
            sub(0x4, "the second-level page tables (SLAT) forbid writes"),
            sub(0x8, "another secure fault was not yet dismissed"),
        ]),
    stop(
        0x18E,
        "KERNEL_PARTITION_REFERENCE_VIOLATION",
        Class::Corruption,
    )
    .notices("A partition object was dereferenced once too often, or deleted while in use.")
    .parameters([
        Role::Subtype.is("kind of violation"),
        Role::Object.is("partition"),
        Role::Value.is("depends on the kind"),
        NONE,
    ])
    .subtypes(&[
        sub(0x0, "somebody deletes a partition that has hard references").with(
            Role::Object.is("partition"),
            Role::Count.is("hard references left"),
            NONE,
        ),
        sub(0x1, "somebody deletes the system partition").with(
            Role::Object.is("partition"),
            NONE,
            NONE,
        ),
        sub(
            0x2,
            "somebody deletes a partition that has queued work items",
        )
        .with(
            Role::Object.is("partition"),
            Role::Object.is("work queue"),
            NONE,
        ),
    ]),
    stop(0x190, "WIN32K_CRITICAL_FAILURE_LIVEDUMP", Class::Graphics)
        .notices("Win32k met a critical failure; a live dump was taken.")
        .parameters([
            Role::Subtype.is("kind of failure"),
            Role::Value.is("depends on the kind"),
            Role::Value.is("depends on the kind"),
            Role::Value.is("depends on the kind"),
        ])
        .subtypes(&[
            sub(0x1, "a region lies outside its surface").with(
                Role::Object.is("DC"),
                Role::Object.is("SURFACE"),
                Role::Object.is("REGION"),
            ),
            sub(0x2, "memory was allocated with operator new").with(NONE, NONE, NONE),
        ]),
    stop(0x191, "PF_DETECTED_CORRUPTION", Class::Corruption)
        .notices("Corruption was found; by the name, by the prefetcher (PF)."),
    stop(0x193, "VIDEO_DXGKRNL_LIVEDUMP", Class::Graphics)
        .notices("dxgkrnl asked for a live dump.")
        .parameters([Role::Subtype.is("reason"), NONE, NONE, NONE])
        .subtypes(&[sub(0x100, "internal")]),
    stop(0x195, "SMB_SERVER_LIVEDUMP", Class::Watchdog)
        .notices("The SMB server found a problem; a live dump was taken.")
        .parameters([
            Role::Subtype.is("kind of problem"),
            Role::Value.is("depends on the kind"),
            NONE,
            NONE,
        ])
        .subtypes(&[sub(0x1, "an I/O took too long").with(
            Role::Object.is("SRV2_WORK_ITEM"),
            NONE,
            NONE,
        )]),
    stop(0x196, "LOADER_ROLLBACK_DETECTED", Class::Startup)
        .notices("The OS loader has another security version than the system.")
        .parameters([
            Role::Value.is("security version of the loader"),
            Role::Value.is("security version of the system"),
            NONE,
            NONE,
        ]),
    stop(0x197, "WIN32K_SECURITY_FAILURE", Class::Graphics)
        .notices("Win32k found a breach of its security.")
        .parameters([
            Role::Subtype.is("kind of failure"),
            Role::Value.is("depends on the kind"),
            Role::Value.is("depends on the kind"),
            Role::Value.is("depends on the kind"),
        ])
        .subtypes(&[sub(
            0x1,
            "the handle entry of an object does not point back to it",
        )
        .with(
            Role::Object.is("type of the object"),
            Role::Object.is("handle entry"),
            Role::Object.is("object expected"),
        )]),
    stop(0x198, "UFX_LIVEDUMP", Class::Io)
        .notices("The USB function class extension (UFX) met an error; a live dump was taken.")
        .parameters([
            Role::Subtype.is("kind of failure"),
            Role::Value.is("depends on the kind"),
            Role::Value.is("depends on the kind"),
            NONE,
        ])
        .subtypes(&[sub(0x1, "a class driver did not activate the bus").with(
            Role::Flags.is("child devices enumerated"),
            Role::Flags.is("child devices activated"),
            NONE,
        )]),
    stop(0x199, "KERNEL_STORAGE_SLOT_IN_USE", Class::Other)
        .notices("A kernel storage slot was to be freed while an object uses it.")
        .parameters([Role::Object.is("storage array"), NONE, NONE, NONE]),
    stop(
        0x19A,
        "WORKER_THREAD_RETURNED_WHILE_ATTACHED_TO_SILO",
        Class::Other,
    )
    .notices("A worker routine returned while the thread was attached to a silo.")
    .parameters([
        Role::Caller.is("worker routine"),
        Role::Value.is("parameter of the work item"),
        Role::Object.is("work item"),
        NONE,
    ]),
    stop(0x19B, "TTM_FATAL_ERROR", Class::Power)
        .notices("The terminal topology manager met a fatal error.")
        .parameters([
            Role::Subtype.is("kind of failure"),
            Role::Value.is("depends on the kind"),
            NONE,
            NONE,
        ])
        .subtypes(&[sub(0x1, "no terminal object could be made").with(
            Role::Status.is("why it failed"),
            NONE,
            NONE,
        )]),
    stop(0x19C, "WIN32K_POWER_WATCHDOG_TIMEOUT", Class::Watchdog)
        .notices("The monitor was not on in the time that win32k allows.")
        .parameters([
            Role::Subtype.is("step that hangs"),
            Role::Thread.is("thread that works on the power request"),
            NONE,
            NONE,
        ])
        .subtypes(&[
            sub(0x10, "the queue of power requests").with(
                Role::Thread.is("thread that works on it, if any"),
                Role::Lock.is("win32k's user lock"),
                Role::Object.is("power request, if any"),
            ),
            sub(0x20, "setting the power state"),
            sub(0x30, "GDI turning power on"),
            sub(0x40, "the desktop window manager rendering"),
            sub(0x50, "the monitor driver turning power on"),
        ]),
    stop(0x19D, "CLUSTER_SVHDX_LIVEDUMP", Class::Storage)
        .notices(
            "The shared virtual disk filter found an inconsistent state; a live dump was taken.",
        )
        .parameters([
            Role::Subtype.is("reason"),
            Role::Value.is("depends on the reason"),
            Role::Value.is("depends on the reason"),
            Role::Value.is("depends on the reason"),
        ])
        .subtypes(
            &[sub(0x1, "a shared virtual disk could not be mounted").with(
                Role::Object.is("Svhdxflt!_SVHDX_VIRTUALDISK_CONTEXT"),
                Role::File.is("file object"),
                Role::Status.is("why it failed"),
            )],
        ),
];
