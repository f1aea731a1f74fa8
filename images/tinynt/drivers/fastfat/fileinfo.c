/* IRP_MJ_QUERY_INFORMATION. */
#include "fat.h"

PAGED static ULONG FatAttributesOf(PFCB fcb) { return fcb->Attributes ? fcb->Attributes : FILE_ATTRIBUTE_NORMAL; }

PAGED static LARGE_INTEGER FatAccessTimeOf(PFCB fcb)
{
    FAT_TIME_STAMP stamp = {0, fcb->LastAccessDate};
    return FatTimeToNt(stamp);
}

PAGED static ULONG FatQueryBasicInfo(PFCB fcb, PFILE_BASIC_INFORMATION info)
{
    info->CreationTime = FatTimeToNt(fcb->CreationTime);
    info->LastAccessTime = FatAccessTimeOf(fcb);
    info->LastWriteTime = FatTimeToNt(fcb->LastWriteTime);
    info->ChangeTime = info->LastWriteTime;
    info->FileAttributes = FatAttributesOf(fcb);
    return sizeof(*info);
}

PAGED static ULONG FatQueryStandardInfo(PFCB fcb, PFILE_STANDARD_INFORMATION info)
{
    info->AllocationSize = fcb->Header.AllocationSize;
    info->EndOfFile = fcb->Header.FileSize;
    info->NumberOfLinks = fcb->DeletePending || fcb->Deleted ? 0 : 1;
    info->DeletePending = fcb->DeletePending;
    info->Directory = FatIsDirectory(fcb);
    return sizeof(*info);
}

PAGED static ULONG FatQueryNetworkInfo(PFCB fcb, PFILE_NETWORK_OPEN_INFORMATION info)
{
    info->CreationTime = FatTimeToNt(fcb->CreationTime);
    info->LastAccessTime = FatAccessTimeOf(fcb);
    info->LastWriteTime = FatTimeToNt(fcb->LastWriteTime);
    info->ChangeTime = info->LastWriteTime;
    info->AllocationSize = fcb->Header.AllocationSize;
    info->EndOfFile = fcb->Header.FileSize;
    info->FileAttributes = FatAttributesOf(fcb);
    return sizeof(*info);
}

/* The path from the volume's root, put together from its end. When it does not fit, as much of its
   beginning as does, with STATUS_BUFFER_OVERFLOW. */
PAGED static NTSTATUS FatQueryNameInfo(PFCB fcb, PFILE_NAME_INFORMATION info, ULONG length, PULONG used)
{
    ULONG room = length - FIELD_OFFSET(FILE_NAME_INFORMATION, FileName), total = 0;

    if (fcb->ParentDcb == NULL) {
        total = sizeof(WCHAR);
    }
    for (PFCB node = fcb; node->ParentDcb != NULL; node = node->ParentDcb) {
        total += sizeof(WCHAR) + node->Name.Length;
    }
    info->FileNameLength = total;
    info->FileName[0] = L'\\';

    ULONG end = total;
    for (PFCB node = fcb; node->ParentDcb != NULL; node = node->ParentDcb) {
        for (ULONG i = node->Name.Length / sizeof(WCHAR) + 1; i-- > 0;) {
            end -= sizeof(WCHAR);
            if (end + sizeof(WCHAR) <= room) {
                info->FileName[end / sizeof(WCHAR)] = i ? node->Name.Buffer[i - 1] : L'\\';
            }
        }
    }
    *used = FIELD_OFFSET(FILE_NAME_INFORMATION, FileName) + min(total, room & ~1UL);
    return total <= room ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

PAGED static NTSTATUS FatCommonQueryInformation(PIRP irp, PIO_STACK_LOCATION stack)
{
    PFCB fcb = stack->FileObject->FsContext;
    PVOID info = irp->AssociatedIrp.SystemBuffer;
    ULONG length = stack->Parameters.QueryFile.Length, used = 0;
    NTSTATUS status = STATUS_SUCCESS;

    if (fcb->Header.NodeTypeCode == FAT_NTC_VCB) {
        return STATUS_INVALID_PARAMETER;
    }
    switch ((int)stack->Parameters.QueryFile.FileInformationClass) {
#define NEEDS(type)                             \
    do {                                        \
        if (length < sizeof(type)) {            \
            return STATUS_INFO_LENGTH_MISMATCH; \
        }                                       \
    } while (0)
    case FileBasicInformation:
        NEEDS(FILE_BASIC_INFORMATION);
        used = FatQueryBasicInfo(fcb, info);
        break;
    case FileStandardInformation:
        NEEDS(FILE_STANDARD_INFORMATION);
        used = FatQueryStandardInfo(fcb, info);
        break;
    case FileNetworkOpenInformation:
        NEEDS(FILE_NETWORK_OPEN_INFORMATION);
        used = FatQueryNetworkInfo(fcb, info);
        break;
    case FilePositionInformation:
        NEEDS(FILE_POSITION_INFORMATION);
        ((PFILE_POSITION_INFORMATION)info)->CurrentByteOffset = stack->FileObject->CurrentByteOffset;
        used = sizeof(FILE_POSITION_INFORMATION);
        break;
    case FileNameInformation:
        NEEDS(FILE_NAME_INFORMATION);
        status = FatQueryNameInfo(fcb, info, length, &used);
        break;
#undef NEEDS
    default: return STATUS_INVALID_PARAMETER;
    }
    irp->IoStatus.Information = used;
    return status;
}

NTSTATUS NTAPI FatFsdQueryInformation(PDEVICE_OBJECT device, PIRP irp)
{
    PVCB vcb = FatEnter(device);
    NTSTATUS status = FatCommonQueryInformation(irp, IoGetCurrentIrpStackLocation(irp));
    return FatLeave(vcb, irp, status);
}
