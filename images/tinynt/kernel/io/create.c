/* NtCreateFile, NtOpenFile: both are IopCreateFile. */
#include "iop.h"

#define FILE_OPEN 1
#define FILE_MAXIMUM_DISPOSITION 5
#define FILE_VALID_OPTION_FLAGS 0x00FFFFFF

IOP_FRAME NTSTATUS IopCreateFile(PHANDLE h, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, PIO_STATUS_BLOCK iosb,
                                 PLARGE_INTEGER size, ULONG attributes, ULONG share, ULONG disposition, ULONG options,
                                 PVOID ea, ULONG eaLength, ULONG internal)
{
    OPEN_PACKET op ON_STACK;
    HANDLE handle;
    ULONG sync = options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT);

    *h = NULL;
    if ((options & ~FILE_VALID_OPTION_FLAGS) || (share & ~7UL) || disposition > FILE_MAXIMUM_DISPOSITION) {
        return STATUS_INVALID_PARAMETER;
    }
    if (sync == (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT) || (options & 0x41) == 0x41) {
        return STATUS_INVALID_PARAMETER;    /* both kinds; a directory that is not one */
    }
    if (eaLength != 0) {
        return STATUS_NOT_IMPLEMENTED;
    }
    RtlZeroMemory(&op, sizeof(op));
    op.Type = IO_TYPE_OPEN_PACKET;
    op.Size = sizeof(op);
    op.AllocationSize.QuadPart = size != NULL ? size->QuadPart : 0;
    op.CreateOptions = options;
    op.FileAttributes = (USHORT)attributes;
    op.ShareAccess = (USHORT)share;
    op.EaBuffer = ea;
    op.Options = internal;
    op.Disposition = disposition;
    op.DesiredAccess = access | (sync ? SYNCHRONIZE : 0);

    NTSTATUS status = ObOpenObjectByNameEx(oa, NULL, KernelMode, NULL, access, &op, &handle);
    if (NT_SUCCESS(status) && op.ParseCheck != IOP_OPEN_PACKET_PATTERN) {
        NtClose(handle);                    /* the name stands for something that is no file */
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    if (op.ParseCheck == IOP_OPEN_PACKET_PATTERN && NT_SUCCESS(op.FinalStatus)) {
        iosb->Status = op.FinalStatus;
        iosb->Information = op.Information;
    }
    if (!NT_SUCCESS(status)) {
        return status;
    }
    op.FileObject->Flags |= FO_HANDLE_CREATED;
    *h = handle;
    return op.FinalStatus;
}

IOP_FRAME NTSTATUS NtCreateFile(PHANDLE h, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, PIO_STATUS_BLOCK iosb,
                                PLARGE_INTEGER size, ULONG attributes, ULONG share, ULONG disposition, ULONG options,
                                PVOID ea, ULONG eaLength)
{
    return IopCreateFile(h, access, oa, iosb, size, attributes, share, disposition, options, ea, eaLength, 0);
}

IOP_FRAME NTSTATUS NtOpenFile(PHANDLE h, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, PIO_STATUS_BLOCK iosb, ULONG share,
                              ULONG options)
{
    return IopCreateFile(h, access, oa, iosb, NULL, 0, share, FILE_OPEN, options, NULL, 0, 0);
}

/* `type` 0 is a plain file; `options2` are SL_ flags for the driver (IO_...). */
NTSTATUS IoCreateFile(PHANDLE h, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, PIO_STATUS_BLOCK iosb, PLARGE_INTEGER size,
                      ULONG attributes, ULONG share, ULONG disposition, ULONG options, PVOID ea, ULONG eaLength,
                      ULONG type, PVOID extra, ULONG options2)
{
    if (type != 0 || extra != NULL) {
        return STATUS_NOT_IMPLEMENTED;
    }
    return IopCreateFile(h, access, oa, iosb, size, attributes, share, disposition, options, ea, eaLength,
                         options2 & 0xFF);
}
