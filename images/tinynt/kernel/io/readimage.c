/* Reads a driver's file into memory. */
#include "iop.h"

#define IOP_LARGEST_IMAGE_FILE (64ULL << 20)

static NTSTATUS IopReadAll(HANDLE h, PVOID *file, PSIZE_T size)
{
    FILE_STANDARD_INFORMATION info ON_STACK;
    IO_STATUS_BLOCK iosb ON_STACK;
    NTSTATUS status = NtQueryInformationFile(h, &iosb, &info, sizeof(info), FileStandardInformation);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    ULONG64 total = (ULONG64)info.EndOfFile.QuadPart;
    if (total == 0 || total > IOP_LARGEST_IMAGE_FILE) {
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    PUCHAR buffer = ExAllocatePoolWithTag(NonPagedPool, total, 'dLmM');
    if (buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (ULONG64 done = 0; done < total;) {
        LARGE_INTEGER offset;
        offset.QuadPart = (LONGLONG)done;
        ULONG part = (ULONG)min(total - done, 0x10000ULL);
        status = NtReadFile(h, NULL, NULL, NULL, &iosb, buffer + done, part, &offset, NULL);
        if (NT_SUCCESS(status) && iosb.Information == 0) {
            status = STATUS_END_OF_FILE;
        }
        if (!NT_SUCCESS(status)) {
            ExFreePoolWithTag(buffer, 'dLmM');
            return status;
        }
        done += iosb.Information;
    }
    *file = buffer;
    *size = total;
    return STATUS_SUCCESS;
}

NTSTATUS IopReadImageFile(PUNICODE_STRING path, PVOID *file, PSIZE_T size)
{
    OBJECT_ATTRIBUTES oa = {0};
    IO_STATUS_BLOCK iosb ON_STACK;
    HANDLE h;
    oa.Length = sizeof(oa);
    oa.ObjectName = path;
    oa.Attributes = OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE;
    /* FILE_READ_DATA | FILE_EXECUTE | SYNCHRONIZE; shared for reading and deleting; no directory. */
    NTSTATUS status =
        NtOpenFile(&h, FILE_READ_DATA | 0x20 | SYNCHRONIZE, &oa, &iosb, 5, FILE_SYNCHRONOUS_IO_NONALERT | 0x40);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = IopReadAll(h, file, size);
    NtClose(h);
    return status;
}
