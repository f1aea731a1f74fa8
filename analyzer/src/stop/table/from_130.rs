//! Stops 0x130 to 0x14F.

use super::super::row::{Class, NONE, Role, Row, statement, stop, sub};
use crate::verdict::CauseId;

pub(super) const ROWS: &[Row] = &[
    stop(0x130, "DYNAMIC_ADD_PROCESSOR_MISMATCH", Class::Hardware)
        .notices("A processor that was added does not fit the others."),
    stop(0x131, "INVALID_EXTENDED_PROCESSOR_STATE", Class::Other)
        .notices("Extended processor state was saved or restored with arguments that do not fit.")
        .parameters([
            Role::Subtype.is("check that failed"),
            Role::Value.is("depends on the check"),
            Role::Value.is("depends on the check"),
            Role::Value.is("depends on the check"),
        ])
        .subtypes(&[
            sub(
                0x0,
                "the feature mask is not valid, or extended state is off",
            )
            .with(
                Role::Value.is("not zero if extended state is on"),
                Role::Flags.is("feature mask, low 32 bits"),
                Role::Flags.is("feature mask, high 32 bits"),
            ),
            sub(0x1, "the IRQL is above DISPATCH_LEVEL").with(Role::Irql.is("IRQL"), NONE, NONE),
            sub(
                0x2,
                "the state saved before is of the same or a higher level",
            )
            .with(
                Role::Value.is("level of the saved state"),
                Role::Value.is("level now"),
                NONE,
            ),
            sub(0x3, "the state saved before is of another thread").with(
                Role::Thread.is("thread of the saved state"),
                Role::Thread.is("thread now"),
                NONE,
            ),
            sub(0x4, "the state saved before is of another level").with(
                Role::Value.is("level of the saved state"),
                Role::Value.is("level now"),
                NONE,
            ),
        ]),
    stop(0x132, "RESOURCE_OWNER_POINTER_INVALID", Class::Lock)
        .notices("An executive resource was given an owner pointer that is not valid.")
        .parameters([
            Role::Lock.is("resource"),
            Role::Object.is("its owner table"),
            Role::Thread.is("current thread"),
            Role::Value.is("owner pointer"),
        ]),
    stop(0x133, "DPC_WATCHDOG_VIOLATION", Class::Watchdog)
        .notices(
            "The watchdog that counts clock ticks at DISPATCH_LEVEL and above ran out: either one \
             DPC or ISR took too long (parameter 1 is 0), or a processor did not come below \
             DISPATCH_LEVEL for too long (parameter 1 is 1).",
        )
        .parameters([Role::Subtype.is("kind of violation"), NONE, NONE, NONE])
        .subtypes(&[
            statement(0, "a single DPC or ISR exceeded its time").with(
                Role::Ticks.is("{} ticks used"),
                Role::Ticks.is("{} ticks allowed"),
                Role::Triage.is("triage block").unless_zero(),
            ),
            statement(1, "the system spent too long at DISPATCH_LEVEL or above")
                .with(
                    Role::Ticks.is("watchdog period"),
                    Role::Triage.is("triage block"),
                    NONE,
                )
                .implies(CauseId::DispatchLevelOverrun),
        ])
        // Where P1 is not known: the first kind is by far the most frequent.
        .implies(CauseId::DpcOverrun)
        .identified_by_subtype()
        .interrupts()
        .described(&["dpc watchdog detected a prolonged"])
        .raised_by(&["KeAccumulateTicks"]),
    stop(0x134, "DRIVE_EXTENDER", Class::Storage)
        .notices("The drive extender met an internal error that it cannot continue from."),
    stop(0x135, "REGISTRY_FILTER_DRIVER_EXCEPTION", Class::Exception)
        .notices(
            "A registry callback of a filter driver raised an exception and did not handle it.",
        )
        .parameters([
            Role::Status.is("exception code"),
            Role::ContextRecord.is("context record"),
            Role::Caller.is("callback routine of the driver"),
            NONE,
        ]),
    stop(
        0x136,
        "VHD_BOOT_HOST_VOLUME_NOT_ENOUGH_SPACE",
        Class::Startup,
    )
    .notices("The volume that holds the boot VHD has too little space for it.")
    .parameters([
        Role::Subtype.is("what failed"),
        Role::Status.is("why it failed"),
        NONE,
        NONE,
    ])
    .subtypes(&[sub(0x0, "growing the VHD's file to its full size")]),
    stop(0x137, "WIN32K_HANDLE_MANAGER", Class::Graphics)
        .notices("The handle manager of win32k met a fatal error.")
        .parameters([NONE, Role::Object.is("object, if known"), NONE, NONE]),
    stop(0x138, "GPIO_CONTROLLER_DRIVER_ERROR", Class::Other)
        .notices("The GPIO framework found an error of its controller's driver."),
    stop(0x139, "KERNEL_SECURITY_CHECK_FAILURE", Class::Corruption)
        .notices("The kernel found a structure that had been tampered with.")
        .parameters([
            Role::Subtype.is("kind of violation: {}"),
            Role::TrapFrame.is("trap frame of the check that failed"),
            Role::ExceptionRecord.is("exception record"),
            NONE,
        ])
        .subtypes(&[
            sub(0x0, "a /GS cookie was overwritten (old code)"),
            sub(
                0x1,
                "a virtual function table is not valid: the object is damaged",
            ),
            sub(0x2, "a stack cookie was overwritten"),
            sub(0x3, "a LIST_ENTRY is corrupt"),
            sub(0x4, "a stack is corrupt"),
            sub(0x5, "an argument is not valid"),
            sub(0x6, "the stack cookie was not initialized"),
            sub(0x7, "the program asked to end"),
            sub(0x8, "an array was indexed outside of its bounds"),
            sub(0x9, "a registry value was read without a type check"),
            sub(0xA, "an indirect call went to an invalid target"),
            sub(0xB, "memory was written that the write guard protects"),
            sub(0xC, "a switch to an invalid fiber"),
            sub(0xD, "an invalid register context was set"),
            sub(0xE, "a reference count is not valid"),
            sub(0x12, "a jump to an invalid jmp_buf"),
            sub(0x13, "read-only data was changed"),
            sub(0x14, "a cryptographic self-test failed"),
            sub(0x15, "the chain of exception handlers is not valid"),
            sub(0x16, "a cryptographic library failed"),
            sub(0x17, "an invalid call from DllMain"),
            sub(0x18, "an image has an invalid base address"),
            sub(0x19, "a delay-loaded import could not be protected"),
            sub(0x1A, "an unsafe extension was called"),
            sub(0x1B, "a service was called that is withdrawn"),
            sub(0x1C, "a buffer was accessed outside of its bounds"),
            sub(0x1D, "a balanced tree is corrupt"),
            sub(0x25, "a jump table was left"),
            sub(0x26, "a longjmp to an invalid target"),
            sub(
                0x27,
                "a call target whose export is suppressed could not be allowed",
            ),
        ])
        .identified_by_subtype()
        .described(&["kernel component has corrupted a critical data structure"])
        .raised_by(&["KiFastFailDispatch"]),
    stop(0x13A, "KERNEL_MODE_HEAP_CORRUPTION", Class::Pool)
        .notices(
            "The pool allocator found its own bookkeeping damaged, or was called in a way that it \
             forbids. Who finds the damage is rarely who did it.",
        )
        .parameters([
            Role::Subtype.is("kind of corruption: {}"),
            Role::Object.is("heap that is corrupt"),
            Role::PoolBlock.is("address in it where the corruption was noticed"),
            NONE,
        ])
        .subtypes(&[
            sub(0x3, "an entry's header is corrupt"),
            sub(0x4, "several entries' headers are corrupt"),
            sub(0x5, "a large allocation's header is corrupt"),
            sub(0x6, "consistent with an overrun of a block"),
            sub(0x7, "consistent with an underrun of a block"),
            sub(0x8, "a free block was used as one in use"),
            sub(
                0x9,
                "an invalid argument, such as an address that is no block",
            ),
            sub(0xA, "an invalid type of allocation"),
            sub(0xB, "consistent with use of a block after it was freed"),
            sub(0xC, "a block of another heap"),
            sub(0xD, "a free list is corrupt"),
            sub(0xE, "a list entry is corrupt"),
            sub(0xF, "a free block was used as one in use"),
            sub(
                0x10,
                "the internal state is not valid, mostly after an overrun",
            ),
            sub(0x11, "a block was freed twice"),
            sub(0x12, "a subsegment of blocks of variable size is corrupt"),
            sub(0x13, "no heap was passed: NULL"),
            sub(0x14, "the allocation is larger than allowed"),
            sub(0x15, "a commit would exceed the limit"),
            sub(0x16, "an invalid query of the size of an allocation"),
        ])
        .identified_by_subtype()
        .described(&["kernel mode heap manager has detected corruption"])
        .raised_by(&["RtlpHeapHandleError"]),
    stop(0x13B, "PASSIVE_INTERRUPT_ERROR", Class::Lock)
        .notices("An interrupt object for PASSIVE_LEVEL was used in a way that is not allowed.")
        .parameters([
            Role::Subtype.is("kind of error"),
            Role::Object.is("KINTERRUPT"),
            NONE,
            NONE,
        ])
        .subtypes(&[sub(
            0x1,
            "its spin lock was to be acquired, but it has none",
        )]),
    stop(0x13C, "INVALID_IO_BOOST_STATE", Class::Lock)
        .notices("A thread ended with its I/O priority still boosted."),
    stop(0x13D, "CRITICAL_INITIALIZATION_FAILURE", Class::Startup)
        .notices("The kernel failed very early in its start."),
    stop(0x140, "STORAGE_DEVICE_ABNORMALITY_DETECTED", Class::Storage)
        .notices("The storage stack answered too slowly too often, or not at all."),
    stop(0x141, "VIDEO_ENGINE_TIMEOUT_DETECTED", Class::Graphics)
        .notices("An engine of the GPU did not answer in time; a live dump was taken.")
        .parameters([
            Role::Object.is("TDR recovery context, if any"),
            Role::Address.is("address in the display driver"),
            Role::Value.is("second key of the driver"),
            Role::Value.is("internal data"),
        ]),
    stop(0x142, "VIDEO_TDR_APPLICATION_BLOCKED", Class::Graphics)
        .notices(
            "A process was barred from the GPU after too many timeouts; a live dump was taken.",
        )
        .parameters([
            Role::Object.is("TDR recovery context, if any"),
            Role::Address.is("address in the display driver"),
            Role::Value.is("second key of the driver"),
            Role::Value.is("ID of the process that was barred"),
        ]),
    stop(0x143, "PROCESSOR_DRIVER_INTERNAL", Class::Power)
        .notices("The processor power driver met a fatal error.")
        .parameters([
            Role::Subtype.is("kind of error"),
            Role::Value.is("depends on the kind"),
            Role::Value.is("depends on the kind"),
            Role::Object.is("device context of the processor (FDO_DATA)"),
        ])
        .subtypes(&[
            sub(
                0x1,
                "the power engine plug-in refused a notification that it must take",
            )
            .with(
                Role::Value.is("type of notification"),
                Role::Object.is("notification"),
                Role::Object.is("device context of the processor (FDO_DATA)"),
            ),
            sub(
                0x2,
                "the power engine plug-in named an idle state that is not valid",
            )
            .with(
                Role::Value.is("0 too many processors, 1 processor state, 2 platform state"),
                Role::Value.is("processors, or index of the idle state"),
                Role::Object.is("device context of the processor (FDO_DATA)"),
            ),
        ]),
    stop(0x144, "BUGCODE_USB3_DRIVER", Class::Other)
        .notices("The USB 3 stack found a request, a device or its own state wrong."),
    stop(0x145, "SECURE_BOOT_VIOLATION", Class::Startup)
        .notices(
            "Secure Boot could not be enforced: its policy is not valid, or a step was not done.",
        )
        .parameters([
            Role::Status.is("why it failed"),
            Role::Object.is("Secure Boot policy"),
            Role::Size.is("size of the policy"),
            NONE,
        ]),
    stop(0x147, "ABNORMAL_RESET_DETECTED", Class::Hardware)
        .notices("The machine was reset without a shutdown, and nothing of its state was saved."),
    stop(0x149, "REFS_FILE_SYSTEM", Class::Storage)
        .notices("ReFS met a condition that it cannot handle."),
    stop(0x14A, "KERNEL_WMI_INTERNAL", Class::Corruption)
        .notices("The kernel's WMI met a fatal error.")
        .parameters([
            Role::Subtype.is("kind of error"),
            Role::Object.is("WMI entry"),
            NONE,
            NONE,
        ])
        .subtypes(&[
            sub(0x0, "a reference was taken on an entry that had none left"),
            sub(0x1, "a data source was removed too early").with(
                Role::Object.is("WMI data source"),
                NONE,
                NONE,
            ),
        ]),
    stop(0x14B, "SOC_SUBSYSTEM_FAILURE", Class::Hardware)
        .notices("A subsystem of the SoC failed and cannot be recovered.")
        .parameters([
            Role::Object.is("SOC_SUBSYSTEM_FAILURE_DETAILS"),
            NONE,
            NONE,
            Role::Address.is("data of the vendor, if any"),
        ]),
    stop(0x14C, "FATAL_ABNORMAL_RESET_ERROR", Class::Hardware)
        .notices("The machine was reset after an error that it could not recover from."),
    stop(0x14D, "EXCEPTION_SCOPE_INVALID", Class::Exception)
        .notices("The dispatch of an exception found its own state inconsistent."),
    stop(0x14E, "SOC_CRITICAL_DEVICE_REMOVED", Class::Hardware)
        .notices("A device of the SoC that the system needs failed or was removed.")
        .parameters([
            Role::PoolTag.is("ID of the device, four characters, if known"),
            NONE,
            NONE,
            NONE,
        ]),
    stop(0x14F, "PDC_WATCHDOG_TIMEOUT", Class::Watchdog)
        .notices("A component did not answer the power dependency coordinator in time."),
];
