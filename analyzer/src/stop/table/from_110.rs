//! Stops 0x110 to 0x12F.

use super::super::row::{Class, NONE, Role, Row, stop, sub};
use super::shared::TIME_OUT;
use crate::verdict::{CauseId, Confidence};

pub(super) const ROWS: &[Row] = &[
    stop(0x111, "RECURSIVE_NMI", Class::Hardware)
        .notices("A non-maskable interrupt came in while another one was served."),
    stop(0x112, "MSRPC_STATE_VIOLATION", Class::Other)
        .notices(
            "The kernel RPC driver (msrpc.sys) was called in a state where the call is not \
             allowed.",
        )
        .parameters([
            Role::Subtype.is("kind of violation"),
            Role::Value.is("depends on the kind"),
            NONE,
            NONE,
        ])
        .subtypes(&[
            sub(0x1, "an exception was continued that cannot be").with(
                Role::Status.is("exception code"),
                NONE,
                NONE,
            ),
            sub(0x2, "ALPC answered with an error that it must not").with(
                Role::Status.is("error"),
                NONE,
                NONE,
            ),
            sub(
                0x3,
                "the driver was unloaded while in use, perhaps with bindings open",
            )
            .with(Role::Object.is("session to the server"), NONE, NONE),
            sub(0x4, "ALPC sent a close that is not valid").with(
                Role::Object.is("session to the server"),
                NONE,
                NONE,
            ),
            sub(0x5, "ALPC sent a close that is not valid").with(
                Role::Object.is("session to the server"),
                NONE,
                NONE,
            ),
            sub(0x6, "a handle was bound twice").with(
                Role::Object.is("binding handle"),
                NONE,
                NONE,
            ),
            sub(0x7, "a handle was used that is not bound").with(
                Role::Object.is("binding handle"),
                NONE,
                NONE,
            ),
            sub(0x8, "security was set on a handle that is bound already").with(
                Role::Object.is("binding handle"),
                NONE,
                NONE,
            ),
            sub(0x9, "an option was set on a handle that is bound already").with(
                Role::Object.is("binding handle"),
                NONE,
                NONE,
            ),
            sub(0xA, "an asynchronous call that is not valid was cancelled").with(
                Role::Object.is("call"),
                NONE,
                NONE,
            ),
            sub(
                0xB,
                "a pipe of an asynchronous call was pushed when not expected",
            )
            .with(Role::Object.is("call"), NONE, NONE),
            sub(
                0xC,
                "an asynchronous pipe was pushed before its notification",
            )
            .with(Role::Object.is("pipe"), NONE, NONE),
            sub(
                0xE,
                "an asynchronous pipe was pushed before its notification",
            )
            .with(Role::Object.is("pipe"), NONE, NONE),
            sub(0xF, "a pipe was ended twice").with(Role::Object.is("pipe"), NONE, NONE),
            sub(0x15, "an internal error of RPC").with(
                Role::Object.is("object nearest to it"),
                NONE,
                NONE,
            ),
            sub(0x16, "two calls have an order that RPC cannot keep").with(NONE, NONE, NONE),
            sub(
                0x17,
                "a server routine completed a call without ending its notifications",
            )
            .with(Role::Object.is("call"), NONE, NONE),
            sub(0x18, "an operation on an asynchronous handle is not valid").with(
                Role::Object.is("asynchronous handle"),
                NONE,
                NONE,
            ),
        ]),
    stop(0x113, "VIDEO_DXGKRNL_FATAL_ERROR", Class::Graphics)
        .notices("The graphics kernel found its state inconsistent."),
    stop(0x114, "VIDEO_SHADOW_DRIVER_FATAL_ERROR", Class::Graphics)
        .notices("The shadow video driver found a violation."),
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
    stop(0x11A, "EM_INITIALIZATION_ERROR", Class::Startup)
        .notices("The errata manager failed to initialize."),
    stop(0x11B, "DRIVER_RETURNED_HOLDING_CANCEL_LOCK", Class::Lock)
        .notices("A driver's routine returned while it held the cancel spin lock.")
        .blames(
            CauseId::SpinlockNeverReleased,
            Confidence::Likely,
            "a driver returned with the cancel lock held",
        ),
    stop(
        0x11C,
        "ATTEMPTED_WRITE_TO_CM_PROTECTED_STORAGE",
        Class::Fault,
    )
    .notices("Something wrote to the registry's storage in memory that is read-only.")
    .parameters([
        Role::Address.is("address written to"),
        Role::Pte.is("page-table entry"),
        NONE,
        NONE,
    ]),
    stop(0x11D, "EVENT_TRACING_FATAL_ERROR", Class::Other)
        .notices("Event Tracing found its state inconsistent."),
    stop(0x11E, "TOO_MANY_RECURSIVE_FAULTS", Class::Storage).notices(
        "A file system faulted again and again while memory was low, more than can be handled.",
    ),
    stop(0x11F, "INVALID_DRIVER_HANDLE", Class::Io)
        .notices("Somebody closed a driver's first handle before the I/O manager had used it.")
        .parameters([
            Role::Value.is("handle of the driver object"),
            Role::Status.is("status of the reference"),
            Role::Driver.is("driver object"),
            NONE,
        ]),
    stop(0x120, "BITLOCKER_FATAL_ERROR", Class::Storage)
        .notices("BitLocker met an error that it cannot go on from.")
        .parameters([Role::Value.is("kind of problem"), NONE, NONE, NONE]),
    stop(0x121, "DRIVER_VIOLATION", Class::Other)
        .notices("A driver broke a rule, as another driver found."),
    stop(0x122, "WHEA_INTERNAL_ERROR", Class::Hardware)
        .notices("The hardware error architecture, or the firmware's part of it, failed."),
    stop(0x123, "CRYPTO_SELF_TEST_FAILURE", Class::Startup)
        .notices("A self-test of the kernel's cryptography failed at the start."),
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
    stop(0x125, "NMR_INVALID_STATE", Class::Corruption)
        .notices("The network module registrar (NMR) found a state that is not valid.")
        .parameters([
            Role::Subtype.is("kind of state"),
            Role::Object.is("NMR handle"),
            Role::Value.is("expected type, if known"),
            NONE,
        ]),
    stop(0x126, "NETIO_INVALID_POOL_CALLER", Class::Pool)
        .notices("A block of netio's own pools (FSB, MDL) was used in a way that is not valid.")
        .parameters([
            Role::Subtype.is("what is not valid"),
            Role::Value.is("depends on the kind"),
            Role::Value.is("depends on the kind"),
            Role::Value.is("depends on the kind"),
        ])
        .subtypes(&[
            sub(0x1, "the pool").with(
                Role::PoolBlock.is("memory block or MDL"),
                Role::PoolBlock.is("page"),
                Role::Object.is("per-processor pool"),
            ),
            sub(0x2, "the MDL").with(
                Role::Mdl.is("MDL"),
                Role::Object.is("per-processor pool"),
                Role::PoolBlock.is("pool header"),
            ),
        ]),
    stop(0x127, "PAGE_NOT_ZERO", Class::Corruption).notices(
        "A page that should be all zeros is not: memory failed, or somebody wrote to a free page.",
    ),
    stop(
        0x128,
        "WORKER_THREAD_RETURNED_WITH_BAD_IO_PRIORITY",
        Class::Other,
    )
    .notices("A worker routine returned with the thread's I/O priority changed.")
    .parameters([
        Role::Caller.is("worker routine"),
        Role::Value.is("I/O priority now"),
        Role::Value.is("parameter of the work item"),
        Role::Object.is("work item"),
    ]),
    stop(
        0x129,
        "WORKER_THREAD_RETURNED_WITH_BAD_PAGING_IO_PRIORITY",
        Class::Other,
    )
    .notices("A worker routine returned with the thread's paging I/O priority changed.")
    .parameters([
        Role::Caller.is("worker routine"),
        Role::Value.is("paging I/O priority now"),
        Role::Value.is("parameter of the work item"),
        Role::Object.is("work item"),
    ]),
    stop(0x12A, "MUI_NO_VALID_SYSTEM_LANGUAGE", Class::Startup)
        .notices("No language pack was found for the language of the system.")
        .parameters([
            Role::Subtype.is("when it was looked for"),
            Role::Status.is("why it failed"),
            NONE,
            NONE,
        ])
        .subtypes(&[
            sub(0x1, "in phase 1 of the start: none is installed"),
            sub(
                0x2,
                "as the kernel's cache was made: none is installed and licensed",
            ),
        ]),
    stop(0x12B, "FAULTY_HARDWARE_CORRUPTED_PAGE", Class::Hardware)
        .notices("A page's contents changed as failing memory changes them."),
    stop(0x12C, "EXFAT_FILE_SYSTEM", Class::Storage)
        .notices(
            "The exFAT driver found its own accounting in a state that it cannot continue from.",
        )
        .parameters([
            Role::Internal.is("source file (high 16 bits) and line"),
            Role::ExceptionRecord.is("exception record, if FppExceptionFilter is on the stack"),
            Role::ContextRecord.is("context record, if FppExceptionFilter is on the stack"),
            NONE,
        ]),
    stop(0x12D, "VOLSNAP_OVERLAPPED_TABLE_ACCESS", Class::Storage)
        .notices("volsnap used one table from two threads at once."),
    stop(0x12E, "INVALID_MDL_RANGE", Class::Io)
        .notices("A driver called with an _MDL whose range is not valid.")
        .blames(
            CauseId::InvalidAccess,
            Confidence::Likely,
            "an MDL describes an invalid range",
        ),
    stop(0x12F, "VHD_BOOT_INITIALIZATION_FAILED", Class::Startup)
        .notices("Booting from a virtual disk (VHD) failed.")
        .parameters([
            Role::Subtype.is("step that failed"),
            Role::Status.is("why it failed"),
            NONE,
            NONE,
        ])
        .subtypes(&[
            sub(0x1, "reading the VHD's description from the boot device"),
            sub(0x2, "waiting for the device that holds the VHD"),
            sub(0x3, "memory for the VHD's path"),
            sub(0x4, "building the VHD's path"),
            sub(0x5, "mounting the VHD"),
            sub(0x6, "turning sleep states off"),
            sub(0x7, "memory for the VHD's description"),
            sub(0x8, "building the VHD's description"),
        ]),
];
