/* IofCompleteRequest: back up the stack through the completion routines, then the last stage in
   the context of the thread that asked. */
#include "iop.h"

#define MDL_PAGES_LOCKED 0x0002

/* Driver Verifier puts its IovCompleteRequest here. */
void (*pIofCompleteRequest)(PIRP irp, CCHAR boost);

static BOOLEAN IopMustInvoke(PIRP irp, UCHAR control)
{
    return (NT_SUCCESS(irp->IoStatus.Status) && (control & SL_INVOKE_ON_SUCCESS)) ||
           (!NT_SUCCESS(irp->IoStatus.Status) && (control & SL_INVOKE_ON_ERROR)) ||
           (irp->Cancel && (control & SL_INVOKE_ON_CANCEL));
}

/* What a driver filled in is wiped once its location is done with; the major code stays, and so
   do device and routine, which debuggers read. */
static void IopZeroStackLocation(PIO_STACK_LOCATION stack)
{
    stack->MinorFunction = 0;
    stack->Flags = 0;
    stack->Control &= SL_ERROR_RETURNED;
    RtlZeroMemory(&stack->Parameters, sizeof(stack->Parameters));
    stack->FileObject = NULL;
}

static void IopCompleteAssociated(PIRP irp)
{
    PIRP master = irp->AssociatedIrp.MasterIrp;
    LONG left = ATOMIC_DEC(&master->AssociatedIrp.IrpCount);
    while (irp->MdlAddress != NULL) {
        PMDL next = irp->MdlAddress->Next;
        IoFreeMdl(irp->MdlAddress);
        irp->MdlAddress = next;
    }
    IoFreeIrp(irp);
    if (left == 0) {
        IofCompleteRequest(master, 0);
    }
}

/* Requests whose issuer waits and cleans up itself: status and event are all it needs, from any
   context. */
static void IopCompleteToIssuer(PIRP irp, CCHAR boost)
{
    *irp->UserIosb = irp->IoStatus;
    KeSetEvent(irp->UserEvent, boost, FALSE);
}

IOP_FRAME void IopfCompleteRequest(PIRP irp, CCHAR boost)
{
    if (irp->CurrentLocation > irp->StackCount + 1 || irp->Type != IO_TYPE_IRP) {
        KeBugCheckEx(MULTIPLE_IRP_COMPLETE_REQUESTS, (ULONG_PTR)irp, 0x1232, 0, 0);
    }
    if (irp->CancelRoutine != NULL) {
        KeBugCheckEx(CANCEL_STATE_IN_COMPLETED_IRP, (ULONG_PTR)irp, (ULONG_PTR)irp->CancelRoutine, 0, 0);
    }

    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    NTSTATUS error = STATUS_SUCCESS;
    irp->CurrentLocation++;
    irp->Tail.Overlay.CurrentStackLocation++;
    while (irp->CurrentLocation <= irp->StackCount + 1) {
        irp->PendingReturned = stack->Control & SL_PENDING_RETURNED;
        if (!NT_SUCCESS(irp->IoStatus.Status)) {
            if (irp->IoStatus.Status != error) {
                error = irp->IoStatus.Status;
                stack->Control |= SL_ERROR_RETURNED;
            }
        }
        if (IopMustInvoke(irp, stack->Control)) {
            PIO_COMPLETION_ROUTINE routine = FROM_PROC(PIO_COMPLETION_ROUTINE, stack->CompletionRoutine);
            PVOID context = stack->Context;
            PDEVICE_OBJECT device =
                irp->CurrentLocation == irp->StackCount + 1 ? NULL : IoGetCurrentIrpStackLocation(irp)->DeviceObject;
            IopZeroStackLocation(stack);
            if (routine(device, irp, context) == STATUS_MORE_PROCESSING_REQUIRED) {
                return; /* the IRP is the routine's owner's again, if it still exists */
            }
        } else {
            if (irp->PendingReturned && irp->CurrentLocation <= irp->StackCount) {
                IoGetCurrentIrpStackLocation(irp)->Control |= SL_PENDING_RETURNED;
            }
            IopZeroStackLocation(stack);
        }
        stack++;
        irp->CurrentLocation++;
        irp->Tail.Overlay.CurrentStackLocation++;
    }

    if (irp->Flags & IRP_ASSOCIATED_IRP) {
        IopCompleteAssociated(irp);
        return;
    }
    if (irp->Flags & (IRP_CLOSE_OPERATION | IRP_PAGING_IO)) {
        IopCompleteToIssuer(irp, boost);
        return;
    }
    for (PMDL mdl = irp->MdlAddress; mdl != NULL; mdl = mdl->Next) {
        if (mdl->MdlFlags & MDL_PAGES_LOCKED) {
            MmUnlockPages(mdl);
        }
    }
    if ((irp->Flags & IRP_DEFER_IO_COMPLETION) && !irp->PendingReturned) {
        return; /* the issuer is still on this stack and finishes it */
    }

    PETHREAD thread = irp->Tail.Overlay.Thread;
    PVOID file = irp->Tail.Overlay.OriginalFileObject;
    BOOLEAN direct = !irp->PendingReturned && thread == PsGetCurrentThread() && KeGetCurrentIrql() <= APC_LEVEL;
    if (direct) {
        KIRQL old;
        PVOID unused = NULL;
        KeRaiseIrql(APC_LEVEL, &old);
        IopCompleteRequest(&irp->Tail.Apc, &unused, &unused, &file, &unused);
        KeLowerIrql(old);
        return;
    }
    KeInitializeApc(&irp->Tail.Apc, &thread->Tcb, irp->ApcEnvironment, TO_PROC(IopCompleteRequest),
                    TO_PROC(IopAbortRequest), NULL, KernelMode, NULL);
    KeInsertQueueApc(&irp->Tail.Apc, file, NULL, boost);
}

IOP_FRAME void IofCompleteRequest(PIRP irp, CCHAR boost)
{
    if (pIofCompleteRequest != NULL) {
        pIofCompleteRequest(irp, boost);
        return;
    }
    IopfCompleteRequest(irp, boost);
}
