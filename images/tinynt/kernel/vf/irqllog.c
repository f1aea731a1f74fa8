/* The record of IRQL changes (!verifier 8), and what is checked before one. */
#include "vf.h"

#define QUEUE_LENGTH 0x100UL
PVI_TRACK_IRQL ViTrackIrqlQueue;
ULONG ViTrackIrqlQueueLength;
ULONG ViTrackIrqlIndex;             /* counts up; the entry is the index modulo the length */

void ViKeInitializeIrqlLog(void)
{
    ViTrackIrqlQueue = ExAllocatePoolZero(NonPagedPool, QUEUE_LENGTH * sizeof(VI_TRACK_IRQL), 'lIfV');
    ViTrackIrqlQueueLength = ViTrackIrqlQueue != NULL ? QUEUE_LENGTH : 0;
}

/* The stack begins in the thunk that the driver called. */
VF_FRAME static void ViKeIrqlLogCommon(KIRQL old, KIRQL irql)
{
    if (ViTrackIrqlQueueLength == 0) {
        return;
    }
    ULONG index = __atomic_fetch_add(&ViTrackIrqlIndex, 1, __ATOMIC_SEQ_CST);
    PVI_TRACK_IRQL e = &ViTrackIrqlQueue[index & (ViTrackIrqlQueueLength - 1)];
    RtlZeroMemory(e, sizeof(*e));
    e->Thread = KeGetCurrentThread();
    e->OldIrql = old;
    e->NewIrql = irql;
    e->Processor = (USHORT)KeGetCurrentProcessorNumber();
    e->TickCount = (ULONG)(KeQueryInterruptTime() / KeMaximumIncrement);
    RtlCaptureStackBackTrace(2, ARRAYSIZE(e->StackTrace), (PVOID *)e->StackTrace, NULL);
}

VF_FRAME void VfKeIrqlLogRaise(KIRQL old, KIRQL irql) { ViKeIrqlLogCommon(old, irql); }
VF_FRAME void VfKeIrqlLogLower(KIRQL old, KIRQL irql) { ViKeIrqlLogCommon(old, irql); }

/* Force IRQL checking: what is pageable is paged out now, so that code at the raised IRQL that
   touches it faults at once instead of once a month. Only from below DISPATCH_LEVEL: trimming waits. */
static void ViTrimAllSystemPagableMemory(KIRQL irql)
{
    if (irql >= DISPATCH_LEVEL && KeGetCurrentIrql() < DISPATCH_LEVEL &&
        VfOption(DRIVER_VERIFIER_FORCE_IRQL_CHECKING)) {
        VF_COUNT(TrimRequests);
        if (MmTrimAllSystemPageableMemory() != 0) {
            VF_COUNT(Trims);
        }
    }
}

VF_FRAME void ViKeRaiseIrqlSanityChecks(KIRQL irql)
{
    KIRQL now = KeGetCurrentIrql();
    if (irql < now || irql > HIGH_LEVEL) {
        VerifierBugCheckIfAppropriate(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x30, now, irql, 0);
    }
    VF_COUNT(RaiseIrqls);
    ViTrimAllSystemPagableMemory(irql);
}

VF_FRAME void ViKeLowerIrqlSanityChecks(KIRQL irql)
{
    KIRQL now = KeGetCurrentIrql();
    if (irql > now || irql > HIGH_LEVEL) {
        VerifierBugCheckIfAppropriate(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x31, now, irql, 0);
    }
    /* A DPC may not go below the level it was called at. */
    if (irql < DISPATCH_LEVEL && KeGetCurrentPrcb()->DpcRoutineActive) {
        VerifierBugCheckIfAppropriate(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x31, now, irql, 1);
    }
}
