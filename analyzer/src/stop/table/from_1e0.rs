//! Stops 0x1E0 to 0x34F.

use super::super::row::{Class, NONE, Role, Row, stop, sub};

pub(super) const ROWS: &[Row] = &[
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
