//! Stops from 0x180 on that rules or readers know.

use super::super::row::{Class, Row, stop};
use crate::verdict::{CauseId, Confidence};

pub(super) const ROWS: &[Row] = &[
    stop(0x189, "BAD_OBJECT_HEADER", Class::Corruption)
        .notices("The header of an object is damaged.")
        .blames(
            CauseId::MemoryCorruptionUnknownWriter,
            Confidence::Possible,
            "an object's header is damaged",
        ),
    stop(0x18B, "SECURE_KERNEL_ERROR", Class::Other)
        .notices("The secure kernel met an error that it cannot handle."),
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
    stop(0x1CA, "SYNTHETIC_WATCHDOG_TIMEOUT", Class::Watchdog).notices(
        "The watchdog of a virtual machine was not reset in time: the whole guest stood still.",
    ),
    stop(0x1D5, "DRIVER_PNP_WATCHDOG", Class::Watchdog)
        .notices("A driver did not finish a Plug and Play operation in time.")
        .blames(
            CauseId::PnpLockHeldByBlockedDriver,
            Confidence::Possible,
            "a driver did not finish a PnP operation in time",
        ),
    stop(
        0xC000_021A,
        "STATUS_SYSTEM_PROCESS_TERMINATED",
        Class::Startup,
    )
    .notices("A process in user mode ended that the system cannot go on without."),
];
