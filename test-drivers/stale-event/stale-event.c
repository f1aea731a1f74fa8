/* stale-event: asks slow-device for a reading, then prepares a page for a flash memory.

   The reading is a device control request whose event, status block and buffers live in the frame
   of the function that sends it. That function waits for at most 100 ms and returns, while the
   request is still out: that is the bug. The frame is used again, by the page of the flash memory,
   and the request's completion signals an event that is none any more. With FIXED=1 the function
   does not return before the request has ended. */
#include <ntifs.h>
#include "../include/device.h"
#include "../include/thread.h"
#include "../slow-device/slow-device.h"

#define MILLISECONDS 10000LL            /* in units of 100 ns */
#define READING_LIMIT (100 * MILLISECONDS)
#define ERASE_TIME (1000 * MILLISECONDS)
#define QUESTION 0x1D0F00D5
#define PAGE_OF_FLASH 1024

typedef struct _SENSOR {
    PFILE_OBJECT File;
    PDEVICE_OBJECT Device;
    ULONG Reading;
    BOOLEAN Late;
    PVOID Thread;
} SENSOR, *PSENSOR;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;

/* ===========================================================================================
   WRONG ON PURPOSE (unless FIXED): returns while the request that refers to this frame is out.
   =========================================================================================== */
DECLSPEC_NOINLINE static NTSTATUS SensorRequestReading(PSENSOR sensor)
{
    LARGE_INTEGER limit = {.QuadPart = -READING_LIMIT};
    ULONG question = QUESTION, answer = 0;
    IO_STATUS_BLOCK iosb;
    KEVENT completed;

    KeInitializeEvent(&completed, NotificationEvent, FALSE);
    PIRP irp = IoBuildDeviceIoControlRequest(IOCTL_SLOW_ECHO_LATER, sensor->Device, &question, sizeof(question),
                                             &answer, sizeof(answer), FALSE, &completed, &iosb);
    if (irp == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    IoGetNextIrpStackLocation(irp)->FileObject = sensor->File;
    NTSTATUS status = IoCallDriver(sensor->Device, irp);
    if (status == STATUS_PENDING) {
        status = KeWaitForSingleObject(&completed, Executive, KernelMode, FALSE, &limit);
        if (status == STATUS_TIMEOUT) {
            sensor->Late = TRUE;
#if FIXED
            KeWaitForSingleObject(&completed, Executive, KernelMode, FALSE, NULL);
#else
            return STATUS_IO_TIMEOUT;
#endif
        }
        status = iosb.Status;
    }
    sensor->Reading = answer;
    return status;
}

/* ===================== from here on nothing is wrong ===================== */

/* Erased flash memory reads as ones. Erasing takes its time; then the page must still be so. */
DECLSPEC_NOINLINE static BOOLEAN SensorPrepareFlashPage(void)
{
    LARGE_INTEGER interval = {.QuadPart = -ERASE_TIME};
    volatile UCHAR page[PAGE_OF_FLASH];

    for (ULONG i = 0; i < sizeof(page); i++) {
        page[i] = 0xFF;
    }
    KeDelayExecutionThread(KernelMode, FALSE, &interval);
    for (ULONG i = 0; i < sizeof(page); i++) {
        if (page[i] != 0xFF) {
            return FALSE;
        }
    }
    return TRUE;
}

DECLSPEC_NOINLINE static VOID NTAPI SensorThread(PVOID context)
{
    PSENSOR sensor = context;
    NTSTATUS status = SensorRequestReading(sensor);
    BOOLEAN prepared = SensorPrepareFlashPage();

    if (NT_SUCCESS(status) && prepared && sensor->Reading == QUESTION && sensor->Late) {
        DbgPrint("stale-event: done\n");
    } else {
        DbgPrint("stale-event: failed: 0x%08lx, reading 0x%08lx, page %s\n", status, sensor->Reading,
                 prepared ? "good" : "bad");
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver)
{
    PSENSOR sensor = driver->DeviceObject->DeviceExtension;

    ThreadWait(sensor->Thread);
    ObDereferenceObject(sensor->File);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(SLOW_DEVICE_NAME);
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(SENSOR), NULL, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    PSENSOR sensor = device->DeviceExtension;
    status = IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &sensor->File, &sensor->Device);
    if (!NT_SUCCESS(status)) {
        DbgPrint("stale-event: failed: no slow-device, 0x%08lx\n", status);
        IoDeleteDevice(device);
        return status;
    }
    driver->DriverUnload = DriverUnload;
    status = ThreadStart(SensorThread, sensor, &sensor->Thread);
    if (!NT_SUCCESS(status)) {
        ObDereferenceObject(sensor->File);
        IoDeleteDevice(device);
    }
    return status;
}
