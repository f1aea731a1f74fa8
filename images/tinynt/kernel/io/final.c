/* IopCompleteRequest: the last stage of an IRP, in the context of the thread that issued it, as a
   special kernel APC or called at APC_LEVEL. */
#include "iop.h"

static void IopCopyBackBuffer(PIRP irp)
{
    if (!(irp->Flags & IRP_BUFFERED_IO)) {
        return;
    }
    if ((irp->Flags & IRP_INPUT_OPERATION) && !NT_ERROR(irp->IoStatus.Status) && irp->UserBuffer != NULL) {
        memcpy(irp->UserBuffer, irp->AssociatedIrp.SystemBuffer, irp->IoStatus.Information);
    }
    if (irp->Flags & IRP_DEALLOCATE_BUFFER) {
        ExFreePool(irp->AssociatedIrp.SystemBuffer);
    }
}

/* Tells whoever waits. A request that failed at once has been told by its return value. */
static void IopSignalCompletion(PIRP irp, PFILE_OBJECT file)
{
    NTSTATUS status = irp->IoStatus.Status;
    BOOLEAN syncApi = (irp->Flags & IRP_SYNCHRONOUS_API) != 0;

    if (NT_ERROR(status) && !irp->PendingReturned) {
        if (irp->UserEvent != NULL && file != NULL && !syncApi) {
            ObDereferenceObject(irp->UserEvent);
        }
        return;
    }
    if (irp->UserIosb != NULL) {
        irp->UserIosb->Information = irp->IoStatus.Information;
        irp->UserIosb->Status = status;
    }
    if (irp->UserEvent != NULL) {
        KeSetEvent(irp->UserEvent, 0, FALSE);
        if (file != NULL && !syncApi) {
            ObDereferenceObject(irp->UserEvent);    /* it came from a handle */
        }
        if (file != NULL && (file->Flags & FO_SYNCHRONOUS_IO) && !(irp->Flags & IRP_CREATE_OPERATION)) {
            file->FinalStatus = status;
            KeSetEvent(&file->Event, 0, FALSE);
        }
    } else if (file != NULL) {
        file->FinalStatus = status;
        KeSetEvent(&file->Event, 0, FALSE);
    }
}

IOP_FRAME void IopCompleteRequest(PKAPC apc, PVOID *normalRoutine, PVOID *normalContext, PVOID *fileObject,
                                  PVOID *unused)
{
    UNREFERENCED_PARAMETER(normalRoutine);
    UNREFERENCED_PARAMETER(normalContext);
    UNREFERENCED_PARAMETER(unused);
    PIRP irp = CONTAINING_RECORD(apc, IRP, Tail.Apc);
    PFILE_OBJECT file = *fileObject;
    BOOLEAN create = (irp->Flags & IRP_CREATE_OPERATION) != 0;

    IopCopyBackBuffer(irp);
    irp->Flags &= ~(IRP_DEALLOCATE_BUFFER | IRP_BUFFERED_IO);
    while (irp->MdlAddress != NULL) {
        PMDL next = irp->MdlAddress->Next;
        IoFreeMdl(irp->MdlAddress);
        irp->MdlAddress = next;
    }
    IopSignalCompletion(irp, file);
    IopDequeueThreadIrp(irp);
    IoFreeIrp(irp);
    if (file != NULL && !create) {
        ObDereferenceObject(file);
    }
}

/* The thread ended before its APC ran: nobody is left to tell. */
void IopAbortRequest(PKAPC apc)
{
    PIRP irp = CONTAINING_RECORD(apc, IRP, Tail.Apc);
    if (irp->Flags & IRP_DEALLOCATE_BUFFER) {
        ExFreePool(irp->AssociatedIrp.SystemBuffer);
    }
    IopDequeueThreadIrp(irp);
    IoFreeIrp(irp);
}
