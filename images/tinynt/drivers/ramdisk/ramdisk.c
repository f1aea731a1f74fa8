/* ramdisk: the disk \Device\Ramdisk0, kept in nonpaged pool.

   Memory is taken in chunks, each when something is first written to it, because a guest may have
   as little as 128 MiB and most of the disk is never used. A chunk that was never written reads as
   zeroes. Every request is done before its dispatch routine returns, so there is no queue. */
#include <ntifs.h>
#include <ntdddisk.h>

#define RAMDISK_BYTES (8 * 1024 * 1024)
#define RAMDISK_CHUNK (64 * 1024)
#define RAMDISK_SECTOR 512
#define RAMDISK_SECTORS_PER_TRACK 32
#define RAMDISK_TRACKS_PER_CYLINDER 8
#define RAMDISK_TAG 'dmaR'

typedef struct _RAMDISK {
    PVOID volatile Chunks[RAMDISK_BYTES / RAMDISK_CHUNK];
} RAMDISK, *PRAMDISK;

DRIVER_INITIALIZE DriverEntry;

static NTSTATUS RamdiskComplete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

/* The chunk with this number, allocated now if it is missing. No lock: of two writers that race,
   the one that comes second frees its block again. */
static PUCHAR RamdiskChunkForWrite(PRAMDISK disk, ULONG number)
{
    PVOID chunk = disk->Chunks[number];
    if (chunk != NULL) {
        return chunk;
    }
    PVOID fresh = ExAllocatePoolWithTag(NonPagedPool, RAMDISK_CHUNK, RAMDISK_TAG);
    if (fresh == NULL) {
        return NULL;
    }
    RtlZeroMemory(fresh, RAMDISK_CHUNK);
    chunk = InterlockedCompareExchangePointer(&disk->Chunks[number], fresh, NULL);
    if (chunk == NULL) {
        return fresh;
    }
    ExFreePoolWithTag(fresh, RAMDISK_TAG);
    return chunk;
}

static NTSTATUS RamdiskCopy(PRAMDISK disk, ULONG at, PUCHAR buffer, ULONG length, BOOLEAN write)
{
    while (length) {
        ULONG number = at / RAMDISK_CHUNK, offset = at % RAMDISK_CHUNK;
        ULONG part = min(length, RAMDISK_CHUNK - offset);
        PUCHAR chunk = write ? RamdiskChunkForWrite(disk, number) : disk->Chunks[number];

        if (write && chunk == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        if (write) {
            RtlCopyMemory(chunk + offset, buffer, part);
        } else if (chunk != NULL) {
            RtlCopyMemory(buffer, chunk + offset, part);
        } else {
            RtlZeroMemory(buffer, part);
        }
        at += part;
        buffer += part;
        length -= part;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS RamdiskReadWrite(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    BOOLEAN write = stack->MajorFunction == IRP_MJ_WRITE;
    LONGLONG at = write ? stack->Parameters.Write.ByteOffset.QuadPart : stack->Parameters.Read.ByteOffset.QuadPart;
    ULONG length = write ? stack->Parameters.Write.Length : stack->Parameters.Read.Length;

    if (at < 0 || at > RAMDISK_BYTES || length > RAMDISK_BYTES - (ULONG)at || at % RAMDISK_SECTOR ||
        length % RAMDISK_SECTOR) {
        return RamdiskComplete(irp, STATUS_INVALID_PARAMETER, 0);
    }
    if (length == 0) {
        return RamdiskComplete(irp, STATUS_SUCCESS, 0);
    }

    PUCHAR buffer = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    if (buffer == NULL) {
        return RamdiskComplete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    }
    NTSTATUS status = RamdiskCopy(device->DeviceExtension, (ULONG)at, buffer, length, write);
    return RamdiskComplete(irp, status, NT_SUCCESS(status) ? length : 0);
}

static void RamdiskGeometry(PDISK_GEOMETRY geometry)
{
    geometry->MediaType = FixedMedia;
    geometry->BytesPerSector = RAMDISK_SECTOR;
    geometry->SectorsPerTrack = RAMDISK_SECTORS_PER_TRACK;
    geometry->TracksPerCylinder = RAMDISK_TRACKS_PER_CYLINDER;
    geometry->Cylinders.QuadPart =
        RAMDISK_BYTES / RAMDISK_SECTOR / (RAMDISK_SECTORS_PER_TRACK * RAMDISK_TRACKS_PER_CYLINDER);
}

static NTSTATUS RamdiskDeviceControl(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG room = stack->Parameters.DeviceIoControl.OutputBufferLength;
    PVOID buffer = irp->AssociatedIrp.SystemBuffer;

    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_DISK_GET_LENGTH_INFO:
        if (room < sizeof(GET_LENGTH_INFORMATION)) {
            return RamdiskComplete(irp, STATUS_BUFFER_TOO_SMALL, 0);
        }
        ((PGET_LENGTH_INFORMATION)buffer)->Length.QuadPart = RAMDISK_BYTES;
        return RamdiskComplete(irp, STATUS_SUCCESS, sizeof(GET_LENGTH_INFORMATION));
    case IOCTL_DISK_GET_DRIVE_GEOMETRY:
        if (room < sizeof(DISK_GEOMETRY)) {
            return RamdiskComplete(irp, STATUS_BUFFER_TOO_SMALL, 0);
        }
        RamdiskGeometry(buffer);
        return RamdiskComplete(irp, STATUS_SUCCESS, sizeof(DISK_GEOMETRY));
    default: return RamdiskComplete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static NTSTATUS RamdiskCreateClose(PDEVICE_OBJECT device, PIRP irp) { return RamdiskComplete(irp, STATUS_SUCCESS, 0); }

/* No DriverUnload: the file system on the disk stays mounted until the machine stops. */
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Ramdisk0");
    PDEVICE_OBJECT device;
    NTSTATUS status = IoCreateDevice(driver, sizeof(RAMDISK), &name, FILE_DEVICE_DISK, 0, FALSE, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    driver->MajorFunction[IRP_MJ_CREATE] = RamdiskCreateClose;
    driver->MajorFunction[IRP_MJ_CLEANUP] = RamdiskCreateClose;
    driver->MajorFunction[IRP_MJ_CLOSE] = RamdiskCreateClose;
    driver->MajorFunction[IRP_MJ_READ] = RamdiskReadWrite;
    driver->MajorFunction[IRP_MJ_WRITE] = RamdiskReadWrite;
    driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = RamdiskCreateClose;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = RamdiskDeviceControl;
    device->Flags |= DO_DIRECT_IO;
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}
