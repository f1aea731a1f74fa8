/* NtQueryInformationFile, NtSetInformationFile, NtFlushBuffersFile. */
#include "iop.h"

/* The shortest buffer that each class can do with; 0 for classes that are not served. */
static ULONG IopQueryOperationLength(FILE_INFORMATION_CLASS c)
{
    switch (c) {
    case FileBasicInformation: return sizeof(FILE_BASIC_INFORMATION);
    case FileStandardInformation: return sizeof(FILE_STANDARD_INFORMATION);
    case FileInternalInformation:
    case FilePositionInformation:
    case FileNameInformation:
    case FileAttributeTagInformation: return 8;
    case FileEaInformation:
    case FileAccessInformation:
    case FileModeInformation:
    case FileAlignmentInformation: return 4;
    case FileNetworkOpenInformation: return 56;
    case FileAllInformation: return 104;
    case FileStreamInformation: return 24;
    default: return 0;
    }
}

static ULONG IopSetOperationLength(FILE_INFORMATION_CLASS c)
{
    switch (c) {
    case FileBasicInformation: return sizeof(FILE_BASIC_INFORMATION);
    case FilePositionInformation:
    case FileEndOfFileInformation:
    case FileAllocationInformation:
    case FileValidDataLengthInformation: return 8;
    case FileDispositionInformation: return 1;
    case FileRenameInformation:
    case FileLinkInformation: return 24;
    default: return 0;
    }
}

/* Sends the IRP that `major` asks for with a system buffer; consumes the reference to `file`,
   and its lock when the file is synchronous. */
IOP_FRAME static NTSTATUS IopInformationRequest(PFILE_OBJECT file, UCHAR major, PIO_STATUS_BLOCK iosb, PVOID info,
                                                ULONG length, FILE_INFORMATION_CLASS c)
{
    KEVENT event ON_STACK;
    IO_STATUS_BLOCK local ON_STACK;
    BOOLEAN sync = (file->Flags & FO_SYNCHRONOUS_IO) != 0, set = major == IRP_MJ_SET_INFORMATION;
    PDEVICE_OBJECT device = IoGetRelatedDeviceObject(file);
    PIRP irp = IopAllocateFileIrp(device, file, NULL, iosb, major);
    PVOID copy = irp != NULL && length != 0 ? ExAllocatePoolWithTag(NonPagedPool, length, '  oI') : NULL;

    if (irp == NULL || (length != 0 && copy == NULL)) {
        if (irp != NULL) {
            IoFreeIrp(irp);
        }
        if (sync) {
            IopReleaseFileObjectLock(file);
        }
        ObDereferenceObject(file);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KeClearEvent(&file->Event);
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    if (length != 0) {
        irp->UserBuffer = info;
        irp->AssociatedIrp.SystemBuffer = copy;
        irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | (set ? 0 : IRP_INPUT_OPERATION);
        if (set) {
            memcpy(copy, info, length);
        } else {
            RtlZeroMemory(copy, length);
        }
        stack->Parameters.QueryFile.Length = length;    /* SetFile starts alike */
        stack->Parameters.QueryFile.FileInformationClass = c;
    }
    if (set && (c == FileRenameInformation || c == FileLinkInformation)) {
        stack->Parameters.SetFile.ReplaceIfExists = *(PUCHAR)info;
    }
    if (sync) {
        return IopSynchronousServiceTail(device, irp, file, TRUE, TRUE);
    }
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    return IopSynchronousApiServiceTail(device, irp, file, &event, &local, iosb);
}

/* What the I/O manager knows without asking the driver. */
static BOOLEAN IopAnswerQuery(PFILE_OBJECT file, PIO_STATUS_BLOCK iosb, PVOID info, FILE_INFORMATION_CLASS c)
{
    switch (c) {
    case FilePositionInformation:
        if (!(file->Flags & FO_SYNCHRONOUS_IO)) {
            return FALSE;
        }
        *(PLARGE_INTEGER)info = file->CurrentByteOffset;
        iosb->Information = 8;
        break;
    case FileModeInformation:
        *(PULONG)info = (file->Flags & FO_WRITE_THROUGH ? FILE_WRITE_THROUGH : 0) |
                        (file->Flags & FO_SEQUENTIAL_ONLY ? FILE_SEQUENTIAL_ONLY : 0) |
                        (file->Flags & FO_NO_INTERMEDIATE_BUFFERING ? FILE_NO_INTERMEDIATE_BUFFERING : 0) |
                        (!(file->Flags & FO_SYNCHRONOUS_IO) ? 0
                         : file->Flags & FO_ALERTABLE_IO    ? FILE_SYNCHRONOUS_IO_ALERT
                                                            : FILE_SYNCHRONOUS_IO_NONALERT);
        iosb->Information = 4;
        break;
    case FileAlignmentInformation:
        *(PULONG)info = IoGetRelatedDeviceObject(file)->AlignmentRequirement;
        iosb->Information = 4;
        break;
    default: return FALSE;
    }
    iosb->Status = STATUS_SUCCESS;
    return TRUE;
}

IOP_FRAME NTSTATUS NtQueryInformationFile(HANDLE h, PIO_STATUS_BLOCK iosb, PVOID info, ULONG length,
                                          FILE_INFORMATION_CLASS c)
{
    PFILE_OBJECT file;
    ULONG least = IopQueryOperationLength(c);
    if (least == 0) {
        return c > 0 && c < FileMaximumInformation ? STATUS_NOT_IMPLEMENTED : STATUS_INVALID_INFO_CLASS;
    }
    if (length < least) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    NTSTATUS status = ObReferenceObjectByHandle(h, 0, IopFileObjectType, KernelMode, (PVOID *)&file, NULL);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    if (file->Flags & FO_SYNCHRONOUS_IO) {
        IopAcquireFileObjectLock(file);
    }
    if (IopAnswerQuery(file, iosb, info, c)) {
        if (file->Flags & FO_SYNCHRONOUS_IO) {
            IopReleaseFileObjectLock(file);
        }
        ObDereferenceObject(file);
        return STATUS_SUCCESS;
    }
    return IopInformationRequest(file, IRP_MJ_QUERY_INFORMATION, iosb, info, length, c);
}

IOP_FRAME NTSTATUS NtSetInformationFile(HANDLE h, PIO_STATUS_BLOCK iosb, PVOID info, ULONG length,
                                        FILE_INFORMATION_CLASS c)
{
    PFILE_OBJECT file;
    ULONG least = IopSetOperationLength(c);
    if (least == 0) {
        return c > 0 && c < FileMaximumInformation ? STATUS_NOT_IMPLEMENTED : STATUS_INVALID_INFO_CLASS;
    }
    if (length < least) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    NTSTATUS status = ObReferenceObjectByHandle(h, 0, IopFileObjectType, KernelMode, (PVOID *)&file, NULL);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    BOOLEAN sync = (file->Flags & FO_SYNCHRONOUS_IO) != 0;
    if (sync) {
        IopAcquireFileObjectLock(file);
    }
    if (c == FilePositionInformation && sync) {
        status = ((PLARGE_INTEGER)info)->QuadPart < 0 ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
        if (NT_SUCCESS(status)) {
            file->CurrentByteOffset = *(PLARGE_INTEGER)info;
            iosb->Status = STATUS_SUCCESS;
            iosb->Information = 0;
        }
        IopReleaseFileObjectLock(file);
        ObDereferenceObject(file);
        return status;
    }
    return IopInformationRequest(file, IRP_MJ_SET_INFORMATION, iosb, info, length, c);
}

IOP_FRAME NTSTATUS NtFlushBuffersFile(HANDLE h, PIO_STATUS_BLOCK iosb)
{
    PFILE_OBJECT file;
    NTSTATUS status =
        ObReferenceObjectByHandle(h, FILE_WRITE_DATA, IopFileObjectType, KernelMode, (PVOID *)&file, NULL);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    if (file->Flags & FO_SYNCHRONOUS_IO) {
        IopAcquireFileObjectLock(file);
    }
    return IopInformationRequest(file, IRP_MJ_FLUSH_BUFFERS, iosb, NULL, 0, 0);
}
