/* Read, write, flush, shutdown and PnP requests made by drivers for other drivers. */
#include "iop.h"

static PIRP IopBuildFsdRequest(ULONG major, PDEVICE_OBJECT device, PVOID buffer, ULONG length, PLARGE_INTEGER offset,
                               PIO_STATUS_BLOCK iosb)
{
    PIRP irp = IoAllocateIrp(device->StackSize, FALSE);
    if (irp == NULL) {
        return NULL;
    }
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = (UCHAR)major;
    irp->UserIosb = iosb;
    irp->Tail.Overlay.Thread = PsGetCurrentThread();
    if (major == IRP_MJ_READ || major == IRP_MJ_WRITE) {
        if (!NT_SUCCESS(IopSetUpBuffer(device, irp, buffer, length, major == IRP_MJ_READ))) {
            IoFreeIrp(irp);
            return NULL;
        }
        stack->Parameters.Read.Length = length;
        stack->Parameters.Read.ByteOffset.QuadPart = offset != NULL ? offset->QuadPart : 0;
    }
    return irp;
}

/* Belongs to the calling thread, which waits for `event`; ends by itself. */
IOP_FRAME PIRP IoBuildSynchronousFsdRequest(ULONG major, PDEVICE_OBJECT device, PVOID buffer, ULONG length,
                                            PLARGE_INTEGER offset, PKEVENT event, PIO_STATUS_BLOCK iosb)
{
    PIRP irp = IopBuildFsdRequest(major, device, buffer, length, offset, iosb);
    if (irp != NULL) {
        irp->UserEvent = event;
        IopQueueThreadIrp(irp);
    }
    return irp;
}

/* Belongs to the caller's completion routine, which must free it. */
IOP_FRAME PIRP IoBuildAsynchronousFsdRequest(ULONG major, PDEVICE_OBJECT device, PVOID buffer, ULONG length,
                                             PLARGE_INTEGER offset, PIO_STATUS_BLOCK iosb)
{
    return IopBuildFsdRequest(major, device, buffer, length, offset, iosb);
}

PIRP IoMakeAssociatedIrp(PIRP master, CCHAR stackSize)
{
    PIRP irp = IoAllocateIrp(stackSize, FALSE);
    if (irp != NULL) {
        irp->Flags |= IRP_ASSOCIATED_IRP;
        irp->Tail.Overlay.Thread = master->Tail.Overlay.Thread;
        irp->AssociatedIrp.MasterIrp = master;
    }
    return irp;
}

NTSTATUS IoSetCompletionRoutineEx(PDEVICE_OBJECT device, PIRP irp, PIO_COMPLETION_ROUTINE routine, PVOID context,
                                  BOOLEAN success, BOOLEAN error, BOOLEAN cancel)
{
    UNREFERENCED_PARAMETER(device);
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->CompletionRoutine = TO_PROC(routine);
    stack->Context = context;
    stack->Control =
        (success ? SL_INVOKE_ON_SUCCESS : 0) | (error ? SL_INVOKE_ON_ERROR : 0) | (cancel ? SL_INVOKE_ON_CANCEL : 0);
    return STATUS_SUCCESS;
}
