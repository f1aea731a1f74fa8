/* Files and folders that come and go. */
#include "fat.h"

/* A folder's own first two entries: itself and its parent (0 stands for the root). */
PAGED NTSTATUS FatWriteDotEntries(PDCB dcb)
{
    DIRENT dots[2];
    PDCB parent = dcb->ParentDcb;

    RtlZeroMemory(dots, sizeof(dots));
    for (ULONG i = 0; i < 2; i++) {
        RtlFillMemory(dots[i].FileName, sizeof(dots[i].FileName), ' ');
        RtlFillMemory(dots[i].FileName, i + 1, '.');
        dots[i].Attributes = FILE_ATTRIBUTE_DIRECTORY;
        dots[i].CreationTime = dcb->CreationTime;
        dots[i].LastWriteTime = dcb->LastWriteTime;
        dots[i].LastAccessDate = dcb->LastAccessDate;
    }
    dots[0].FirstCluster = (USHORT)dcb->FirstCluster;
    dots[1].FirstCluster = (USHORT)parent->FirstCluster;
    return FatWriteSlots(dcb, 0, dots, sizeof(dots));
}

/* The caller knows that no entry of `dcb` has this name. */
PAGED NTSTATUS FatCreateNewFile(PDCB dcb, PCUNICODE_STRING name, UCHAR attributes, PFCB *result)
{
    DIRENT dirent;
    ULONG first, slot;
    PFCB fcb;

    RtlZeroMemory(&dirent, sizeof(dirent));
    dirent.Attributes = attributes;
    FatNow(&dirent.LastWriteTime);
    dirent.CreationTime = dirent.LastWriteTime;
    dirent.LastAccessDate = dirent.LastWriteTime.Date;
    NTSTATUS status = FatAddDirent(dcb, name, &dirent, &first, &slot);
    if (!NT_SUCCESS(status))
        return status;
    status = FatCreateFcb(dcb, name, &dirent, first, slot, &fcb);
    if (!NT_SUCCESS(status)) {
        FatEraseDirent(dcb, first, slot);
        return status;
    }
    if (FatIsDirectory(fcb)) {
        status = FatGrowDirectory(fcb);
        if (NT_SUCCESS(status))
            status = FatWriteDotEntries(fcb);
        if (NT_SUCCESS(status))
            status = FatUpdateDirent(fcb);
        if (!NT_SUCCESS(status)) {
            FatDeleteFile(fcb);
            FatReleaseFcb(fcb);
            return status;
        }
    }
    *result = fcb;
    return STATUS_SUCCESS;
}

/* Takes the file from its directory and frees its clusters; the node stays while it is open. */
PAGED NTSTATUS FatDeleteFile(PFCB fcb)
{
    NTSTATUS status = FatEraseDirent(fcb->ParentDcb, fcb->FirstSlot, fcb->DirentSlot);
    if (!NT_SUCCESS(status))
        return status;
    FatSetAllocation(fcb, 0);
    fcb->Header.FileSize.QuadPart = fcb->Header.ValidDataLength.QuadPart = 0;
    FatRemovePrefix(fcb);
    FatForgetCache(fcb);
    fcb->Deleted = TRUE;
    return STATUS_SUCCESS;
}
