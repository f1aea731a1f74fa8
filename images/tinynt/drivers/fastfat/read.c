/* IRP_MJ_READ. */
#include "fat.h"

PAGED static NTSTATUS FatCommonRead(PIRP irp, PIO_STACK_LOCATION stack)
{
    PFILE_OBJECT file = stack->FileObject;
    PFCB fcb = file->FsContext;
    LONGLONG offset = stack->Parameters.Read.ByteOffset.QuadPart;
    ULONG length = stack->Parameters.Read.Length;

    if (fcb->Header.NodeTypeCode != FAT_NTC_FCB) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    if (offset < 0) {
        return STATUS_INVALID_PARAMETER;
    }
    irp->IoStatus.Information = 0;
    if (length == 0) {
        return STATUS_SUCCESS;
    }
    if (offset >= fcb->Header.FileSize.QuadPart) {
        return STATUS_END_OF_FILE;
    }
    PVOID buffer = FatMapUserBuffer(irp);
    if (buffer == NULL) {
        return STATUS_INVALID_USER_BUFFER;
    }

    length = (ULONG)min((LONGLONG)length, fcb->Header.FileSize.QuadPart - offset);
    NTSTATUS status = FatTransfer(fcb, (ULONG)offset, buffer, length, FALSE);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    irp->IoStatus.Information = length;
    if (file->Flags & FO_SYNCHRONOUS_IO) {
        file->CurrentByteOffset.QuadPart = offset + length;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI FatFsdRead(PDEVICE_OBJECT device, PIRP irp)
{
    PVCB vcb = FatEnter(device);
    NTSTATUS status = FatCommonRead(irp, IoGetCurrentIrpStackLocation(irp));
    return FatLeave(vcb, irp, status);
}
