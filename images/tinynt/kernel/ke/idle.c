/* Dynamic ticks: a processor that has nothing to do asks for its next timer instead of a clock
   interrupt every 15.6 ms. Time is counted by the free-running counter, so that ticks which nobody
   took are made good. The clock's owner stops only while all others are idle, too: whoever wakes up
   first brings the time up to date and wakes the owner. */
#include "ki.h"

static KSPIN_LOCK KiTimeLock;
static ULONG64 KiTimeBase;                   /* the counter at the last tick that was counted */
static volatile BOOLEAN KiTimeStopped;
static BOOLEAN KiTickStopped[MAXIMUM_PROCESSORS];

/* Counts the clock intervals since the last call. Interrupts are off. */
void KiAdvanceTime(PKPRCB prcb)
{
    if (!prcb->ClockOwner && !KiTimeStopped) {
        return;
    }
    KeAcquireSpinLockAtDpcLevel(&KiTimeLock);
    ULONG64 interval = HalpCounterFrequency * KeMaximumIncrement / 10000000, now = HalpReadCounter();
    if (!KiTimeBase) {
        KiTimeBase = now - interval;
    }
    ULONG64 ticks = (now - KiTimeBase) / interval;
    KiTimeBase += ticks * interval;
    if (ticks) {
        KiUpdateSystemTime(ticks);
    }
    KeReleaseSpinLockFromDpcLevel(&KiTimeLock);
}

static ULONG64 KiEarliestTimer(PKPRCB prcb)
{
    ULONG64 due = ~0ULL;
    for (ULONG i = 0; i < 256; i++) {
        due = min(due, prcb->TimerTable.TimerEntries[0][i].Time.QuadPart);
    }
    return due;
}

static BOOLEAN KiOthersAreIdle(PKPRCB self)
{
    for (ULONG i = 0; i < (ULONG)KeNumberProcessors; i++) {
        volatile KPRCB *prcb = KiProcessorBlock[i];
        if (prcb != self && !prcb->IdleHalt) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Interrupts are off; the caller halts next. */
void KiEnterIdle(PKPRCB prcb)
{
    prcb->IdleHalt = 1;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    KeAcquireSpinLockAtDpcLevel(&KiTimeLock);
    if (KiTimeBase && (!prcb->ClockOwner || KiOthersAreIdle(prcb))) {
        ULONG64 due = KiEarliestTimer(prcb), now = KeQueryInterruptTime();
        ULONG64 ticks = due == ~0ULL ? ~0ULL
                        : due > now  ? (due - now + KeMaximumIncrement - 1) / KeMaximumIncrement
                                     : 1;
        if (ticks > 1) {
            ULONG64 interval = HalpCounterFrequency * KeMaximumIncrement / 10000000;
            ULONG64 part = (HalpReadCounter() - KiTimeBase) % interval;
            HalpStopClock(min(ticks, 256ULL), part, interval);
            KiTickStopped[prcb->Number] = TRUE;
            if (prcb->ClockOwner) {
                KiTimeStopped = TRUE;
            }
        }
    }
    KeReleaseSpinLockFromDpcLevel(&KiTimeLock);
}

/* Interrupts are off; the processor was halted. */
void KiLeaveIdle(PKPRCB prcb)
{
    prcb->IdleHalt = 0;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (KiTickStopped[prcb->Number]) {
        KiTickStopped[prcb->Number] = FALSE;
        HalpStartClock();
    }
    if (KiTimeStopped) {
        KiAdvanceTime(prcb);
        if (prcb->ClockOwner) {
            KiTimeStopped = FALSE;
        } else {
            for (ULONG i = 0; i < (ULONG)KeNumberProcessors; i++) {
                if (KiProcessorBlock[i]->ClockOwner) {
                    KiIpiSend(1ULL << i, IPI_DPC);
                }
            }
        }
    }
    if (KiEarliestTimer(prcb) <= KeQueryInterruptTime()) {
        prcb->DpcNormalTimerExpiration = 1;
    }
}
