//! Stops 0x0 to 0x4F.

use super::super::row::{AccessCode, Class, NONE, Role, Row, stop, sub};
use super::shared::EXCEPTION;
use crate::verdict::{CauseId, Confidence};

pub(super) const ROWS: &[Row] = &[
    stop(0x01, "APC_INDEX_MISMATCH", Class::Lock)
        .notices(
            "A thread left a system service, or a work item, with its APC disable count changed.",
        )
        .parameters([
            Role::Caller.is("system service or worker routine that returned"),
            Role::Count.is("_KTHREAD.ApcStateIndex"),
            Role::Count.is("_KTHREAD.CombinedApcDisable"),
            Role::Value.is("call type: 0 system call, 1 worker routine"),
        ])
        .blames(
            CauseId::ApcDisableLeaked,
            Confidence::Possible,
            "a thread came back with APCs disabled",
        ),
    stop(0x02, "DEVICE_QUEUE_NOT_BUSY", Class::Io)
        .notices("A device queue that should have been busy was idle."),
    stop(0x03, "INVALID_AFFINITY_SET", Class::Other)
        .notices("A processor affinity mask was not valid."),
    stop(0x04, "INVALID_DATA_ACCESS_TRAP", Class::Fault)
        .notices("The processor trapped on a data access that was not valid."),
    stop(0x05, "INVALID_PROCESS_ATTACH_ATTEMPT", Class::Lock)
        .notices(
            "A thread attached to another process where it must not, for example while it was \
             attached already.",
        )
        .parameters([
            Role::Process.is("process to attach to, or the original one if attached already"),
            Role::Process.is("process that the thread is attached to now"),
            Role::Count.is("APC state index of the thread"),
            Role::Value.is("not zero while the processor runs a DPC"),
        ]),
    stop(0x06, "INVALID_PROCESS_DETACH_ATTEMPT", Class::Lock).notices(
        "A thread detached from a process in a way that does not fit how it attached, as can \
         happen in an image-load callback.",
    ),
    stop(0x07, "INVALID_SOFTWARE_INTERRUPT", Class::Exception)
        .notices("A software interrupt was requested that does not exist."),
    stop(0x08, "IRQL_NOT_DISPATCH_LEVEL", Class::Lock)
        .notices("Code that needs DISPATCH_LEVEL ran at another IRQL."),
    stop(0x09, "IRQL_NOT_GREATER_OR_EQUAL", Class::Lock)
        .notices("The IRQL was lower than the code that checked it needs."),
    stop(0x0A, "IRQL_NOT_LESS_OR_EQUAL", Class::Fault)
        .notices(
            "Kernel code touched an address at raised IRQL that was not there: paged out, freed or \
             never valid.",
        )
        .parameters([
            Role::Address.is("address referenced"),
            Role::Irql.is("IRQL"),
            Role::Access(AccessCode::Bits).is("access"),
            Role::Instruction.is("instruction that referenced it"),
        ])
        .implies(CauseId::InvalidAccess)
        .raised_by(&["MiRaisedIrqlFault"]),
    stop(0x0B, "NO_EXCEPTION_HANDLING_SUPPORT", Class::Exception)
        .notices("Exception handling was needed where none is supported."),
    stop(0x0C, "MAXIMUM_WAIT_OBJECTS_EXCEEDED", Class::Lock)
        .notices("A thread waited for more objects at once than is allowed.")
        .blames(
            CauseId::ApiContractViolated,
            Confidence::Likely,
            "a wait for more objects than a thread or the caller's wait blocks have room for",
        ),
    stop(0x0D, "MUTEX_LEVEL_NUMBER_VIOLATION", Class::Lock)
        .notices("Mutexes were acquired out of the order of their levels."),
    stop(0x0E, "NO_USER_MODE_CONTEXT", Class::Startup).notices(
        "The first routine of a system thread returned, and there is no user mode to return \
         to.",
    ),
    stop(0x0F, "SPIN_LOCK_ALREADY_OWNED", Class::Lock)
        .notices("A spin lock was requested by code that owns it already."),
    stop(0x10, "SPIN_LOCK_NOT_OWNED", Class::Lock)
        .notices("A spin lock was released that nobody owned."),
    stop(0x11, "THREAD_NOT_MUTEX_OWNER", Class::Lock)
        .notices("A thread released a mutex that it does not own."),
    stop(0x12, "TRAP_CAUSE_UNKNOWN", Class::Exception)
        .notices("The processor raised a trap whose cause the kernel does not know."),
    stop(0x13, "EMPTY_THREAD_REAPER_LIST", Class::Lock)
        .notices("The list of threads to reap was empty; Windows does not raise this stop today."),
    stop(0x14, "CREATE_DELETE_LOCK_NOT_LOCKED", Class::Lock)
        .notices("The lock that guards creation and deletion was not held where it must be."),
    stop(0x15, "LAST_CHANCE_CALLED_FROM_KMODE", Class::Exception)
        .notices("Last-chance exception handling was requested from kernel mode."),
    stop(0x16, "CID_HANDLE_CREATION", Class::Other)
        .notices("No handle could be created in the table of process and thread IDs."),
    stop(0x17, "CID_HANDLE_DELETION", Class::Other)
        .notices("A handle could not be deleted from the table of process and thread IDs."),
    stop(0x18, "REFERENCE_BY_POINTER", Class::Corruption)
        .notices("The reference count of an object fell below what its state allows.")
        .parameters([
            NONE,
            Role::Object.is("object whose reference count is wrong"),
            NONE,
            NONE,
        ])
        .blames(
            CauseId::ObjectReferenceUnderflow,
            Confidence::Possible,
            "an object was dereferenced once too often",
        ),
    stop(0x19, "BAD_POOL_HEADER", Class::Pool)
        .notices(
            "The pool allocator found its own bookkeeping damaged, or was called in a way that it \
             forbids. Who finds the damage is rarely who did it.",
        )
        .parameters([
            Role::Subtype.is("kind of violation"),
            Role::PoolBlock.is("pool entry that was being looked at"),
            NONE,
            NONE,
        ])
        .subtypes(&[
            sub(0x2, "the pattern around a block of special pool is damaged"),
            sub(0x3, "the pool free list is corrupt").with(
                Role::PoolBlock.is("pool entry that was being looked at"),
                Role::Value.is("forward link that was read"),
                Role::Value.is("backward link that was read"),
            ),
            sub(0x5, "the headers of two neighbours contradict each other"),
            sub(0x6, "the previous size in a block's header is too large"),
            sub(0x7, "the size in a block's header is corrupt"),
            sub(0x8, "the size in a block's header is zero"),
            sub(0x9, "the size in a block's header is too large"),
            sub(0xA, "the size in a block's header is corrupt"),
            sub(0xD, "the header of a block that is free was changed"),
            sub(0xE, "the header of a block that is free was changed"),
            sub(0xF, "the header of a block that is free was changed"),
            sub(0x20, "the pool block header's size is corrupt"),
            sub(
                0x21,
                "the memory behind the block that is being freed was changed",
            )
            .with(
                Role::PoolAddress.is("block that is being freed"),
                Role::Size.is("bytes of the block"),
                Role::Value.is("value that was found behind it"),
            ),
            sub(0x22, "an address was freed that no allocation is known for"),
            sub(0x23, "the header of a block that is free was changed"),
            sub(0x24, "the header of a block that is free was changed"),
            sub(0x25, "the header of a block that is free was changed"),
        ])
        .identified_by_subtype()
        .described(&["pool is already corrupt at the time"]),
    stop(0x1A, "MEMORY_MANAGEMENT", Class::Corruption)
        .notices("Memory management found its own structures damaged.")
        .parameters([
            Role::Subtype.is("kind of inconsistency: {}"),
            NONE,
            NONE,
            NONE,
        ])
        .subtypes(&[
            sub(
                0x31,
                "an image's relocations or code are damaged, mostly by the hardware",
            ),
            sub(
                0x403,
                "the page tables and the page frames do not fit, mostly by the hardware",
            ),
            sub(0x411, "a page-table entry is damaged"),
            sub(
                0x777,
                "an address of the system cache was unlocked that is not locked",
            ),
            sub(0x778, "the last view of the system cache was used"),
            sub(
                0x780,
                "page-table entries of a system cache view are damaged",
            ),
            sub(
                0x781,
                "page-table entries of a system cache view are damaged",
            ),
            sub(0x1000, "a cached page was to be mapped as not cached").implies(CauseId::MdlMisuse),
            sub(0x1010, "a pageable section was unlocked that is not locked")
                .implies(CauseId::ApiContractViolated),
            sub(0x1233, "a page was mapped that is not locked").implies(CauseId::MdlMisuse),
            sub(
                0x1234,
                "a pageable section was to be locked that does not exist",
            )
            .implies(CauseId::ApiContractViolated),
            sub(0x1235, "an MDL with an invalid mapping was to be protected")
                .implies(CauseId::MdlMisuse),
            sub(
                0x3451,
                "page-table entries of a swapped-out kernel stack are damaged",
            ),
            sub(
                0x4477,
                "a driver wrote to user space of the system process that is not allocated",
            ),
            sub(
                0x5003,
                "the free list of a working set is damaged, mostly by the hardware",
            ),
            sub(0x5100, "the bitmap of allocations is damaged"),
            sub(0x5200, "a page on a free list of the pool was written"),
            sub(0x8884, "pages of the standby list differ in their priority"),
            sub(0x8888, "structures of memory management are damaged"),
            sub(0x8889, "structures of memory management are damaged"),
            sub(
                0x888A,
                "structures of memory management are damaged, mostly a page-table entry",
            ),
            sub(
                0x41283,
                "the working set index in a page-table entry is damaged",
            ),
            sub(
                0x41284,
                "a page-table entry or the working set list is damaged",
            ),
            sub(0x41286, "an invalid pool address was freed").implies(CauseId::BadFree),
            sub(
                0x41287,
                "a page fault came while the working set was locked",
            ),
            sub(0x41785, "the working set list is damaged"),
            sub(0x41790, "a page-table page is damaged"),
            sub(0x41792, "a page-table entry is damaged"),
            sub(0x61940, "a page-directory entry became invalid"),
            sub(0x61941, "the page tables are damaged"),
            sub(
                0x61946,
                "an MDL is flawed: mostly for write where the request is a paging read",
            )
            .implies(CauseId::MdlMisuse),
        ])
        .blames(
            CauseId::MemoryCorruptionUnknownWriter,
            Confidence::Possible,
            "the memory manager's data are damaged",
        ),
    stop(0x1B, "PFN_SHARE_COUNT", Class::Corruption).notices(
        "The share count of a page frame was wrong; Windows does not raise this stop today.",
    ),
    stop(0x1C, "PFN_REFERENCE_COUNT", Class::Corruption).notices(
        "A reference count, of a page frame or of another object, went over, under or was \
         used after it ended.",
    ),
    stop(0x1D, "NO_SPIN_LOCK_AVAILABLE", Class::Lock).notices("No spin lock was available."),
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
    stop(0x1F, "SHARED_RESOURCE_CONV_ERROR", Class::Lock)
        .notices("A shared resource could not be converted to another kind of ownership."),
    stop(0x20, "KERNEL_APC_PENDING_DURING_EXIT", Class::Lock)
        .notices("A thread ended with its APCs disabled or with APCs pending."),
    stop(0x21, "QUOTA_UNDERFLOW", Class::Corruption)
        .notices("More quota was given back to a quota block than was charged to it.")
        .parameters([
            Role::Process.is("process that was charged, if known"),
            Role::Value.is("type of quota"),
            Role::Size.is("amount to give back"),
            Role::Size.is("amount that could not be given back"),
        ]),
    stop(0x22, "FILE_SYSTEM", Class::Storage)
        .notices("A file system met a condition that it cannot handle.")
        .blames(
            CauseId::InvalidAccess,
            Confidence::Possible,
            "a file system gave up after an exception",
        ),
    stop(0x23, "FAT_FILE_SYSTEM", Class::Storage)
        .notices(
            "The FAT driver met a state that it cannot continue from, often after disk corruption.",
        )
        .parameters([
            Role::Internal.is("source file (high 16 bits) and line"),
            Role::ExceptionRecord.is("exception record, if FatExceptionFilter is on the stack"),
            Role::ContextRecord.is("context record, if FatExceptionFilter is on the stack"),
            NONE,
        ]),
    stop(0x24, "NTFS_FILE_SYSTEM", Class::Storage).notices(
        "NTFS met a condition that it cannot handle: a damaged volume, an exception, \
         or a filter's fault.",
    ),
    stop(0x25, "NPFS_FILE_SYSTEM", Class::Storage)
        .notices(
            "The named-pipe file system met a state that it cannot continue from, for example out \
             of nonpaged pool.",
        )
        .parameters([
            Role::Internal.is("source file (high 16 bits) and line"),
            NONE,
            NONE,
            NONE,
        ]),
    stop(0x26, "CDFS_FILE_SYSTEM", Class::Storage)
        .notices(
            "The CD file system met a state that it cannot continue from, often after media or \
             disk errors.",
        )
        .parameters([
            Role::Internal.is("source file (high 16 bits) and line"),
            Role::ExceptionRecord.is("exception record, if CdExceptionFilter is on the stack"),
            Role::ContextRecord.is("context record, if CdExceptionFilter is on the stack"),
            NONE,
        ]),
    stop(0x27, "RDR_FILE_SYSTEM", Class::Storage)
        .notices("The SMB redirector met a condition that it cannot handle.")
        .blames(
            CauseId::InvalidAccess,
            Confidence::Possible,
            "a network file system gave up after an exception",
        ),
    stop(0x28, "CORRUPT_ACCESS_TOKEN", Class::Corruption).notices("An access token is damaged."),
    stop(0x29, "SECURITY_SYSTEM", Class::Other)
        .notices("The security subsystem met an error that it cannot continue from."),
    stop(0x2A, "INCONSISTENT_IRP", Class::Io)
        .notices(
            "The fields of an IRP contradict each other, for example completed but still queued.",
        )
        .parameters([Role::Irp.is("IRP that is inconsistent"), NONE, NONE, NONE]),
    stop(0x2B, "PANIC_STACK_SWITCH", Class::Fault)
        .notices("The kernel stack ran over: too much of it was used, or its pointer is damaged.")
        .parameters([Role::TrapFrame.is("trap frame"), NONE, NONE, NONE]),
    stop(0x2C, "PORT_DRIVER_INTERNAL", Class::Storage)
        .notices("A port driver met an internal error."),
    stop(0x2D, "SCSI_DISK_DRIVER_INTERNAL", Class::Storage)
        .notices("The SCSI disk driver met an internal error."),
    stop(0x2E, "DATA_BUS_ERROR", Class::Hardware)
        .notices("The memory bus reported an error on data, as a rule a parity error in RAM.")
        .parameters([
            Role::Address.is("virtual address of the access"),
            Role::PageFrame.is("physical address of the access"),
            Role::Value.is("processor status register"),
            Role::Value.is("faulting instruction register"),
        ]),
    stop(0x2F, "INSTRUCTION_BUS_ERROR", Class::Hardware)
        .notices("The memory bus reported an error while an instruction was fetched."),
    stop(0x30, "SET_OF_INVALID_CONTEXT", Class::Exception)
        .notices("A trap frame's stack pointer was about to be moved below the stack in use.")
        .parameters([
            Role::Address.is("new stack pointer"),
            Role::Address.is("old stack pointer"),
            Role::TrapFrame.is("trap frame"),
            NONE,
        ]),
    stop(0x31, "PHASE0_INITIALIZATION_FAILED", Class::Startup)
        .notices("The system failed in phase 0 of its start."),
    stop(0x32, "PHASE1_INITIALIZATION_FAILED", Class::Startup)
        .notices("The system failed in phase 1 of its start.")
        .parameters([Role::Status.is("why it failed"), NONE, NONE, NONE]),
    stop(0x33, "UNEXPECTED_INITIALIZATION_CALL", Class::Startup)
        .notices("An initialization routine was called when it must not be."),
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
    stop(0x36, "DEVICE_REFERENCE_COUNT_NOT_ZERO", Class::Io)
        .notices("A driver deleted a device object that is still referenced.")
        .parameters([Role::Device.is("device object"), NONE, NONE, NONE]),
    stop(0x37, "FLOPPY_INTERNAL_ERROR", Class::Storage)
        .notices("The floppy driver met an internal error."),
    stop(0x38, "SERIAL_DRIVER_INTERNAL", Class::Io)
        .notices("The serial driver met an internal error."),
    stop(0x39, "SYSTEM_EXIT_OWNED_MUTEX", Class::Lock)
        .notices("A worker routine returned with a mutex still owned.")
        .parameters([
            Role::Caller.is("worker routine"),
            Role::Value.is("parameter of the worker routine"),
            Role::Object.is("work item"),
            NONE,
        ]),
    stop(0x3A, "SYSTEM_UNWIND_PREVIOUS_USER", Class::Exception)
        .notices("An unwind went past the point where the thread came from user mode."),
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
    stop(0x3C, "INTERRUPT_UNWIND_ATTEMPTED", Class::Exception)
        .notices("An unwind was attempted through an interrupt."),
    stop(0x3D, "INTERRUPT_EXCEPTION_NOT_HANDLED", Class::Exception)
        .notices("An interrupt service routine raised an exception that nobody handled.")
        .parameters([NONE, NONE, Role::TrapFrame.is("trap frame"), NONE]),
    stop(
        0x3E,
        "MULTIPROCESSOR_CONFIGURATION_NOT_SUPPORTED",
        Class::Startup,
    )
    .notices("The processors of the system do not match each other."),
    stop(0x3F, "NO_MORE_SYSTEM_PTES", Class::Other)
        .notices("No run of system page-table entries was long enough for a request.")
        .parameters([
            Role::Subtype.is("kind of system PTE"),
            Role::Size.is("size of the request"),
            Role::Count.is("free system PTEs"),
            Role::Count.is("system PTEs"),
        ])
        .subtypes(&[
            sub(0x0, "expansion of system PTEs"),
            sub(0x1, "expansion of nonpaged pool"),
        ]),
    stop(0x40, "TARGET_MDL_TOO_SMALL", Class::Io)
        .notices("IoBuildPartialMdl was given a target MDL too small for the range."),
    stop(0x41, "MUST_SUCCEED_POOL_EMPTY", Class::Pool)
        .notices("A request for pool that must succeed could not be met."),
    stop(0x42, "ATDISK_DRIVER_INTERNAL", Class::Storage)
        .notices("The AT disk driver met an internal error."),
    stop(0x43, "NO_SUCH_PARTITION", Class::Storage)
        .notices("A partition was named that does not exist."),
    stop(0x44, "MULTIPLE_IRP_COMPLETE_REQUESTS", Class::Io)
        .notices("A driver completed an IRP that had already been completed.")
        .parameters([Role::Irp.is("IRP"), NONE, NONE, NONE])
        .implies(CauseId::IrpCompletedTwice)
        .described(&["requested that an irp be completed"]),
    stop(0x45, "INSUFFICIENT_SYSTEM_MAP_REGS", Class::Hardware)
        .notices("There were not enough map registers."),
    stop(0x46, "DEREF_UNKNOWN_LOGON_SESSION", Class::Other)
        .notices("A logon session was dereferenced that is not known."),
    stop(0x47, "REF_UNKNOWN_LOGON_SESSION", Class::Other)
        .notices("A logon session was referenced that is not known."),
    stop(0x48, "CANCEL_STATE_IN_COMPLETED_IRP", Class::Io)
        .notices("A driver completed an IRP that still has its cancel routine.")
        .blames(
            CauseId::IrpMisuse,
            Confidence::Likely,
            "a completed IRP still has its cancel routine",
        ),
    stop(0x49, "PAGE_FAULT_WITH_INTERRUPTS_OFF", Class::Fault)
        .notices("A page fault came while interrupts were off."),
    stop(0x4A, "IRQL_GT_ZERO_AT_SYSTEM_SERVICE", Class::Lock)
        .notices("A system call returned to user mode above PASSIVE_LEVEL.")
        .blames(
            CauseId::IrqlLeaked,
            Confidence::Possible,
            "a system service returned at raised IRQL",
        ),
    stop(0x4B, "STREAMS_INTERNAL_ERROR", Class::Io)
        .notices("The streams subsystem met an internal error."),
    stop(0x4C, "FATAL_UNHANDLED_HARD_ERROR", Class::Startup)
        .notices("A hard error that is fatal was not handled."),
    stop(0x4D, "NO_PAGES_AVAILABLE", Class::Other)
        .notices("No page of memory was free, and none could be made free."),
    stop(0x4E, "PFN_LIST_CORRUPT", Class::Corruption)
        .notices("Memory management found its own structures damaged.")
        .parameters([Role::Subtype.is("kind of failure"), NONE, NONE, NONE])
        .subtypes(&[
            sub(0x1, "a list's head is damaged"),
            sub(0x2, "a list's entry is damaged"),
            sub(0x7, "a page was unlocked more often than it was locked")
                .implies(CauseId::MdlMisuse),
            sub(
                0x8D,
                "the list of free pages is damaged, mostly by the hardware",
            ),
            sub(0x8F, "the head of the free or zeroed list is damaged"),
            sub(0x99, "a page-table entry or a page frame is damaged"),
            sub(0x9A, "a page was freed that is still locked for I/O").implies(CauseId::MdlMisuse),
        ])
        .blames(
            CauseId::MemoryCorruptionUnknownWriter,
            Confidence::Possible,
            "the list of page frames is damaged",
        ),
    stop(0x4F, "NDIS_INTERNAL_ERROR", Class::Io).notices("NDIS met an internal error."),
];
