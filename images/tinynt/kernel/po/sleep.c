/* The system's new state is told to all devices, deepest level of the tree first; devices of one
   level at the same time. */
#include "pop.h"

typedef struct _PO_DEVICE_NOTIFY PO_DEVICE_NOTIFY, *PPO_DEVICE_NOTIFY;

static volatile LONG PopActiveNotifies;
static KEVENT PopLevelDone;

static void PopCompleteNotify(void)
{
    if (InterlockedDecrement(&PopActiveNotifies) == 0) {
        KeSetEvent(&PopLevelDone, 0, FALSE);
    }
}

static IOP_FRAME NTSTATUS PopSystemIrpCompletion(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    PPOP_IRP_DATA data = context;
    UNREFERENCED_PARAMETER(device);
    PDEVICE_NODE node = PipDeviceNode(data->Pdo);
    if (NT_SUCCESS(irp->IoStatus.Status) && node != NULL) {
        node->CurrentPowerState = data->PowerState;
    }
    PopFinishIrp(data);
    PopCompleteNotify();
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static IOP_FRAME void PopNotifyDevice(PPO_DEVICE_NOTIFY notify, enum _SYSTEM_POWER_STATE state,
                                      enum POWER_ACTION action)
{
    PPOP_IRP_DATA data;
    POWER_STATE power = {.SystemState = state};
    InterlockedIncrement(&PopActiveNotifies);
    NTSTATUS status =
        PopAllocateIrp(notify->DeviceObject, IRP_MN_SET_POWER, SystemPowerState, power, PopSystemIrpCompletion, &data);
    if (!NT_SUCCESS(status)) {
        DbgPrint("Po: no power IRP for device %p: status 0x%08lx\n", notify->DeviceObject, (ULONG)status);
        PopCompleteNotify();
        return;
    }
    data->System.NotifyDevice = notify;
    PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(data->Irp);
    next->Parameters.Power.ShutdownType = action;
    next->Parameters.Power.SystemPowerStateContext.TargetSystemState = state;
    next->Parameters.Power.SystemPowerStateContext.EffectiveSystemState = state;
    next->Parameters.Power.SystemPowerStateContext.CurrentSystemState = PowerSystemWorking;
    PopDispatchQuerySetIrp(data);
}

static IOP_FRAME void PopSleepDeviceList(PLIST_ENTRY notify, ULONG level, enum _SYSTEM_POWER_STATE state,
                                         enum POWER_ACTION action)
{
    PopActiveNotifies = 1;              /* held until all are sent */
    KeInitializeEvent(&PopLevelDone, NotificationEvent, FALSE);
    for (PLIST_ENTRY e = notify->Flink; e != notify; e = e->Flink) {
        PPO_DEVICE_NOTIFY device = CONTAINING_RECORD(e, PO_DEVICE_NOTIFY, Link);
        if (device->OrderLevel == level) {
            PopNotifyDevice(device, state, action);
        }
    }
    PopCompleteNotify();
    KeWaitForSingleObject(&PopLevelDone, Executive, KernelMode, FALSE, NULL);
}

IOP_FRAME void PopSetDevicesSystemState(PLIST_ENTRY notify, enum _SYSTEM_POWER_STATE state, enum POWER_ACTION action)
{
    ULONG deepest = 0;
    for (PLIST_ENTRY e = notify->Flink; e != notify; e = e->Flink) {
        deepest = max(deepest, (ULONG)CONTAINING_RECORD(e, PO_DEVICE_NOTIFY, Link)->OrderLevel);
    }
    for (ULONG level = deepest + 1; level-- > 0;) {
        PopSleepDeviceList(notify, level, state, action);
    }
}
