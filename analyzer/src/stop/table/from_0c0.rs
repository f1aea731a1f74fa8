//! Stops 0xC0 to 0xEF.

use super::super::row::{AccessCode, Class, NONE, Role, Row, stop, sub};
use super::shared::{DISPLAY, KIND, POOL, SPECIAL_POOL, SPECIAL_POOL_FAULT};
use crate::verdict::{CauseId, Confidence};

pub(super) const ROWS: &[Row] = &[
    stop(0xC1, "SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION", Class::Pool)
        .notices(SPECIAL_POOL)
        .parameters([Role::PoolAddress.is(""), NONE, NONE, NONE])
        .blames(
            CauseId::PoolOverrun,
            Confidence::Possible,
            "memory around a block of special pool was written",
        ),
    stop(0xC2, "BAD_POOL_CALLER", Class::Pool)
        .notices(POOL)
        .parameters([
            Role::Subtype.is("kind of violation"),
            NONE,
            NONE,
            Role::PoolAddress.is(""),
        ])
        .subtypes(&[
            sub(0x0, "a block of zero bytes was asked for"),
            sub(0x1, "the block's header is damaged"),
            sub(0x2, "the block's header is damaged"),
            sub(0x4, "the block's header is damaged"),
            sub(0x6, "the block was already freed"),
            sub(0x7, "the block was already freed"),
            sub(0x8, "allocated at too high an IRQL"),
            sub(0x9, "freed at too high an IRQL"),
            sub(0xA, "the block was freed with another tag than it has"),
            sub(0xB, "the quota of a damaged block was to be returned"),
            sub(0xC, "the quota of a damaged block was to be returned"),
            sub(0xD, "the quota of a damaged block was to be returned"),
            sub(0x40, "a user-mode address was freed"),
            sub(0x41, "an address was freed that is not allocated"),
            sub(0x42, "an address was freed that was never in a pool"),
            sub(0x43, "an address was freed that was never in a pool"),
            sub(0x44, "an address was freed that is not allocated"),
            sub(0x46, "an address that is no pool block was freed"),
            sub(0x47, "an address was freed that is not allocated"),
            sub(
                0x48,
                "an address of paged pool was freed that is not allocated",
            ),
            sub(
                0x50,
                "an address of paged pool was freed that is not allocated",
            ),
            sub(0x60, "an invalid address of contiguous memory was freed"),
            sub(0x99, "an invalid address was freed"),
            sub(0x9A, "an allocation was marked as one that must succeed"),
            sub(0x9B, "a block without a tag was asked for"),
            sub(0x9C, "a block with the tag BIG was asked for"),
            sub(
                0x9D,
                "a block was asked for whose tag has no letter or digit",
            ),
            sub(
                0x41286,
                "an address inside of a block of paged pool was freed",
            ),
        ])
        .identified_by_subtype()
        .described(&["current thread is making a bad pool request"]),
    stop(0xC4, "DRIVER_VERIFIER_DETECTED_VIOLATION", Class::Verifier)
        .notices("Driver Verifier found that a driver broke a rule.")
        .parameters(KIND)
        .subtypes(super::verified::VERIFIED)
        .identified_by_subtype()
        .described(&["attempting to corrupt the system has been caught"]),
    stop(0xC5, "DRIVER_CORRUPTED_EXPOOL", Class::Pool)
        .notices(POOL)
        .parameters([
            Role::Address.is("address referenced"),
            Role::Irql.is("IRQL"),
            Role::Access(AccessCode::Number).is("access"),
            Role::Instruction.is("instruction that referenced it"),
        ])
        .blames(
            CauseId::PoolOverrun,
            Confidence::Possible,
            "the pool's lists are damaged",
        ),
    stop(0xC6, "DRIVER_CAUGHT_MODIFYING_FREED_POOL", Class::Pool)
        .notices("A driver wrote to a pool block that is free.")
        .blames(
            CauseId::PoolUseAfterFree,
            Confidence::Possible,
            "a freed pool block was written",
        ),
    stop(0xC7, "TIMER_OR_DPC_INVALID", Class::Corruption)
        .notices("A timer or DPC that is still queued lies in memory that is free.")
        .parameters([Role::Subtype.is("kind of error"), NONE, NONE, NONE])
        .subtypes(&[
            sub(0x0, "a timer lies in memory that is being freed").with(
                Role::Object.is("timer"),
                Role::Address.is("start of the memory"),
                Role::Address.is("end of the memory"),
            ),
            sub(0x1, "a DPC lies in memory that is being freed").with(
                Role::Object.is("DPC"),
                Role::Address.is("start of the memory"),
                Role::Address.is("end of the memory"),
            ),
            sub(0x2, "a DPC routine lies in memory that is being freed").with(
                Role::Caller.is("DPC routine"),
                Role::Address.is("start of the memory"),
                Role::Address.is("end of the memory"),
            ),
            sub(0x3, "a DPC is for a processor that does not exist")
                .with(
                    Role::Object.is("DPC"),
                    Role::Processor.is("processor"),
                    Role::Count.is("{} processors"),
                )
                .implies(CauseId::ApiContractViolated),
            sub(0x4, "a DPC routine changed the count of APC disables")
                .with(Role::Caller.is("DPC routine"), NONE, NONE)
                .implies(CauseId::ApcDisableLeaked),
            sub(
                0x5,
                "a timer's DPC routine changed the count of APC disables",
            )
            .with(Role::Caller.is("DPC routine"), NONE, NONE)
            .implies(CauseId::ApcDisableLeaked),
        ])
        .blames(
            CauseId::PoolUseAfterFree,
            Confidence::Likely,
            "memory with an active timer or DPC was freed",
        ),
    stop(0xC8, "IRQL_UNEXPECTED_VALUE", Class::Lock)
        .notices("The processor's IRQL is not what it must be at this point.")
        .blames(
            CauseId::IrqlLeaked,
            Confidence::Possible,
            "the IRQL is not what it should be",
        ),
    stop(0xC9, "DRIVER_VERIFIER_IOMANAGER_VIOLATION", Class::Verifier)
        .notices("Driver Verifier found that a driver broke a rule of the I/O manager.")
        .parameters([
            Role::Subtype.is("kind of violation"),
            NONE,
            Role::Irp.is("IRP"),
            NONE,
        ])
        .subtypes(super::io_verified::IO_VERIFIED)
        .identified_by_subtype()
        .described(&["io manager has caught a misbehaving"]),
    stop(0xCA, "PNP_DETECTED_FATAL_ERROR", Class::Power).notices(
        "The Plug and Play manager found that a driver, mostly a bus driver, broke a rule.",
    ),
    stop(0xCB, "DRIVER_LEFT_LOCKED_PAGES_IN_PROCESS", Class::Io)
        .notices("A process ended while a driver still had pages of it locked.")
        .parameters([
            Role::Caller.is("code that locked the pages"),
            NONE,
            Role::Mdl.is("_MDL of the locked pages"),
            NONE,
        ])
        .blames(
            CauseId::MdlMisuse,
            Confidence::Possible,
            "a driver left pages locked",
        ),
    stop(0xCC, "PAGE_FAULT_IN_FREED_SPECIAL_POOL", Class::Fault)
        .notices(SPECIAL_POOL)
        .parameters(SPECIAL_POOL_FAULT),
    stop(0xCD, "PAGE_FAULT_BEYOND_END_OF_ALLOCATION", Class::Fault)
        .notices(SPECIAL_POOL)
        .parameters(SPECIAL_POOL_FAULT),
    stop(
        0xCE,
        "DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS",
        Class::Fault,
    )
    .notices("Code of a driver was called, or its memory touched, after the driver was unloaded.")
    .parameters([Role::Address.is("address referenced"), NONE, NONE, NONE])
    .implies(CauseId::CallIntoUnloadedDriver)
    .described(&["driver unloaded without cancelling"]),
    stop(
        0xCF,
        "TERMINAL_SERVER_DRIVER_MADE_INCORRECT_MEMORY_REFERENCE",
        Class::Fault,
    )
    .notices(
        "A driver that was not written for several sessions touched memory of another session.",
    ),
    stop(0xD0, "DRIVER_CORRUPTED_MMPOOL", Class::Pool)
        .notices(POOL)
        .blames(
            CauseId::PoolOverrun,
            Confidence::Possible,
            "the pool's lists are damaged",
        ),
    stop(0xD1, "DRIVER_IRQL_NOT_LESS_OR_EQUAL", Class::Fault)
        .notices(
            "A driver touched an address at DISPATCH_LEVEL or above that was not there: paged out, \
             freed or never valid. At that IRQL no page fault can be served.",
        )
        .parameters([
            Role::Address.is("address referenced"),
            Role::Irql.is("IRQL"),
            Role::Access(AccessCode::Number).is("access"),
            Role::Instruction.is("instruction that referenced it"),
        ])
        .implies(CauseId::InvalidAccess),
    stop(0xD2, "BUGCODE_ID_DRIVER", Class::Io)
        .notices("NDIS found an error of a network driver, with a legacy interface.")
        .parameters([
            Role::Object.is("miniport block"),
            Role::Value.is("depends on the error"),
            Role::Value.is("depends on the error"),
            Role::Value.is("depends on the error"),
        ]),
    stop(0xD3, "DRIVER_PORTION_MUST_BE_NONPAGED", Class::Fault)
        .notices(
            "Code or data that a driver marked as pageable was used at DISPATCH_LEVEL or above.",
        )
        .parameters([
            NONE,
            NONE,
            NONE,
            Role::Caller.is("instruction that referenced the address"),
        ])
        .blames(
            CauseId::PageableAccessAtRaisedIrql,
            Confidence::Likely,
            "pageable code ran at raised IRQL",
        ),
    stop(
        0xD4,
        "SYSTEM_SCAN_AT_RAISED_IRQL_CAUGHT_IMPROPER_DRIVER_UNLOAD",
        Class::Fault,
    )
    .notices("A list of the kernel still has an entry in the memory of a driver that was unloaded.")
    .implies(CauseId::CallIntoUnloadedDriver)
    .blames(
        CauseId::CallIntoUnloadedDriver,
        Confidence::Likely,
        "an unloaded driver left something behind",
    ),
    stop(
        0xD5,
        "DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL",
        Class::Fault,
    )
    .notices(SPECIAL_POOL)
    .parameters(SPECIAL_POOL_FAULT),
    stop(
        0xD6,
        "DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION",
        Class::Fault,
    )
    .variant("DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION_M")
    .notices(SPECIAL_POOL)
    .parameters(SPECIAL_POOL_FAULT),
    stop(0xD7, "DRIVER_UNMAPPING_INVALID_VIEW", Class::Other)
        .notices("A driver unmapped a view at an address where none is mapped.")
        .parameters([
            Role::Address.is("address to unmap"),
            Role::Value.is("1 the view is unmapped, 2 committed"),
            NONE,
            NONE,
        ]),
    stop(0xD8, "DRIVER_USED_EXCESSIVE_PTES", Class::Other)
        .notices("The system ran out of page-table entries, and one driver has most of them."),
    stop(0xD9, "LOCKED_PAGES_TRACKER_CORRUPTION", Class::Corruption)
        .notices("The lists that track locked pages are damaged.")
        .parameters([
            Role::Subtype.is("kind of damage"),
            Role::Object.is("internal tracking structure"),
            Role::Mdl.is("MDL"),
            Role::Count.is("pages locked for the process"),
        ])
        .subtypes(&[
            sub(0x1, "an MDL was about to enter a process's list twice"),
            sub(0x2, "an MDL was about to enter the system's list twice"),
            sub(0x3, "a freed MDL was in its process's list twice").with(
                Role::Object.is("first tracking structure found"),
                Role::Object.is("internal tracking structure"),
                Role::Mdl.is("MDL"),
            ),
            sub(
                0x4,
                "a freed MDL was still in the system's list after its removal",
            )
            .with(
                Role::Object.is("internal tracking structure"),
                Role::Mdl.is("MDL"),
                NONE,
            ),
        ]),
    stop(0xDA, "SYSTEM_PTE_MISUSE", Class::Corruption)
        .notices("A driver mapped or unmapped system page-table entries in a wrong way.")
        .blames(
            CauseId::Inconclusive,
            Confidence::Likely,
            "system page-table entries were misused",
        ),
    stop(0xDB, "DRIVER_CORRUPTED_SYSPTES", Class::Corruption)
        .notices("The list of system page-table entries is damaged."),
    stop(0xDC, "DRIVER_INVALID_STACK_ACCESS", Class::Fault)
        .notices("A driver touched a stack below its thread's stack pointer."),
    stop(0xDE, "POOL_CORRUPTION_IN_FILE_AREA", Class::Corruption)
        .notices("Pool was written that holds pages on their way to a file."),
    stop(0xDF, "IMPERSONATING_WORKER_THREAD", Class::Other)
        .notices("A work item was done but left its worker thread impersonating.")
        .parameters([
            Role::Caller.is("worker routine"),
            Role::Value.is("parameter of the worker routine"),
            Role::Object.is("work item"),
            NONE,
        ]),
    stop(0xE0, "ACPI_BIOS_FATAL_ERROR", Class::Hardware)
        .notices(
            "The BIOS asked for the stop because of a component that it found faulty; the values \
             are the vendor's.",
        )
        .parameters([
            Role::Value.is("value of the BIOS"),
            Role::Value.is("value of the BIOS"),
            Role::Value.is("value of the BIOS"),
            Role::Value.is("value of the BIOS"),
        ]),
    stop(0xE1, "WORKER_THREAD_RETURNED_AT_BAD_IRQL", Class::Lock)
        .notices("A work item's routine returned at DISPATCH_LEVEL or above.")
        .parameters([
            Role::Caller.is("routine of the work item"),
            NONE,
            NONE,
            NONE,
        ])
        .blames(
            CauseId::IrqlLeaked,
            Confidence::Likely,
            "a work item returned at raised IRQL",
        ),
    stop(0xE2, "MANUALLY_INITIATED_CRASH", Class::Forced)
        .notices("Somebody forced the stop.")
        .interrupts(),
    stop(0xE3, "RESOURCE_NOT_OWNED", Class::Lock)
        .notices("A thread released an executive resource that it does not own.")
        .parameters([
            Role::Lock.is("resource"),
            Role::Thread.is("thread that released it"),
            NONE,
            NONE,
        ])
        .described(&["thread tried to release a resource it did not own"]),
    stop(0xE4, "WORKER_INVALID", Class::Corruption)
        .notices("A work item was queued twice, or lies in memory that is free."),
    stop(0xE6, "DRIVER_VERIFIER_DMA_VIOLATION", Class::Verifier)
        .notices("Driver Verifier found that a driver broke a rule of DMA.")
        .blames(
            CauseId::ApiContractViolated,
            Confidence::Likely,
            "Driver Verifier found a wrong use of DMA",
        ),
    stop(0xE7, "INVALID_FLOATING_POINT_STATE", Class::Corruption)
        .notices("A thread's floating-point state was saved or restored in a wrong way."),
    stop(0xE8, "INVALID_CANCEL_OF_FILE_OPEN", Class::Io)
        .notices("The file object of IoCancelFileOpen is one that must not be passed to it."),
    stop(0xE9, "ACTIVE_EX_WORKER_THREAD_TERMINATION", Class::Other)
        .notices("A worker thread of the executive ended while it worked on an item."),
    stop(0xEA, "THREAD_STUCK_IN_DEVICE_DRIVER", Class::Graphics)
        .variant("THREAD_STUCK_IN_DEVICE_DRIVER_M")
        .notices(DISPLAY)
        .parameters([
            Role::Thread.is("thread that is stuck in the display driver"),
            NONE,
            NONE,
            NONE,
        ]),
    stop(0xEB, "DIRTY_MAPPED_PAGES_CONGESTION", Class::Storage)
        .notices(
            "No page was free: modified pages wait for a file system that does not write them.",
        )
        .parameters([
            Role::Count.is("dirty pages"),
            Role::Count.is("dirty pages that belong to the page file"),
            NONE,
            Role::Status.is("latest write error of the modified-page writer"),
        ]),
    stop(
        0xEC,
        "SESSION_HAS_VALID_SPECIAL_POOL_ON_EXIT",
        Class::Graphics,
    )
    .notices("A session was unloaded while a driver of it still had special pool.")
    .parameters([
        Role::Value.is("session ID"),
        Role::Count.is("pages of special pool that leak"),
        NONE,
        NONE,
    ]),
    stop(0xED, "UNMOUNTABLE_BOOT_VOLUME", Class::Startup)
        .notices("The boot volume could not be mounted."),
    stop(0xEF, "CRITICAL_PROCESS_DIED", Class::Startup)
        .notices("A process ended that the system cannot go on without.")
        .parameters([
            Role::Process.is("process or thread that died"),
            Role::Named(&[(0, "a process"), (1, "a thread")]).is("what died"),
            NONE,
            NONE,
        ])
        .reason_elsewhere(),
];
