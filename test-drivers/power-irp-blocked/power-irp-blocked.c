/* power-irp-blocked: the function driver of a disk cache that writes back before power goes.

   When the system goes down, a work item writes the cache back, waits until that is done, and passes
   the power request on. It clears the event after it has started the write-back: if nothing is dirty
   the event has been set by then, and the work item waits for ever. That is the bug. With FIXED=1 the
   event is cleared before.

   No function is inlined into another one that matters: each has a frame of its own on a stack. */
#include <ntddk.h>
#include "../include/device.h"
#include "../include/pnp.h"

#define CACHE_LINES 16

typedef struct _CACHE {
    PDEVICE_OBJECT Self, Pdo, Lower;
    KEVENT WriteBackDone;
    LONG volatile Dirty;                    /* lines */
    LONG volatile WriteBacks;
    PIO_WORKITEM PowerItem;
} CACHE, *PCACHE;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;
static DRIVER_ADD_DEVICE CacheAddDevice;
static DRIVER_DISPATCH CachePower, CachePnp;

/* Writes all dirty lines back; there is no hardware, so that it ends at once. */
DECLSPEC_NOINLINE static void CacheStartWriteBack(PCACHE cache)
{
    InterlockedExchange(&cache->Dirty, 0);
    InterlockedIncrement(&cache->WriteBacks);
    KeSetEvent(&cache->WriteBackDone, IO_NO_INCREMENT, FALSE);
}

/* ===========================================================================================
   WRONG ON PURPOSE (unless FIXED): the event is cleared when the write-back may already have set
   it. Nobody sets it again.
   =========================================================================================== */

DECLSPEC_NOINLINE static void CacheWriteBackAndWait(PCACHE cache)
{
#if FIXED
    KeClearEvent(&cache->WriteBackDone);
    CacheStartWriteBack(cache);
#else
    CacheStartWriteBack(cache);
    KeClearEvent(&cache->WriteBackDone);
#endif
    KeWaitForSingleObject(&cache->WriteBackDone, Executive, KernelMode, FALSE, NULL);
}

/* ===================== from here on nothing is wrong ===================== */

DECLSPEC_NOINLINE static NTSTATUS NTAPI CachePowerDone(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    PCACHE cache = context;

    if (NT_SUCCESS(irp->IoStatus.Status) && cache->Dirty == 0 && cache->WriteBacks == 1) {
        DbgPrint("power-irp-blocked: done\n");
    } else {
        DbgPrint("power-irp-blocked: failed: 0x%08lx, %d dirty\n", irp->IoStatus.Status, cache->Dirty);
    }
    return STATUS_CONTINUE_COMPLETION;      /* CachePower marked it as pending */
}

DECLSPEC_NOINLINE static VOID NTAPI CachePowerWorker(PDEVICE_OBJECT device, PVOID context)
{
    PCACHE cache = device->DeviceExtension;
    PIRP irp = context;

    CacheWriteBackAndWait(cache);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, CachePowerDone, cache, TRUE, TRUE, TRUE);
    PoStartNextPowerIrp(irp);
    PoCallDriver(cache->Lower, irp);
}

DECLSPEC_NOINLINE static NTSTATUS NTAPI CachePower(PDEVICE_OBJECT device, PIRP irp)
{
    PCACHE cache = device->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);

    if (stack->MinorFunction == IRP_MN_SET_POWER && stack->Parameters.Power.Type == SystemPowerState &&
        stack->Parameters.Power.State.SystemState > PowerSystemWorking) {
        IoMarkIrpPending(irp);
        IoQueueWorkItem(cache->PowerItem, CachePowerWorker, DelayedWorkQueue, irp);
        return STATUS_PENDING;
    }
    return PnpForwardPower(cache->Lower, irp);
}

static NTSTATUS CacheRemove(PCACHE cache, PIRP irp)
{
    IoFreeWorkItem(cache->PowerItem);
    return PnpRemove(cache->Self, cache->Lower, irp);
}

DECLSPEC_NOINLINE static NTSTATUS NTAPI CachePnp(PDEVICE_OBJECT device, PIRP irp)
{
    PCACHE cache = device->DeviceExtension;
    NTSTATUS status;

    switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        status = PnpStartLower(cache->Lower, irp);
        if (NT_SUCCESS(status)) {
            InterlockedExchange(&cache->Dirty, CACHE_LINES);
        }
        return IrpComplete(irp, status, 0);
    case IRP_MN_REMOVE_DEVICE: return CacheRemove(cache, irp);
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL: return PnpAgree(cache->Lower, irp);
    }
    return IrpForward(cache->Lower, irp);
}

static NTSTATUS NTAPI CacheAddDevice(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo)
{
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(CACHE), NULL, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    PCACHE cache = device->DeviceExtension;
    cache->Self = device;
    cache->Pdo = pdo;
    KeInitializeEvent(&cache->WriteBackDone, NotificationEvent, FALSE);
    cache->PowerItem = IoAllocateWorkItem(device);
    if (cache->PowerItem == NULL) {
        IoDeleteDevice(device);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    status = PnpAttach(device, pdo, 0, &cache->Lower);
    if (!NT_SUCCESS(status)) {
        IoFreeWorkItem(cache->PowerItem);
        IoDeleteDevice(device);
    }
    return status;
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver) {}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    driver->MajorFunction[IRP_MJ_POWER] = CachePower;
    driver->MajorFunction[IRP_MJ_PNP] = CachePnp;
    driver->DriverExtension->AddDevice = CacheAddDevice;
    driver->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
