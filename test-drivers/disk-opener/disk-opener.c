/* disk-opener: a thread writes to the log of leaked-fast-mutex and opens the disk in between.

   Nothing in this driver is wrong. When the log's dispatch routine returns with its fast mutex held,
   this thread goes on at APC_LEVEL, and the next request that it sends is sent too high: Driver
   Verifier then finds this driver on the stack. Load leaked-fast-mutex first. */
#include <ntifs.h>
#include "../include/device.h"
#include "../include/thread.h"
#include "../leaked-fast-mutex/logctl.h"

#define DISK_NAME L"\\??\\C:"

typedef struct _OPENER {
    PFILE_OBJECT LogFile;
    PDEVICE_OBJECT Log;
    PVOID Thread;
} OPENER, *POPENER;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;

/* Sends one request to the log and waits for it. */
DECLSPEC_NOINLINE static NTSTATUS OpenerAskLog(POPENER opener, ULONG code, PVOID in, ULONG inLength, PVOID out,
                                               ULONG outLength)
{
    return DeviceControl(opener->Log, code, in, inLength, out, outLength);
}

DECLSPEC_NOINLINE static NTSTATUS OpenDisk(void)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(DISK_NAME);
    PFILE_OBJECT file;
    PDEVICE_OBJECT device;
    NTSTATUS status = IoGetDeviceObjectPointer(&name, FILE_READ_ATTRIBUTES, &file, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = device->DeviceType == FILE_DEVICE_DISK || device->DeviceType == FILE_DEVICE_DISK_FILE_SYSTEM
                 ? STATUS_SUCCESS
                 : STATUS_OBJECT_TYPE_MISMATCH;
    ObDereferenceObject(file);
    return status;
}

DECLSPEC_NOINLINE static VOID NTAPI OpenerThread(PVOID context)
{
    static CHAR record[] = "opened the disk\r\n";
    POPENER opener = context;
    LOG_STATUS log = {0, 0};
    PCSTR step = "mark";
    NTSTATUS status = OpenerAskLog(opener, IOCTL_LOG_APPEND, NULL, 0, NULL, 0);

    if (NT_SUCCESS(status)) {
        step = "open";
        status = OpenDisk();
    }
    if (NT_SUCCESS(status)) {
        step = "record";
        status = OpenerAskLog(opener, IOCTL_LOG_APPEND, record, sizeof(record) - 1, NULL, 0);
    }
    if (NT_SUCCESS(status)) {
        step = "query";
        status = OpenerAskLog(opener, IOCTL_LOG_QUERY, NULL, 0, &log, sizeof(log));
    }
    if (NT_SUCCESS(status) && (log.Marks != 1 || log.Records != 1 || KeGetCurrentIrql() != PASSIVE_LEVEL)) {
        status = STATUS_DATA_ERROR;
    }
    if (NT_SUCCESS(status)) {
        DbgPrint("disk-opener: done\n");
    } else {
        DbgPrint("disk-opener: failed: %s: 0x%08lx\n", step, status);
    }
    PsTerminateSystemThread(status);
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver)
{
    POPENER opener = driver->DeviceObject->DeviceExtension;

    ThreadWait(opener->Thread);
    ObDereferenceObject(opener->LogFile);
    IoDeleteDevice(driver->DeviceObject);
}

static NTSTATUS OpenerStart(POPENER opener)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(LOG_DEVICE_NAME);
    NTSTATUS status = IoGetDeviceObjectPointer(&name, FILE_READ_ATTRIBUTES, &opener->LogFile, &opener->Log);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = ThreadStart(OpenerThread, opener, &opener->Thread);
    if (!NT_SUCCESS(status)) {
        ObDereferenceObject(opener->LogFile);
    }
    return status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(OPENER), NULL, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    driver->DriverUnload = DriverUnload;
    status = OpenerStart(device->DeviceExtension);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
    }
    return status;
}
