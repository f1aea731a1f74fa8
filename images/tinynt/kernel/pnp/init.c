/* The root of the tree, and what a stop tells of PnP. */
#include "pnpp.h"

#define TRIAGE_9F_PNP_SIGNATURE 0x8001

static struct _PNP_DEVICE_COMPLETION_QUEUE PnpDeviceCompletionQueue;
static struct _TRIAGE_9F_PNP PnpTriageBlock;

void PnpInitialize(void)
{
    UNICODE_STRING name, service;
    PDRIVER_OBJECT driver;
    ExInitializeResourceLite(&PiEngineLock);
    ExInitializeResourceLite(&IopDeviceTreeLock);
    InitializeListHead(&PnpDeviceCompletionQueue.DispatchedList);
    InitializeListHead(&PnpDeviceCompletionQueue.CompletedList);
    KeInitializeSemaphore(&PnpDeviceCompletionQueue.CompletedSemaphore, 0, 0x7FFFFFFF);
    RtlInitUnicodeString(&name, L"\\Driver\\PnpManager");
    RtlInitUnicodeString(&service, L"\\Driver\\PnpManager");
    NTSTATUS status = IopCreateDriverObject(&name, &service, NULL, &driver);
    if (NT_SUCCESS(status)) {
        driver->Flags |= DRVO_INITIALIZED;
        status = IopPnpDriverEntry(driver);
    }
    if (NT_SUCCESS(status)) {
        status = PnpBuildInstancePath(IopRootDeviceNode);
    }
    if (!NT_SUCCESS(status)) {
        KeBugCheckEx(PP1_INITIALIZATION_FAILED, 1, (ULONG)status, 0, 0);
    }
    IopRootDeviceNode->Flags |= DNF_MADEUP | DNF_ENUMERATED;
    PipSetDevNodeState(IopRootDeviceNode, DeviceNodeStarted);
}

/* The thread is read from the lock: it is what the power manager waits for. */
__attribute__((noinline)) void PnpBugcheckPowerTimeout(ULONG seconds)
{
    PnpTriageBlock.Signature = TRIAGE_9F_PNP_SIGNATURE;
    PnpTriageBlock.Revision = 1;
    PnpTriageBlock.CompletionQueue = (PVOID)&PnpDeviceCompletionQueue;
    ULONG_PTR owner = PiEngineLock.OwnerEntry.OwnerThread & ~3ULL;
    KeBugCheckEx(DRIVER_POWER_STATE_FAILURE, 4, seconds, owner, (ULONG_PTR)&PnpTriageBlock);
}
