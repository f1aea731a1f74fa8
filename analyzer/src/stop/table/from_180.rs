//! Stops 0x180 to 0x1AF.

use super::super::row::{Class, NONE, Role, Row, stop, sub};
use crate::verdict::{CauseId, Confidence};

pub(super) const ROWS: &[Row] = &[
    stop(0x187, "VIDEO_DWMINIT_TIMEOUT_FALLBACK_BDD", Class::Graphics)
        .notices(
            "The desktop window manager did not start, and the basic display driver took over; a \
             live dump was taken.",
        )
        .parameters([Role::Subtype.is("reason"), NONE, NONE, NONE])
        .subtypes(&[sub(
            0x1,
            "retries did not help, the display adapters were stopped",
        )]),
    stop(0x188, "CLUSTER_CSVFS_LIVEDUMP", Class::Storage)
        .notices(
            "The cluster shared volume file system found a state that could corrupt data; a live \
             dump was taken.",
        )
        .parameters([
            Role::Subtype.is("reason"),
            Role::Object.is("CSVFS!_SCB"),
            NONE,
            NONE,
        ])
        .subtypes(&[
            sub(
                0x1,
                "the cache could not be purged as an oplock was lowered to none",
            ),
            sub(
                0x2,
                "the cache could not be purged as an oplock was raised from none",
            ),
            sub(0x3, "the cache was purged in the mode for failed purges"),
            sub(
                0x4,
                "the cache could not be flushed as an oplock was lowered to none",
            ),
        ]),
    stop(0x189, "BAD_OBJECT_HEADER", Class::Corruption)
        .notices("The header of an object is damaged.")
        .blames(
            CauseId::MemoryCorruptionUnknownWriter,
            Confidence::Possible,
            "an object's header is damaged",
        ),
    stop(0x18B, "SECURE_KERNEL_ERROR", Class::Other)
        .notices("The secure kernel met an error that it cannot handle."),
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
    stop(
        0x192,
        "KERNEL_AUTO_BOOST_LOCK_ACQUISITION_WITH_RAISED_IRQL",
        Class::Lock,
    )
    .notices("A lock that must be acquired below DISPATCH_LEVEL was acquired at or above it.")
    .blames(
        CauseId::ApiCalledAtWrongIrql,
        Confidence::Likely,
        "a lock was acquired at raised IRQL",
    ),
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
    stop(0x1A0, "TTM_WATCHDOG_TIMEOUT", Class::Watchdog)
        .notices("A device operation of the terminal topology manager did not end in time.")
        .parameters([
            Role::Subtype.is("operation that hangs"),
            Role::Object.is("device"),
            Role::Thread.is("worker thread"),
            Role::Caller.is("routine that was called"),
        ])
        .subtypes(&[
            sub(0x1, "the device's assignment to a terminal"),
            sub(0x2, "the device's close callback"),
            sub(0x3, "the device's callback that sets the input mode"),
            sub(0x4, "the device's callback that sets the display state"),
            sub(0x5, "setting the state of the device's built-in panel"),
            sub(
                0x6,
                "updating whether the device's primary display is visible",
            ),
        ]),
    stop(0x1A1, "WIN32K_CALLOUT_WATCHDOG_LIVEDUMP", Class::Watchdog)
        .notices("A callout into win32k did not return in time; a live dump was taken.")
        .parameters([
            Role::Thread.is("thread that blocks the callout"),
            NONE,
            NONE,
            NONE,
        ]),
    stop(0x1A2, "WIN32K_CALLOUT_WATCHDOG_BUGCHECK", Class::Watchdog)
        .notices("A callout into win32k did not return in time.")
        .parameters([
            Role::Thread.is("thread that blocks the callout"),
            NONE,
            NONE,
            NONE,
        ]),
    stop(
        0x1A3,
        "CALL_HAS_NOT_RETURNED_WATCHDOG_TIMEOUT_LIVEDUMP",
        Class::Watchdog,
    )
    .notices("A call did not return in its time; a live dump was taken.")
    .parameters([
        Role::Process.is("process of the thread"),
        Role::Thread.is("thread whose call hangs"),
        Role::Value.is("timeout in milliseconds"),
        Role::Object.is("nt!_PO_CALL_HAS_NOT_RETURNED_WATCHDOG"),
    ]),
    stop(0x1A4, "DRIPS_SW_HW_DIVERGENCE_LIVEDUMP", Class::Power)
        .notices(
            "The deepest idle state (DRIPS) lasted longer by software's count than by the \
             hardware's; a live dump was taken.",
        )
        .parameters([
            Role::Value.is("time by software, in microseconds"),
            Role::Value.is("time by hardware, in microseconds"),
            NONE,
            NONE,
        ]),
    stop(
        0x1A5,
        "USB_DRIPS_BLOCKER_SURPRISE_REMOVAL_LIVEDUMP",
        Class::Power,
    )
    .notices(
        "A USB device kept the system out of its deepest idle state (DRIPS) and is being \
         removed; a live dump was taken.",
    )
    .parameters([Role::Device.is("PDO of the device"), NONE, NONE, NONE]),
    stop(0x1A6, "BLUETOOTH_ERROR_RECOVERY_LIVEDUMP", Class::Io)
        .notices("The Bluetooth driver began to reset its radio; a live dump was taken.")
        .parameters([Role::Device.is("PDO of the radio"), NONE, NONE, NONE]),
    stop(0x1A7, "SMB_REDIRECTOR_LIVEDUMP", Class::Watchdog)
        .notices("The SMB redirector found a problem; a live dump was taken.")
        .parameters([
            Role::Subtype.is("kind of problem"),
            Role::Value.is("depends on the kind"),
            NONE,
            NONE,
        ])
        .subtypes(&[sub(0x1, "an I/O took too long").with(
            Role::Object.is("connection"),
            NONE,
            NONE,
        )]),
    stop(
        0x1A8,
        "VIDEO_DXGKRNL_BLACK_SCREEN_LIVEDUMP",
        Class::Graphics,
    )
    .notices("A live dump of dxgkrnl was taken because of a black screen.")
    .parameters([Role::Subtype.is("who asked for it"), NONE, NONE, NONE])
    .subtypes(&[
        sub(0x1, "the hotkey for black screens"),
        sub(0x2, "the volume keys"),
        sub(0x4, "an internal check"),
        sub(0x8, "the power button, held long"),
        sub(0x9, "an internal test"),
        sub(0xA, "a monitor was connected but no path could be enabled"),
    ]),
    stop(0x1A9, "DIRECTED_FX_TRANSITION_LIVEDUMP", Class::Power)
        .notices("A device failed a directed power transition (DFx); a live dump was taken.")
        .parameters([
            Role::Object.is("POP_FX_DEVICE"),
            Role::Value.is("1 power down, 0 power up"),
            NONE,
            NONE,
        ]),
    stop(0x1AA, "EXCEPTION_ON_INVALID_STACK", Class::Exception)
        .notices("An exception was dispatched on a stack that is not valid.")
        .parameters([
            Role::Address.is("current stack"),
            Role::Value.is("type of stack limit, the kernel's best guess"),
            Role::ContextRecord.is("context record"),
            Role::ExceptionRecord.is("exception record"),
        ]),
    stop(0x1AB, "UNWIND_ON_INVALID_STACK", Class::Exception)
        .notices("An unwind came to a stack that is not valid.")
        .parameters([
            Role::Address.is("current stack"),
            Role::Value.is("type of stack limit, the kernel's best guess"),
            Role::ContextRecord.is("context being unwound"),
            NONE,
        ]),
];
