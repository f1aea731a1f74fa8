/* unloaded-thread: a thread of the driver counts beats until the driver is unloaded.

   Unloading tells the thread to end, and does not wait until it has. The thread wakes up from its sleep
   where there is no code any more. With FIXED=1 unloading waits. */
#include <ntifs.h>

#define MILLISECONDS 10000LL            /* in units of 100 ns */
#define BEAT (5000 * MILLISECONDS)      /* unloading takes less */

/* Not in the device extension: the thread may outlive the device. */
typedef struct _HEART {
    LONG volatile Stop;
    LONG volatile Beats;
    KEVENT FirstBeat;
    PVOID Thread;
} HEART, *PHEART;

static HEART Heart;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;

DECLSPEC_NOINLINE static void HeartSleep(void)
{
    LARGE_INTEGER interval = {.QuadPart = -BEAT};

    KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

DECLSPEC_NOINLINE static VOID NTAPI HeartThread(PVOID context)
{
    PHEART heart = context;

    while (!heart->Stop) {
        InterlockedIncrement(&heart->Beats);
        KeSetEvent(&heart->FirstBeat, IO_NO_INCREMENT, FALSE);
        HeartSleep();
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* ===========================================================================================
   WRONG ON PURPOSE (unless FIXED): the thread is told to end, but still runs when this returns.
   =========================================================================================== */
VOID NTAPI DriverUnload(PDRIVER_OBJECT driver)
{
    KeWaitForSingleObject(&Heart.FirstBeat, Executive, KernelMode, FALSE, NULL);
    InterlockedExchange(&Heart.Stop, TRUE);
#if FIXED
    KeWaitForSingleObject(Heart.Thread, Executive, KernelMode, FALSE, NULL);
#endif
    ObDereferenceObject(Heart.Thread);
    if (Heart.Beats > 0) {
        DbgPrint("unloaded-thread: done\n");
    } else {
        DbgPrint("unloaded-thread: failed: no beat\n");
    }
}

/* ===================== from here on nothing is wrong ===================== */

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    HANDLE thread;

    KeInitializeEvent(&Heart.FirstBeat, NotificationEvent, FALSE);
    NTSTATUS status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, HeartThread, &Heart);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    ObReferenceObjectByHandle(thread, SYNCHRONIZE, NULL, KernelMode, &Heart.Thread, NULL);
    ZwClose(thread);
    driver->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
