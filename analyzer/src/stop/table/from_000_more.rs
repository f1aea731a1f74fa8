//! Stops 0x1 to 0x3F, those less often seen.

use super::super::row::{Class, NONE, Role, Row, stop, sub};

pub(super) const ROWS: &[Row] = &[
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
    stop(0x0B, "NO_EXCEPTION_HANDLING_SUPPORT", Class::Exception)
        .notices("Exception handling was needed where none is supported."),
    stop(0x0C, "MAXIMUM_WAIT_OBJECTS_EXCEEDED", Class::Lock)
        .notices("A thread waited for more objects at once than is allowed."),
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
    stop(0x1B, "PFN_SHARE_COUNT", Class::Corruption).notices(
        "The share count of a page frame was wrong; Windows does not raise this stop today.",
    ),
    stop(0x1C, "PFN_REFERENCE_COUNT", Class::Corruption).notices(
        "A reference count, of a page frame or of another object, went over, under or was \
         used after it ended.",
    ),
    stop(0x1D, "NO_SPIN_LOCK_AVAILABLE", Class::Lock).notices("No spin lock was available."),
    stop(0x1F, "SHARED_RESOURCE_CONV_ERROR", Class::Lock)
        .notices("A shared resource could not be converted to another kind of ownership."),
    stop(0x21, "QUOTA_UNDERFLOW", Class::Corruption)
        .notices("More quota was given back to a quota block than was charged to it.")
        .parameters([
            Role::Process.is("process that was charged, if known"),
            Role::Value.is("type of quota"),
            Role::Size.is("amount to give back"),
            Role::Size.is("amount that could not be given back"),
        ]),
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
    stop(0x3C, "INTERRUPT_UNWIND_ATTEMPTED", Class::Exception)
        .notices("An unwind was attempted through an interrupt."),
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
];
