/* The dispatcher: ready queues, choosing a thread, preemption, the idle loop. One lock
   (KiDispatcherLock) guards all of it; queues are per processor as on Windows. */
#include "ki.h"

KSPIN_LOCK KiDispatcherLock;

#define IS_IDLE(prcb) ((prcb)->CurrentThread == (prcb)->IdleThread)

static void KiQueueReady(PKPRCB prcb, PKTHREAD thread, BOOLEAN head)
{
    thread->State = Ready;
    thread->NextProcessor = prcb->Number;
    if (head) {
        InsertHeadList(&prcb->DispatcherReadyListHead[(UCHAR)thread->Priority], &thread->WaitListEntry);
    } else {
        InsertTailList(&prcb->DispatcherReadyListHead[(UCHAR)thread->Priority], &thread->WaitListEntry);
    }
    prcb->ReadySummary |= 1UL << thread->Priority;
}

static void KiUnqueueReady(PKPRCB prcb, PKTHREAD thread)
{
    if (RemoveEntryList(&thread->WaitListEntry)) {
        prcb->ReadySummary &= ~(1UL << thread->Priority);
    }
}

static PKTHREAD KiHighestReady(PKPRCB prcb)
{
    if (!prcb->ReadySummary) {
        return NULL;
    }
    ULONG priority = 31 - (ULONG)__builtin_clz(prcb->ReadySummary);
    return CONTAINING_RECORD(prcb->DispatcherReadyListHead[priority].Flink, KTHREAD, WaitListEntry);
}

/* Makes `thread` the next of a processor and tells that processor. */
static void KiStandby(PKPRCB prcb, PKTHREAD thread)
{
    thread->State = Standby;
    thread->NextProcessor = prcb->Number;
    prcb->NextThread = thread;
    if (prcb == KeGetCurrentPrcb()) {
        KiRequestSoftwareInterrupt(DISPATCH_LEVEL);
    } else {
        KiIpiSend(1ULL << prcb->Number, IPI_DPC);
    }
}

/* An idle processor if there is one (its last one first), else the one that runs the least
   important thread, if that is less important than this; else it waits in its last one's queue. */
void KiReadyThread(PKTHREAD thread)
{
    PKPRCB best = NULL, last = KiProcessorBlock[thread->NextProcessor];
    for (ULONG i = 0; i < (ULONG)KeNumberProcessors; i++) {
        PKPRCB prcb = KiProcessorBlock[(thread->NextProcessor + i) % (ULONG)KeNumberProcessors];
        if (!(thread->Affinity.Mask >> prcb->Number & 1)) {
            continue;
        }
        if (IS_IDLE(prcb) && prcb->NextThread == NULL) {
            KiStandby(prcb, thread);
            return;
        }
        PKTHREAD running = prcb->NextThread != NULL ? prcb->NextThread : prcb->CurrentThread;
        PKTHREAD least = best == NULL ? NULL : best->NextThread != NULL ? best->NextThread : best->CurrentThread;
        if (best == NULL || running->Priority < least->Priority) {
            best = prcb;
        }
    }
    if (best == NULL) {
        best = last;
    }
    PKTHREAD running = best->NextThread != NULL ? best->NextThread : best->CurrentThread;
    if (thread->Priority <= running->Priority) {
        KiQueueReady(thread->Affinity.Mask >> last->Number & 1 ? last : best, thread, FALSE);
        return;
    }
    if (best->NextThread != NULL) {
        PKTHREAD displaced = best->NextThread;
        best->NextThread = NULL;
        KiQueueReady(best, displaced, TRUE);
    }
    KiStandby(best, thread);
}

/* The next thread for a processor: announced, own queue, another's queue, idle. */
PKTHREAD KiSelectNextThread(PKPRCB prcb)
{
    PKTHREAD thread = prcb->NextThread;
    if (thread != NULL) {
        prcb->NextThread = NULL;
        return thread;
    }
    thread = KiHighestReady(prcb);
    if (thread != NULL) {
        KiUnqueueReady(prcb, thread);
        return thread;
    }
    for (ULONG i = 1; i < (ULONG)KeNumberProcessors; i++) {
        PKPRCB other = KiProcessorBlock[(prcb->Number + i) % (ULONG)KeNumberProcessors];
        thread = KiHighestReady(other);
        if (thread != NULL && thread->Affinity.Mask >> prcb->Number & 1) {
            KiUnqueueReady(other, thread);
            return thread;
        }
    }
    return prcb->IdleThread;
}

static void KiSwitchTo(PKPRCB prcb, PKTHREAD from, PKTHREAD to)
{
    to->State = Running;
    to->NextProcessor = prcb->Number;
    to->ContextSwitches++;
    prcb->KeContextSwitches++;
    KiResetDpcWatchdog(prcb);
    from->Running = FALSE;
    to->Running = TRUE;
    KiSwapContext(from, to);
}

__attribute__((noinline)) NTSTATUS KiSwapThread(PKTHREAD thread, PKPRCB prcb)
{
    PKTHREAD next = KiSelectNextThread(prcb);
    /* A wait with a lock held or in a DPC would let others run at raised IRQL. */
    if (thread->WaitIrql >= DISPATCH_LEVEL && thread != prcb->IdleThread) {
        KeBugCheckEx(ATTEMPTED_SWITCH_FROM_DPC, (ULONG64)thread, (ULONG64)next, (ULONG64)__builtin_frame_address(0), 0);
    }
    if (next == thread) {
        thread->State = Running;
    } else {
        KiSwitchTo(prcb, thread, next);
    }
    NTSTATUS status = (NTSTATUS)thread->WaitStatus;
    KiReleaseDispatcherLockFromDpcLevel();
    /* An APC may be what woke the thread; its routine may wait in turn. */
    if (thread->ApcState.KernelApcPending && thread->WaitIrql < APC_LEVEL && !thread->SpecialApcDisable) {
        WriteCR8(APC_LEVEL);
        KiDeliverApc(KernelMode, NULL, NULL);
    }
    return status;
}

/* At DISPATCH_LEVEL on leaving the DPC interrupt: preemption and quantum end. */
void KiDispatchInterrupt(void)
{
    PKPRCB prcb = KeGetCurrentPrcb();
    if (KiDpcWorkPending(prcb)) {
        KiRetireDpcList(prcb);
    }
    PKTHREAD thread = prcb->CurrentThread;
    if (thread == prcb->IdleThread) {
        return;                              /* the idle loop looks for itself */
    }
    if (!prcb->QuantumEnd && prcb->NextThread == NULL) {
        return;
    }
    KeAcquireSpinLockAtDpcLevel(&KiDispatcherLock);
    if (prcb->QuantumEnd) {
        prcb->QuantumEnd = 0;
        thread->QuantumTarget = 0;
        PKTHREAD ready = KiHighestReady(prcb);
        if (prcb->NextThread == NULL && ready != NULL && ready->Priority >= thread->Priority) {
            KiUnqueueReady(prcb, ready);
            ready->State = Standby;
            prcb->NextThread = ready;
        }
    }
    PKTHREAD next = prcb->NextThread;
    if (next != NULL) {
        prcb->NextThread = NULL;
        thread->WaitReason = WrDispatchInt;
        KiQueueReady(prcb, thread, FALSE);
        KiSwitchTo(prcb, thread, next);
        if (thread->ApcState.KernelApcPending) {
            KiRequestSoftwareInterrupt(APC_LEVEL);      /* it came while the thread was ready */
        }
    }
    KiReleaseDispatcherLockFromDpcLevel();
}

/* Runs on the idle thread's stack at DISPATCH_LEVEL, so DPCs are retired here, not by interrupt. */
DECLSPEC_NORETURN void KiIdleLoop(void)
{
    PKPRCB prcb = KeGetCurrentPrcb();
    WriteCR8(DISPATCH_LEVEL);
    for (;;) {
        EnableInterrupts();
        PauseProcessor();
        DisableInterrupts();
        if (KiDpcWorkPending(prcb)) {
            EnableInterrupts();
            KiRetireDpcList(prcb);
            continue;
        }
        if (prcb->NextThread != NULL || prcb->ReadySummary) {
            EnableInterrupts();
            KeAcquireSpinLockAtDpcLevel(&KiDispatcherLock);
            PKTHREAD next = KiSelectNextThread(prcb);
            if (next != prcb->IdleThread) {
                KiSwitchTo(prcb, prcb->IdleThread, next);
            }
            KiReleaseDispatcherLockFromDpcLevel();
            continue;
        }
        KiResetDpcWatchdog(prcb);
        KiEnterIdle(prcb);
        __asm__ volatile("sti; hlt" ::: "memory");
        DisableInterrupts();
        KiLeaveIdle(prcb);
    }
}
