/* Thread objects of the dispatcher: first stack frame, start, end, priorities. */
#include "ki.h"

void KiInitializeThread(PKTHREAD thread, PKPROCESS process, void (*start)(PVOID), PVOID context, PVOID stackBase)
{
    thread->Header.Type = 6;                 /* ThreadObject */
    InitializeListHead(&thread->Header.WaitListHead);
    InitializeListHead(&thread->MutantListHead);
    InitializeListHead(&thread->ApcState.ApcListHead[0]);
    InitializeListHead(&thread->ApcState.ApcListHead[1]);
    thread->ApcState.Process = process;
    thread->Process = process;
    thread->InitialStack = thread->StackBase = stackBase;
    thread->StackLimit = (PUCHAR)stackBase - KTHREAD_STACK_SIZE;
    thread->Affinity.Mask = ~0ULL;
    thread->Priority = thread->BasePriority = 8;
    thread->QuantumReset = 6;
    thread->KernelStackResident = 1;
    thread->ApcQueueable = 1;
    thread->SystemThread = 1;
    thread->State = Initialized;
    KeInitializeTimerEx(&thread->Timer, NotificationTimer);

    ULONG64 *frame = (ULONG64 *)((PUCHAR)stackBase - 0x50);     /* KiStartSystemThread's frame */
    frame[4] = (ULONG64)PspSystemThreadStartup;
    frame[5] = (ULONG64)start;
    frame[6] = (ULONG64)context;
    frame[9] = 0;
    ULONG64 *swap = frame - 8;                                  /* _KSWITCH_FRAME */
    ((ULONG *)swap)[10] = 0x1F80;                               /* MxCsr */
    swap[6] = 0;
    swap[7] = (ULONG64)KiStartSystemThread;
    thread->KernelStack = swap;
}

/* First code of every thread: the switch left the dispatcher lock held. */
void KiThreadStartup(void)
{
    KiReleaseDispatcherLockFromDpcLevel();
    if (KeGetCurrentThread()->ApcState.KernelApcPending) {
        KiRequestSoftwareInterrupt(APC_LEVEL);
    }
    KeLowerIrql(PASSIVE_LEVEL);
}

void KeReadyThread(PKTHREAD thread)
{
    KIRQL old = KiLockDispatcher();
    KiReadyThread(thread);
    KiExitDispatcher(old);
}

DECLSPEC_NORETURN void KeTerminateThread(void)
{
    PKTHREAD thread = KeGetCurrentThread();
    KIRQL old = KiLockDispatcher();
    UNREFERENCED_PARAMETER(old);
    thread->Header.SignalState = 1;
    KiWaitTest(thread, 0);
    thread->State = Terminated;
    thread->WaitIrql = PASSIVE_LEVEL;
    KiSwapThread(thread, KeGetCurrentPrcb());
    KeBugCheckEx(RESOURCE_NOT_OWNED, (ULONG64)thread, 0, 0, 0);
}

KPRIORITY KeSetPriorityThread(PKTHREAD thread, KPRIORITY priority)
{
    KIRQL old = KiLockDispatcher();
    KPRIORITY was = thread->Priority;
    /* A queued thread stays in its queue until it runs; the new priority counts from then on. */
    if (thread->State == Running || thread->State == Waiting || thread->State == Initialized) {
        thread->Priority = (char)priority;
    }
    thread->BasePriority = (char)priority;
    KiExitDispatcher(old);
    return was;
}

/* Critical regions hold back normal kernel APCs; only the thread itself counts. */
void KeEnterCriticalRegion(void) { KeGetCurrentThread()->KernelApcDisable--; }

void KeLeaveCriticalRegion(void)
{
    PKTHREAD thread = KeGetCurrentThread();
    if (++thread->KernelApcDisable == 0 && !IsListEmpty(&thread->ApcState.ApcListHead[0]) &&
        !thread->SpecialApcDisable) {
        KiRequestSoftwareInterrupt(APC_LEVEL);
    }
}

void KeEnterGuardedRegion(void) { KeGetCurrentThread()->SpecialApcDisable--; }

void KeLeaveGuardedRegion(void)
{
    PKTHREAD thread = KeGetCurrentThread();
    if (++thread->SpecialApcDisable == 0 && !IsListEmpty(&thread->ApcState.ApcListHead[0])) {
        KiRequestSoftwareInterrupt(APC_LEVEL);
    }
}

BOOLEAN KeAreApcsDisabled(void) { return KeGetCurrentThread()->CombinedApcDisable || KeGetCurrentIrql() >= APC_LEVEL; }
BOOLEAN KeAreAllApcsDisabled(void)
{
    return KeGetCurrentThread()->SpecialApcDisable || KeGetCurrentIrql() >= APC_LEVEL;
}
ULONG KeQueryActiveProcessorCount(PULONG64 active)
{
    if (active != NULL) {
        *active = (1ULL << KeNumberProcessors) - 1;
    }
    return (ULONG)KeNumberProcessors;
}
ULONG KeQueryActiveProcessorCountEx(USHORT group)
{
    return group == 0 || group == 0xFFFF ? (ULONG)KeNumberProcessors : 0;
}
ULONG64 KeQueryActiveProcessors(void) { return (1ULL << KeNumberProcessors) - 1; }
