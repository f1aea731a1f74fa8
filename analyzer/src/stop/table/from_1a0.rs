//! Stops 0x1A0 to 0x1CF.

use super::super::row::{Class, NONE, Role, Row, stop, sub};

pub(super) const ROWS: &[Row] = &[
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
    stop(0x1C9, "USER_MODE_HEALTH_MONITOR_LIVEDUMP", Class::Watchdog)
        .notices("A critical process did not pass its health check in time; a live dump was taken.")
        .parameters([
            Role::Process.is("process"),
            Role::Seconds.is("timeout"),
            Role::Value.is("source of the watchdog"),
            NONE,
        ]),
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
];
