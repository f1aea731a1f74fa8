//! Stops 0x140 to 0x17F that rules or readers know.

use super::super::row::{Class, NONE, Role, Row, stop};
use crate::verdict::{CauseId, Confidence};

pub(super) const ROWS: &[Row] = &[
    stop(0x144, "BUGCODE_USB3_DRIVER", Class::Other)
        .notices("The USB 3 stack found a request, a device or its own state wrong."),
    stop(0x149, "REFS_FILE_SYSTEM", Class::Storage)
        .notices("ReFS met a condition that it cannot handle."),
    stop(0x14F, "PDC_WATCHDOG_TIMEOUT", Class::Watchdog)
        .notices("A component did not answer the power dependency coordinator in time."),
    stop(
        0x153,
        "KERNEL_LOCK_ENTRY_LEAKED_ON_THREAD_TERMINATION",
        Class::Lock,
    )
    .notices("A thread ended while it still held a lock.")
    .parameters([
        Role::Thread.is("thread that ended"),
        Role::Object.is("lock entry that it left"),
        NONE,
        NONE,
    ])
    .described(&["autoboost lock entries"]),
    stop(0x154, "UNEXPECTED_STORE_EXCEPTION", Class::Storage)
        .notices("The store that compresses memory met an exception: a disk or memory failed."),
    stop(0x157, "KERNEL_THREAD_PRIORITY_FLOOR_VIOLATION", Class::Lock)
        .notices("A thread's priority floor was set or cleared in a wrong way.")
        .blames(
            CauseId::Inconclusive,
            Confidence::Possible,
            "a thread's priority floor is wrong",
        ),
    stop(0x15E, "BUGCODE_NDIS_DRIVER_LIVE_DUMP", Class::Other).notices(
        "NDIS found a network driver in error and wrote a dump; the machine was not \
         stopped.",
    ),
    stop(
        0x15F,
        "CONNECTED_STANDBY_WATCHDOG_TIMEOUT_LIVEDUMP",
        Class::Watchdog,
    )
    .notices(
        "Connected standby took too long to reach its next phase; the machine was not \
         stopped.",
    ),
    stop(0x161, "LIVE_SYSTEM_DUMP", Class::Forced)
        .notices("Somebody asked for a dump; the machine was not stopped.")
        .interrupts(),
    stop(0x162, "KERNEL_AUTO_BOOST_INVALID_LOCK_RELEASE", Class::Lock)
        .notices("A thread released a lock that it does not hold.")
        .parameters([
            Role::Thread.is("thread"),
            Role::Lock.is("lock that it does not own"),
            NONE,
            NONE,
        ]),
    stop(0x164, "WIN32K_CRITICAL_FAILURE", Class::Graphics)
        .notices("The window manager met an error that it cannot handle."),
];
