/* The clock interrupt: time, timers that are due, the running thread's quantum. */
#include "ki.h"

/* As on Windows: High2 first, then low, then High1; readers retry until the highs agree. */
static void KiWriteSystemTime(volatile struct _KSYSTEM_TIME *t, ULONG64 v)
{
    t->High2Time = (LONG)(v >> 32);
    __asm__ volatile("" ::: "memory");
    t->LowPart = (ULONG)v;
    __asm__ volatile("" ::: "memory");
    t->High1Time = (LONG)(v >> 32);
}

static ULONG64 KiReadSystemTime(volatile struct _KSYSTEM_TIME *t)
{
    LONG high;
    ULONG low;
    do {
        high = t->High1Time;
        low = t->LowPart;
    } while (high != t->High2Time);
    return (ULONG64)high << 32 | low;
}

ULONG64 KeQueryInterruptTime(void) { return KiReadSystemTime(&SharedUserData->InterruptTime); }
void KeQuerySystemTime(PLARGE_INTEGER now) { now->QuadPart = (LONGLONG)KiReadSystemTime(&SharedUserData->SystemTime); }
ULONG KeQueryTimeIncrement(void) { return KeMaximumIncrement; }

void KiSetSystemTime(ULONG64 systemTime) { KiWriteSystemTime(&SharedUserData->SystemTime, systemTime); }

void KiUpdateSystemTime(ULONG64 ticks)
{
    KiWriteSystemTime(&SharedUserData->InterruptTime, KeQueryInterruptTime() + ticks * KeMaximumIncrement);
    KiWriteSystemTime(&SharedUserData->SystemTime,
                      KiReadSystemTime(&SharedUserData->SystemTime) + ticks * KeMaximumIncrement);
    ticks += SharedUserData->TickCountQuad;
    SharedUserData->TickCount.High2Time = (LONG)(ticks >> 32);
    SharedUserData->TickCountQuad = ticks;
}

static ULONG64 KiTimersSeen[MAXIMUM_PROCESSORS];     /* up to when each processor's timers were looked at */

__attribute__((noinline)) void KiUpdateRunTime(PKPRCB prcb, PKTRAP_FRAME trap)
{
    PKTHREAD thread = prcb->CurrentThread;
    ULONG64 now = KeQueryInterruptTime();
    KeAccumulateTicks(prcb, trap);
    ULONG64 first = KiTimersSeen[prcb->Number] >> 18, last = now >> 18;
    KiTimersSeen[prcb->Number] = now;
    if (last - first > 255) {
        first = last - 255;
    }
    for (ULONG64 hand = first; hand <= last; hand++) {
        if (prcb->TimerTable.TimerEntries[0][hand & 0xFF].Time.QuadPart <= now) {
            prcb->DpcNormalTimerExpiration = 1;
        }
    }
    if (thread != prcb->IdleThread &&
        (++thread->QuantumTarget >= (ULONG64)thread->QuantumReset || (IS_SEEDED && KiScheduleQuantum()))) {
        prcb->QuantumEnd = 1;
    }
    if (prcb->DpcNormalTimerExpiration || prcb->QuantumEnd) {
        KiRequestSoftwareInterrupt(DISPATCH_LEVEL);
    }
}

__attribute__((noinline)) void KeClockInterruptNotify(PKPRCB prcb, PKTRAP_FRAME trap)
{
    prcb->ClockInterrupts++;
    KiAdvanceTime(prcb);
    KiUpdateRunTime(prcb, trap);
    __asm__ volatile("");
}

BOOLEAN HalpTimerClockInterrupt(ULONG vector, PVOID trap)
{
    UNREFERENCED_PARAMETER(vector);
    KeClockInterruptNotify(KeGetCurrentPrcb(), trap);
    __asm__ volatile("");
    return TRUE;
}
