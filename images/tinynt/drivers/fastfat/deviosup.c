/* Transfers between memory and the disk. The caller holds the volume. */
#include "fat.h"

NTSTATUS FatDiskIo(PVCB vcb, UCHAR major, ULONG lbo, PVOID buffer, ULONG length)
{
    KEVENT done;
    IO_STATUS_BLOCK iosb;
    LARGE_INTEGER offset = {.QuadPart = lbo};

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    PIRP irp = IoBuildSynchronousFsdRequest(major, vcb->TargetDeviceObject, buffer, length, &offset, &done, &iosb);
    if (irp == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS status = IoCallDriver(vcb->TargetDeviceObject, irp);
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
        status = iosb.Status;
    }
    return status;
}

/* Moves bytes of a file or directory by way of the volume's nonpaged buffer: the caller's memory
   may be pageable, and neither its offset nor its length need be whole sectors. Writing from NULL
   writes zeroes. The place must be allocated. */
PAGED NTSTATUS FatTransfer(PFCB fcb, ULONG vbo, PVOID buffer, ULONG length, BOOLEAN write)
{
    PVCB vcb = fcb->Vcb;
    PUCHAR at = buffer;

    while (length) {
        ULONG lbo, run;
        NTSTATUS status = FatLookupRun(fcb, vbo, &lbo, &run);
        if (!NT_SUCCESS(status)) {
            return status;
        }
        ULONG skip = lbo % FAT_SECTOR;
        ULONG part = min(min(length, run), FAT_BUFFER_SIZE - skip);
        ULONG span = (skip + part + FAT_SECTOR - 1) & ~(FAT_SECTOR - 1);

        if (!write || span != part) {
            status = FatDiskIo(vcb, IRP_MJ_READ, lbo - skip, vcb->Buffer, span);
        }
        if (NT_SUCCESS(status) && write) {
            if (buffer != NULL) {
                RtlCopyMemory(vcb->Buffer + skip, at, part);
            } else {
                RtlZeroMemory(vcb->Buffer + skip, part);
            }
            status = FatDiskIo(vcb, IRP_MJ_WRITE, lbo - skip, vcb->Buffer, span);
        } else if (NT_SUCCESS(status)) {
            RtlCopyMemory(at, vcb->Buffer + skip, part);
        }
        if (!NT_SUCCESS(status)) {
            return status;
        }
        vbo += part;
        length -= part;
        if (buffer != NULL) {
            at += part;
        }
    }
    return STATUS_SUCCESS;
}

/* The caller's memory for a read, a write or a directory query. A caller in user mode would have to
   be probed and guarded; there is none, so it is refused (NULL). */
PAGED PVOID FatMapUserBuffer(PIRP irp)
{
    if (irp->MdlAddress != NULL) {
        return MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    }
    return irp->RequestorMode == KernelMode ? irp->UserBuffer : NULL;
}
