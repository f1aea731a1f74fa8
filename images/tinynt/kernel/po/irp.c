/* Power IRPs: one of each kind at a time for a device; a second one waits for the first. */
#include "pop.h"

LIST_ENTRY PopIrpList = {&PopIrpList, &PopIrpList};
KSPIN_LOCK PopIrpLock;
static LONG PopCurrentIrpSequenceID;

/* The IRP has one location more than the stack is high: the requester's own. */
NTSTATUS PopAllocateIrp(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE_TYPE type, POWER_STATE state,
                        PIO_COMPLETION_ROUTINE completion, PPOP_IRP_DATA *result)
{
    PDEVICE_OBJECT pdo = IoGetDeviceAttachmentBaseRef(device), target = IoGetAttachedDeviceReference(device);
    PPOP_IRP_DATA data = ExAllocatePoolZero(NonPagedPool, sizeof(*data), POP_TAG);
    PIRP irp = PipDeviceNode(pdo) == NULL ? NULL : IoAllocateIrp(target->StackSize + 1, FALSE);
    if (data == NULL || irp == NULL) {
        NTSTATUS status = PipDeviceNode(pdo) == NULL ? STATUS_INVALID_PARAMETER : STATUS_INSUFFICIENT_RESOURCES;
        if (data != NULL) {
            ExFreePoolWithTag(data, POP_TAG);
        }
        if (irp != NULL) {
            IoFreeIrp(irp);
        }
        ObDereferenceObject(target);
        ObDereferenceObject(pdo);
        return status;
    }
    data->Irp = irp;
    data->Pdo = pdo;
    data->TargetDevice = data->CurrentDevice = target;
    data->MinorFunction = minor;
    data->PowerStateType = type;
    data->PowerState = state;
    data->SystemTransition = PopSystemTransition;
    data->IrpSequenceID = InterlockedIncrement(&PopCurrentIrpSequenceID);

    PIO_STACK_LOCATION own = IoGetNextIrpStackLocation(irp);
    own->MajorFunction = IRP_MJ_POWER;
    own->MinorFunction = minor;
    own->DeviceObject = target;
    own->Parameters.Others.Argument1 = data;
    irp->CurrentLocation--;
    irp->Tail.Overlay.CurrentStackLocation--;
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
    next->MajorFunction = IRP_MJ_POWER;
    next->MinorFunction = minor;
    next->Parameters.Power.Type = type;
    next->Parameters.Power.State = state;
    next->CompletionRoutine = TO_PROC(completion);
    next->Context = data;
    next->Control = SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL;
    *result = data;
    return STATUS_SUCCESS;
}

static struct _PO_IRP_QUEUE *PopIrpQueue(PPOP_IRP_DATA data)
{
    PDEVICE_NODE node = PipDeviceNode(data->Pdo);
    if (node == NULL || data->MinorFunction == IRP_MN_WAIT_WAKE) {
        return NULL;
    }
    return data->PowerStateType == SystemPowerState ? &node->PoIrpManager.SystemIrpQueue
                                                    : &node->PoIrpManager.DeviceIrpQueue;
}

static PPOP_IRP_DATA PopIrpData(PIRP irp)
{
    PIO_STACK_LOCATION own = (PIO_STACK_LOCATION)(irp + 1) + irp->StackCount - 1;
    return own->Parameters.Others.Argument1;
}

/* Gives it to a worker, or lets it wait behind the device's current one. */
void PopDispatchQuerySetIrp(PPOP_IRP_DATA data)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&PopIrpLock);
    struct _PO_IRP_QUEUE *queue = PopIrpQueue(data);
    BOOLEAN now = queue == NULL || queue->CurrentIrp == NULL;
    if (now && queue != NULL) {
        queue->CurrentIrp = data->Irp;
    } else if (!now) {
        PIRP *link = &queue->PendingIrpList;
        while (*link != NULL) {
            link = (PIRP *)&(*link)->Tail.Overlay.ListEntry.Flink;
        }
        data->Irp->Tail.Overlay.ListEntry.Flink = NULL;
        *link = data->Irp;
    }
    InsertTailList(&PopIrpList, &data->Link);
    KeReleaseSpinLock(&PopIrpLock, old);
    if (now) {
        PopQueueToIrpWorker(data);
    }
}

/* All drivers are done with it. */
void PopFinishIrp(PPOP_IRP_DATA data)
{
    PIRP next = NULL;
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&PopIrpLock);
    struct _PO_IRP_QUEUE *queue = PopIrpQueue(data);
    RemoveEntryList(&data->Link);
    if (queue != NULL && queue->CurrentIrp == data->Irp) {
        next = queue->PendingIrpList;
        if (next != NULL) {
            queue->PendingIrpList = (PIRP)next->Tail.Overlay.ListEntry.Flink;
        }
        queue->CurrentIrp = next;
    }
    KeReleaseSpinLock(&PopIrpLock, old);
    IoFreeIrp(data->Irp);
    ObDereferenceObject(data->TargetDevice);
    ObDereferenceObject(data->Pdo);
    PopDisableIrpWatchdog(data);        /* frees it */
    if (next != NULL) {
        PopQueueToIrpWorker(PopIrpData(next));
    }
}

static IOP_FRAME NTSTATUS PopRequestCompletion(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    PPOP_IRP_DATA data = context;
    IO_STATUS_BLOCK iosb = irp->IoStatus;
    PREQUEST_POWER_COMPLETE routine = FROM_PROC(PREQUEST_POWER_COMPLETE, data->Device.CallerCompletion);
    PVOID caller = data->Device.CallerContext;
    PDEVICE_OBJECT callerDevice = data->Device.CallerDevice;
    UCHAR minor = data->MinorFunction;
    POWER_STATE state = data->PowerState;
    UNREFERENCED_PARAMETER(device);
    PopFinishIrp(data);
    if (routine != NULL) {
        routine(callerDevice, minor, state, caller, &iosb);
    }
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* A driver wants its own stack's power state changed. IRQL <= DISPATCH_LEVEL. */
IOP_FRAME NTSTATUS PoRequestPowerIrp(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state,
                                     PREQUEST_POWER_COMPLETE completion, PVOID context, PIRP *irp)
{
    PPOP_IRP_DATA data;
    if (minor != IRP_MN_SET_POWER && minor != IRP_MN_QUERY_POWER && minor != IRP_MN_WAIT_WAKE) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS status = PopAllocateIrp(device, minor, DevicePowerState, state, PopRequestCompletion, &data);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    data->Device.CallerCompletion = TO_PROC(completion);
    data->Device.CallerContext = context;
    data->Device.CallerDevice = device;
    if (minor == IRP_MN_WAIT_WAKE) {
        IoGetNextIrpStackLocation(data->Irp)->Parameters.WaitWake.PowerState = state.SystemState;
    }
    if (irp != NULL) {
        *irp = data->Irp;
    }
    PopDispatchQuerySetIrp(data);
    return STATUS_PENDING;
}
