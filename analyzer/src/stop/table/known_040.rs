//! Stops 0x40 to 0x7F that rules or readers know.

use super::super::row::{AccessCode, Class, NONE, Role, Row, stop, sub};
use crate::verdict::{CauseId, Confidence};

const EXCEPTION: &str =
    "Kernel code raised an exception, an access violation for example, and nobody handled it.";

pub(super) const ROWS: &[Row] = &[
    stop(0x41, "MUST_SUCCEED_POOL_EMPTY", Class::Pool)
        .notices("A request for pool that must succeed could not be met."),
    stop(0x44, "MULTIPLE_IRP_COMPLETE_REQUESTS", Class::Io)
        .notices("A driver completed an IRP that had already been completed.")
        .parameters([Role::Irp.is("IRP"), NONE, NONE, NONE])
        .implies(CauseId::IrpCompletedTwice)
        .described(&["requested that an irp be completed"]),
    stop(0x48, "CANCEL_STATE_IN_COMPLETED_IRP", Class::Io)
        .notices("A driver completed an IRP that still has its cancel routine.")
        .blames(
            CauseId::Inconclusive,
            Confidence::Likely,
            "a completed IRP still has its cancel routine",
        ),
    stop(0x4A, "IRQL_GT_ZERO_AT_SYSTEM_SERVICE", Class::Lock)
        .notices("A system call returned to user mode above PASSIVE_LEVEL.")
        .blames(
            CauseId::IrqlLeaked,
            Confidence::Possible,
            "a system service returned at raised IRQL",
        ),
    stop(0x4D, "NO_PAGES_AVAILABLE", Class::Other)
        .notices("No page of memory was free, and none could be made free."),
    stop(0x4E, "PFN_LIST_CORRUPT", Class::Corruption)
        .notices("Memory management found its own structures damaged.")
        .parameters([Role::Subtype.is("kind of failure"), NONE, NONE, NONE])
        .blames(
            CauseId::MemoryCorruptionUnknownWriter,
            Confidence::Possible,
            "the list of page frames is damaged",
        ),
    stop(0x50, "PAGE_FAULT_IN_NONPAGED_AREA", Class::Fault)
        .variant("PAGE_FAULT_IN_NONPAGED_AREA_M")
        .notices("Kernel code touched an address that is backed by nothing, below DISPATCH_LEVEL.")
        .parameters([
            Role::Address.is("address referenced"),
            Role::Access(AccessCode::PageFault).is("access"),
            Role::Instruction.is("instruction that referenced it, if known"),
            Role::Named(&[
                (0, "the address's PTE is not valid"),
                (2, "no page is mapped there"),
            ])
            .is("kind of fault"),
        ])
        .implies(CauseId::InvalidAccess)
        .described(&["invalid system memory was referenced"])
        .raised_by(&["MiSystemFault", "MiZeroFault", "MmAccessFault"]),
    stop(0x51, "REGISTRY_ERROR", Class::Corruption)
        .notices("The registry is damaged, or a hive could not be read."),
    stop(0x5C, "HAL_INITIALIZATION_FAILED", Class::Startup)
        .notices("The HAL could not be initialized."),
    stop(0x67, "CONFIG_INITIALIZATION_FAILED", Class::Startup)
        .notices("The registry could not be initialized."),
    stop(0x73, "CONFIG_LIST_FAILED", Class::Startup)
        .notices("One of the core registry hives could not be linked in."),
    stop(0x74, "BAD_SYSTEM_CONFIG_INFO", Class::Startup)
        .notices("The registry's SYSTEM hive, or the boot configuration, has errors."),
    stop(0x76, "PROCESS_HAS_LOCKED_PAGES", Class::Io)
        .notices("A process ended while a driver still had pages of it locked.")
        .blames(
            CauseId::Inconclusive,
            Confidence::Possible,
            "a process ended with pages that a driver had locked",
        ),
    stop(0x77, "KERNEL_STACK_INPAGE_ERROR", Class::Storage)
        .notices("A page of a kernel stack could not be read back from the paging file."),
    stop(0x79, "MISMATCHED_HAL", Class::Startup)
        .notices("The HAL does not match the kernel or the machine."),
    stop(0x7A, "KERNEL_DATA_INPAGE_ERROR", Class::Storage)
        .notices("A page of kernel data could not be read back from the paging file.")
        .parameters([Role::Subtype.is("kind of failure"), NONE, NONE, NONE]),
    stop(0x7B, "INACCESSIBLE_BOOT_DEVICE", Class::Startup)
        .notices("The system lost access to its volume while it started."),
    stop(0x7C, "BUGCODE_NDIS_DRIVER", Class::Other)
        .notices("NDIS found that a network driver broke a rule."),
    stop(
        0x7E,
        "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED",
        Class::Exception,
    )
    .variant("SYSTEM_THREAD_EXCEPTION_NOT_HANDLED_M")
    .notices(EXCEPTION)
    .parameters([
        Role::ExceptionCode.is("exception code"),
        Role::Instruction.is("address of the exception"),
        Role::ExceptionRecord.is("exception record"),
        Role::ContextRecord.is("context record"),
    ])
    .implies(CauseId::InvalidAccess)
    .raised_by(&[
        "PspUnhandledExceptionInSystemThread",
        "PspSystemThreadStartup$filt$",
    ]),
    stop(0x7F, "UNEXPECTED_KERNEL_MODE_TRAP", Class::Exception)
        .variant("UNEXPECTED_KERNEL_MODE_TRAP_M")
        .notices(
            "The processor raised a trap that the kernel cannot serve, a double fault for example.",
        )
        .parameters([Role::Subtype.is("kind of trap"), NONE, NONE, NONE])
        .subtypes(&[
            sub(0, "division by zero"),
            sub(6, "invalid opcode"),
            sub(8, "double fault, mostly a kernel stack that overflowed"),
            sub(0xD, "general protection"),
        ])
        .identified_by_subtype(),
];
