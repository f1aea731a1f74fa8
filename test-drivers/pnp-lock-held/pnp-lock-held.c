/* pnp-lock-held: the function driver of a card reader, with a thread that waits for data.

   When the device is pulled out, the driver marks it as gone and waits for its thread to end. The
   thread looks at the mark only when data arrives, and from a device that is gone none does: that is
   the bug. The PnP manager's lock is held for as long as the driver waits. With FIXED=1 the thread is
   woken.

   No function is inlined into another one that matters: each has a frame of its own on a stack. */
#include <ntifs.h>

typedef struct _READER {
    PDEVICE_OBJECT Self, Pdo, Lower;
    KEVENT DataReady;
    KEVENT ThreadStopped;
    LONG volatile Gone;
    LONG volatile Woken;
    PVOID Thread;
} READER, *PREADER;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;
static DRIVER_ADD_DEVICE ReaderAddDevice;
static DRIVER_DISPATCH ReaderPower, ReaderPnp;
static KSTART_ROUTINE ReaderThread;

DECLSPEC_NOINLINE static VOID NTAPI ReaderThread(PVOID context)
{
    PREADER reader = context;

    while (!reader->Gone) {
        KeWaitForSingleObject(&reader->DataReady, Executive, KernelMode, FALSE, NULL);
        InterlockedIncrement(&reader->Woken);
    }
    KeSetEvent(&reader->ThreadStopped, IO_NO_INCREMENT, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* ===========================================================================================
   WRONG ON PURPOSE (unless FIXED): nobody wakes the thread, which therefore never stops. The wait
   is within a PnP request, with the PnP manager's locks held.
   =========================================================================================== */

DECLSPEC_NOINLINE static void ReaderStopThread(PREADER reader)
{
    if (!reader->Thread)
        return;
    InterlockedExchange(&reader->Gone, TRUE);
#if FIXED
    KeSetEvent(&reader->DataReady, IO_NO_INCREMENT, FALSE);
#endif
    KeWaitForSingleObject(&reader->ThreadStopped, Executive, KernelMode, FALSE, NULL);
}

/* ===================== from here on nothing is wrong ===================== */

DECLSPEC_NOINLINE static NTSTATUS ReaderSurpriseRemoval(PREADER reader, PIRP irp)
{
    ReaderStopThread(reader);
    irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(reader->Lower, irp);
}

static NTSTATUS ReaderStart(PREADER reader, PIRP irp)
{
    HANDLE handle;
    NTSTATUS status = IoForwardIrpSynchronously(reader->Lower, irp) ? irp->IoStatus.Status : STATUS_UNSUCCESSFUL;

    if (NT_SUCCESS(status))
        status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, ReaderThread, reader);
    if (NT_SUCCESS(status)) {
        ObReferenceObjectByHandle(handle, SYNCHRONIZE, NULL, KernelMode, &reader->Thread, NULL);
        ZwClose(handle);
    }
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS ReaderRemove(PREADER reader, PIRP irp)
{
    BOOLEAN surprise = reader->Gone;

    ReaderStopThread(reader);               /* an orderly removal comes here first */
    if (reader->Thread) {
        KeWaitForSingleObject(reader->Thread, Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(reader->Thread);
    }
    irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(irp);
    NTSTATUS status = IoCallDriver(reader->Lower, irp);
    if (NT_SUCCESS(status) && surprise && reader->Woken == 1)
        DbgPrint("pnp-lock-held: done\n");
    IoDetachDevice(reader->Lower);
    IoDeleteDevice(reader->Self);
    return status;
}

DECLSPEC_NOINLINE static NTSTATUS NTAPI ReaderPower(PDEVICE_OBJECT device, PIRP irp)
{
    PREADER reader = device->DeviceExtension;

    PoStartNextPowerIrp(irp);
    IoSkipCurrentIrpStackLocation(irp);
    return PoCallDriver(reader->Lower, irp);
}

DECLSPEC_NOINLINE static NTSTATUS NTAPI ReaderPnp(PDEVICE_OBJECT device, PIRP irp)
{
    PREADER reader = device->DeviceExtension;

    switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        return ReaderStart(reader, irp);
    case IRP_MN_SURPRISE_REMOVAL:
        return ReaderSurpriseRemoval(reader, irp);
    case IRP_MN_REMOVE_DEVICE:
        return ReaderRemove(reader, irp);
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    }
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(reader->Lower, irp);
}

static NTSTATUS NTAPI ReaderAddDevice(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo)
{
    PDEVICE_OBJECT device;
    NTSTATUS status = IoCreateDevice(driver, sizeof(READER), NULL, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);

    if (!NT_SUCCESS(status))
        return status;
    PREADER reader = device->DeviceExtension;
    reader->Self = device;
    reader->Pdo = pdo;
    KeInitializeEvent(&reader->DataReady, SynchronizationEvent, FALSE);
    KeInitializeEvent(&reader->ThreadStopped, NotificationEvent, FALSE);
    reader->Lower = IoAttachDeviceToDeviceStack(device, pdo);
    if (!reader->Lower) {
        IoDeleteDevice(device);
        return STATUS_NO_SUCH_DEVICE;
    }
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver)
{
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    driver->MajorFunction[IRP_MJ_POWER] = ReaderPower;
    driver->MajorFunction[IRP_MJ_PNP] = ReaderPnp;
    driver->DriverExtension->AddDevice = ReaderAddDevice;
    driver->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
