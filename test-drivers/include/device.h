/* A driver's device, requests to it and their end. */
#pragma once
#include <wdm.h>

/* A device with a zeroed extension of `bytes`. `name` may be NULL. */
FORCEINLINE NTSTATUS DeviceCreate(PDRIVER_OBJECT driver, ULONG bytes, PUNICODE_STRING name, PDEVICE_OBJECT *device)
{
    return IoCreateDevice(driver, bytes, name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, device);
}

/* Sends a device control to `device` and waits until it has ended. */
FORCEINLINE NTSTATUS DeviceControl(PDEVICE_OBJECT device, ULONG code, PVOID in, ULONG inLength, PVOID out,
                                   ULONG outLength)
{
    IO_STATUS_BLOCK iosb;
    KEVENT done;

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    PIRP irp = IoBuildDeviceIoControlRequest(code, device, in, inLength, out, outLength, FALSE, &done, &iosb);
    if (irp == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS status = IoCallDriver(device, irp);
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
        status = iosb.Status;
    }
    return status;
}

/* The end of a request: what a dispatch routine returns. `information`: bytes of output. */
FORCEINLINE NTSTATUS IrpComplete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

/* Passes a request on and has no more to do with it. */
FORCEINLINE NTSTATUS IrpForward(PDEVICE_OBJECT lower, PIRP irp)
{
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(lower, irp);
}
