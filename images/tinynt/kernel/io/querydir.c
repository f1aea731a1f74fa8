/* NtQueryDirectoryFile. */
#include "iop.h"

#define IRP_MN_QUERY_DIRECTORY 0x01

IOP_FRAME NTSTATUS NtQueryDirectoryFile(HANDLE h, HANDLE eventHandle, PVOID apc, PVOID apcContext,
                                        PIO_STATUS_BLOCK iosb, PVOID info, ULONG length, FILE_INFORMATION_CLASS c,
                                        BOOLEAN single, PUNICODE_STRING pattern, BOOLEAN restart)
{
    UNREFERENCED_PARAMETER(apcContext);
    PFILE_OBJECT file;
    PKEVENT event;
    if (apc != NULL) {
        return STATUS_NOT_IMPLEMENTED;
    }
    NTSTATUS status = IopReferenceFileAndEvent(h, FILE_READ_DATA, eventHandle, &file, &event);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    BOOLEAN sync = (file->Flags & FO_SYNCHRONOUS_IO) != 0;
    if (sync) {
        IopAcquireFileObjectLock(file);
    }
    KeClearEvent(&file->Event);
    PDEVICE_OBJECT device = IoGetRelatedDeviceObject(file);
    PIRP irp = IopAllocateFileIrp(device, file, event, iosb, IRP_MJ_DIRECTORY_CONTROL);
    status = irp != NULL ? IopSetUpBuffer(device, irp, info, length, TRUE) : STATUS_INSUFFICIENT_RESOURCES;
    if (!NT_SUCCESS(status)) {
        if (irp != NULL) {
            IoFreeIrp(irp);
        }
        IopAbandonFileService(file, event, sync);
        return status;
    }
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MinorFunction = IRP_MN_QUERY_DIRECTORY;
    stack->Flags = (restart ? SL_RESTART_SCAN : 0) | (single ? SL_RETURN_SINGLE_ENTRY : 0);
    stack->Parameters.QueryDirectory.Length = length;
    stack->Parameters.QueryDirectory.FileName = pattern != NULL && pattern->Length != 0 ? pattern : NULL;
    stack->Parameters.QueryDirectory.FileInformationClass = c;
    return IopSynchronousServiceTail(device, irp, file, TRUE, sync);
}
