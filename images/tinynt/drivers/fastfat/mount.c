/* From a disk to a volume: the boot sector, then the allocation table. */
#include "fat.h"

/* Only what this file system can work with counts: FAT16 with sectors of 512 bytes. */
PAGED static BOOLEAN FatIsBootSectorFat(const FAT_BOOT_SECTOR *boot)
{
    return boot->Signature == FAT_SIGNATURE && boot->BytesPerSector == FAT_SECTOR && boot->SectorsPerCluster &&
           boot->SectorsPerCluster <= FAT_BUFFER_SIZE / FAT_SECTOR &&
           (boot->SectorsPerCluster & (boot->SectorsPerCluster - 1)) == 0 && boot->ReservedSectors && boot->Fats >= 1 &&
           boot->Fats <= 2 && boot->RootEntries && boot->RootEntries % FAT_DIRENTS_PER_SECTOR == 0 &&
           boot->SectorsPerFat && (boot->Sectors || boot->LargeSectors);
}

PAGED static NTSTATUS FatSetLayout(PVCB vcb, const FAT_BOOT_SECTOR *boot)
{
    ULONG sectors = boot->Sectors ? boot->Sectors : boot->LargeSectors;

    vcb->FatLbo = boot->ReservedSectors * FAT_SECTOR;
    vcb->FatBytes = boot->SectorsPerFat * FAT_SECTOR;
    vcb->Fats = boot->Fats;
    vcb->RootLbo = vcb->FatLbo + vcb->Fats * vcb->FatBytes;
    vcb->RootBytes = boot->RootEntries * sizeof(DIRENT);
    vcb->DataLbo = vcb->RootLbo + vcb->RootBytes;
    vcb->ClusterBytes = boot->SectorsPerCluster * FAT_SECTOR;
    if (sectors <= vcb->DataLbo / FAT_SECTOR) {
        return STATUS_DISK_CORRUPT_ERROR;
    }

    ULONG clusters = (sectors - vcb->DataLbo / FAT_SECTOR) / boot->SectorsPerCluster;
    if (clusters < 4085 || clusters >= 65525) {       /* FAT12, FAT32 */
        return STATUS_UNRECOGNIZED_VOLUME;
    }
    vcb->ClusterLimit = min(clusters + FAT_CLUSTER_FIRST, vcb->FatBytes / sizeof(USHORT));
    vcb->FreeHint = FAT_CLUSTER_FIRST;
    vcb->DirtyFirst = MAXULONG;
    return STATUS_SUCCESS;
}

PAGED static NTSTATUS FatReadTable(PVCB vcb)
{
    vcb->Fat = ExAllocatePoolWithTag(PagedPool, vcb->FatBytes, TAG_TABLE);
    if (vcb->Fat == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (ULONG done = 0; done < vcb->FatBytes;) {
        ULONG length = min(vcb->FatBytes - done, FAT_BUFFER_SIZE);
        NTSTATUS status = FatDiskIo(vcb, IRP_MJ_READ, vcb->FatLbo + done, vcb->Buffer, length);
        if (!NT_SUCCESS(status)) {
            return status;
        }
        RtlCopyMemory((PUCHAR)vcb->Fat + done, vcb->Buffer, length);
        done += length;
    }
    return STATUS_SUCCESS;
}

/* Formats the disk if it holds no file system. */
PAGED NTSTATUS FatMountVolume(PVCB vcb)
{
    FAT_BOOT_SECTOR boot;

    vcb->Buffer = ExAllocatePoolWithTag(NonPagedPool, FAT_BUFFER_SIZE, TAG_BUFFER);
    vcb->Cache = ExAllocatePoolWithTag(PagedPool, FAT_BUFFER_SIZE, TAG_CACHE);
    if (vcb->Buffer == NULL || vcb->Cache == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS status = FatDiskIo(vcb, IRP_MJ_READ, 0, vcb->Buffer, FAT_SECTOR);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    RtlCopyMemory(&boot, vcb->Buffer, sizeof(boot));
    if (!FatIsBootSectorFat(&boot)) {
        status = FatFormatVolume(vcb, &boot);
    }
    if (NT_SUCCESS(status)) {
        status = FatSetLayout(vcb, &boot);
    }
    if (NT_SUCCESS(status)) {
        status = FatReadTable(vcb);
    }
    if (NT_SUCCESS(status)) {
        status = FatCreateRootDcb(vcb);
    }
    return status;
}
