/* Which devices a change of the system's power state is told to. While the list is built and used
   nothing may come or go: PiEngineLock. */
#include "pop.h"

typedef struct _PO_DEVICE_NOTIFY PO_DEVICE_NOTIFY, *PPO_DEVICE_NOTIFY;

static KTIMER PopNotifyTimer;
static KDPC PopNotifyDpc;

static __attribute__((noinline)) void PopBuildDeviceNotifyListWatchdog(PKDPC dpc, PVOID context, PVOID a, PVOID b)
{
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(a);
    UNREFERENCED_PARAMETER(b);
    PnpBugcheckPowerTimeout(PopWatchdogSleepTimeout);
    __asm__ volatile("");
}

static void PopAddNode(PLIST_ENTRY list, PDEVICE_NODE node)
{
    if (node->State != DeviceNodeStarted) {
        return;
    }
    PPO_DEVICE_NOTIFY notify = &node->Notify;
    notify->TargetDevice = IoGetAttachedDeviceReference(node->PhysicalDeviceObject);
    notify->DeviceObject = node->PhysicalDeviceObject;
    notify->OrderLevel = (UCHAR)node->Level;
    InsertTailList(list, &notify->Link);
    for (PDEVICE_NODE child = node->Child; child != NULL; child = child->Sibling) {
        PopAddNode(list, child);
    }
}

static IOP_FRAME void IoBuildPoDeviceNotifyList(PLIST_ENTRY list)
{
    PpDevNodeLockTree(PPL_TREEOP_BLOCK_READS);
    PopAddNode(list, IopRootDeviceNode);
}

IOP_FRAME void PopBuildDeviceNotifyList(PLIST_ENTRY list)
{
    LARGE_INTEGER due = {.QuadPart = -10000000LL * PopWatchdogSleepTimeout};
    InitializeListHead(list);
    KeInitializeTimerEx(&PopNotifyTimer, NotificationTimer);
    KeInitializeDpc(&PopNotifyDpc, PopBuildDeviceNotifyListWatchdog, NULL);
    KeSetTimerEx(&PopNotifyTimer, due, 0, &PopNotifyDpc);
    IoBuildPoDeviceNotifyList(list);
    KeCancelTimer(&PopNotifyTimer);
}

void PopFreeDeviceNotifyList(PLIST_ENTRY list)
{
    while (!IsListEmpty(list)) {
        ObDereferenceObject(CONTAINING_RECORD(RemoveHeadList(list), PO_DEVICE_NOTIFY, Link)->TargetDevice);
    }
    PpDevNodeUnlockTree(PPL_TREEOP_BLOCK_READS);
}
