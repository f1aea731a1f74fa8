/* A timer for each power IRP: a driver that does not complete one stops the machine. */
#include "pop.h"

#define TRIAGE_9F_POWER_SIGNATURE 0x8000

/* Seconds. The registry's Session Manager\Power may say otherwise. */
ULONG PopWatchdogSleepTimeout = 300;
static ULONG PopWatchdogResumeTimeout = 120;
static ULONG PopWatchdogDeviceTimeout = 600;    /* outside of a transition of the system */
static struct _TRIAGE_9F_POWER PopTriageBlock;

void PopReadWatchdogTimeouts(void)
{
    UNICODE_STRING key;
    ULONG value;
    RtlInitUnicodeString(&key, L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Session Manager\\Power");
    if (NT_SUCCESS(CmpQueryDword(&key, L"WatchdogSleepTimeout", &value)) && value != 0) {
        PopWatchdogSleepTimeout = value;
    }
    if (NT_SUCCESS(CmpQueryDword(&key, L"WatchdogResumeTimeout", &value)) && value != 0) {
        PopWatchdogResumeTimeout = value;
    }
}

ULONG PopComputeWatchdogTimeout(PPOP_IRP_DATA data)
{
    if (data->PowerStateType == SystemPowerState) {
        return data->PowerState.SystemState == PowerSystemWorking ? PopWatchdogResumeTimeout : PopWatchdogSleepTimeout;
    }
    return data->SystemTransition ? PopWatchdogSleepTimeout : PopWatchdogDeviceTimeout;
}

static __attribute__((noinline)) void PopIrpWatchdogBugcheck(PPOP_IRP_DATA data)
{
    PopTriageBlock.Signature = TRIAGE_9F_POWER_SIGNATURE;
    PopTriageBlock.Revision = 1;
    PopTriageBlock.IrpList = &PopIrpList;
    PopTriageBlock.ThreadList = &PopIrpThreadList;
    KeBugCheckEx(DRIVER_POWER_STATE_FAILURE, 3, (ULONG_PTR)data->Pdo, (ULONG_PTR)&PopTriageBlock, (ULONG_PTR)data->Irp);
}

static __attribute__((noinline)) void PopIrpWatchdog(PKDPC dpc, PVOID context, PVOID a, PVOID b)
{
    PPOP_IRP_DATA data = context;
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(a);
    UNREFERENCED_PARAMETER(b);
    KeAcquireSpinLockAtDpcLevel(&PopIrpLock);
    BOOLEAN expired = data->WatchdogEnabled;
    KeReleaseSpinLockFromDpcLevel(&PopIrpLock);
    if (expired) {
        PopIrpWatchdogBugcheck(data);
    }
    ExFreePoolWithTag(data, POP_TAG);       /* completed while this DPC was on its way */
}

void PopEnableIrpWatchdog(PPOP_IRP_DATA data)
{
    LARGE_INTEGER due;
    if (data->MinorFunction == IRP_MN_WAIT_WAKE) {
        return;     /* may stay for as long as the device sleeps */
    }
    KeInitializeTimerEx(&data->WatchdogTimer, NotificationTimer);
    KeInitializeDpc(&data->WatchdogDpc, PopIrpWatchdog, data);
    data->WatchdogStart = KeQueryInterruptTime();
    data->WatchdogEnabled = TRUE;
    due.QuadPart = -10000000LL * PopComputeWatchdogTimeout(data);
    KeSetTimerEx(&data->WatchdogTimer, due, 0, &data->WatchdogDpc);
}

/* Frees the data, or leaves that to a DPC that already is on its way. */
void PopDisableIrpWatchdog(PPOP_IRP_DATA data)
{
    BOOLEAN armed = data->WatchdogEnabled;
    BOOLEAN stopped = !armed || KeCancelTimer(&data->WatchdogTimer) || KeRemoveQueueDpc(&data->WatchdogDpc);
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&PopIrpLock);
    data->WatchdogEnabled = FALSE;
    KeReleaseSpinLock(&PopIrpLock, old);
    if (stopped) {
        ExFreePoolWithTag(data, POP_TAG);
    }
}
