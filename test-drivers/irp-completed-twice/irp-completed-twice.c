/* irp-completed-twice: a filter above slow-device that counts requests, with a thread that sends
   some through the whole stack.

   The filter forwards each request and, when slow-device has completed it at once, completes it
   once more with the status it got: that is the bug, because a request that was passed on is no
   longer the filter's. With FIXED=1 the filter only returns the status. */
#include <ntifs.h>
#include "../include/device.h"
#include "../include/thread.h"
#include "../slow-device/slow-device.h"

#define REQUESTS 8

typedef struct _FILTER {
    PDEVICE_OBJECT Lower;
    LONG volatile Forwarded;
    PVOID Thread;
} FILTER, *PFILTER;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;

/* ===========================================================================================
   WRONG ON PURPOSE (unless FIXED): completes what the driver below has completed.
   =========================================================================================== */
DECLSPEC_NOINLINE static NTSTATUS FilterForwardControl(PFILTER filter, PIRP irp)
{
    NTSTATUS status;

    InterlockedIncrement(&filter->Forwarded);
    IoSkipCurrentIrpStackLocation(irp);
    status = IoCallDriver(filter->Lower, irp);
#if !FIXED
    if (status != STATUS_PENDING) {
        irp->IoStatus.Status = status;
        IoCompleteRequest(irp, IO_NO_INCREMENT);
    }
#endif
    return status;
}

/* ===================== from here on nothing is wrong ===================== */

static NTSTATUS NTAPI FilterDispatch(PDEVICE_OBJECT device, PIRP irp)
{
    PFILTER filter = device->DeviceExtension;

    if (IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
        return FilterForwardControl(filter, irp);
    }
    return IrpForward(filter->Lower, irp);
}

DECLSPEC_NOINLINE static VOID NTAPI FilterClientThread(PVOID context)
{
    PFILTER filter = context;
    UNICODE_STRING name = RTL_CONSTANT_STRING(SLOW_DEVICE_NAME);
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE device;
    ULONG good = 0;

    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS status = ZwCreateFile(&device, GENERIC_READ | SYNCHRONIZE, &attributes, &iosb, NULL, 0, FILE_SHARE_READ,
                                   FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
    for (ULONG i = 0; i < REQUESTS && NT_SUCCESS(status); i++) {
        ULONG question = 0xA5000000 + i, answer = 0;

        status = ZwDeviceIoControlFile(device, NULL, NULL, NULL, &iosb, IOCTL_SLOW_ECHO, &question, sizeof(question),
                                       &answer, sizeof(answer));
        good += NT_SUCCESS(status) && answer == question;
    }
    if (good == REQUESTS && filter->Forwarded == REQUESTS) {
        DbgPrint("irp-completed-twice: done\n");
    } else {
        DbgPrint("irp-completed-twice: failed: %lu answers, %ld requests, 0x%08lx\n", good, filter->Forwarded, status);
    }
    if (good) {
        ZwClose(device);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver)
{
    PFILTER filter = driver->DeviceObject->DeviceExtension;

    ThreadWait(filter->Thread);
    IoDetachDevice(filter->Lower);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(SLOW_DEVICE_NAME);
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(FILTER), NULL, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++) {
        driver->MajorFunction[i] = FilterDispatch;
    }
    PFILTER filter = device->DeviceExtension;
    status = IoAttachDevice(device, &name, &filter->Lower);
    if (!NT_SUCCESS(status)) {
        DbgPrint("irp-completed-twice: failed: no slow-device, 0x%08lx\n", status);
        IoDeleteDevice(device);
        return status;
    }
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    driver->DriverUnload = DriverUnload;
    status = ThreadStart(FilterClientThread, filter, &filter->Thread);
    if (!NT_SUCCESS(status)) {
        IoDetachDevice(filter->Lower);
        IoDeleteDevice(device);
    }
    return status;
}
