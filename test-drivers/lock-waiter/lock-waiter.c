/* lock-waiter: reads lock-keeper's total from a DPC, under lock-keeper's spin lock, as lock-keeper
   invites drivers to do.

   Nothing is wrong with this driver: it is the one that shows on the stack when lock-keeper does
   not give its lock back. Its fixed twin is the same driver. */
#include <ntifs.h>
#include "../include/device.h"
#include "../include/thread.h"
#include "../lock-keeper/lock-keeper.h"

typedef struct _WAITER {
    KEEPER_INTERFACE Keeper;
    PFILE_OBJECT KeeperFile;            /* keeps lock-keeper's device */
    KDPC Dpc;
    KEVENT TotalRead;
    ULONG Total;
    PVOID Thread;
} WAITER, *PWAITER;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;

DECLSPEC_NOINLINE static VOID NTAPI WaiterReadTotalDpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    PWAITER waiter = context;

    KeAcquireSpinLockAtDpcLevel(waiter->Keeper.TableLock);
    waiter->Total = *waiter->Keeper.Total;
    KeReleaseSpinLockFromDpcLevel(waiter->Keeper.TableLock);
    KeSetEvent(&waiter->TotalRead, IO_NO_INCREMENT, FALSE);
}

DECLSPEC_NOINLINE static ULONG WaiterReadTotal(PWAITER waiter)
{
    KeInsertQueueDpc(&waiter->Dpc, NULL, NULL);
    KeWaitForSingleObject(&waiter->TotalRead, Executive, KernelMode, FALSE, NULL);
    return waiter->Total;
}

/* Reads once while the repair is under way and once when it has ended. */
DECLSPEC_NOINLINE static VOID NTAPI WaiterThread(PVOID context)
{
    PWAITER waiter = context;
    ULONG before, after;

    KeWaitForSingleObject(waiter->Keeper.RepairStarted, Executive, KernelMode, FALSE, NULL);
    before = WaiterReadTotal(waiter);
    KeWaitForSingleObject(waiter->Keeper.RepairEnded, Executive, KernelMode, FALSE, NULL);
    after = WaiterReadTotal(waiter);
    if (before < after && after == waiter->Keeper.ExpectedTotal) {
        DbgPrint("lock-waiter: done\n");
    } else {
        DbgPrint("lock-waiter: failed: totals %lu, %lu instead of %lu\n", before, after, waiter->Keeper.ExpectedTotal);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS WaiterGetInterface(PWAITER waiter)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(KEEPER_DEVICE_NAME);
    PDEVICE_OBJECT device;
    IO_STATUS_BLOCK iosb;
    KEVENT completed;
    NTSTATUS status = IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &waiter->KeeperFile, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    KeInitializeEvent(&completed, NotificationEvent, FALSE);
    PIRP irp = IoBuildDeviceIoControlRequest(IOCTL_KEEPER_GET_INTERFACE, device, NULL, 0, &waiter->Keeper,
                                             sizeof(waiter->Keeper), TRUE, &completed, &iosb);
    if (irp != NULL) {
        IoGetNextIrpStackLocation(irp)->FileObject = waiter->KeeperFile;
        status = IoCallDriver(device, irp);
        if (status == STATUS_PENDING) {
            KeWaitForSingleObject(&completed, Executive, KernelMode, FALSE, NULL);
            status = iosb.Status;
        }
    } else {
        status = STATUS_INSUFFICIENT_RESOURCES;
    }
    if (!NT_SUCCESS(status)) {
        ObDereferenceObject(waiter->KeeperFile);
    }
    return status;
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver)
{
    PWAITER waiter = driver->DeviceObject->DeviceExtension;

    ThreadWait(waiter->Thread);
    KeFlushQueuedDpcs();
    ObDereferenceObject(waiter->KeeperFile);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(WAITER), NULL, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    PWAITER waiter = device->DeviceExtension;
    KeInitializeDpc(&waiter->Dpc, WaiterReadTotalDpc, waiter);
    KeInitializeEvent(&waiter->TotalRead, SynchronizationEvent, FALSE);
    status = WaiterGetInterface(waiter);
    if (!NT_SUCCESS(status)) {
        DbgPrint("lock-waiter: failed: no interface, 0x%08lx\n", status);
        IoDeleteDevice(device);
        return status;
    }
    driver->DriverUnload = DriverUnload;
    status = ThreadStart(WaiterThread, waiter, &waiter->Thread);
    if (!NT_SUCCESS(status)) {
        ObDereferenceObject(waiter->KeeperFile);
        IoDeleteDevice(device);
    }
    return status;
}
