/* Power manager, private. */
#pragma once
#include "../io/iop.h"

#define POP_TAG 'rwPo'

/* Every power IRP that is on its way, with its watchdog; PopIrpLock. */
extern LIST_ENTRY PopIrpList;
extern KSPIN_LOCK PopIrpLock;
/* The threads that hand power IRPs to drivers (_POP_IRP_WORKER_ENTRY). */
extern LIST_ENTRY PopIrpThreadList;
extern BOOLEAN PopSystemTransition;     /* a shutdown is in progress */

/* irp.c */
NTSTATUS PopAllocateIrp(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE_TYPE type, POWER_STATE state,
                        PIO_COMPLETION_ROUTINE completion, PPOP_IRP_DATA *data);
void PopFinishIrp(PPOP_IRP_DATA data);
void PopDispatchQuerySetIrp(PPOP_IRP_DATA data);

/* irpworker.c */
void PopInitializeIrpWorkers(void);
void PopQueueToIrpWorker(PPOP_IRP_DATA data);

/* watchdog.c */
void PopReadWatchdogTimeouts(void);
ULONG PopComputeWatchdogTimeout(PPOP_IRP_DATA data);
void PopEnableIrpWatchdog(PPOP_IRP_DATA data);
void PopDisableIrpWatchdog(PPOP_IRP_DATA data);

/* notify.c */
void PopBuildDeviceNotifyList(PLIST_ENTRY list);
void PopFreeDeviceNotifyList(PLIST_ENTRY list);
extern ULONG PopWatchdogSleepTimeout;

/* sleep.c */
void PopSetDevicesSystemState(PLIST_ENTRY notify, enum _SYSTEM_POWER_STATE state, enum POWER_ACTION action);
