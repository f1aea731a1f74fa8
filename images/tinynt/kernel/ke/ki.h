/* Private to Ke. */
#pragma once
#include "ntoskrnl.h"

extern UCHAR __ImageBase[];                           /* the linker's: where this image begins */

/* Assembly (trap.S, interrupt.S, ctxswap.S). */
extern UCHAR KiIsrThunk[];
void KiApcInterrupt(void);
void KiDpcInterrupt(void);
extern UCHAR KiStartupStub[], KiStartupStubEnd[];     /* startup.S */

/* Software interrupt on this processor, held back until the IRQL allows it. */
void KiRequestSoftwareInterrupt(KIRQL irql);

void KiReleaseDispatcherLockFromDpcLevel(void);
/* A dispatcher object's own lock; taken before the dispatcher lock, released before it, too. */
void KiAcquireKobjectLockSafe(PVOID object);
void KiReleaseKobjectLock(PVOID object);
/* Gives up the processor; the dispatcher lock is held and is released by who continues. */
NTSTATUS KiSwapThread(PKTHREAD thread, PKPRCB prcb);
PKTHREAD KiSelectNextThread(PKPRCB prcb);
void KiQuantumEnd(PKPRCB prcb);
void KiRetireDpcList(PKPRCB prcb);
static inline BOOLEAN KiDpcWorkPending(PKPRCB prcb)
{
    volatile KPRCB *p = prcb;
    return p->DpcData[0].DpcQueueDepth || p->DpcNormalTimerExpiration;
}
void KiTimerExpiration(PKPRCB prcb);
void KiAdvanceTime(PKPRCB prcb);
void KiUpdateSystemTime(ULONG64 ticks);
void KiEnterIdle(PKPRCB prcb);
void KiLeaveIdle(PKPRCB prcb);
void KiInitializeTimerTable(PKPRCB prcb);
BOOLEAN KiInsertTimer(PKTIMER timer, LARGE_INTEGER due, LONG period);
BOOLEAN KiRemoveTimer(PKTIMER timer);
void KiInitializeDpcWatchdog(PKPRCB prcb);
void KiResetDpcWatchdog(PKPRCB prcb);
void KeAccumulateTicks(PKPRCB prcb, PKTRAP_FRAME trap);
void KiUpdateRunTime(PKPRCB prcb, PKTRAP_FRAME trap);
BOOLEAN HalpTimerClockInterrupt(ULONG vector, PVOID context);
void KeClockInterruptNotify(PKPRCB prcb, PKTRAP_FRAME trap);
void KiDeliverApc(KPROCESSOR_MODE mode, PKEXCEPTION_FRAME exception, PKTRAP_FRAME trap);
void KiTrapFrameToContext(PKTRAP_FRAME trap, PKEXCEPTION_FRAME exception, PCONTEXT context);
void KiFreezeOthers(void);

/* Another processor's memory and tables (processor.c); NULL when memory is out. */
PKPCR KiAllocateProcessor(ULONG number);
void KiLoadProcessor(PKPCR pcr);

/* Seeded scheduling (schedule.c). The flag is clear unless a seed was given. */
extern BOOLEAN KiScheduleSeeded;
void KiScheduleDelay(PVOID caller);
void KiSchedulePreempt(PVOID caller);
void KiScheduleInterrupt(void);
BOOLEAN KiScheduleQuantum(void);
#define IS_SEEDED __builtin_expect(KiScheduleSeeded, 0)
/* In a function that drivers call: here another processor may get in, or another thread. */
#define KI_DELAY_POINT()                                  \
    do {                                                  \
        if (IS_SEEDED) {                                  \
            KiScheduleDelay(__builtin_return_address(0)); \
        }                                                 \
    } while (0)
#define KI_PREEMPTION_POINT()                               \
    do {                                                    \
        if (IS_SEEDED) {                                    \
            KiSchedulePreempt(__builtin_return_address(0)); \
        }                                                   \
    } while (0)

/* What an interprocessor interrupt asks for. */
enum { IPI_APC = 1, IPI_DPC = 2, IPI_CALL = 4 };
