/* A device in a stack of Plug and Play devices. `lower` is the device that this one is attached to. */
#pragma once
#include "device.h"

/* Attaches `device`, ready for requests, to the stack of `pdo`. `inherited`: flags to take over from
   the device below. */
FORCEINLINE NTSTATUS PnpAttach(PDEVICE_OBJECT device, PDEVICE_OBJECT pdo, ULONG inherited, PDEVICE_OBJECT *lower)
{
    *lower = IoAttachDeviceToDeviceStack(device, pdo);
    if (*lower == NULL) {
        return STATUS_NO_SUCH_DEVICE;
    }
    device->Flags |= (*lower)->Flags & inherited;
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

/* As IrpForward, with this driver's consent. */
FORCEINLINE NTSTATUS PnpAgree(PDEVICE_OBJECT lower, PIRP irp)
{
    irp->IoStatus.Status = STATUS_SUCCESS;
    return IrpForward(lower, irp);
}

/* As IrpForward, for a power request. */
FORCEINLINE NTSTATUS PnpForwardPower(PDEVICE_OBJECT lower, PIRP irp)
{
    PoStartNextPowerIrp(irp);
    IoSkipCurrentIrpStackLocation(irp);
    return PoCallDriver(lower, irp);
}

/* IRP_MN_START_DEVICE: the devices below start first. The request is the caller's to complete. */
FORCEINLINE NTSTATUS PnpStartLower(PDEVICE_OBJECT lower, PIRP irp)
{
    return IoForwardIrpSynchronously(lower, irp) ? irp->IoStatus.Status : STATUS_UNSUCCESSFUL;
}

/* IRP_MN_REMOVE_DEVICE: the devices below go, then this one, with its extension. */
FORCEINLINE NTSTATUS PnpRemove(PDEVICE_OBJECT device, PDEVICE_OBJECT lower, PIRP irp)
{
    NTSTATUS status = PnpAgree(lower, irp);

    IoDetachDevice(lower);
    IoDeleteDevice(device);
    return status;
}
