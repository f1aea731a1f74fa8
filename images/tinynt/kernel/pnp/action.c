/* Requests to look at a device again, worked off one by one by a system worker thread. */
#include "pnpp.h"

static LIST_ENTRY PnpEnumerationRequestList = {&PnpEnumerationRequestList, &PnpEnumerationRequestList};
static WORK_QUEUE_ITEM PnpDeviceEnumerationWorkItem;
static BOOLEAN PnpEnumerationInProgress;
PKTHREAD PnpDeviceActionThread;     /* for debuggers */

static IOP_FRAME void PiProcessReenumeration(PPNP_DEVICE_ACTION_ENTRY entry)
{
    PDEVICE_NODE node = PipDeviceNode(entry->DeviceObject);
    if (node != NULL) {             /* it may have gone meanwhile */
        PipEnumerateDevice(node);
    }
}

static PPNP_DEVICE_ACTION_ENTRY PnpNextAction(void)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&PnpSpinLock);
    PPNP_DEVICE_ACTION_ENTRY entry = NULL;
    if (IsListEmpty(&PnpEnumerationRequestList)) {
        PnpEnumerationInProgress = FALSE;
        PnpDeviceActionThread = NULL;
    } else {
        entry = CONTAINING_RECORD(RemoveHeadList(&PnpEnumerationRequestList), PNP_DEVICE_ACTION_ENTRY, ListEntry);
        entry->Dequeued = TRUE;
    }
    KeReleaseSpinLock(&PnpSpinLock, old);
    return entry;
}

static IOP_FRAME void PnpDeviceActionWorker(PVOID context)
{
    PPNP_DEVICE_ACTION_ENTRY entry;
    UNREFERENCED_PARAMETER(context);
    PnpDeviceActionThread = KeGetCurrentThread();
    while ((entry = PnpNextAction()) != NULL) {
        PpDevNodeLockTree(PPL_TREEOP_ALLOW_READS);
        PiProcessReenumeration(entry);
        PpDevNodeUnlockTree(PPL_TREEOP_ALLOW_READS);
        if (entry->CompletionEvent != NULL) {
            KeSetEvent(entry->CompletionEvent, 0, FALSE);
        }
        ObDereferenceObject(entry->DeviceObject);
        ExFreePoolWithTag(entry, 'aEpP');
    }
}

/* IRQL <= DISPATCH_LEVEL. `done` is set once the request was worked off. */
IOP_FRAME NTSTATUS PnpRequestDeviceAction(PDEVICE_OBJECT device, PNP_DEVICE_ACTION_REQUEST type, PKEVENT done)
{
    PPNP_DEVICE_ACTION_ENTRY entry = ExAllocatePoolZero(NonPagedPool, sizeof(*entry), 'aEpP');
    if (entry == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ObReferenceObject(device);
    entry->DeviceObject = device;
    entry->RequestType = type;
    entry->CompletionEvent = done;
    entry->RefCount = 1;
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&PnpSpinLock);
    InsertTailList(&PnpEnumerationRequestList, &entry->ListEntry);
    BOOLEAN start = !PnpEnumerationInProgress;
    PnpEnumerationInProgress = TRUE;
    KeReleaseSpinLock(&PnpSpinLock, old);
    if (start) {
        ExInitializeWorkItem(&PnpDeviceEnumerationWorkItem, PnpDeviceActionWorker, NULL);
        ExQueueWorkItem(&PnpDeviceEnumerationWorkItem, DelayedWorkQueue);
    }
    return STATUS_SUCCESS;
}

IOP_FRAME void IoInvalidateDeviceRelations(PDEVICE_OBJECT pdo, enum _DEVICE_RELATION_TYPE type)
{
    if (PipDeviceNode(pdo) == NULL) {
        /* Not a PDO. */
        KeBugCheckEx(PNP_DETECTED_FATAL_ERROR, 2, (ULONG_PTR)pdo, 0, 0);
    }
    if (type == BusRelations) {
        PnpRequestDeviceAction(pdo, ReenumerateDeviceTree, NULL);
    }
}

void PnpStartBootDevices(void)
{
    KEVENT done ON_STACK;
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    if (NT_SUCCESS(PnpRequestDeviceAction(IopRootDeviceNode->PhysicalDeviceObject, ReenumerateRootDevices, &done))) {
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    }
}
