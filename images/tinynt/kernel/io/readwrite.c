/* NtReadFile, NtWriteFile. */
#include "iop.h"

#define FILE_WRITE_TO_END_OF_FILE 0xFFFFFFFF
#define FILE_USE_FILE_POINTER_POSITION 0xFFFFFFFE

static BOOLEAN IopIsSpecialOffset(PLARGE_INTEGER offset, ULONG low)
{
    return offset->LowPart == low && offset->HighPart == -1;
}

/* Resolves where to read or write. STATUS_PENDING: at the end of the file, which the driver knows. */
static NTSTATUS IopChooseOffset(PFILE_OBJECT file, PLARGE_INTEGER offset, BOOLEAN write, PLARGE_INTEGER where)
{
    if (offset == NULL || IopIsSpecialOffset(offset, FILE_USE_FILE_POINTER_POSITION)) {
        if (!(file->Flags & FO_SYNCHRONOUS_IO)) {
            if (offset != NULL) {
                return STATUS_INVALID_PARAMETER;
            }
            where->QuadPart = 0;    /* devices without positions do not care */
            return STATUS_SUCCESS;
        }
        *where = file->CurrentByteOffset;
        return STATUS_SUCCESS;
    }
    *where = *offset;
    if (write && IopIsSpecialOffset(offset, FILE_WRITE_TO_END_OF_FILE)) {
        return STATUS_PENDING;
    }
    return where->QuadPart < 0 ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

IOP_FRAME static NTSTATUS IopReadWriteFile(UCHAR major, HANDLE h, HANDLE eventHandle, PVOID apc, PIO_STATUS_BLOCK iosb,
                                           PVOID buffer, ULONG length, PLARGE_INTEGER offset, PULONG key)
{
    BOOLEAN write = major == IRP_MJ_WRITE;
    PFILE_OBJECT file;
    PKEVENT event;
    LARGE_INTEGER where;

    if (apc != NULL) {
        return STATUS_NOT_IMPLEMENTED;  /* completion APCs of the caller's */
    }
    NTSTATUS status = IopReferenceFileAndEvent(h, write ? FILE_WRITE_DATA : FILE_READ_DATA, eventHandle, &file, &event);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    BOOLEAN sync = (file->Flags & FO_SYNCHRONOUS_IO) != 0;
    if (sync) {
        IopAcquireFileObjectLock(file);
    }
    NTSTATUS choice = IopChooseOffset(file, offset, write, &where);
    PDEVICE_OBJECT device = IoGetRelatedDeviceObject(file);
    PIRP irp = NULL;
    status = NT_SUCCESS(choice) ? STATUS_INSUFFICIENT_RESOURCES : choice;
    if (NT_SUCCESS(choice)) {
        KeClearEvent(&file->Event);
        irp = IopAllocateFileIrp(device, file, event, iosb, major);
    }
    if (irp != NULL) {
        status = IopSetUpBuffer(device, irp, buffer, length, !write);
        if (!NT_SUCCESS(status)) {
            IoFreeIrp(irp);
            irp = NULL;
        }
    }
    if (irp == NULL) {
        IopAbandonFileService(file, event, sync);
        return status;
    }

    irp->Flags |= write ? IRP_WRITE_OPERATION : IRP_READ_OPERATION;
    if (file->Flags & FO_NO_INTERMEDIATE_BUFFERING) {
        irp->Flags |= IRP_NOCACHE;
    }
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    if (write && (file->Flags & FO_WRITE_THROUGH)) {
        stack->Flags = 0x04;            /* SL_WRITE_THROUGH */
    }
    stack->Parameters.Read.Length = length;     /* Write has the same layout */
    stack->Parameters.Read.Key = key != NULL ? *key : 0;
    stack->Parameters.Read.ByteOffset = where;

    if (!sync) {
        return IopSynchronousServiceTail(device, irp, file, TRUE, FALSE);
    }
    /* A file system moves the position itself; for a device the length transferred says where it is. */
    LARGE_INTEGER before = file->CurrentByteOffset;
    ObReferenceObject(file);
    status = IopSynchronousServiceTail(device, irp, file, TRUE, TRUE);
    if (NT_SUCCESS(status) && choice == STATUS_SUCCESS && file->CurrentByteOffset.QuadPart == before.QuadPart) {
        file->CurrentByteOffset.QuadPart = where.QuadPart + (LONGLONG)iosb->Information;
    }
    ObDereferenceObject(file);
    return status;
}

IOP_FRAME NTSTATUS NtReadFile(HANDLE h, HANDLE event, PVOID apc, PVOID apcContext, PIO_STATUS_BLOCK iosb, PVOID buffer,
                              ULONG length, PLARGE_INTEGER offset, PULONG key)
{
    UNREFERENCED_PARAMETER(apcContext);
    return IopReadWriteFile(IRP_MJ_READ, h, event, apc, iosb, buffer, length, offset, key);
}

IOP_FRAME NTSTATUS NtWriteFile(HANDLE h, HANDLE event, PVOID apc, PVOID apcContext, PIO_STATUS_BLOCK iosb, PVOID buffer,
                               ULONG length, PLARGE_INTEGER offset, PULONG key)
{
    UNREFERENCED_PARAMETER(apcContext);
    return IopReadWriteFile(IRP_MJ_WRITE, h, event, apc, iosb, buffer, length, offset, key);
}
