//! Stops 0x50 to 0x8F.

use super::super::row::{AccessCode, Class, NONE, Role, Row, stop, sub};
use super::shared::EXCEPTION;
use crate::verdict::{CauseId, Confidence};

pub(super) const ROWS: &[Row] = &[
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
    stop(0x5C, "HAL_INITIALIZATION_FAILED", Class::Startup)
        .notices("The HAL could not be initialized."),
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
    stop(0x67, "CONFIG_INITIALIZATION_FAILED", Class::Startup)
        .notices("The registry could not be initialized."),
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
    stop(0x73, "CONFIG_LIST_FAILED", Class::Startup)
        .notices("One of the core registry hives could not be linked in."),
    stop(0x74, "BAD_SYSTEM_CONFIG_INFO", Class::Startup)
        .notices("The registry's SYSTEM hive, or the boot configuration, has errors."),
    stop(0x75, "CANNOT_WRITE_CONFIGURATION", Class::Startup)
        .notices("The file of the SYSTEM hive could not be made a mapped file.")
        .parameters([
            Role::Value.is("always 1"),
            Role::Status.is("why it failed"),
            NONE,
            NONE,
        ]),
    stop(0x76, "PROCESS_HAS_LOCKED_PAGES", Class::Io)
        .notices("A process ended while a driver still had pages of it locked.")
        .parameters([
            Role::Subtype.is("kind of violation"),
            NONE,
            Role::Count.is("locked pages: {}"),
            NONE,
        ])
        .subtypes(&[
            sub(0x0, "a process ended with pages that a driver had locked").with(
                Role::Process.is("process"),
                Role::Count.is("locked pages: {}"),
                NONE,
            ),
            sub(0x1, "pages of an MDL were unlocked that are not locked").with(
                Role::Mdl.is("_MDL"),
                Role::Count.is("locked pages: {}"),
                NONE,
            ),
        ])
        .blames(
            CauseId::MdlMisuse,
            Confidence::Possible,
            "pages were locked and not unlocked, or unlocked without being locked",
        ),
    stop(0x77, "KERNEL_STACK_INPAGE_ERROR", Class::Storage)
        .notices("A page of a kernel stack could not be read back from the paging file."),
    stop(0x78, "PHASE0_EXCEPTION", Class::Startup).notices(
        "A breakpoint came during the initialization of the HAL with no debugger enabled.",
    ),
    stop(0x79, "MISMATCHED_HAL", Class::Startup)
        .notices("The HAL does not match the kernel or the machine."),
    stop(0x7A, "KERNEL_DATA_INPAGE_ERROR", Class::Storage)
        .notices("A page of kernel data could not be read back from the paging file.")
        .parameters([
            Role::Value.is("page-table entry, or kind of lock"),
            Role::Status.is("why the page could not be read"),
            NONE,
            Role::Value.is("address of the page"),
        ]),
    stop(0x7B, "INACCESSIBLE_BOOT_DEVICE", Class::Startup)
        .notices("The system lost access to its volume while it started."),
    stop(0x7C, "BUGCODE_NDIS_DRIVER", Class::Other)
        .notices("NDIS found that a network driver broke a rule."),
    stop(0x7D, "INSTALL_MORE_MEMORY", Class::Startup)
        .notices("There is too little memory to start.")
        .parameters([
            Role::Count.is("physical pages found"),
            Role::PageFrame.is("lowest physical page"),
            Role::PageFrame.is("highest physical page"),
            NONE,
        ]),
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
            sub(0, "division by zero").implies(CauseId::ArithmeticError),
            sub(0x1, "single step or debug register"),
            sub(0x2, "nonmaskable interrupt"),
            sub(0x3, "breakpoint"),
            sub(0x4, "overflow"),
            sub(0x5, "bound range exceeded"),
            sub(0x7, "no coprocessor"),
            sub(0xA, "invalid task state segment"),
            sub(0xB, "segment not present"),
            sub(0xC, "stack segment fault"),
            sub(0xE, "page fault"),
            sub(0x10, "floating-point error"),
            sub(0x11, "alignment check"),
            sub(0x12, "machine check"),
            sub(6, "invalid opcode").implies(CauseId::IllegalInstruction),
            sub(8, "double fault, mostly a kernel stack that overflowed")
                .implies(CauseId::KernelStackOverflow)
                .raised_by(&["KiDoubleFault"]),
            sub(0xD, "general protection"),
        ])
        .identified_by_subtype(),
    stop(0x80, "NMI_HARDWARE_FAILURE", Class::Forced)
        .notices(
            "A non-maskable interrupt came in: failing hardware, or somebody who wants a dump of a \
             system that hangs.",
        )
        .interrupts(),
    stop(0x81, "SPIN_LOCK_INIT_FAILURE", Class::Lock)
        .notices("A spin lock could not be initialized."),
    stop(0x82, "DFS_FILE_SYSTEM", Class::Storage)
        .notices("The distributed file system met a state that it cannot continue from."),
    stop(0x85, "SETUP_FAILURE", Class::Startup)
        .notices("Text-mode setup failed.")
        .parameters([
            Role::Subtype.is("what failed"),
            Role::Value.is("detail of the failure"),
            Role::Value.is("detail of the failure"),
            NONE,
        ])
        .subtypes(&[
            sub(
                0x0,
                "the font of the OEM HAL is not valid, so no text can be shown",
            )
            .with(NONE, NONE, NONE),
            sub(0x1, "video could not be initialized").with(
                Role::Value.is("step that failed"),
                Role::Status.is("status of the call, if any"),
                NONE,
            ),
            sub(0x2, "out of memory").with(NONE, NONE, NONE),
            sub(0x3, "the keyboard could not be initialized").with(
                Role::Value.is("0 no keyboard device, 1 no layout DLL"),
                NONE,
                NONE,
            ),
            sub(
                0x4,
                "no device was found for the ARC path that setup came from",
            )
            .with(NONE, NONE, NONE),
            sub(
                0x5,
                "the partition tables failed a check, because of a disk driver",
            )
            .with(NONE, NONE, NONE),
        ]),
    stop(0x8B, "MBR_CHECKSUM_MISMATCH", Class::Storage)
        .notices(
            "The checksum of the master boot record differs from the one that the loader computed.",
        )
        .parameters([
            Role::Value.is("disk signature in the MBR"),
            Role::Value.is("checksum that the loader computed"),
            Role::Value.is("checksum that the kernel computed"),
            NONE,
        ]),
    stop(0x8E, "KERNEL_MODE_EXCEPTION_NOT_HANDLED", Class::Exception)
        .variant("KERNEL_MODE_EXCEPTION_NOT_HANDLED_M")
        .notices(
            "Kernel code raised an exception, an access violation for example, and nobody handled \
             it.",
        )
        .parameters([
            Role::ExceptionCode.is("exception code"),
            Role::Instruction.is("address of the exception"),
            Role::TrapFrame.is("trap frame"),
            NONE,
        ])
        .implies(CauseId::InvalidAccess),
    stop(0x8F, "PP0_INITIALIZATION_FAILED", Class::Startup)
        .notices("The Plug and Play manager failed in phase 0 of its initialization."),
];
