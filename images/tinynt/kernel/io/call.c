/* IofCallDriver: passes an IRP to the next driver down. */
#include "iop.h"

/* Driver Verifier puts its IovCallDriver here. */
NTSTATUS (*pIofCallDriver)(PDEVICE_OBJECT device, PIRP irp, PVOID returnAddress);

IOP_FRAME NTSTATUS IopfCallDriver(PDEVICE_OBJECT device, PIRP irp)
{
    if (--irp->CurrentLocation <= 0) {
        KeBugCheckEx(NO_MORE_IRP_STACK_LOCATIONS, (ULONG_PTR)irp, 0, 0, 0);
    }
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    irp->Tail.Overlay.CurrentStackLocation = stack;
    stack->DeviceObject = device;
    PDRIVER_DISPATCH dispatch = FROM_PROC(PDRIVER_DISPATCH, device->DriverObject->MajorFunction[stack->MajorFunction]);
    return dispatch(device, irp);
}

IOP_FRAME NTSTATUS IofCallDriver(PDEVICE_OBJECT device, PIRP irp)
{
    if (pIofCallDriver != NULL) {
        return pIofCallDriver(device, irp, __builtin_return_address(0));
    }
    return IopfCallDriver(device, irp);
}

NTSTATUS IopInvalidDeviceRequest(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
    irp->IoStatus.Information = 0;
    IofCompleteRequest(irp, 0);
    return STATUS_INVALID_DEVICE_REQUEST;
}

static NTSTATUS IopSynchronousCompletion(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    UNREFERENCED_PARAMETER(device);
    if (irp->PendingReturned) {
        KeSetEvent(context, 0, FALSE);
    }
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* TRUE when the IRP came back; the caller still owns it. */
BOOLEAN IoForwardIrpSynchronously(PDEVICE_OBJECT device, PIRP irp)
{
    KEVENT event ON_STACK;
    if (irp->CurrentLocation <= 1) {
        return FALSE;
    }
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
    *next = *IoGetCurrentIrpStackLocation(irp);
    next->Control = SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL;
    next->CompletionRoutine = TO_PROC(IopSynchronousCompletion);
    next->Context = &event;
    if (IofCallDriver(device, irp) == STATUS_PENDING) {
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    }
    return TRUE;
}
