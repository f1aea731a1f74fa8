/* pnp-lock-held: the function driver of a card reader, with a thread that waits for data.

   When the device is pulled out, the driver marks it as gone and waits for its thread to end. The
   thread looks at the mark only when data arrives, and from a device that is gone none does: that is
   the bug. The PnP manager's lock is held for as long as the driver waits. With FIXED=1 the thread is
   woken.

   No function is inlined into another one that matters: each has a frame of its own on a stack. */
#include <ntifs.h>
#include "../include/device.h"
#include "../include/pnp.h"
#include "../include/thread.h"

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

    do {
        KeWaitForSingleObject(&reader->DataReady, Executive, KernelMode, FALSE, NULL);
        InterlockedIncrement(&reader->Woken);
    } while (!reader->Gone);
    KeSetEvent(&reader->ThreadStopped, IO_NO_INCREMENT, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* ===========================================================================================
   WRONG ON PURPOSE (unless FIXED): nobody wakes the thread, which therefore never stops. The wait
   is within a PnP request, with the PnP manager's locks held.
   =========================================================================================== */

DECLSPEC_NOINLINE static void ReaderStopThread(PREADER reader)
{
    if (reader->Thread == NULL) {
        return;
    }
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
    return PnpAgree(reader->Lower, irp);
}

static NTSTATUS ReaderStart(PREADER reader, PIRP irp)
{
    NTSTATUS status = PnpStartLower(reader->Lower, irp);

    if (NT_SUCCESS(status)) {
        status = ThreadStart(ReaderThread, reader, &reader->Thread);
    }
    return IrpComplete(irp, status, 0);
}

static NTSTATUS ReaderRemove(PREADER reader, PIRP irp)
{
    BOOLEAN surprise = reader->Gone;

    ReaderStopThread(reader);               /* an orderly removal comes here first */
    ThreadWait(reader->Thread);
    BOOLEAN stopped = surprise && reader->Woken == 1;
    NTSTATUS status = PnpRemove(reader->Self, reader->Lower, irp);
    if (NT_SUCCESS(status) && stopped) {
        DbgPrint("pnp-lock-held: done\n");
    }
    return status;
}

DECLSPEC_NOINLINE static NTSTATUS NTAPI ReaderPower(PDEVICE_OBJECT device, PIRP irp)
{
    PREADER reader = device->DeviceExtension;

    return PnpForwardPower(reader->Lower, irp);
}

DECLSPEC_NOINLINE static NTSTATUS NTAPI ReaderPnp(PDEVICE_OBJECT device, PIRP irp)
{
    PREADER reader = device->DeviceExtension;

    switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE: return ReaderStart(reader, irp);
    case IRP_MN_SURPRISE_REMOVAL: return ReaderSurpriseRemoval(reader, irp);
    case IRP_MN_REMOVE_DEVICE: return ReaderRemove(reader, irp);
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE: return PnpAgree(reader->Lower, irp);
    }
    return IrpForward(reader->Lower, irp);
}

static NTSTATUS NTAPI ReaderAddDevice(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo)
{
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(READER), NULL, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    PREADER reader = device->DeviceExtension;
    reader->Self = device;
    reader->Pdo = pdo;
    KeInitializeEvent(&reader->DataReady, SynchronizationEvent, FALSE);
    KeInitializeEvent(&reader->ThreadStopped, NotificationEvent, FALSE);
    status = PnpAttach(device, pdo, 0, &reader->Lower);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
    }
    return status;
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver) {}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    driver->MajorFunction[IRP_MJ_POWER] = ReaderPower;
    driver->MajorFunction[IRP_MJ_PNP] = ReaderPnp;
    driver->DriverExtension->AddDevice = ReaderAddDevice;
    driver->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
