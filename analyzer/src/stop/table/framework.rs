//! The subtypes of 0x10D: rules of the driver framework (KMDF).
//!
//! Source: Microsoft's bug check reference, 0x10D.

use super::super::row::{NONE, Parameter, Role, Subtype, sub};
use crate::verdict::CauseId::{
    ApcDisableLeaked, ApiContractViolated as Contract, IrpMisuse, IrqlLeaked,
    ObjectReferenceUnderflow, PowerIrpHeldByBlockedThread, SelfDeadlock,
};

const HANDLE: Parameter = Role::Object.is("framework handle");

pub(super) const FRAMEWORK: &[Subtype] = &[
    sub(0x1, "a power callback of the driver did not return in time")
        .with(Role::Object.is("WDF_POWER_ROUTINE_TIMED_OUT_DATA"), NONE, NONE)
        .implies(PowerIrpHeldByBlockedThread),
    sub(0x2, "a lock was acquired that is held already").implies(SelfDeadlock),
    sub(0x3, "a request was completed with its buffers still referenced")
        .with(
            Role::Object.is("WDFREQUEST"),
            Role::Count.is("references to its buffers: {}"),
            NONE,
        )
        .implies(Contract),
    sub(0x4, "NULL was passed where it is not allowed")
        .with(NONE, Role::Caller.is("caller"), NONE)
        .implies(Contract),
    sub(0x5, "a handle of the wrong type was passed")
        .with(HANDLE, NONE, NONE)
        .implies(Contract),
    sub(0x6, "a request was handled wrongly")
        .with(
            Role::Named(&[
                (1, "its IRP has no stack location left"),
                (2, "it has no IRP to format"),
                (3, "it was sent while a target still has it"),
                (4, "more bytes were returned than its buffer holds"),
            ])
            .is("error"),
            NONE,
            NONE,
        )
        .implies(IrpMisuse),
    sub(0x7, "an object was dereferenced that must be deleted")
        .with(HANDLE, NONE, NONE)
        .implies(ObjectReferenceUnderflow),
    sub(0x8, "a DMA transaction was used in the wrong state")
        .with(Role::Object.is("DMA transaction"), NONE, NONE)
        .implies(Contract),
    sub(0xA, "a request in a queue was handled wrongly")
        .with(Role::Object.is("WDF_QUEUE_FATAL_ERROR_DATA"), NONE, NONE)
        .implies(IrpMisuse),
    sub(0xB, "an object's lock was acquired or released wrongly")
        .with(
            HANDLE,
            Role::Named(&[
                (0, "the object has no lock"),
                (1, "the lock was released by a thread that does not hold it"),
            ])
            .is("error"),
            NONE,
        )
        .implies(Contract),
    sub(0xC, "a PnP IRP came while the driver was still at work on another one")
        .with(Role::Object.is("WDFDEVICE"), Role::Irp.is("PnP IRP"), NONE)
        .implies(Contract),
    sub(0xD, "a power IRP came that the power policy owner did not request; the stack may have two owners")
        .with(Role::Object.is("WDFDEVICE"), Role::Irp.is("power IRP"), NONE)
        .implies(Contract),
    sub(0xE, "a callback of the driver returned at another IRQL")
        .with(
            Role::Irql.is("IRQL before"),
            Role::Irql.is("IRQL after"),
            NONE,
        )
        .implies(IrqlLeaked),
    sub(0xF, "a callback of the driver did not leave a critical region")
        .with(Role::Caller.is("callback"), NONE, NONE)
        .implies(ApcDisableLeaked),
];
