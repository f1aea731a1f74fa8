/* Shutdown: a system worker does it, whoever asked. */
#include "pop.h"

BOOLEAN PopSystemTransition;
static WORK_QUEUE_ITEM PopShutdownWorkItem;
static volatile LONG PopShutdownStarted;
static SHUTDOWN_ACTION PopShutdownAction;

static IOP_FRAME void PopGracefulShutdown(PVOID context)
{
    LIST_ENTRY notify;
    UNREFERENCED_PARAMETER(context);
    BOOLEAN off = PopShutdownAction == ShutdownPowerOff;
    PopReadWatchdogTimeouts();
    PopSystemTransition = TRUE;
    PopBuildDeviceNotifyList(&notify);
    /* File systems and disks write what they have while their devices still work. */
    IoShutdownSystem();
    PopSetDevicesSystemState(&notify, PowerSystemShutdown, off ? PowerActionShutdownOff : PowerActionShutdownReset);
    PopFreeDeviceNotifyList(&notify);
    if (PopShutdownAction != ShutdownNoReboot) {
        HalReturnToFirmware(off ? 3 : 4);
    }
    DbgPrint("It is now safe to turn off this computer.\n");
}

/* Does not return when it works: the caller waits for the end of the machine. */
IOP_FRAME NTSTATUS NtShutdownSystem(SHUTDOWN_ACTION action)
{
    if ((ULONG)action > ShutdownPowerOff) {
        return STATUS_INVALID_PARAMETER;
    }
    if (InterlockedExchange(&PopShutdownStarted, 1) == 0) {
        PopShutdownAction = action;
        ExInitializeWorkItem(&PopShutdownWorkItem, PopGracefulShutdown, NULL);
        ExQueueWorkItem(&PopShutdownWorkItem, DelayedWorkQueue);
    }
    KEVENT never ON_STACK;
    KeInitializeEvent(&never, NotificationEvent, FALSE);
    return KeWaitForSingleObject(&never, Executive, KernelMode, FALSE, NULL);
}

void PoInitSystem(void)
{
    PopReadWatchdogTimeouts();
    PopInitializeIrpWorkers();
}
