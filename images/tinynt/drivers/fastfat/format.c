/* Makes an empty FAT16 volume of the disk. Sectors that already hold zeroes are not written: on a
   fresh RAM disk that is all but three. */
#include "fat.h"
#include <ntdddisk.h>

#define MEDIA_FIXED 0xF8
#define ROOT_ENTRIES 512
#define SERIAL_NUMBER 0x53544F50

PAGED static NTSTATUS FatDiskSize(PVCB vcb, PULONGLONG bytes, PDISK_GEOMETRY geometry)
{
    GET_LENGTH_INFORMATION length;
    static const ULONG codes[] = {IOCTL_DISK_GET_LENGTH_INFO, IOCTL_DISK_GET_DRIVE_GEOMETRY};
    PVOID outputs[] = {&length, geometry};
    ULONG sizes[] = {sizeof(length), sizeof(*geometry)};

    for (ULONG i = 0; i < RTL_NUMBER_OF(codes); i++) {
        KEVENT done;
        IO_STATUS_BLOCK iosb;
        KeInitializeEvent(&done, NotificationEvent, FALSE);
        PIRP irp = IoBuildDeviceIoControlRequest(codes[i], vcb->TargetDeviceObject, NULL, 0, outputs[i], sizes[i],
                                                 FALSE, &done, &iosb);
        if (irp == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        NTSTATUS status = IoCallDriver(vcb->TargetDeviceObject, irp);
        if (status == STATUS_PENDING) {
            KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
            status = iosb.Status;
        }
        if (!NT_SUCCESS(status)) {
            return status;
        }
    }
    *bytes = length.Length.QuadPart;
    return STATUS_SUCCESS;
}

/* FAT16 wants 4085 to 65524 clusters: about 8000 make for a small table. */
PAGED static NTSTATUS FatLayOut(PFAT_BOOT_SECTOR boot, ULONG sectors)
{
    ULONG perCluster = 1;
    while (sectors / perCluster > 8192 && perCluster < FAT_BUFFER_SIZE / FAT_SECTOR) {
        perCluster *= 2;
    }
    ULONG clusters = sectors / perCluster;
    if (clusters < 4200 || clusters > 65000) {
        return STATUS_UNRECOGNIZED_VOLUME;
    }

    boot->BytesPerSector = FAT_SECTOR;
    boot->SectorsPerCluster = (UCHAR)perCluster;
    boot->ReservedSectors = 1;
    boot->Fats = 2;
    boot->RootEntries = ROOT_ENTRIES;
    boot->SectorsPerFat = (USHORT)(clusters / FAT_ENTRIES_PER_SECTOR + 1);
    if (sectors <= MAXUSHORT) {
        boot->Sectors = (USHORT)sectors;
    } else {
        boot->LargeSectors = sectors;
    }
    return STATUS_SUCCESS;
}

PAGED static NTSTATUS FatClearSectors(PVCB vcb, ULONG first, ULONG limit)
{
    for (ULONG lbo = first; lbo < limit;) {
        ULONG length = min(limit - lbo, FAT_BUFFER_SIZE);
        NTSTATUS status = FatDiskIo(vcb, IRP_MJ_READ, lbo, vcb->Buffer, length);
        if (!NT_SUCCESS(status)) {
            return status;
        }

        const ULONGLONG *word = (const ULONGLONG *)vcb->Buffer, *end = (const ULONGLONG *)(vcb->Buffer + length);
        while (word < end && *word == 0) {
            word++;
        }
        if (word < end) {
            RtlZeroMemory(vcb->Buffer, length);
            status = FatDiskIo(vcb, IRP_MJ_WRITE, lbo, vcb->Buffer, length);
            if (!NT_SUCCESS(status)) {
                return status;
            }
        }
        lbo += length;
    }
    return STATUS_SUCCESS;
}

PAGED NTSTATUS FatFormatVolume(PVCB vcb, PFAT_BOOT_SECTOR boot)
{
    DISK_GEOMETRY geometry;
    ULONGLONG bytes;
    NTSTATUS status = FatDiskSize(vcb, &bytes, &geometry);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    if (bytes > MAXLONG || geometry.BytesPerSector != FAT_SECTOR) {
        return STATUS_UNRECOGNIZED_VOLUME;
    }
    RtlZeroMemory(boot, sizeof(*boot));
    status = FatLayOut(boot, (ULONG)bytes / FAT_SECTOR);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    boot->Jump[0] = 0xEB;           /* a jump to itself: nobody boots from here */
    boot->Jump[1] = 0xFE;
    boot->Jump[2] = 0x90;
    RtlCopyMemory(boot->Oem, "STOPCODE", sizeof(boot->Oem));
    boot->Media = MEDIA_FIXED;
    boot->SectorsPerTrack = (USHORT)geometry.SectorsPerTrack;
    boot->Heads = (USHORT)geometry.TracksPerCylinder;
    boot->DriveNumber = 0x80;
    boot->ExtendedSignature = 0x29;
    boot->SerialNumber = SERIAL_NUMBER;
    RtlCopyMemory(boot->Label, "NO NAME    ", sizeof(boot->Label));
    RtlCopyMemory(boot->FileSystem, "FAT16   ", sizeof(boot->FileSystem));
    boot->Signature = FAT_SIGNATURE;

    ULONG fatBytes = boot->SectorsPerFat * FAT_SECTOR;
    ULONG limit = FAT_SECTOR + boot->Fats * fatBytes + ROOT_ENTRIES * sizeof(DIRENT);
    status = FatClearSectors(vcb, FAT_SECTOR, limit);
    if (!NT_SUCCESS(status)) {
        return status;
    }

    /* Entries 0 and 1 of the table stand for no cluster: the media byte, and "closed properly". */
    RtlZeroMemory(vcb->Buffer, FAT_SECTOR);
    ((PUSHORT)vcb->Buffer)[0] = 0xFF00 | MEDIA_FIXED;
    ((PUSHORT)vcb->Buffer)[1] = FAT_CLUSTER_LAST;
    for (ULONG i = 0; i < boot->Fats && NT_SUCCESS(status); i++) {
        status = FatDiskIo(vcb, IRP_MJ_WRITE, FAT_SECTOR + i * fatBytes, vcb->Buffer, FAT_SECTOR);
    }
    if (!NT_SUCCESS(status)) {
        return status;
    }
    RtlCopyMemory(vcb->Buffer, boot, FAT_SECTOR);
    return FatDiskIo(vcb, IRP_MJ_WRITE, 0, vcb->Buffer, FAT_SECTOR);
}
