/* IRP_MJ_SET_INFORMATION, all but renaming. */
#include "fat.h"

#define SETTABLE_ATTRIBUTES \
    (FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE)

/* Zero, or a negative time, means: leave it as it is. */
PAGED static NTSTATUS FatSetBasicInfo(PFCB fcb, PFILE_BASIC_INFORMATION info)
{
    if (info->CreationTime.QuadPart > 0) {
        fcb->CreationTime = FatTimeFromNt(info->CreationTime);
        fcb->CreationTenMs = 0;
    }
    if (info->LastWriteTime.QuadPart > 0) {
        fcb->LastWriteTime = FatTimeFromNt(info->LastWriteTime);
    }
    if (info->LastAccessTime.QuadPart > 0) {
        fcb->LastAccessDate = FatTimeFromNt(info->LastAccessTime).Date;
    }
    if (info->FileAttributes) {
        fcb->Attributes =
            (UCHAR)((fcb->Attributes & FILE_ATTRIBUTE_DIRECTORY) | (info->FileAttributes & SETTABLE_ATTRIBUTES));
    }
    fcb->DirentStale = TRUE;
    return FatUpdateDirent(fcb);
}

PAGED static NTSTATUS FatSetDispositionInfo(PFCB fcb, PFILE_OBJECT file, PFILE_DISPOSITION_INFORMATION info)
{
    if (info->DeleteFile) {
        if (fcb->ParentDcb == NULL || (fcb->Attributes & FILE_ATTRIBUTE_READONLY)) {
            return STATUS_CANNOT_DELETE;
        }
        NTSTATUS status = FatIsDirectory(fcb) ? FatIsDirectoryEmpty(fcb) : STATUS_SUCCESS;
        if (!NT_SUCCESS(status)) {
            return status;
        }
    }
    fcb->DeletePending = file->DeletePending = info->DeleteFile != 0;
    return STATUS_SUCCESS;
}

PAGED static NTSTATUS FatSetEndOfFileInfo(PFCB fcb, LARGE_INTEGER end)
{
    if (FatIsDirectory(fcb)) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    if (end.QuadPart < 0) {
        return STATUS_INVALID_PARAMETER;
    }
    return end.HighPart ? STATUS_DISK_FULL : FatSetFileSize(fcb, end.LowPart);
}

/* Room for a file in advance; less than it holds cuts it. */
PAGED static NTSTATUS FatSetAllocationInfo(PFCB fcb, LARGE_INTEGER size)
{
    if (FatIsDirectory(fcb)) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    if (size.QuadPart < 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if (size.HighPart) {
        return STATUS_DISK_FULL;
    }
    if (size.QuadPart < fcb->Header.FileSize.QuadPart) {
        return FatSetFileSize(fcb, size.LowPart);
    }
    return FatSetAllocation(fcb, size.LowPart);
}

PAGED static NTSTATUS FatCommonSetInformation(PVCB vcb, PIRP irp, PIO_STACK_LOCATION stack)
{
    PFILE_OBJECT file = stack->FileObject;
    PFCB fcb = file->FsContext;
    PVOID info = irp->AssociatedIrp.SystemBuffer;
    ULONG length = stack->Parameters.SetFile.Length;
    NTSTATUS status;

    if (fcb->Header.NodeTypeCode == FAT_NTC_VCB) {
        return STATUS_INVALID_PARAMETER;
    }
    switch ((int)stack->Parameters.SetFile.FileInformationClass) {
#define NEEDS(type)                             \
    do {                                        \
        if (length < sizeof(type)) {            \
            return STATUS_INFO_LENGTH_MISMATCH; \
        }                                       \
    } while (0)
    case FileBasicInformation:
        NEEDS(FILE_BASIC_INFORMATION);
        status = FatSetBasicInfo(fcb, info);
        break;
    case FileDispositionInformation:
        NEEDS(FILE_DISPOSITION_INFORMATION);
        status = FatSetDispositionInfo(fcb, file, info);
        break;
    case FilePositionInformation:
        NEEDS(FILE_POSITION_INFORMATION);
        file->CurrentByteOffset = ((PFILE_POSITION_INFORMATION)info)->CurrentByteOffset;
        status = STATUS_SUCCESS;
        break;
    case FileEndOfFileInformation:
        NEEDS(FILE_END_OF_FILE_INFORMATION);
        status = FatSetEndOfFileInfo(fcb, ((PFILE_END_OF_FILE_INFORMATION)info)->EndOfFile);
        break;
    case FileAllocationInformation:
        NEEDS(FILE_ALLOCATION_INFORMATION);
        status = FatSetAllocationInfo(fcb, ((PFILE_ALLOCATION_INFORMATION)info)->AllocationSize);
        break;
    case FileRenameInformation:
        NEEDS(FILE_RENAME_INFORMATION);
        status = FatSetRenameInfo(fcb, irp, stack);
        break;
#undef NEEDS
    default: return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS flushed = FatFlushTable(vcb);
    irp->IoStatus.Information = 0;
    return NT_SUCCESS(status) ? flushed : status;
}

NTSTATUS NTAPI FatFsdSetInformation(PDEVICE_OBJECT device, PIRP irp)
{
    PVCB vcb = FatEnter(device);
    NTSTATUS status = FatCommonSetInformation(vcb, irp, IoGetCurrentIrpStackLocation(irp));
    return FatLeave(vcb, irp, status);
}
