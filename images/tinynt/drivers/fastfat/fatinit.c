/* Start: the disk, the volume's device and its drive letter, the folders that must exist. */
#include "fat.h"

#define DISK_NAME L"\\Device\\Ramdisk0"
#define VOLUME_NAME L"\\Device\\HarddiskVolume1"
#define DRIVE_LETTER L"\\??\\C:"

DRIVER_INITIALIZE DriverEntry;

static PCWSTR const Folders[] = {L"Windows", L"Windows\\System32", L"Windows\\System32\\drivers", L"Temp", L"Stopcode"};

PAGED static NTSTATUS FatEnsureFolder(PVCB vcb, PCWSTR path)
{
    UNICODE_STRING rest, name;
    PDCB dcb = vcb->RootDcb;
    FAT_SCAN scan;

    RtlInitUnicodeString(&rest, path);
    while (rest.Length) {
        dcb = FatFindPrefix(dcb, &rest);
        if (!rest.Length) {
            break;
        }
        FatDissectName(&rest, &name);
        NTSTATUS status = FatFindDirent(&scan, dcb, &name);
        if (NT_SUCCESS(status)) {
            status = FatCreateFcb(dcb, &scan.Name, &scan.Dirent, scan.FirstSlot, scan.DirentSlot, &dcb);
        } else if (status == STATUS_OBJECT_NAME_NOT_FOUND) {
            status = FatCreateNewFile(dcb, &name, FILE_ATTRIBUTE_DIRECTORY, &dcb);
        }
        if (!NT_SUCCESS(status)) {
            return status;
        }
        if (!FatIsDirectory(dcb)) {
            return STATUS_NOT_A_DIRECTORY;
        }
    }
    return STATUS_SUCCESS;
}

PAGED static NTSTATUS FatCreateVolume(PVCB vcb)
{
    UNICODE_STRING volume = RTL_CONSTANT_STRING(VOLUME_NAME), letter = RTL_CONSTANT_STRING(DRIVE_LETTER);
    NTSTATUS status = FatMountVolume(vcb);

    for (ULONG i = 0; i < RTL_NUMBER_OF(Folders) && NT_SUCCESS(status); i++) {
        status = FatEnsureFolder(vcb, Folders[i]);
    }
    if (NT_SUCCESS(status)) {
        status = FatFlushTable(vcb);
    }
    if (NT_SUCCESS(status)) {
        status = IoCreateSymbolicLink(&letter, &volume);
    }
    return status;
}

/* No DriverUnload: the volume is never dismounted. */
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    UNICODE_STRING disk = RTL_CONSTANT_STRING(DISK_NAME), volume = RTL_CONSTANT_STRING(VOLUME_NAME);
    PDEVICE_OBJECT device, target;
    PFILE_OBJECT file;
    NTSTATUS status = IoGetDeviceObjectPointer(&disk, FILE_READ_DATA | FILE_WRITE_DATA, &file, &target);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = IoCreateDevice(driver, sizeof(VCB), &volume, FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE, &device);
    if (!NT_SUCCESS(status)) {
        ObDereferenceObject(file);
        return status;
    }
    driver->MajorFunction[IRP_MJ_CREATE] = FatFsdCreate;
    driver->MajorFunction[IRP_MJ_CLEANUP] = FatFsdCleanup;
    driver->MajorFunction[IRP_MJ_CLOSE] = FatFsdClose;
    driver->MajorFunction[IRP_MJ_READ] = FatFsdRead;
    driver->MajorFunction[IRP_MJ_WRITE] = FatFsdWrite;
    driver->MajorFunction[IRP_MJ_QUERY_INFORMATION] = FatFsdQueryInformation;
    driver->MajorFunction[IRP_MJ_SET_INFORMATION] = FatFsdSetInformation;
    driver->MajorFunction[IRP_MJ_DIRECTORY_CONTROL] = FatFsdDirectoryControl;
    driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = FatFsdFlushBuffers;

    PVCB vcb = device->DeviceExtension;
    vcb->NodeTypeCode = FAT_NTC_VCB;
    vcb->DeviceObject = device;
    vcb->TargetDeviceObject = target;
    vcb->TargetFileObject = file;
    ExInitializeResourceLite(&vcb->Resource);
    device->StackSize = target->StackSize + 1;

    vcb = FatEnter(device);
    status = FatCreateVolume(vcb);
    ExReleaseResourceLite(&vcb->Resource);
    FsRtlExitFileSystem();
    if (!NT_SUCCESS(status)) {
        ExDeleteResourceLite(&vcb->Resource);
        if (vcb->Buffer != NULL) {
            ExFreePoolWithTag(vcb->Buffer, TAG_BUFFER);
        }
        if (vcb->Cache != NULL) {
            ExFreePoolWithTag(vcb->Cache, TAG_CACHE);
        }
        if (vcb->Fat != NULL) {
            ExFreePoolWithTag(vcb->Fat, TAG_TABLE);
        }
        ObDereferenceObject(file);
        IoDeleteDevice(device);
        return status;
    }
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}
