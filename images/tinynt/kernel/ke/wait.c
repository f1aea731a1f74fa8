/* Waiting for dispatcher objects, and being satisfied. */
#include "ki.h"

enum {
    ObjNotificationEvent = 0,
    ObjSynchronizationEvent = 1,
    ObjMutant = 2,
    ObjSemaphore = 5,
    ObjThread = 6,
    ObjGate = 7,
    ObjTimerNotification = 8,
    ObjTimerSynchronization = 9
};
enum { BLOCK_ALL = 0, BLOCK_ANY = 1, TIMER_WAIT_BLOCK = 3 };
#define STATUS_KERNEL_APC NTS(0x100)

static BOOLEAN KiIsSignaled(PDISPATCHER_HEADER o, PKTHREAD thread)
{
    if ((o->Type & 0x7F) == ObjMutant) {
        return o->SignalState > 0 || ((PKMUTANT)o)->OwnerThread == thread;
    }
    return o->SignalState > 0;
}

/* Takes what the object gives to one waiter. */
static void KiSatisfy(PDISPATCHER_HEADER o, PKTHREAD thread)
{
    switch (o->Type & 0x7F) {
    case ObjSynchronizationEvent:
    case ObjTimerSynchronization: o->SignalState = 0; break;
    case ObjSemaphore: o->SignalState--; break;
    case ObjMutant: {
        PKMUTANT m = (PKMUTANT)o;
        if (--o->SignalState == 0) {
            m->OwnerThread = thread;
            if (m->ApcDisable) {
                thread->KernelApcDisable--;
            }
            InsertHeadList(&thread->MutantListHead, &m->MutantListEntry);
        }
        break;
    }
    }
}

void KiUnlinkThread(PKTHREAD thread)
{
    PKWAIT_BLOCK blocks = thread->WaitBlockList;
    for (ULONG i = 0; i < thread->WaitBlockCount; i++) {
        if (blocks[i].WaitListEntry.Flink != NULL) {
            RemoveEntryList(&blocks[i].WaitListEntry);
        }
        blocks[i].WaitListEntry.Flink = NULL;
    }
    if (thread->TimerActive) {
        RemoveEntryList(&thread->WaitBlock[TIMER_WAIT_BLOCK].WaitListEntry);
        KiRemoveTimer(&thread->Timer);
        thread->TimerActive = 0;
    }
}

LONG KiUnwaitThread(PKTHREAD thread, NTSTATUS status, KPRIORITY increment)
{
    KiUnlinkThread(thread);
    thread->WaitStatus = status;
    /* A boost for what was waited for; the quantum takes it back. Real-time priorities stay. */
    if (increment && thread->Priority < 16) {
        KPRIORITY boosted = thread->BasePriority + increment;
        if (boosted > thread->Priority) {
            thread->Priority = (char)(boosted > 15 ? 15 : boosted);
        }
    }
    KiReadyThread(thread);
    return 0;
}

static BOOLEAN KiAllSignaled(PKTHREAD thread)
{
    for (ULONG i = 0; i < thread->WaitBlockCount; i++) {
        if (!KiIsSignaled(thread->WaitBlockList[i].Object, thread)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* After an object was signalled: wakes whom it satisfies, in order of arrival. */
void KiWaitTest(PVOID object, KPRIORITY increment)
{
    PDISPATCHER_HEADER o = object;
    PLIST_ENTRY e = o->WaitListHead.Flink;
    while (e != &o->WaitListHead && o->SignalState > 0) {
        PKWAIT_BLOCK block = CONTAINING_RECORD(e, KWAIT_BLOCK, WaitListEntry);
        PKTHREAD thread = block->Thread;
        NTSTATUS status = block->WaitKey;
        e = e->Flink;
        if (block->WaitType == BLOCK_ALL) {
            if (!KiAllSignaled(thread)) {
                continue;
            }
            for (ULONG i = 0; i < thread->WaitBlockCount; i++) {
                KiSatisfy(thread->WaitBlockList[i].Object, thread);
            }
            status = STATUS_WAIT_0;
        } else {
            KiSatisfy(o, thread);
        }
        KiUnwaitThread(thread, status, increment);
        e = o->WaitListHead.Flink;           /* the list may have changed under the unlinking */
    }
}

void KiExitDispatcher(KIRQL old)
{
    KiReleaseDispatcherLockFromDpcLevel();
    WriteCR8(old);
}

static void KiLink(PKTHREAD thread, PKWAIT_BLOCK block, PDISPATCHER_HEADER object, ULONG type, USHORT key)
{
    block->Thread = thread;
    block->Object = object;
    block->WaitType = (UCHAR)type;
    block->WaitKey = key;
    block->BlockState = 4;                   /* WaitBlockActive */
    InsertTailList(&object->WaitListHead, &block->WaitListEntry);
}

/* Puts the thread to sleep: its wait blocks are linked and the lock is held; the lock is released
   when this returns. `deadline` in interrupt time, or NULL. */
__attribute__((noinline)) NTSTATUS KiCommitThreadWait(PKTHREAD thread, PLARGE_INTEGER deadline)
{
    if (deadline != NULL) {
        KiInsertTimer(&thread->Timer, *deadline, 0);
        KiLink(thread, &thread->WaitBlock[TIMER_WAIT_BLOCK], &thread->Timer.Header, BLOCK_ANY, (USHORT)STATUS_TIMEOUT);
        thread->TimerActive = 1;
    }
    thread->State = Waiting;
    thread->WaitTime = (ULONG)SharedUserData->TickCountQuad;
    return KiSwapThread(thread, KeGetCurrentPrcb());
}

/* A timeout as a point in interrupt time, so that a wait that an APC interrupts does not start anew. */
static PLARGE_INTEGER KiDeadline(PLARGE_INTEGER timeout, PLARGE_INTEGER deadline)
{
    if (timeout == NULL) {
        return NULL;
    }
    LARGE_INTEGER now;
    LONGLONG interrupt = (LONGLONG)KeQueryInterruptTime();
    if (timeout->QuadPart <= 0) {
        deadline->QuadPart = interrupt - timeout->QuadPart;
    } else {
        KeQuerySystemTime(&now);
        deadline->QuadPart = interrupt + (timeout->QuadPart - now.QuadPart);
    }
    return deadline;
}

typedef struct _KI_WAIT {
    ULONG Count;
    PVOID *Objects;
    WAIT_TYPE Type;
    PKWAIT_BLOCK Blocks;
} KI_WAIT;

/* Satisfies the wait at once if it can be: the status, or -1. */
static NTSTATUS KiTryWait(PKTHREAD thread, const KI_WAIT *wait)
{
    BOOLEAN all = TRUE;
    for (ULONG i = 0; i < wait->Count; i++) {
        if (!KiIsSignaled(wait->Objects[i], thread)) {
            all = FALSE;
        } else if (wait->Type == WaitAny) {
            KiSatisfy(wait->Objects[i], thread);
            return (NTSTATUS)i;
        }
    }
    if (wait->Type == WaitAny || !all) {
        return -1;
    }
    for (ULONG i = 0; i < wait->Count; i++) {
        KiSatisfy(wait->Objects[i], thread);
    }
    return STATUS_WAIT_0;
}

/* Inlined into the exported functions, so that a waiting stack reads as on Windows. */
static __attribute__((always_inline)) inline NTSTATUS KiWait(const KI_WAIT *wait, KWAIT_REASON reason,
                                                             KPROCESSOR_MODE mode, PLARGE_INTEGER timeout)
{
    PKTHREAD thread = KeGetCurrentThread();
    LARGE_INTEGER at, *deadline = KiDeadline(timeout, &at);
    for (;;) {
        KIRQL old = KiLockDispatcher();
        NTSTATUS status = KiTryWait(thread, wait);
        if (status < 0 && deadline != NULL && deadline->QuadPart <= (LONGLONG)KeQueryInterruptTime()) {
            status = STATUS_TIMEOUT;
        }
        if (status >= 0) {
            KiExitDispatcher(old);
            return status;
        }
        /* Its APC interrupt would come too late, in another thread's time. */
        if (thread->ApcState.KernelApcPending && old < APC_LEVEL && !thread->SpecialApcDisable) {
            KiReleaseDispatcherLockFromDpcLevel();
            WriteCR8(APC_LEVEL);
            KiDeliverApc(KernelMode, NULL, NULL);
            WriteCR8(old);
            continue;
        }
        thread->WaitBlockList = wait->Blocks;
        thread->WaitBlockCount = (UCHAR)wait->Count;
        thread->WaitReason = (UCHAR)reason;
        thread->WaitMode = mode;
        thread->WaitIrql = old;
        for (ULONG i = 0; i < wait->Count; i++) {
            KiLink(thread, &wait->Blocks[i], wait->Objects[i], wait->Type == WaitAll ? BLOCK_ALL : BLOCK_ANY,
                   (USHORT)i);
        }
        status = KiCommitThreadWait(thread, deadline);
        WriteCR8(old);
        if (status != STATUS_KERNEL_APC) {
            return status;
        }
    }
}

NTSTATUS KeWaitForSingleObject(PVOID object, KWAIT_REASON reason, KPROCESSOR_MODE mode, BOOLEAN alertable,
                               PLARGE_INTEGER timeout)
{
    KI_WAIT wait = {1, &object, WaitAny, KeGetCurrentThread()->WaitBlock};
    UNREFERENCED_PARAMETER(alertable);
    return KiWait(&wait, reason, mode, timeout);
}

NTSTATUS KeWaitForMultipleObjects(ULONG count, PVOID objects[], WAIT_TYPE type, KWAIT_REASON reason,
                                  KPROCESSOR_MODE mode, BOOLEAN alertable, PLARGE_INTEGER timeout, PKWAIT_BLOCK blocks)
{
    if (count > (blocks != NULL ? 64U : 3U)) {
        KeBugCheckEx(MAXIMUM_WAIT_OBJECTS_EXCEEDED, count, 0, 0, 0);
    }
    KI_WAIT wait = {count, objects, type, blocks != NULL ? blocks : KeGetCurrentThread()->WaitBlock};
    UNREFERENCED_PARAMETER(alertable);
    return KiWait(&wait, reason, mode, timeout);
}

NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE mode, BOOLEAN alertable, PLARGE_INTEGER interval)
{
    KI_WAIT wait = {0, NULL, WaitAny, KeGetCurrentThread()->WaitBlock};
    UNREFERENCED_PARAMETER(alertable);
    NTSTATUS status = KiWait(&wait, DelayExecution, mode, interval);
    return status == STATUS_TIMEOUT ? STATUS_SUCCESS : status;
}
