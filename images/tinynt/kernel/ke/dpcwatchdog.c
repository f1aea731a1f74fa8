/* The account of each clock tick, and the DPC watchdog that reads it: one DPC may run for
   DpcTimeLimit ticks, a processor may stay at DISPATCH_LEVEL or above for DpcWatchdogPeriod. */
#include "ki.h"

#define TICK_US (KeMaximumIncrement / 10)
#define MS_TO_TICKS(ms) (((ms) * 1000UL + TICK_US - 1) / TICK_US)
#define PROFILE_FRAMES 1                     /* the interrupted address; nothing unwinds here */

/* Windows' defaults. */
ULONG KeDpcTimeoutMs = 20000;
ULONG KeDpcWatchdogPeriodMs = 120000;
ULONG KeDpcWatchdogProfileSingleDpcThresholdMs = 18333;
ULONG KeDpcWatchdogProfileCumulativeDpcThresholdMs = 110000;
ULONG KeDpcWatchdogProfileBufferSizeBytes = 266240;

BOOLEAN KeEnableWatchdogTimeout;
DPC_WATCHDOG_GLOBAL_TRIAGE_BLOCK KeDpcWatchdogProfileGlobalTriageBlock;

/* CPUID.1:ECX bit 31 is never set by a processor, only by what runs it as a guest. */
BOOLEAN HviIsAnyHypervisorPresent(void)
{
    ULONG r[4];
    Cpuid(1, 0, r);
    return r[2] >> 31;
}

void KiInitializeDpcWatchdog(PKPRCB prcb)
{
    prcb->DpcTimeLimit = MS_TO_TICKS(KeDpcTimeoutMs);
    prcb->DpcWatchdogPeriod = (LONG)MS_TO_TICKS(KeDpcWatchdogPeriodMs);
    prcb->DpcWatchdogProfileSingleDpcThreshold = MS_TO_TICKS(KeDpcWatchdogProfileSingleDpcThresholdMs);
    prcb->DpcWatchdogProfileCumulativeDpcThreshold = MS_TO_TICKS(KeDpcWatchdogProfileCumulativeDpcThresholdMs);
}

/* When all processors run: the profile buffers. A guest's processors may lose much time to its
   host, so with a hypervisor Windows counts but does not stop. */
void KeInitializeDpcWatchdog(void)
{
    PDPC_WATCHDOG_GLOBAL_TRIAGE_BLOCK triage = &KeDpcWatchdogProfileGlobalTriageBlock;
    triage->Signature = 0xAEBECEDE;
    triage->Revision = 1;
    triage->Size = sizeof *triage;
    triage->DpcWatchdogProfileOffset = (USHORT)FIELD_OFFSET(KPRCB, DpcWatchdogProfile);
    triage->DpcWatchdogProfileLength = KeDpcWatchdogProfileBufferSizeBytes / sizeof(PVOID);
    for (ULONG i = 0; i < (ULONG)KeNumberProcessors; i++) {
        PKPRCB prcb = KiProcessorBlock[i];
        PVOID buffer = ExAllocatePoolZero(NonPagedPool, KeDpcWatchdogProfileBufferSizeBytes, 0x7764704B);
        prcb->DpcWatchdogProfileCurrentEmptyCapture = buffer;
        prcb->DpcWatchdogProfile = buffer;
    }
    KeEnableWatchdogTimeout = !HviIsAnyHypervisorPresent();
    DbgPrint("DPC watchdog: %s\r\n", KeEnableWatchdogTimeout ? "armed" : "not armed (hypervisor present)");
}

static void KiResetDpcWatchdogProfile(PKPRCB prcb)
{
    if (prcb->DpcWatchdogProfileCurrentEmptyCapture != prcb->DpcWatchdogProfile) {
        *prcb->DpcWatchdogProfile = NULL;
        prcb->DpcWatchdogProfileCurrentEmptyCapture = prcb->DpcWatchdogProfile;
    }
}

/* One capture is a count and so many code addresses; a count of 0 ends the list. */
static void KiCaptureDpcWatchdogProfile(PKPRCB prcb, PKTRAP_FRAME trap)
{
    PVOID *at = prcb->DpcWatchdogProfileCurrentEmptyCapture;
    if (at == NULL || (SIZE_T)(at - prcb->DpcWatchdogProfile) + PROFILE_FRAMES + 2 >
                          KeDpcWatchdogProfileGlobalTriageBlock.DpcWatchdogProfileLength) {
        return;
    }
    at[0] = (PVOID)PROFILE_FRAMES;
    at[1] = (PVOID)trap->Rip;
    at[2] = NULL;
    prcb->DpcWatchdogProfileCurrentEmptyCapture = at + PROFILE_FRAMES + 1;
}

/* A thread switch needs an IRQL below DISPATCH_LEVEL, and an idle processor has nothing to be
   late for: the processor was free, though no tick saw it. */
void KiResetDpcWatchdog(PKPRCB prcb) { prcb->DpcWatchdogCount = 0; }

__attribute__((noinline)) void KeAccumulateTicks(PKPRCB prcb, PKTRAP_FRAME trap)
{
    PKTHREAD thread = prcb->CurrentThread;
    BOOLEAN capture = FALSE;
    prcb->KernelTime++;
    if (prcb->DpcRoutineActive) {
        prcb->DpcTime++;
        if (++prcb->DpcTimeCount > prcb->DpcTimeLimit && prcb->DpcTimeLimit) {
            if (KeEnableWatchdogTimeout) {
                KeBugCheckEx(DPC_WATCHDOG_VIOLATION, 0, prcb->DpcTimeCount, prcb->DpcTimeLimit,
                             (ULONG64)&KeDpcWatchdogProfileGlobalTriageBlock);
            }
            prcb->DpcTimeCount = 0;
            KiResetDpcWatchdogProfile(prcb);
        }
        capture = prcb->DpcTimeCount >= prcb->DpcWatchdogProfileSingleDpcThreshold;
    } else {
        thread->KernelTime++;
        thread->Process->KernelTime++;
    }

    /* The idle loop waits at DISPATCH_LEVEL; only its DPCs count. */
    if (trap->PreviousIrql < DISPATCH_LEVEL || (thread == prcb->IdleThread && !prcb->DpcRoutineActive)) {
        prcb->DpcWatchdogCount = 0;
        KiResetDpcWatchdogProfile(prcb);
        return;
    }
    if (++prcb->DpcWatchdogCount >= prcb->DpcWatchdogPeriod && prcb->DpcWatchdogPeriod) {
        if (KeEnableWatchdogTimeout) {
            KeBugCheckEx(DPC_WATCHDOG_VIOLATION, 1, (ULONG64)prcb->DpcWatchdogPeriod,
                         (ULONG64)&KeDpcWatchdogProfileGlobalTriageBlock, 0);
        }
        prcb->DpcWatchdogCount = 0;
        KiResetDpcWatchdogProfile(prcb);
    }
    if (capture || (ULONG)prcb->DpcWatchdogCount >= prcb->DpcWatchdogProfileCumulativeDpcThreshold) {
        KiCaptureDpcWatchdogProfile(prcb, trap);
    }
}
