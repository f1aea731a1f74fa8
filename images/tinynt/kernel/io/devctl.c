/* NtDeviceIoControlFile, NtFsControlFile. */
#include "iop.h"

enum { METHOD_BUFFERED, METHOD_IN_DIRECT, METHOD_OUT_DIRECT, METHOD_NEITHER };

/* Buffers by the transfer method in the low bits of the code. */
static NTSTATUS IopSetUpControlBuffers(PIRP irp, ULONG code, PVOID in, ULONG inLength, PVOID out, ULONG outLength)
{
    ULONG method = code & 3;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->Parameters.DeviceIoControl.OutputBufferLength = outLength;
    stack->Parameters.DeviceIoControl.InputBufferLength = inLength;
    stack->Parameters.DeviceIoControl.IoControlCode = code;
    if (method == METHOD_NEITHER) {
        irp->UserBuffer = out;
        stack->Parameters.DeviceIoControl.Type3InputBuffer = in;
        return STATUS_SUCCESS;
    }

    ULONG copy = method == METHOD_BUFFERED ? max(inLength, outLength) : inLength;
    if (copy != 0) {
        PVOID buffer = ExAllocatePoolWithTag(NonPagedPool, copy, '  oI');
        if (buffer == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        if (in != NULL) {
            memcpy(buffer, in, inLength);
        }
        irp->AssociatedIrp.SystemBuffer = buffer;
        irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
    }
    if (method == METHOD_BUFFERED) {
        irp->UserBuffer = out;
        irp->Flags |= outLength != 0 ? IRP_INPUT_OPERATION : 0;
    } else if (outLength != 0) {
        PMDL mdl = IoAllocateMdl(out, outLength, FALSE, FALSE, irp);
        if (mdl == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        MmProbeAndLockPages(mdl, KernelMode, method == METHOD_OUT_DIRECT ? 1 : 0);
    }
    return STATUS_SUCCESS;
}

static void IopDiscardIrp(PIRP irp)
{
    if (irp->Flags & IRP_DEALLOCATE_BUFFER) {
        ExFreePool(irp->AssociatedIrp.SystemBuffer);
    }
    IoFreeIrp(irp);
}

IOP_FRAME static NTSTATUS IopXxxControlFile(HANDLE h, HANDLE eventHandle, PVOID apc, PIO_STATUS_BLOCK iosb, ULONG code,
                                            PVOID in, ULONG inLength, PVOID out, ULONG outLength, UCHAR major)
{
    PFILE_OBJECT file;
    PKEVENT event;
    if (apc != NULL) {
        return STATUS_NOT_IMPLEMENTED;
    }
    NTSTATUS status = IopReferenceFileAndEvent(h, 0, eventHandle, &file, &event);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    BOOLEAN sync = (file->Flags & FO_SYNCHRONOUS_IO) != 0;
    if (sync) {
        IopAcquireFileObjectLock(file);
    }
    KeClearEvent(&file->Event);
    PDEVICE_OBJECT device = IoGetRelatedDeviceObject(file);
    PIRP irp = IopAllocateFileIrp(device, file, event, iosb, major);
    status =
        irp != NULL ? IopSetUpControlBuffers(irp, code, in, inLength, out, outLength) : STATUS_INSUFFICIENT_RESOURCES;
    if (!NT_SUCCESS(status)) {
        if (irp != NULL) {
            IopDiscardIrp(irp);
        }
        IopAbandonFileService(file, event, sync);
        return status;
    }
    return IopSynchronousServiceTail(device, irp, file, TRUE, sync);
}

IOP_FRAME NTSTATUS NtDeviceIoControlFile(HANDLE h, HANDLE event, PVOID apc, PVOID apcContext, PIO_STATUS_BLOCK iosb,
                                         ULONG code, PVOID in, ULONG inLength, PVOID out, ULONG outLength)
{
    UNREFERENCED_PARAMETER(apcContext);
    return IopXxxControlFile(h, event, apc, iosb, code, in, inLength, out, outLength, IRP_MJ_DEVICE_CONTROL);
}

IOP_FRAME NTSTATUS NtFsControlFile(HANDLE h, HANDLE event, PVOID apc, PVOID apcContext, PIO_STATUS_BLOCK iosb,
                                   ULONG code, PVOID in, ULONG inLength, PVOID out, ULONG outLength)
{
    UNREFERENCED_PARAMETER(apcContext);
    return IopXxxControlFile(h, event, apc, iosb, code, in, inLength, out, outLength, 0x0D);
}

/* The IRP for a driver that talks to another; it belongs to this thread and ends by itself. */
PIRP IoBuildDeviceIoControlRequest(ULONG code, PDEVICE_OBJECT device, PVOID in, ULONG inLength, PVOID out,
                                   ULONG outLength, BOOLEAN internal, PKEVENT event, PIO_STATUS_BLOCK iosb)
{
    PIRP irp = IoAllocateIrp(device->StackSize, FALSE);
    if (irp == NULL) {
        return NULL;
    }
    IoGetNextIrpStackLocation(irp)->MajorFunction = internal ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL;
    if (!NT_SUCCESS(IopSetUpControlBuffers(irp, code, in, inLength, out, outLength))) {
        IopDiscardIrp(irp);
        return NULL;
    }
    irp->UserIosb = iosb;
    irp->UserEvent = event;
    IopQueueThreadIrp(irp);
    return irp;
}
