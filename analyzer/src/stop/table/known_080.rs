//! Stops 0x80 to 0xBF that rules or readers know.

use super::super::row::{Class, NONE, Role, Row, says, stop};
use crate::verdict::{CauseId, Confidence};

pub(super) const ROWS: &[Row] = &[
    stop(0x80, "NMI_HARDWARE_FAILURE", Class::Forced)
        .notices(
            "A non-maskable interrupt came in: failing hardware, or somebody who wants a dump of a \
             system that hangs.",
        )
        .interrupts(),
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
    stop(0x93, "INVALID_KERNEL_HANDLE", Class::Other).notices(
        "Kernel code closed a handle that is not valid, or is protected from being \
         closed.",
    ),
    stop(0x96, "INVALID_WORK_QUEUE_ITEM", Class::Corruption)
        .notices("An entry of a queue of work items is damaged, or its driver is gone."),
    stop(0x9C, "MACHINE_CHECK_EXCEPTION", Class::Hardware)
        .notices("The processor reported a hardware error."),
    stop(0x9E, "USER_MODE_HEALTH_MONITOR", Class::Startup)
        .notices("A component in user mode that the system depends on failed its health check."),
    stop(0x9F, "DRIVER_POWER_STATE_FAILURE", Class::Power)
        .notices("A power transition did not come to its end within the time that it is given.")
        .parameters([Role::Subtype.is("kind of failure"), NONE, NONE, NONE])
        .subtypes(&[
            says(
                1,
                "a device object is being freed with a power request outstanding",
            )
            .with(Role::Device.is("device"), NONE, NONE),
            says(2, "the target device did not call PoStartNextPowerIrp").with(
                Role::Device.is("device"),
                NONE,
                NONE,
            ),
            says(
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
            says(4, "the power transition timed out waiting for the PnP lock")
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
    stop(0xA5, "ACPI_BIOS_ERROR", Class::Hardware)
        .notices("The firmware's ACPI tables or methods are not as the specification demands.")
        .parameters([Role::Subtype.is("kind of firmware error"), NONE, NONE, NONE]),
    stop(0xAB, "SESSION_HAS_VALID_POOL_ON_EXIT", Class::Pool)
        .notices("A session ended while a driver of it still had pool allocated."),
    stop(0xB8, "ATTEMPTED_SWITCH_FROM_DPC", Class::Lock)
        .notices("A DPC routine waited, attached to a process or yielded.")
        .blames(
            CauseId::PassiveCallAtRaisedIrql,
            Confidence::Likely,
            "a DPC waited",
        ),
    stop(0xBA, "SESSION_HAS_VALID_VIEWS_ON_EXIT", Class::Other)
        .notices("A session ended while a driver of it still had views mapped."),
    stop(0xBE, "ATTEMPTED_WRITE_TO_READONLY_MEMORY", Class::Fault)
        .notices("Kernel code wrote to memory that is marked as read-only.")
        .parameters([
            Role::Address.is("address written to"),
            Role::Pte.is("page-table entry that forbids the write"),
            Role::TrapFrame.is("trap frame of the write"),
            NONE,
        ])
        .blames(
            CauseId::InvalidAccess,
            Confidence::Likely,
            "read-only memory was written",
        ),
];
