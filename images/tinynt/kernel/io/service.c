/* What all services on open files share: the file's lock, buffers, the way down and the wait. */
#include "iop.h"

/* One request at a time on a synchronous file object. The lock keeps a reference. */
void IopAcquireFileObjectLock(PFILE_OBJECT file)
{
    if (ATOMIC_SWAP(&file->Busy, 1) != 0) {
        ATOMIC_INC(&file->Waiters);
        while (ATOMIC_SWAP(&file->Busy, 1) != 0) {
            KeWaitForSingleObject(&file->Lock, Executive, KernelMode, (file->Flags & FO_ALERTABLE_IO) != 0, NULL);
        }
        ATOMIC_DEC(&file->Waiters);
    }
    ObReferenceObject(file);
}

void IopReleaseFileObjectLock(PFILE_OBJECT file)
{
    ATOMIC_SWAP(&file->Busy, 0);
    if (ATOMIC_READ(&file->Waiters) != 0) {
        KeSetEvent(&file->Lock, 0, FALSE);
    }
    ObDereferenceObject(file);
}

/* References the file object that a service was called with, and the event, if any, which it clears.
   `*event` is NULL if there is none. */
NTSTATUS IopReferenceFileAndEvent(HANDLE h, ACCESS_MASK access, HANDLE eventHandle, PFILE_OBJECT *file, PKEVENT *event)
{
    *event = NULL;
    NTSTATUS status = ObReferenceObjectByHandle(h, access, IopFileObjectType, KernelMode, (PVOID *)file, NULL);
    if (!NT_SUCCESS(status) || eventHandle == NULL) {
        return status;
    }
    status = ObReferenceObjectByHandle(eventHandle, 2, ExEventObjectType, KernelMode, (PVOID *)event, NULL);
    if (!NT_SUCCESS(status)) {
        ObDereferenceObject(*file);
        return status;
    }
    KeClearEvent(*event);
    return status;
}

/* A service ends before it has sent an IRP. `sync`: the file's lock is held. */
void IopAbandonFileService(PFILE_OBJECT file, PKEVENT event, BOOLEAN sync)
{
    if (sync) {
        IopReleaseFileObjectLock(file);
    }
    if (event != NULL) {
        ObDereferenceObject(event);
    }
    ObDereferenceObject(file);
}

/* The IRP takes over the caller's reference to the file (and to the event, if it is a handle's). */
PIRP IopAllocateFileIrp(PDEVICE_OBJECT device, PFILE_OBJECT file, PKEVENT event, PIO_STATUS_BLOCK iosb, UCHAR major)
{
    PIRP irp = IoAllocateIrp(device->StackSize, FALSE);
    if (irp == NULL) {
        return NULL;
    }
    irp->Tail.Overlay.OriginalFileObject = file;
    irp->UserEvent = event;
    irp->UserIosb = iosb;
    irp->Flags = IRP_DEFER_IO_COMPLETION;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = major;
    stack->FileObject = file;
    return irp;
}

/* The buffer in the form that the device's flags ask for. `input`: from the device to the caller. */
NTSTATUS IopSetUpBuffer(PDEVICE_OBJECT device, PIRP irp, PVOID buffer, ULONG length, BOOLEAN input)
{
    irp->UserBuffer = buffer;
    if (device->Flags & DO_BUFFERED_IO) {
        irp->AssociatedIrp.SystemBuffer = NULL;
        if (length == 0) {
            irp->Flags |= input ? IRP_INPUT_OPERATION : 0;
            return STATUS_SUCCESS;
        }
        PVOID copy = ExAllocatePoolWithTag(NonPagedPool, length, '  oI');
        if (copy == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        if (!input) {
            memcpy(copy, buffer, length);
        }
        irp->AssociatedIrp.SystemBuffer = copy;
        irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | (input ? IRP_INPUT_OPERATION : 0);
    } else if ((device->Flags & DO_DIRECT_IO) && length != 0) {
        PMDL mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, irp);
        if (mdl == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        MmProbeAndLockPages(mdl, KernelMode, input ? 1 : 0);
    }
    return STATUS_SUCCESS;
}

/* The driver completed a deferred IRP on this stack: its last stage is done here. */
static void IopFinishDeferred(PIRP irp)
{
    PVOID file = irp->Tail.Overlay.OriginalFileObject, unused = NULL;
    KIRQL old;
    KeRaiseIrql(max(KeGetCurrentIrql(), APC_LEVEL), &old);
    IopCompleteRequest(&irp->Tail.Apc, &unused, &unused, &file, &unused);
    KeLowerIrql(old);
}

IOP_FRAME NTSTATUS IopSynchronousServiceTail(PDEVICE_OBJECT device, PIRP irp, PFILE_OBJECT file, BOOLEAN deferred,
                                             BOOLEAN sync)
{
    BOOLEAN alertable = (file->Flags & FO_ALERTABLE_IO) != 0;
    IopQueueThreadIrp(irp);
    NTSTATUS status = IofCallDriver(device, irp);
    if (deferred && status != STATUS_PENDING) {
        IopFinishDeferred(irp);
    }
    if (sync) {
        if (status == STATUS_PENDING) {
            while (KeWaitForSingleObject(&file->Event, Executive, KernelMode, alertable, NULL) == STATUS_ALERTED) {
            }
            status = file->FinalStatus;
        }
        IopReleaseFileObjectLock(file);
    }
    return status;
}

/* For services that are synchronous even on an asynchronous file: a local event and status block. */
IOP_FRAME NTSTATUS IopSynchronousApiServiceTail(PDEVICE_OBJECT device, PIRP irp, PFILE_OBJECT file, PKEVENT event,
                                                PIO_STATUS_BLOCK local, PIO_STATUS_BLOCK iosb)
{
    UNREFERENCED_PARAMETER(file);
    irp->Flags |= IRP_SYNCHRONOUS_API;
    irp->UserEvent = event;
    irp->UserIosb = local;
    IopQueueThreadIrp(irp);
    NTSTATUS status = IofCallDriver(device, irp);
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(event, Executive, KernelMode, FALSE, NULL);
        status = local->Status;
    } else {
        IopFinishDeferred(irp);
    }
    if (!NT_ERROR(status) && iosb != NULL) {
        *iosb = *local;
    }
    return status;
}
