/* Directories as arrays of 32-byte slots. The piece that was last read stays in memory: nearly every
   request looks through the same directory several times. Writes go to the disk at once. */
#include "fat.h"

static BOOLEAN FatIsCached(PDCB dcb, ULONG from, ULONG limit)
{
    PVCB vcb = dcb->Vcb;
    return vcb->CacheDcb == dcb && from >= vcb->CacheVbo && limit <= vcb->CacheVbo + vcb->CacheLength;
}

PAGED NTSTATUS FatReadSlot(PDCB dcb, ULONG slot, PDIRENT dirent)
{
    PVCB vcb = dcb->Vcb;
    ULONG size = dcb->Header.AllocationSize.LowPart;

    if (slot >= size) {
        return STATUS_NO_MORE_FILES;
    }
    if (!FatIsCached(dcb, slot, slot + sizeof(DIRENT))) {
        ULONG from = slot - slot % FAT_BUFFER_SIZE, length = min(size - from, FAT_BUFFER_SIZE);
        vcb->CacheDcb = NULL;
        NTSTATUS status = FatTransfer(dcb, from, vcb->Cache, length, FALSE);
        if (!NT_SUCCESS(status)) {
            return status;
        }
        vcb->CacheDcb = dcb;
        vcb->CacheVbo = from;
        vcb->CacheLength = length;
    }
    RtlCopyMemory(dirent, vcb->Cache + (slot - vcb->CacheVbo), sizeof(DIRENT));
    return STATUS_SUCCESS;
}

PAGED NTSTATUS FatWriteSlots(PDCB dcb, ULONG slot, const void *dirents, ULONG bytes)
{
    PVCB vcb = dcb->Vcb;
    ULONG from = slot & ~(FAT_SECTOR - 1), limit = (slot + bytes + FAT_SECTOR - 1) & ~(FAT_SECTOR - 1);
    NTSTATUS status;

    if (FatIsCached(dcb, from, limit)) {        /* whole sectors need not be read first */
        RtlCopyMemory(vcb->Cache + (slot - vcb->CacheVbo), dirents, bytes);
        status = FatTransfer(dcb, from, vcb->Cache + (from - vcb->CacheVbo), limit - from, TRUE);
    } else {
        status = FatTransfer(dcb, slot, (PVOID)dirents, bytes, TRUE);
        FatForgetCache(dcb);
    }
    if (!NT_SUCCESS(status)) {
        FatForgetCache(dcb);
    }
    return status;
}

/* One more cluster, of slots that were never used. */
PAGED NTSTATUS FatGrowDirectory(PDCB dcb)
{
    PVCB vcb = dcb->Vcb;
    ULONG old = dcb->Header.AllocationSize.LowPart;
    NTSTATUS status = FatSetAllocation(dcb, old + vcb->ClusterBytes);
    return NT_SUCCESS(status) ? FatTransfer(dcb, old, NULL, vcb->ClusterBytes, TRUE) : status;
}

PAGED void FatForgetCache(PDCB dcb)
{
    if (dcb->Vcb->CacheDcb == dcb) {
        dcb->Vcb->CacheDcb = NULL;
    }
}
