//! Stops 0x1 to 0x3F that rules or readers know.

use super::super::row::{Class, NONE, Role, Row, stop};
use crate::verdict::{CauseId, Confidence};

/// What every stop about an exception that nobody handled says.
const EXCEPTION: &str =
    "Kernel code raised an exception, an access violation for example, and nobody handled it.";

pub(super) const ROWS: &[Row] = &[
    stop(0x12, "TRAP_CAUSE_UNKNOWN", Class::Exception)
        .notices("The processor raised a trap whose cause the kernel does not know."),
    stop(0x18, "REFERENCE_BY_POINTER", Class::Corruption)
        .notices("The reference count of an object fell below what its state allows.")
        .parameters([
            NONE,
            Role::Object.is("object whose reference count is wrong"),
            NONE,
            NONE,
        ])
        .blames(
            CauseId::PoolUseAfterFree,
            Confidence::Possible,
            "an object was dereferenced once too often",
        ),
    stop(0x1A, "MEMORY_MANAGEMENT", Class::Corruption)
        .notices("Memory management found its own structures damaged.")
        .parameters([
            Role::Subtype.is("kind of inconsistency: {}"),
            NONE,
            NONE,
            NONE,
        ])
        .blames(
            CauseId::MemoryCorruptionUnknownWriter,
            Confidence::Possible,
            "the memory manager's data are damaged",
        ),
    stop(0x1E, "KMODE_EXCEPTION_NOT_HANDLED", Class::Exception)
        .notices(EXCEPTION)
        .parameters([
            Role::ExceptionCode.is("exception code"),
            Role::Instruction.is("address of the exception"),
            Role::ExceptionInformation.is(""),
            Role::ExceptionInformation.is(""),
        ])
        .implies(CauseId::InvalidAccess)
        .raised_by(&["KiFatalExceptionHandler"]),
    stop(0x20, "KERNEL_APC_PENDING_DURING_EXIT", Class::Lock)
        .notices("A thread ended with its APCs disabled or with APCs pending."),
    stop(0x22, "FILE_SYSTEM", Class::Storage)
        .notices("A file system met a condition that it cannot handle.")
        .blames(
            CauseId::InvalidAccess,
            Confidence::Possible,
            "a file system gave up after an exception",
        ),
    stop(0x24, "NTFS_FILE_SYSTEM", Class::Storage).notices(
        "NTFS met a condition that it cannot handle: a damaged volume, an exception, \
         or a filter's fault.",
    ),
    stop(0x27, "RDR_FILE_SYSTEM", Class::Storage)
        .notices("The SMB redirector met a condition that it cannot handle.")
        .blames(
            CauseId::InvalidAccess,
            Confidence::Possible,
            "a network file system gave up after an exception",
        ),
    stop(0x34, "CACHE_MANAGER", Class::Storage)
        .notices("The cache manager met a condition that it cannot handle."),
    stop(0x35, "NO_MORE_IRP_STACK_LOCATIONS", Class::Io)
        .notices("A driver passed an IRP on that has no stack location left for the next driver.")
        .parameters([Role::Irp.is("IRP"), NONE, NONE, NONE])
        .blames(
            CauseId::Inconclusive,
            Confidence::Likely,
            "an IRP was passed on with no stack location left",
        ),
    stop(0x3B, "SYSTEM_SERVICE_EXCEPTION", Class::Exception)
        .notices(EXCEPTION)
        .parameters([
            Role::ExceptionCode.is("exception code"),
            Role::Instruction.is("address of the exception"),
            Role::ContextRecord.is("context record"),
            NONE,
        ])
        .implies(CauseId::InvalidAccess)
        .raised_by(&["KiSystemServiceHandler"]),
    stop(0x3D, "INTERRUPT_EXCEPTION_NOT_HANDLED", Class::Exception)
        .notices("An interrupt service routine raised an exception that nobody handled.")
        .parameters([NONE, NONE, Role::TrapFrame.is("trap frame"), NONE]),
];
