/* Clusters: where a file's bytes are, and how a chain grows and shrinks. */
#include "fat.h"

static ULONG FatNextCluster(PVCB vcb, ULONG cluster) { return vcb->Fat[cluster]; }

static BOOLEAN FatIsClusterValid(PVCB vcb, ULONG cluster)
{
    return cluster >= FAT_CLUSTER_FIRST && cluster < vcb->ClusterLimit;
}

ULONG FatClusterLbo(PVCB vcb, ULONG cluster)
{
    return vcb->DataLbo + (cluster - FAT_CLUSTER_FIRST) * vcb->ClusterBytes;
}

static void FatSetEntry(PVCB vcb, ULONG cluster, USHORT value)
{
    ULONG sector = cluster / FAT_ENTRIES_PER_SECTOR;
    vcb->Fat[cluster] = value;
    vcb->DirtyFirst = min(vcb->DirtyFirst, sector);
    vcb->DirtyLimit = max(vcb->DirtyLimit, sector + 1);
}

/* The disk address of byte `vbo`, and how many bytes follow it without a gap. */
PAGED NTSTATUS FatLookupRun(PFCB fcb, ULONG vbo, PULONG lbo, PULONG length)
{
    PVCB vcb = fcb->Vcb;

    if (fcb == vcb->RootDcb) {      /* FAT16's root is not a chain but a place of its own */
        if (vbo >= vcb->RootBytes) {
            return STATUS_END_OF_FILE;
        }
        *lbo = vcb->RootLbo + vbo;
        *length = vcb->RootBytes - vbo;
        return STATUS_SUCCESS;
    }
    ULONG target = vbo / vcb->ClusterBytes, index = 0, cluster = fcb->FirstCluster;
    if (fcb->HintCluster && fcb->HintIndex <= target) {
        index = fcb->HintIndex;
        cluster = fcb->HintCluster;
    }
    for (; index < target && FatIsClusterValid(vcb, cluster); index++) {
        cluster = FatNextCluster(vcb, cluster);
    }
    if (!FatIsClusterValid(vcb, cluster)) {
        return STATUS_FILE_CORRUPT_ERROR;
    }
    fcb->HintIndex = index;
    fcb->HintCluster = cluster;

    ULONG inside = vbo % vcb->ClusterBytes;
    *lbo = FatClusterLbo(vcb, cluster) + inside;
    *length = vcb->ClusterBytes - inside;
    while (*length < FAT_BUFFER_SIZE && FatNextCluster(vcb, cluster) == cluster + 1) {
        cluster++;
        *length += vcb->ClusterBytes;
    }
    return STATUS_SUCCESS;
}

/* The bytes that a chain holds; a chain that is longer than the volume is a loop and is cut. */
PAGED ULONG FatChainBytes(PVCB vcb, ULONG cluster)
{
    ULONG count = 0;
    for (; FatIsClusterValid(vcb, cluster) && count < vcb->ClusterLimit; count++) {
        cluster = FatNextCluster(vcb, cluster);
    }
    return count * vcb->ClusterBytes;
}

/* Takes a free cluster and makes it the end of the chain that ends with `last` (0: a new chain). */
PAGED ULONG FatTakeCluster(PVCB vcb, ULONG last)
{
    ULONG cluster = last ? last + 1 : vcb->FreeHint;
    for (ULONG tried = FAT_CLUSTER_FIRST; tried < vcb->ClusterLimit; tried++, cluster++) {
        if (cluster >= vcb->ClusterLimit) {
            cluster = FAT_CLUSTER_FIRST;
        }
        if (vcb->Fat[cluster] != FAT_CLUSTER_FREE) {
            continue;
        }
        FatSetEntry(vcb, cluster, FAT_CLUSTER_LAST);
        if (last) {
            FatSetEntry(vcb, last, (USHORT)cluster);
        }
        vcb->FreeHint = cluster + 1 < vcb->ClusterLimit ? cluster + 1 : FAT_CLUSTER_FIRST;
        return cluster;
    }
    return 0;
}

PAGED void FatFreeChain(PVCB vcb, ULONG cluster)
{
    while (FatIsClusterValid(vcb, cluster) && vcb->Fat[cluster] != FAT_CLUSTER_FREE) {
        ULONG next = FatNextCluster(vcb, cluster);
        FatSetEntry(vcb, cluster, FAT_CLUSTER_FREE);
        vcb->FreeHint = min(vcb->FreeHint, cluster);
        cluster = next;
    }
}

PAGED static void FatCutChain(PFCB fcb, ULONG clusters)
{
    PVCB vcb = fcb->Vcb;
    ULONG cluster = fcb->FirstCluster;

    fcb->HintCluster = 0;
    if (clusters == 0) {
        fcb->FirstCluster = 0;
        FatFreeChain(vcb, cluster);
        return;
    }
    for (ULONG i = 1; i < clusters; i++) {
        cluster = FatNextCluster(vcb, cluster);
    }
    ULONG rest = FatNextCluster(vcb, cluster);
    FatSetEntry(vcb, cluster, FAT_CLUSTER_LAST);
    FatFreeChain(vcb, rest);
}

/* Grows or shrinks a chain to hold `bytes`. When the disk is full nothing changes. */
PAGED NTSTATUS FatSetAllocation(PFCB fcb, ULONG bytes)
{
    PVCB vcb = fcb->Vcb;
    ULONG have = fcb->Header.AllocationSize.LowPart / vcb->ClusterBytes;
    ULONG want = bytes / vcb->ClusterBytes + (bytes % vcb->ClusterBytes != 0);

    if (fcb == vcb->RootDcb) {
        return bytes <= vcb->RootBytes ? STATUS_SUCCESS : STATUS_CANNOT_MAKE;
    }
    if (want == have) {
        return STATUS_SUCCESS;
    }
    fcb->DirentStale = TRUE;
    if (want > have) {
        ULONG last = 0, lbo, run;
        if (have) {                 /* moves the hint to the chain's last cluster */
            NTSTATUS status = FatLookupRun(fcb, (have - 1) * vcb->ClusterBytes, &lbo, &run);
            if (!NT_SUCCESS(status)) {
                return status;
            }
            last = fcb->HintCluster;
        }
        for (ULONG i = have; i < want; i++) {
            last = FatTakeCluster(vcb, last);
            if (!last) {
                FatCutChain(fcb, have);
                return STATUS_DISK_FULL;
            }
            if (i == 0) {
                fcb->FirstCluster = last;
            }
        }
    } else {
        FatCutChain(fcb, want);
    }
    fcb->Header.AllocationSize.QuadPart = (LONGLONG)want * vcb->ClusterBytes;
    return STATUS_SUCCESS;
}

/* Sets the end of a file. Bytes that come into being read as zeroes. */
PAGED NTSTATUS FatSetFileSize(PFCB fcb, ULONG size)
{
    ULONG old = fcb->Header.FileSize.LowPart;
    NTSTATUS status = FatSetAllocation(fcb, size);

    if (NT_SUCCESS(status) && size > old) {
        status = FatTransfer(fcb, old, NULL, size - old, TRUE);
    }
    if (!NT_SUCCESS(status)) {
        return status;
    }
    fcb->Header.FileSize.QuadPart = fcb->Header.ValidDataLength.QuadPart = size;
    FatNow(&fcb->LastWriteTime);
    fcb->Attributes |= FILE_ATTRIBUTE_ARCHIVE;
    fcb->DirentStale = TRUE;
    return STATUS_SUCCESS;
}

/* Writes the table's changed sectors, to every copy of the table. */
PAGED NTSTATUS FatFlushTable(PVCB vcb)
{
    while (vcb->DirtyFirst < vcb->DirtyLimit) {
        ULONG start = vcb->DirtyFirst * FAT_SECTOR;
        ULONG length = min(vcb->DirtyLimit * FAT_SECTOR - start, FAT_BUFFER_SIZE);

        RtlCopyMemory(vcb->Buffer, (PUCHAR)vcb->Fat + start, length);
        for (ULONG i = 0; i < vcb->Fats; i++) {
            NTSTATUS status =
                FatDiskIo(vcb, IRP_MJ_WRITE, vcb->FatLbo + i * vcb->FatBytes + start, vcb->Buffer, length);
            if (!NT_SUCCESS(status)) {
                return status;
            }
        }
        vcb->DirtyFirst += length / FAT_SECTOR;
    }
    vcb->DirtyFirst = MAXULONG;
    vcb->DirtyLimit = 0;
    return STATUS_SUCCESS;
}
