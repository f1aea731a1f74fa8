/* IRP_MJ_DIRECTORY_CONTROL: listing a folder. */
#include "fat.h"

/* Where a class keeps the name, and what else it has. Those with times share their first part. */
typedef struct _FAT_DIR_CLASS {
    FILE_INFORMATION_CLASS Class;
    ULONG NameOffset;
    BOOLEAN HasTimes, HasShortName;
} FAT_DIR_CLASS;

static const FAT_DIR_CLASS Classes[] = {
    {FileDirectoryInformation, FIELD_OFFSET(FILE_DIRECTORY_INFORMATION, FileName), TRUE, FALSE},
    {FileFullDirectoryInformation, FIELD_OFFSET(FILE_FULL_DIR_INFORMATION, FileName), TRUE, FALSE},
    {FileBothDirectoryInformation, FIELD_OFFSET(FILE_BOTH_DIR_INFORMATION, FileName), TRUE, TRUE},
    {FileNamesInformation, FIELD_OFFSET(FILE_NAMES_INFORMATION, FileName), FALSE, FALSE},
};

PAGED static void FatFillTimes(PFILE_DIRECTORY_INFORMATION info, PFAT_SCAN scan)
{
    const DIRENT *dirent = &scan->Dirent;
    ULONG cluster = scan->Dcb->Vcb->ClusterBytes;
    FAT_TIME_STAMP access = {0, dirent->LastAccessDate};

    info->CreationTime = FatTimeToNt(dirent->CreationTime);
    info->LastAccessTime = FatTimeToNt(access);
    info->LastWriteTime = FatTimeToNt(dirent->LastWriteTime);
    info->ChangeTime = info->LastWriteTime;
    info->EndOfFile.QuadPart = dirent->FileSize;
    info->AllocationSize.QuadPart = ((LONGLONG)dirent->FileSize + cluster - 1) / cluster * cluster;
    info->FileAttributes = dirent->Attributes ? dirent->Attributes : FILE_ATTRIBUTE_NORMAL;

    /* Of a file that is being written the node knows more than the disk. */
    PFCB fcb = FatFindBySlot(scan->Dcb, scan->DirentSlot);
    if (fcb != NULL && !FatIsDirectory(fcb)) {
        info->LastWriteTime = info->ChangeTime = FatTimeToNt(fcb->LastWriteTime);
        info->EndOfFile = fcb->Header.FileSize;
        info->AllocationSize = fcb->Header.AllocationSize;
    }
}

PAGED static void FatFillEntry(const FAT_DIR_CLASS *class, PUCHAR entry, PFAT_SCAN scan)
{
    RtlZeroMemory(entry, class->NameOffset);
    if (class->HasTimes) {
        FatFillTimes((PFILE_DIRECTORY_INFORMATION)entry, scan);
        ((PFILE_DIRECTORY_INFORMATION)entry)->FileNameLength = scan->Name.Length;
    } else {
        ((PFILE_NAMES_INFORMATION)entry)->FileNameLength = scan->Name.Length;
    }
    if (class->HasShortName && scan->Name.Buffer == scan->LongBuffer) {
        PFILE_BOTH_DIR_INFORMATION both = (PFILE_BOTH_DIR_INFORMATION)entry;
        both->ShortNameLength = (CCHAR)scan->ShortName.Length;
        RtlCopyMemory(both->ShortName, scan->ShortName.Buffer, scan->ShortName.Length);
    }
    RtlCopyMemory(entry + class->NameOffset, scan->Name.Buffer, scan->Name.Length);
}

/* The first query of a handle fixes what later ones look for. */
PAGED static NTSTATUS FatSetPattern(PCCB ccb, PUNICODE_STRING pattern)
{
    if (ccb->PatternSet) {
        return STATUS_SUCCESS;
    }
    if (pattern != NULL && pattern->Length) {
        ccb->Pattern.Buffer = ExAllocatePoolWithTag(PagedPool, pattern->Length, TAG_NAME);
        if (ccb->Pattern.Buffer == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        RtlCopyMemory(ccb->Pattern.Buffer, pattern->Buffer, pattern->Length);
        ccb->Pattern.Length = ccb->Pattern.MaximumLength = pattern->Length;
    }
    ccb->PatternSet = TRUE;
    return STATUS_SUCCESS;
}

PAGED static NTSTATUS FatQueryDirectory(PIRP irp, PIO_STACK_LOCATION stack, PUCHAR buffer)
{
    PDCB dcb = stack->FileObject->FsContext;
    PCCB ccb = stack->FileObject->FsContext2;
    ULONG length = stack->Parameters.QueryDirectory.Length, used = 0, last = MAXULONG;
    const FAT_DIR_CLASS *class = NULL;
    BOOLEAN first = !ccb->PatternSet;
    FAT_SCAN scan;

    for (ULONG i = 0; i < RTL_NUMBER_OF(Classes); i++) {
        if (Classes[i].Class == stack->Parameters.QueryDirectory.FileInformationClass) {
            class = &Classes[i];
        }
    }
    if (class == NULL) {
        return STATUS_INVALID_INFO_CLASS;
    }
    if (length < class->NameOffset + sizeof(WCHAR)) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    NTSTATUS status = FatSetPattern(ccb, stack->Parameters.QueryDirectory.FileName);
    if (!NT_SUCCESS(status)) {
        return status;
    }

    FatStartScan(&scan, dcb, stack->Flags & SL_RESTART_SCAN ? 0 : ccb->NextSlot);
    while (NT_SUCCESS(status = FatNextDirent(&scan))) {
        if (ccb->Pattern.Length && !FatMatchPattern(&ccb->Pattern, &scan.Name)) {
            continue;
        }
        ULONG start = (used + 7) & ~7UL;
        if (start + class->NameOffset + scan.Name.Length > length) {
            if (last == MAXULONG) {
                return STATUS_BUFFER_OVERFLOW;
            }
            break;                  /* it comes first in the next answer */
        }
        FatFillEntry(class, buffer + start, &scan);
        if (last != MAXULONG) {
            *(PULONG)(buffer + last) = start - last;
        }
        last = start;
        used = start + class->NameOffset + scan.Name.Length;
        ccb->NextSlot = scan.Next;
        if (stack->Flags & SL_RETURN_SINGLE_ENTRY) {
            break;
        }
    }
    irp->IoStatus.Information = used;
    if (used) {
        return STATUS_SUCCESS;
    }
    return status == STATUS_NO_MORE_FILES && first ? STATUS_NO_SUCH_FILE : status;
}

PAGED static NTSTATUS FatCommonDirectoryControl(PIRP irp, PIO_STACK_LOCATION stack)
{
    PFCB fcb = stack->FileObject->FsContext;

    if (fcb->Header.NodeTypeCode != FAT_NTC_DCB) {
        return STATUS_INVALID_PARAMETER;
    }
    if (stack->MinorFunction != IRP_MN_QUERY_DIRECTORY) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    PVOID buffer = FatMapUserBuffer(irp);
    return buffer != NULL ? FatQueryDirectory(irp, stack, buffer) : STATUS_INVALID_USER_BUFFER;
}

NTSTATUS NTAPI FatFsdDirectoryControl(PDEVICE_OBJECT device, PIRP irp)
{
    PVCB vcb = FatEnter(device);
    NTSTATUS status = FatCommonDirectoryControl(irp, IoGetCurrentIrpStackLocation(irp));
    return FatLeave(vcb, irp, status);
}
