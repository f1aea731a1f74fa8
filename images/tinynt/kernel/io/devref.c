/* Opens that a device counts, and what waits for the last of them: deletion, unloading. */
#include "iop.h"

typedef struct _IOP_UNLOAD_WORK {
    WORK_QUEUE_ITEM Item;
    PDRIVER_OBJECT Driver;
} IOP_UNLOAD_WORK, *PIOP_UNLOAD_WORK;

NTSTATUS IopReferenceDeviceObject(PDEVICE_OBJECT device)
{
    NTSTATUS status = STATUS_SUCCESS;
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&IopDatabaseLock);
    if ((device->DeviceObjectExtension->ExtensionFlags & (DOE_UNLOAD_PENDING | DOE_DELETE_PENDING)) ||
        (device->Flags & DO_DEVICE_INITIALIZING)) {
        status = STATUS_NO_SUCH_DEVICE;
    } else if ((device->Flags & DO_EXCLUSIVE) && device->ReferenceCount != 0) {
        status = STATUS_ACCESS_DENIED;
    } else {
        device->ReferenceCount++;
    }
    KeReleaseSpinLock(&IopDatabaseLock, old);
    return status;
}

static void IopUnloadWorker(PVOID context)
{
    PIOP_UNLOAD_WORK work = context;
    PDRIVER_OBJECT driver = work->Driver;
    ExFreePoolWithTag(work, 'dlnU');
    ((PDRIVER_UNLOAD)(PVOID)driver->DriverUnload)(driver);
    ObMakeTemporaryObject(driver);
    ObDereferenceObject(driver);
}

/* TRUE once no device of the driver is open or attached to. The lock is held. */
static BOOLEAN IopDriverIsIdle(PDRIVER_OBJECT driver)
{
    for (PDEVICE_OBJECT d = driver->DeviceObject; d != NULL; d = d->NextDevice) {
        if (d->ReferenceCount != 0 || d->AttachedDevice != NULL) {
            return FALSE;
        }
    }
    return TRUE;
}

/* The device has no opens left and is to be deleted, or its driver is to be unloaded. */
void IopCompleteUnloadOrDelete(PDEVICE_OBJECT device)
{
    PDRIVER_OBJECT driver = device->DriverObject;
    PDEVOBJ_EXTENSION ext = device->DeviceObjectExtension;
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&IopDatabaseLock);

    if (ext->ExtensionFlags & DOE_DELETE_PENDING) {
        if (device->AttachedDevice != NULL) {
            KeReleaseSpinLock(&IopDatabaseLock, old);
            return;     /* IoDetachDevice comes here again */
        }
        BOOLEAN linked = FALSE;
        for (PDEVICE_OBJECT *link = &driver->DeviceObject; *link != NULL; link = &(*link)->NextDevice) {
            if (*link == device) {
                *link = device->NextDevice;
                linked = TRUE;
                break;
            }
        }
        KeReleaseSpinLock(&IopDatabaseLock, old);
        if (linked) {
            device->DriverObject = driver;
            ObDereferenceObject(device);
            ObDereferenceObject(driver);
        }
        return;
    }

    BOOLEAN unload =
        (ext->ExtensionFlags & DOE_UNLOAD_PENDING) && !(driver->Flags & DRVO_UNLOAD_INVOKED) && IopDriverIsIdle(driver);
    if (unload) {
        driver->Flags |= DRVO_UNLOAD_INVOKED;
    }
    KeReleaseSpinLock(&IopDatabaseLock, old);
    if (unload) {
        PIOP_UNLOAD_WORK work = ExAllocatePoolWithTag(NonPagedPool, sizeof(*work), 'dlnU');
        if (work != NULL) {
            work->Driver = driver;
            ExInitializeWorkItem(&work->Item, IopUnloadWorker, work);
            ExQueueWorkItem(&work->Item, DelayedWorkQueue);
        }
    }
}

void IopDecrementDeviceObjectRef(PDEVICE_OBJECT device)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&IopDatabaseLock);
    BOOLEAN last = --device->ReferenceCount == 0 &&
                   (device->DeviceObjectExtension->ExtensionFlags & (DOE_UNLOAD_PENDING | DOE_DELETE_PENDING));
    KeReleaseSpinLock(&IopDatabaseLock, old);
    if (last) {
        IopCompleteUnloadOrDelete(device);
    }
}

/* Marks all devices; TRUE when the driver may be unloaded at once. */
BOOLEAN IopCheckUnloadDriver(PDRIVER_OBJECT driver)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&IopDatabaseLock);
    for (PDEVICE_OBJECT d = driver->DeviceObject; d != NULL; d = d->NextDevice) {
        d->DeviceObjectExtension->ExtensionFlags |= DOE_UNLOAD_PENDING;
    }
    BOOLEAN idle = IopDriverIsIdle(driver);
    if (idle) {
        driver->Flags |= DRVO_UNLOAD_INVOKED;
    }
    KeReleaseSpinLock(&IopDatabaseLock, old);
    return idle;
}

void IopReadyDeviceObjects(PDRIVER_OBJECT driver)
{
    driver->Flags |= DRVO_INITIALIZED;
    for (PDEVICE_OBJECT d = driver->DeviceObject; d != NULL; d = d->NextDevice) {
        d->Flags &= ~DO_DEVICE_INITIALIZING;
    }
}
