//! Stops 0x90 to 0xBF.

use super::super::row::{Class, NONE, Role, Row, statement, stop, sub};
use crate::verdict::{CauseId, Confidence};

pub(super) const ROWS: &[Row] = &[
    stop(0x90, "PP1_INITIALIZATION_FAILED", Class::Startup)
        .notices("The Plug and Play manager failed in phase 1 of its initialization."),
    stop(0x92, "UP_DRIVER_ON_MP_SYSTEM", Class::Startup)
        .notices("A driver built for one processor was loaded with several active.")
        .parameters([
            Role::Address.is("where the driver is loaded"),
            NONE,
            NONE,
            NONE,
        ]),
    stop(0x93, "INVALID_KERNEL_HANDLE", Class::Other).notices(
        "Kernel code closed a handle that is not valid, or is protected from being \
         closed.",
    ),
    stop(0x94, "KERNEL_STACK_LOCKED_AT_EXIT", Class::Other)
        .notices("A thread ended with its kernel stack still locked in memory."),
    stop(0x96, "INVALID_WORK_QUEUE_ITEM", Class::Corruption)
        .notices("An entry of a queue of work items is damaged, or its driver is gone."),
    stop(0x97, "BOUND_IMAGE_UNSUPPORTED", Class::Startup)
        .notices("A bound image was loaded where it is not supported."),
    stop(0x98, "END_OF_NT_EVALUATION_PERIOD", Class::Other)
        .notices("The evaluation period of this Windows is over.")
        .parameters([
            Role::Value.is("low 32 bits of the expiration date"),
            Role::Value.is("high 32 bits of the expiration date"),
            NONE,
            NONE,
        ]),
    stop(0x99, "INVALID_REGION_OR_SEGMENT", Class::Other).notices(
        "A region of blocks was initialized or extended with arguments that are not valid.",
    ),
    stop(0x9A, "SYSTEM_LICENSE_VIOLATION", Class::Other)
        .notices("A change was noticed that the license of Windows forbids.")
        .parameters([
            Role::Subtype.is("kind of violation"),
            Role::Value.is("depends on the kind"),
            Role::Value.is("depends on the kind"),
            Role::Value.is("depends on the kind"),
        ])
        .subtypes(&[
            sub(0x0, "the product type was changed while offline").with(
                Role::Value.is("type it should be: 0 workstation, 1 server"),
                Role::Value.is("part of the serial number"),
                Role::Value.is("product type, its first two characters"),
            ),
            sub(0x1, "the evaluation period was changed while offline").with(
                Role::Value.is("evaluation time, first source"),
                Role::Value.is("part of the serial number"),
                Role::Value.is("evaluation time, second source"),
            ),
            sub(0x2, "the setup key did not open").with(
                Role::Status.is("why it failed"),
                NONE,
                NONE,
            ),
            sub(
                0x3,
                "SetupType or SetupInProgress is missing from the setup key",
            )
            .with(Role::Status.is("why it failed"), NONE, NONE),
            sub(0x4, "SystemPrefix is missing from the setup key").with(
                Role::Status.is("why it failed"),
                NONE,
                NONE,
            ),
            sub(
                0x5,
                "the licensed processor count was changed while offline",
            )
            .with(
                Role::Value.is("setup code"),
                Role::Count.is("licensed processors, the value found"),
                Role::Count.is("licensed processors, the official value"),
            ),
            sub(0x6, "the ProductOptions key did not open").with(
                Role::Status.is("why it failed"),
                NONE,
                NONE,
            ),
            sub(0x7, "ProductType could not be read").with(
                Role::Status.is("why it failed"),
                NONE,
                NONE,
            ),
            sub(0x8, "changes of ProductOptions could not be watched").with(
                Role::Status.is("why it failed"),
                NONE,
                NONE,
            ),
            sub(0x9, "changes of SystemPrefix could not be watched").with(
                Role::Status.is("why it failed"),
                NONE,
                NONE,
            ),
            sub(0xA, "a workstation was turned into a server").with(NONE, NONE, NONE),
            sub(0x14, "memory could not be allocated").with(
                Role::Size.is("size of the allocation"),
                NONE,
                NONE,
            ),
            sub(0x1B, "the policy cache was to be changed").with(NONE, NONE, NONE),
        ]),
    stop(0x9B, "UDFS_FILE_SYSTEM", Class::Storage)
        .notices(
            "The UDF driver met a state that it cannot continue from, often after disk or media \
             errors.",
        )
        .parameters([
            Role::Internal.is("source file (high 16 bits) and line"),
            Role::ExceptionRecord.is("exception record, if UdfExceptionFilter is on the stack"),
            Role::ContextRecord.is("context record, if UdfExceptionFilter is on the stack"),
            NONE,
        ]),
    stop(0x9C, "MACHINE_CHECK_EXCEPTION", Class::Hardware)
        .notices("The processor reported a hardware error."),
    stop(0x9E, "USER_MODE_HEALTH_MONITOR", Class::Startup)
        .notices("A component in user mode that the system depends on failed its health check."),
    stop(0x9F, "DRIVER_POWER_STATE_FAILURE", Class::Power)
        .notices("A power transition did not come to its end within the time that it is given.")
        .parameters([Role::Subtype.is("kind of failure"), NONE, NONE, NONE])
        .subtypes(&[
            statement(
                1,
                "a device object is being freed with a power request outstanding",
            )
            .with(Role::Device.is("device"), NONE, NONE),
            statement(2, "the target device did not call PoStartNextPowerIrp").with(
                Role::Device.is("device"),
                NONE,
                NONE,
            ),
            statement(
                3,
                "a device object has been blocking a power IRP for too long",
            )
            .with(
                Role::Device.is("physical device object of the stack"),
                Role::Triage.is("nt!_TRIAGE_9F_POWER"),
                Role::Irp.is("the power IRP that was not completed"),
            )
            .implies(CauseId::PowerIrpNeverCompleted)
            .raised_by(&["PopIrpWatchdog"]),
            statement(4, "the power transition timed out waiting for the PnP lock")
                .with(
                    Role::Seconds.is("timeout"),
                    Role::Thread.is("thread that holds the PnP lock"),
                    Role::Triage.is("nt!_TRIAGE_9F_PNP"),
                )
                .implies(CauseId::PnpLockHeldByBlockedDriver),
        ])
        .identified_by_subtype()
        .about_waits()
        .described(&["failed to complete a power irp"]),
    stop(0xA0, "INTERNAL_POWER_ERROR", Class::Power)
        .notices("The power manager met an error that it cannot handle."),
    stop(0xA1, "PCI_BUS_DRIVER_INTERNAL", Class::Power)
        .notices("The PCI bus driver found its own state inconsistent."),
    stop(0xA2, "MEMORY_IMAGE_CORRUPT", Class::Hardware)
        .notices("Memory changed over sleep: the checksum of a range no longer matches.")
        .parameters([
            Role::Subtype.is("kind of mismatch"),
            Role::Value.is("depends on the kind"),
            Role::Value.is("depends on the kind"),
            Role::Value.is("depends on the kind"),
        ])
        .subtypes(&[
            sub(0x2, "a page of the checksum table is wrong").with(
                Role::PageFrame.is("page of the table, or of the run"),
                Role::Count.is("index of the run that did not match, or zero"),
                NONE,
            ),
            sub(0x3, "the checksum of a range is wrong").with(
                Role::PageFrame.is("first physical page of the range"),
                Role::Count.is("pages in the range"),
                Role::PageFrame.is("page of the table that holds the run"),
            ),
        ]),
    stop(0xA3, "ACPI_DRIVER_INTERNAL", Class::Power).notices(
        "The ACPI driver found that its own state contradicts itself, perhaps because of the \
         BIOS.",
    ),
    stop(0xA4, "CNSS_FILE_SYSTEM_FILTER", Class::Storage)
        .notices(
            "The CNSS filter met a state that it cannot continue from, for example out of \
             nonpaged pool.",
        )
        .parameters([
            Role::Internal.is("source file (high 16 bits) and line"),
            NONE,
            NONE,
            NONE,
        ]),
    stop(0xA5, "ACPI_BIOS_ERROR", Class::Hardware)
        .notices("The firmware's ACPI tables or methods are not as the specification demands.")
        .parameters([Role::Subtype.is("kind of firmware error"), NONE, NONE, NONE]),
    stop(0xA7, "BAD_EXHANDLE", Class::Corruption)
        .notices("An entry of the kernel handle table is in a state that contradicts itself."),
    stop(0xAB, "SESSION_HAS_VALID_POOL_ON_EXIT", Class::Pool)
        .notices("A session ended while a driver of it still had pool allocated."),
    stop(0xAC, "HAL_MEMORY_ALLOCATION", Class::Startup)
        .notices("The HAL could not get the memory that it needs to start.")
        .parameters([
            Role::Size.is("size of the allocation"),
            NONE,
            Role::Text.is("name of the source file"),
            NONE,
        ]),
    stop(0xAD, "VIDEO_DRIVER_DEBUG_REPORT_REQUEST", Class::Graphics)
        .notices("The video driver asked for a minidump of its state; the system itself went on.")
        .parameters([
            Role::Value.is("value of the driver"),
            Role::Value.is("value of the driver"),
            Role::Value.is("value of the driver"),
            Role::Count.is("reports asked for since the boot"),
        ]),
    stop(0xB1, "BGI_DETECTED_VIOLATION", Class::Other).notices(
        "The BGI check (boot graphics, by its name) found a violation; the reference says no \
         more.",
    ),
    stop(0xB4, "VIDEO_DRIVER_INIT_FAILURE", Class::Graphics)
        .notices("No display driver could be started, so there is no graphics mode."),
    stop(0xB8, "ATTEMPTED_SWITCH_FROM_DPC", Class::Lock)
        .notices("A DPC routine waited, attached to a process or yielded.")
        .blames(
            CauseId::PassiveCallAtRaisedIrql,
            Confidence::Likely,
            "a DPC waited",
        ),
    stop(0xB9, "CHIPSET_DETECTED_ERROR", Class::Hardware).notices("The chipset reported an error."),
    stop(0xBA, "SESSION_HAS_VALID_VIEWS_ON_EXIT", Class::Other)
        .notices("A session ended while a driver of it still had views mapped."),
    stop(0xBB, "NETWORK_BOOT_INITIALIZATION_FAILED", Class::Startup)
        .notices("Booting from the network failed.")
        .parameters([
            Role::Subtype.is("part that failed"),
            Role::Status.is("why it failed"),
            NONE,
            NONE,
        ])
        .subtypes(&[
            sub(0x1, "the registry could not be updated"),
            sub(0x2, "the network stack did not start"),
            sub(0x3, "the DHCP request to TCP/IP failed"),
        ]),
    stop(0xBC, "NETWORK_BOOT_DUPLICATE_ADDRESS", Class::Startup)
        .notices(
            "Another machine answered for the IP address of this one, which boots from the \
             network.",
        )
        .parameters([
            Role::Value.is("IP address, the first number in the lowest byte"),
            Role::Value.is("the other machine's MAC address"),
            Role::Value.is("the other machine's MAC address, continued"),
            Role::Value.is("the rest of it, zero for Ethernet"),
        ]),
    stop(0xBD, "INVALID_HIBERNATED_STATE", Class::Power)
        .notices("The system resumed from hibernation on hardware that no longer fits the image.")
        .parameters([
            Role::Subtype.is("what does not fit"),
            Role::Value.is("depends on the kind"),
            Role::Value.is("depends on the kind"),
            NONE,
        ])
        .subtypes(&[sub(0x1, "there are fewer processors than before").with(
            Role::Count.is("processors before hibernation"),
            Role::Count.is("processors after it"),
            NONE,
        )]),
    stop(0xBE, "ATTEMPTED_WRITE_TO_READONLY_MEMORY", Class::Fault)
        .notices("Kernel code wrote to memory that is marked as read-only.")
        .parameters([
            Role::Address.is("address written to"),
            Role::Pte.is("page-table entry that forbids the write"),
            Role::TrapFrame.is("trap frame of the write"),
            NONE,
        ])
        .blames(
            CauseId::WriteToReadOnlyMemory,
            Confidence::Likely,
            "read-only memory was written",
        ),
    stop(0xBF, "MUTEX_ALREADY_OWNED", Class::Lock)
        .notices(
            "A thread acquired a mutex that it owns already and that must not be acquired twice.",
        )
        .parameters([
            Role::Lock.is("mutex"),
            Role::Thread.is("thread that acquired it"),
            NONE,
            NONE,
        ]),
];
