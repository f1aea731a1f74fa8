/* Files and folders that come and go. */
#include "fat.h"

/* A new folder's cluster: free slots but for the first two, the folder itself and its parent (0
   stands for the root). */
PAGED static NTSTATUS FatMakeFolder(PDCB parent, PDIRENT dirent)
{
    PVCB vcb = parent->Vcb;
    PDIRENT dots = (PDIRENT)vcb->Buffer;
    ULONG cluster = FatTakeCluster(vcb, 0);

    if (!cluster) {
        return STATUS_DISK_FULL;
    }
    dirent->FirstCluster = (USHORT)cluster;
    RtlZeroMemory(dots, vcb->ClusterBytes);
    for (ULONG i = 0; i < 2; i++) {
        dots[i] = *dirent;
        RtlFillMemory(dots[i].FileName, sizeof(dots[i].FileName), ' ');
        RtlFillMemory(dots[i].FileName, i + 1, '.');
    }
    dots[1].FirstCluster = (USHORT)parent->FirstCluster;
    return FatDiskIo(vcb, IRP_MJ_WRITE, FatClusterLbo(vcb, cluster), dots, vcb->ClusterBytes);
}

/* After a folder has moved: its second entry leads to its parent. */
PAGED NTSTATUS FatSetParentEntry(PDCB dcb)
{
    DIRENT dirent;
    NTSTATUS status = FatReadSlot(dcb, sizeof(DIRENT), &dirent);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    dirent.FirstCluster = (USHORT)dcb->ParentDcb->FirstCluster;
    return FatWriteSlots(dcb, sizeof(DIRENT), &dirent, sizeof(dirent));
}

/* The caller knows that no entry of `dcb` has this name. */
PAGED NTSTATUS FatCreateNewFile(PDCB dcb, PCUNICODE_STRING name, UCHAR attributes, PFCB *result)
{
    DIRENT dirent;
    ULONG first, slot;
    NTSTATUS status = STATUS_SUCCESS;

    RtlZeroMemory(&dirent, sizeof(dirent));
    dirent.Attributes = attributes;
    FatNow(&dirent.LastWriteTime);
    dirent.CreationTime = dirent.LastWriteTime;
    dirent.LastAccessDate = dirent.LastWriteTime.Date;
    if (attributes & FILE_ATTRIBUTE_DIRECTORY) {
        status = FatMakeFolder(dcb, &dirent);
    }
    if (NT_SUCCESS(status)) {
        status = FatAddDirent(dcb, name, &dirent, &first, &slot);
    }
    if (NT_SUCCESS(status)) {
        status = FatCreateFcb(dcb, name, &dirent, first, slot, result);
        if (!NT_SUCCESS(status)) {
            FatEraseDirent(dcb, first, slot);
        }
    }
    if (!NT_SUCCESS(status)) {
        FatFreeChain(dcb->Vcb, dirent.FirstCluster);
    }
    return status;
}

/* Takes the file from its directory and frees its clusters; the node stays while it is open. */
PAGED NTSTATUS FatDeleteFile(PFCB fcb)
{
    NTSTATUS status = FatEraseDirent(fcb->ParentDcb, fcb->FirstSlot, fcb->DirentSlot);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    FatSetAllocation(fcb, 0);
    fcb->Header.FileSize.QuadPart = fcb->Header.ValidDataLength.QuadPart = 0;
    FatRemovePrefix(fcb);
    FatForgetCache(fcb);
    fcb->Deleted = TRUE;
    return STATUS_SUCCESS;
}
