/* Directories as arrays of 32-byte slots. The piece that was last read stays in memory: nearly every
   request looks through the same directory several times. Writes go to the disk at once. */
#include "fat.h"

PAGED NTSTATUS FatReadSlot(PDCB dcb, ULONG slot, PDIRENT dirent)
{
    PVCB vcb = dcb->Vcb;
    ULONG size = dcb->Header.AllocationSize.LowPart;

    if (slot >= size)
        return STATUS_NO_MORE_FILES;
    if (vcb->CacheDcb != dcb || slot < vcb->CacheVbo || slot >= vcb->CacheVbo + vcb->CacheLength) {
        ULONG from = slot - slot % FAT_BUFFER_SIZE, length = min(size - from, FAT_BUFFER_SIZE);
        vcb->CacheDcb = NULL;
        NTSTATUS status = FatTransfer(dcb, from, vcb->Cache, length, FALSE);
        if (!NT_SUCCESS(status))
            return status;
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
    NTSTATUS status = FatTransfer(dcb, slot, (PVOID)dirents, bytes, TRUE);

    if (vcb->CacheDcb != dcb)
        return status;
    if (NT_SUCCESS(status) && slot >= vcb->CacheVbo && slot + bytes <= vcb->CacheVbo + vcb->CacheLength)
        RtlCopyMemory(vcb->Cache + (slot - vcb->CacheVbo), dirents, bytes);
    else
        vcb->CacheDcb = NULL;
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
    if (dcb->Vcb->CacheDcb == dcb)
        dcb->Vcb->CacheDcb = NULL;
}
