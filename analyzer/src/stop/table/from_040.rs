//! Stops 0x40 to 0x7F.

use super::super::row::{Class, NONE, Role, Row, stop};

pub(super) const ROWS: &[Row] = &[
    stop(0x40, "TARGET_MDL_TOO_SMALL", Class::Io)
        .notices("IoBuildPartialMdl was given a target MDL too small for the range."),
    stop(0x42, "ATDISK_DRIVER_INTERNAL", Class::Storage)
        .notices("The AT disk driver met an internal error."),
    stop(0x43, "NO_SUCH_PARTITION", Class::Storage)
        .notices("A partition was named that does not exist."),
    stop(0x45, "INSUFFICIENT_SYSTEM_MAP_REGS", Class::Hardware)
        .notices("There were not enough map registers."),
    stop(0x46, "DEREF_UNKNOWN_LOGON_SESSION", Class::Other)
        .notices("A logon session was dereferenced that is not known."),
    stop(0x47, "REF_UNKNOWN_LOGON_SESSION", Class::Other)
        .notices("A logon session was referenced that is not known."),
    stop(0x49, "PAGE_FAULT_WITH_INTERRUPTS_OFF", Class::Fault)
        .notices("A page fault came while interrupts were off."),
    stop(0x4B, "STREAMS_INTERNAL_ERROR", Class::Io)
        .notices("The streams subsystem met an internal error."),
    stop(0x4C, "FATAL_UNHANDLED_HARD_ERROR", Class::Startup)
        .notices("A hard error that is fatal was not handled."),
    stop(0x4F, "NDIS_INTERNAL_ERROR", Class::Io).notices("NDIS met an internal error."),
    stop(0x52, "MAILSLOT_FILE_SYSTEM", Class::Storage)
        .notices("The mailslot file system met a state that it cannot continue from."),
    stop(0x53, "NO_BOOT_DEVICE", Class::Startup).notices("There was no device to boot from."),
    stop(0x54, "LM_SERVER_INTERNAL_ERROR", Class::Other)
        .notices("The LAN Manager server met an internal error."),
    stop(0x55, "DATA_COHERENCY_EXCEPTION", Class::Hardware)
        .notices("The data caches of the processors no longer agree."),
    stop(0x56, "INSTRUCTION_COHERENCY_EXCEPTION", Class::Hardware)
        .notices("The instruction caches of the processors no longer agree."),
    stop(0x57, "XNS_INTERNAL_ERROR", Class::Io)
        .notices("The XNS network protocol met an internal error."),
    stop(0x58, "VOLMGRX_INTERNAL_ERROR", Class::Storage).notices(
        "The volume manager met an internal error, such as a boot from the stale half of a \
         mirror.",
    ),
    stop(0x59, "PINBALL_FILE_SYSTEM", Class::Storage)
        .notices(
            "The Pinball (HPFS) file system met a state that it cannot continue from, for example \
             out of nonpaged pool.",
        )
        .parameters([
            Role::Internal.is("source file (high 16 bits) and line"),
            NONE,
            NONE,
            NONE,
        ]),
    stop(0x5A, "CRITICAL_SERVICE_FAILED", Class::Startup).notices("A critical service failed."),
    stop(0x5B, "SET_ENV_VAR_FAILED", Class::Startup)
        .notices("An environment variable of the firmware or system could not be set."),
    stop(0x5D, "UNSUPPORTED_PROCESSOR", Class::Startup)
        .notices("The processor is not one that this Windows supports."),
    stop(0x5E, "OBJECT_INITIALIZATION_FAILED", Class::Startup)
        .notices("The object manager failed to initialize."),
    stop(0x5F, "SECURITY_INITIALIZATION_FAILED", Class::Startup)
        .notices("The security subsystem failed to initialize."),
    stop(0x60, "PROCESS_INITIALIZATION_FAILED", Class::Startup)
        .notices("The process manager failed to initialize."),
    stop(0x61, "HAL1_INITIALIZATION_FAILED", Class::Startup)
        .notices("The HAL failed in its second phase of initialization."),
    stop(0x62, "OBJECT1_INITIALIZATION_FAILED", Class::Startup)
        .notices("The object manager failed in its second phase of initialization."),
    stop(0x63, "SECURITY1_INITIALIZATION_FAILED", Class::Startup)
        .notices("The security subsystem failed in its second phase of initialization."),
    stop(0x64, "SYMBOLIC_INITIALIZATION_FAILED", Class::Startup)
        .notices("The symbolic links of the start could not be initialized."),
    stop(0x65, "MEMORY1_INITIALIZATION_FAILED", Class::Startup)
        .notices("The memory manager failed in its second phase of initialization."),
    stop(0x66, "CACHE_INITIALIZATION_FAILED", Class::Startup)
        .notices("The cache manager failed to initialize."),
    stop(0x68, "FILE_INITIALIZATION_FAILED", Class::Startup)
        .notices("The file systems failed to initialize."),
    stop(0x69, "IO1_INITIALIZATION_FAILED", Class::Startup)
        .notices("The I/O manager failed in its second phase of initialization."),
    stop(0x6A, "LPC_INITIALIZATION_FAILED", Class::Startup)
        .notices("Local procedure calls failed to initialize."),
    stop(0x6B, "PROCESS1_INITIALIZATION_FAILED", Class::Startup)
        .notices(
            "The first process could not be set up, often because its files could not be read \
             from disk.",
        )
        .parameters([Role::Status.is("why it failed"), NONE, NONE, NONE]),
    stop(0x6C, "REFMON_INITIALIZATION_FAILED", Class::Startup)
        .notices("The security reference monitor failed to initialize."),
    stop(0x6D, "SESSION1_INITIALIZATION_FAILED", Class::Startup)
        .notices("The session manager could not be started.")
        .parameters([Role::Status.is("why it failed"), NONE, NONE, NONE]),
    stop(0x6E, "BOOTPROC_INITIALIZATION_FAILED", Class::Startup)
        .notices("The start failed at BOOTPROC, or on older systems at the session manager.")
        .parameters([Role::Status.is("why it failed"), NONE, NONE, NONE]),
    stop(0x6F, "VSL_INITIALIZATION_FAILED", Class::Startup)
        .notices(
            "Virtual secure mode (VSL) failed to initialize, or on older systems the session \
             manager.",
        )
        .parameters([Role::Status.is("why it failed"), NONE, NONE, NONE]),
    stop(0x70, "SOFT_RESTART_FATAL_ERROR", Class::Startup)
        .notices("A soft restart failed, or on older systems the start of the session manager.")
        .parameters([Role::Status.is("why it failed"), NONE, NONE, NONE]),
    stop(0x71, "SESSION5_INITIALIZATION_FAILED", Class::Startup)
        .notices("The session manager could not be started, as its fifth check says.")
        .parameters([Role::Status.is("why it failed"), NONE, NONE, NONE]),
    stop(0x72, "ASSIGN_DRIVE_LETTERS_FAILED", Class::Startup)
        .notices("Drive letters could not be assigned."),
    stop(0x75, "CANNOT_WRITE_CONFIGURATION", Class::Startup)
        .notices("The file of the SYSTEM hive could not be made a mapped file.")
        .parameters([
            Role::Value.is("always 1"),
            Role::Status.is("why it failed"),
            NONE,
            NONE,
        ]),
    stop(0x78, "PHASE0_EXCEPTION", Class::Startup).notices(
        "A breakpoint came during the initialization of the HAL with no debugger enabled.",
    ),
    stop(0x7D, "INSTALL_MORE_MEMORY", Class::Startup)
        .notices("There is too little memory to start.")
        .parameters([
            Role::Count.is("physical pages found"),
            Role::PageFrame.is("lowest physical page"),
            Role::PageFrame.is("highest physical page"),
            NONE,
        ]),
];
