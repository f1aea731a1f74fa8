/* Removals are events of their own, worked off by another system worker than enumeration is. */
#include "pnpp.h"

typedef struct _PNP_REMOVE_EVENT {
    LIST_ENTRY ListEntry;
    PDEVICE_OBJECT DeviceObject;
    BOOLEAN Surprise;
} PNP_REMOVE_EVENT, *PPNP_REMOVE_EVENT;

static LIST_ENTRY PnpDeviceEventList = {&PnpDeviceEventList, &PnpDeviceEventList};
static WORK_QUEUE_ITEM PnpEventWorkItem;
static BOOLEAN PnpEventInProgress;
PKTHREAD PnpDeviceEventThread;      /* for debuggers */

static PPNP_REMOVE_EVENT PnpNextEvent(void)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&PnpSpinLock);
    PPNP_REMOVE_EVENT event = NULL;
    if (IsListEmpty(&PnpDeviceEventList)) {
        PnpEventInProgress = FALSE;
        PnpDeviceEventThread = NULL;
    } else {
        event = CONTAINING_RECORD(RemoveHeadList(&PnpDeviceEventList), PNP_REMOVE_EVENT, ListEntry);
    }
    KeReleaseSpinLock(&PnpSpinLock, old);
    return event;
}

static IOP_FRAME void PnpProcessTargetDeviceEvent(PPNP_REMOVE_EVENT event)
{
    PnpProcessQueryRemoveAndEject(event->DeviceObject, event->Surprise);
    ObDereferenceObject(event->DeviceObject);
    ExFreePoolWithTag(event, 'vEpP');
}

static IOP_FRAME void PnpDeviceEventWorker(PVOID context)
{
    PPNP_REMOVE_EVENT event;
    UNREFERENCED_PARAMETER(context);
    PnpDeviceEventThread = KeGetCurrentThread();
    while ((event = PnpNextEvent()) != NULL) {
        PnpProcessTargetDeviceEvent(event);
    }
}

/* IRQL <= DISPATCH_LEVEL. */
void PnpSetTargetDeviceRemove(PDEVICE_OBJECT device, BOOLEAN surprise)
{
    PPNP_REMOVE_EVENT event = ExAllocatePoolZero(NonPagedPool, sizeof(*event), 'vEpP');
    if (event == NULL) {
        return;
    }
    ObReferenceObject(device);
    event->DeviceObject = device;
    event->Surprise = surprise;
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&PnpSpinLock);
    InsertTailList(&PnpDeviceEventList, &event->ListEntry);
    BOOLEAN start = !PnpEventInProgress;
    PnpEventInProgress = TRUE;
    KeReleaseSpinLock(&PnpSpinLock, old);
    if (start) {
        ExInitializeWorkItem(&PnpEventWorkItem, PnpDeviceEventWorker, NULL);
        ExQueueWorkItem(&PnpEventWorkItem, DelayedWorkQueue);
    }
}

/* Orderly removal: the drivers may refuse it. */
void IoRequestDeviceEject(PDEVICE_OBJECT pdo)
{
    if (PipDeviceNode(pdo) != NULL) {
        PnpSetTargetDeviceRemove(pdo, FALSE);
    }
}
