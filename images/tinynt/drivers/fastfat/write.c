/* IRP_MJ_WRITE. */
#include "fat.h"

#define MAX_FILE_SIZE 0xFFFFFFFFLL

PAGED static NTSTATUS FatCommonWrite(PVCB vcb, PIRP irp, PIO_STACK_LOCATION stack)
{
    PFILE_OBJECT file = stack->FileObject;
    PFCB fcb = file->FsContext;
    LARGE_INTEGER at = stack->Parameters.Write.ByteOffset;
    ULONG length = stack->Parameters.Write.Length;

    if (fcb->Header.NodeTypeCode != FAT_NTC_FCB) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    if (at.LowPart == FILE_WRITE_TO_END_OF_FILE && at.HighPart == -1) {
        at = fcb->Header.FileSize;
    }
    if (at.QuadPart < 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if (at.QuadPart + length > MAX_FILE_SIZE) {
        return STATUS_DISK_FULL;
    }
    irp->IoStatus.Information = 0;
    if (length == 0) {
        return STATUS_SUCCESS;
    }
    PVOID buffer = FatMapUserBuffer(irp);
    if (buffer == NULL) {
        return STATUS_INVALID_USER_BUFFER;
    }

    LONGLONG end = at.QuadPart + length;
    NTSTATUS status = STATUS_SUCCESS;
    if (at.QuadPart > fcb->Header.FileSize.QuadPart) {        /* a gap reads as zeroes */
        status = FatSetFileSize(fcb, at.LowPart);
    }
    if (NT_SUCCESS(status) && end > fcb->Header.AllocationSize.QuadPart) {
        status = FatSetAllocation(fcb, (ULONG)end);
    }
    if (NT_SUCCESS(status)) {
        status = FatTransfer(fcb, at.LowPart, buffer, length, TRUE);
    }
    if (NT_SUCCESS(status)) {
        if (end > fcb->Header.FileSize.QuadPart) {
            fcb->Header.FileSize.QuadPart = fcb->Header.ValidDataLength.QuadPart = end;
        }
        FatNow(&fcb->LastWriteTime);
        fcb->LastAccessDate = fcb->LastWriteTime.Date;
        fcb->Attributes |= FILE_ATTRIBUTE_ARCHIVE;
        fcb->DirentStale = TRUE;
        irp->IoStatus.Information = length;
        if (file->Flags & FO_SYNCHRONOUS_IO) {
            file->CurrentByteOffset.QuadPart = end;
        }
    }
    NTSTATUS flushed = FatFlushTable(vcb);
    return NT_SUCCESS(status) ? flushed : status;
}

NTSTATUS NTAPI FatFsdWrite(PDEVICE_OBJECT device, PIRP irp)
{
    PVCB vcb = FatEnter(device);
    NTSTATUS status = FatCommonWrite(vcb, irp, IoGetCurrentIrpStackLocation(irp));
    return FatLeave(vcb, irp, status);
}
