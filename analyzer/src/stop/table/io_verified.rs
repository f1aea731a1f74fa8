//! The subtypes of 0xC9: rules of the I/O manager that Driver Verifier checks.
//!
//! Source: Microsoft's bug check reference, 0xC9.

use super::super::row::{NONE, Parameter, Role, Subtype, sub};
use crate::verdict::CauseId::{
    ApiCalledAtWrongIrql as Irql, ApiContractViolated as Contract, IrpMisuse as Misuse,
    IrpNotCompletedByDispatch as NotCompleted, ObjectReferenceUnderflow, StaleCompletionEvent,
};

const IRP: Parameter = Role::Irp.is("IRP");
const CODE: Parameter = Role::Caller.is("code that the error was found in");
const ROUTINE: Parameter = Role::Caller.is("routine of the driver");
const NOW: Parameter = Role::Irql.is("IRQL");

pub(super) const IO_VERIFIED: &[Subtype] = &[
    sub(0x1, "an object was freed as an IRP that is none")
        .with(IRP, NONE, NONE)
        .implies(Misuse),
    sub(0x2, "an IRP was freed that still belongs to a thread")
        .with(IRP, NONE, NONE)
        .implies(Misuse),
    sub(0x3, "an object was sent to a driver as an IRP that is none")
        .with(IRP, NONE, NONE)
        .implies(Misuse),
    sub(0x4, "an IRP was sent to a device object that is not valid")
        .with(Role::Object.is("device object"), NONE, NONE)
        .implies(Misuse),
    sub(0x5, "a dispatch routine returned at another IRQL").with(
        Role::Device.is("device whose driver returned at another IRQL"),
        Role::Irql.is("IRQL before"),
        Role::Irql.is("IRQL after"),
    ),
    sub(0x6, "an IRP was completed with STATUS_PENDING or -1 as its status")
        .with(Role::Status.is("status of the IRP"), IRP, NONE)
        .implies(Misuse),
    sub(0x7, "an IRP was completed while its cancel routine was still set")
        .with(Role::Caller.is("cancel routine"), IRP, NONE)
        .implies(Misuse),
    sub(0x8, "an asynchronous read or write request was built on an invalid buffer")
        .with(
            Role::Object.is("device object"),
            Role::Value.is("major function"),
            Role::Status.is("exception"),
        )
        .implies(Contract),
    sub(0x9, "a device control request was built on an invalid buffer")
        .with(
            Role::Object.is("device object"),
            Role::Value.is("I/O control code"),
            Role::Status.is("exception"),
        )
        .implies(Contract),
    sub(0xA, "a device's I/O timer was initialized twice")
        .with(Role::Object.is("device object"), NONE, NONE)
        .implies(Contract),
    sub(0xC, "an IRP's status block is on a part of the stack that has been left")
        .with(Role::Object.is("IO_STATUS_BLOCK"), NONE, NONE)
        .implies(StaleCompletionEvent),
    sub(0xD, "an IRP's event is on a part of the stack that has been left")
        .with(Role::Object.is("event"), NONE, NONE)
        .implies(StaleCompletionEvent),
    sub(0xE, "an IRP was completed above DISPATCH_LEVEL")
        .with(NOW, IRP, NONE)
        .implies(Irql),
    sub(0xF, "a create request was sent with a file object that is closed or canceled")
        .with(
            Role::Object.is("device object"),
            IRP,
            Role::File.is("file object"),
        )
        .implies(Misuse),
    sub(0x10, "an IRP was sent above DISPATCH_LEVEL")
        .with(NOW, NONE, NONE)
        .implies(Irql),
    sub(0x11, "a fast I/O routine was called, or returned, above DISPATCH_LEVEL")
        .with(
            ROUTINE,
            Role::Irql.is("IRQL before"),
            Role::Irql.is("IRQL now"),
        )
        .implies(Irql),
    sub(0x12, "a dispatch routine was called, or returned, above DISPATCH_LEVEL")
        .with(
            ROUTINE,
            Role::Irql.is("IRQL before"),
            Role::Irql.is("IRQL now"),
        )
        .implies(Irql),
    sub(0x201, "a device was deleted while another one lies below it in the stack").implies(Contract),
    sub(0x202, "a device was detached that is attached to nothing").implies(Contract),
    sub(0x203, "an IRP was sent with its cancel routine still set").implies(Misuse),
    sub(0x204, "an IRP was sent to no device: NULL").implies(Misuse),
    sub(0x205, "an IRP was forwarded that is still pending in a lower driver").implies(Misuse),
    sub(0x206, "an IRP was forwarded without its next stack location being set up").implies(Misuse),
    sub(0x207, "an IRP's stack location was copied with the completion routine of the upper driver")
        .implies(Misuse),
    sub(0x208, "an IRP is about to run out of stack locations").implies(Misuse),
    sub(0x209, "an IRP was completed that is still pending in a lower driver").implies(Misuse),
    sub(0x20A, "an IRP was freed that is in use").implies(Misuse),
    sub(0x20B, "an IRP was freed that is in use").implies(Misuse),
    sub(0x20C, "an IRP was freed that is still queued to a thread").implies(Misuse),
    sub(0x20D, "IoInitializeIrp was called for an IRP of IoAllocateIrp").implies(Misuse),
    sub(0x20E, "a PnP IRP was sent without STATUS_NOT_SUPPORTED as its first status").implies(Misuse),
    sub(0x20F, "a power IRP was sent without STATUS_NOT_SUPPORTED as its first status")
        .implies(Misuse),
    sub(0x210, "a WMI IRP was sent without STATUS_NOT_SUPPORTED as its first status").implies(Misuse),
    sub(0x211, "an IRP was sent past a device of the stack").implies(Misuse),
    sub(0x212, "an IRP's stack location was overwritten or not copied right").implies(Misuse),
    sub(0x213, "the status of an IRP was changed that the driver does not handle").implies(Misuse),
    sub(0x214, "the information of an IRP was changed that the driver does not handle")
        .implies(Misuse),
    sub(0x215, "a PnP IRP that had failed was passed down").implies(Misuse),
    sub(0x216, "a PnP IRP's status was set back to STATUS_NOT_SUPPORTED").implies(Misuse),
    sub(0x217, "a required IRP was not handled: its status was not set").implies(Misuse),
    sub(0x218, "an IRP was answered that is meant for another device of the stack").implies(Misuse),
    sub(0x219, "a power IRP that had failed was passed down").implies(Misuse),
    sub(0x21A, "a power IRP's status was set back to STATUS_NOT_SUPPORTED").implies(Misuse),
    sub(0x21B, "a suspicious status was returned, as from a variable that was never set")
        .implies(Misuse),
    sub(0x21C, "an IRP's stack location was copied, and no completion routine was set")
        .implies(Misuse),
    sub(0x21D, "a device was not detached on its remove IRP").implies(Contract),
    sub(0x21E, "a device was not deleted on its remove IRP").implies(Contract),
    sub(0x21F, "the driver has no dispatch routine for a required major function").implies(Misuse),
    sub(0x220, "a WMI IRP was completed by a driver that it is not for").implies(Misuse),
    sub(0x221, "a PDO was deleted though its bus still reports the hardware").implies(Contract),
    sub(0x222, "a bus filter was detached on a remove IRP while the PDO lives on").implies(Contract),
    sub(0x223, "a bus filter's device was deleted while the PDO is present").implies(Contract),
    sub(0x224, "a dispatch routine returned another status than the one in its IRP").implies(Misuse),
    sub(0x225, "a dispatch routine returned a status that is not allowed (-1)").implies(Misuse),
    sub(
        0x226,
        "a dispatch routine returned without completing its IRP, passing it on or saying that it is \
         pending",
    )
    .with(Role::Device.is("device"), NONE, NONE)
    .implies(NotCompleted),
    sub(0x227, "a completion routine is in pageable code")
        .with(ROUTINE, IRP, NONE)
        .implies(Contract),
    sub(0x228, "a completion routine did not mark its pending IRP as pending")
        .with(ROUTINE, IRP, NONE)
        .implies(Misuse),
    sub(0x229, "a cancel routine was set for an IRP that a lower driver is working on")
        .with(ROUTINE, IRP, NONE)
        .implies(Misuse),
    sub(0x22A, "a PDO did not answer a required IRP").implies(Misuse),
    sub(0x22B, "a PDO left the list of the target device relation empty").implies(Contract),
    sub(0x22C, "a PDO was reported as target device without a reference to it")
        .implies(ObjectReferenceUnderflow),
    sub(0x22D, "a PnP IRP was completed that the driver does not know, not passed down")
        .implies(Misuse),
    sub(0x22E, "a PnP IRP was completed as successful, not passed down").implies(Misuse),
    sub(0x22F, "an untouched PnP IRP was completed, not passed down").implies(Misuse),
    sub(0x230, "a power IRP was completed that the driver does not know, not passed down")
        .implies(Misuse),
    sub(0x231, "a power IRP was completed as successful, not passed down").implies(Misuse),
    sub(0x232, "an untouched power IRP was completed, not passed down").implies(Misuse),
    sub(0x233, "the version of a capabilities query was not initialized").implies(Contract),
    sub(0x234, "the size of a capabilities query was not initialized").implies(Contract),
    sub(0x235, "the address of a capabilities query was not initialized to -1").implies(Contract),
    sub(0x236, "the UI number of a capabilities query was not initialized to -1").implies(Contract),
    sub(0x237, "an IRP was sent that only Windows may send").implies(Misuse),
    sub(0x238, "IoInitializeIrp was called for an IRP of IoAllocateIrp").implies(Misuse),
    sub(0x239, "an IRP was completed that was never sent to a driver").implies(Misuse),
    sub(0x23A, "an IRP was forwarded at an IRQL that its major function forbids").implies(Irql),
    sub(0x23B, "the status of an IRP was changed that the driver does not handle").implies(Misuse),
    sub(0x23C, "an IRP was completed with its cancel routine still set").implies(Misuse),
    sub(0x23D, "STATUS_PENDING was returned for an IRP that is not marked as pending").implies(Misuse),
    sub(0x23E, "an IRP was marked as pending and STATUS_PENDING not returned").implies(Misuse),
    sub(0x23F, "a device did not take over DO_POWER_PAGABLE from the stack below it")
        .implies(Contract),
    sub(0x240, "a device was deleted twice").implies(Contract),
    sub(0x241, "a device was detached on surprise removal").implies(Contract),
    sub(0x242, "a device was deleted on surprise removal").implies(Contract),
    sub(0x243, "DO_DEVICE_INITIALIZING was not cleared at the end of AddDevice").implies(Contract),
    sub(0x244, "a device took over neither buffered nor direct I/O from the stack below it")
        .implies(Contract),
    sub(0x245, "a device was set to both buffered and direct I/O").implies(Contract),
    sub(0x246, "a device did not take over the device type of the stack below it").implies(Contract),
    sub(0x247, "an IRP was failed that must not fail").implies(Misuse),
    sub(0x248, "a device that is no PDO was reported as a relation").implies(Contract),
    sub(0x249, "two child devices have the same device ID").implies(Contract),
    sub(0x24A, "a file function was called above PASSIVE_LEVEL").implies(Irql),
    sub(0x24B, "a query for the target device was completed without an answer").implies(Misuse),
    sub(0x24C, "STATUS_PENDING was returned for an IRP that is not marked as pending").implies(Misuse),
    sub(0x24D, "a device that is no PDO was passed where one is needed").implies(Contract),
    sub(0x300, "a suspicious status was returned, as from a variable that was never set")
        .implies(Misuse),
    sub(0x301, "an IRP was forwarded above DISPATCH_LEVEL")
        .with(CODE, IRP, NOW)
        .implies(Irql),
    sub(0x302, "an IRP was forwarded at APC_LEVEL or above")
        .with(Role::Caller.is("caller"), IRP, NOW)
        .implies(Irql),
    sub(0x306, "a remove IRP was completed as failed").implies(Misuse),
    sub(0x307, "a request was sent with an event that was already signaled, and went pending")
        .implies(StaleCompletionEvent),
    sub(0x310, "an IRP was initialized again while in use").implies(Misuse),
    sub(0x311, "an IRP was initialized again that the I/O manager built").implies(Misuse),
    sub(0x312, "an IRP's information exceeds its output buffer").implies(Misuse),
];
