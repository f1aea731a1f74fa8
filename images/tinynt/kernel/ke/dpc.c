/* Deferred procedure calls. */
#include "ki.h"

void KeInitializeDpc(PKDPC dpc, PKDEFERRED_ROUTINE routine, PVOID context)
{
    dpc->TargetInfoAsUlong = 0;
    dpc->Type = 19;                          /* DpcObject */
    dpc->Importance = 1;                     /* MediumImportance */
    dpc->Number = 0;
    dpc->DeferredRoutine = (void (*)())routine;
    dpc->DeferredContext = context;
    dpc->DpcData = NULL;
}

void KeSetTargetProcessorDpc(PKDPC dpc, CCHAR number) { dpc->Number = (USHORT)(MAXIMUM_PROCESSORS + number); }
void KeSetImportanceDpc(PKDPC dpc, int importance) { dpc->Importance = (UCHAR)importance; }

BOOLEAN KeInsertQueueDpc(PKDPC dpc, PVOID arg1, PVOID arg2)
{
    BOOLEAN on = KeDisableInterrupts(), inserted = FALSE;
    PKPRCB self = KeGetCurrentPrcb();
    PKPRCB prcb = dpc->Number >= MAXIMUM_PROCESSORS && dpc->Number < MAXIMUM_PROCESSORS + KeNumberProcessors
                      ? KiProcessorBlock[dpc->Number - MAXIMUM_PROCESSORS]
                      : self;
    PKDPC_DATA data = &prcb->DpcData[0];
    KeAcquireSpinLockAtDpcLevel(&data->DpcLock);
    if (dpc->DpcData == NULL) {
        dpc->DpcData = data;
        dpc->SystemArgument1 = arg1;
        dpc->SystemArgument2 = arg2;
        if (dpc->Importance == 2) {          /* HighImportance: first */
            dpc->DpcListEntry.Next = data->DpcList.ListHead.Next;
            if (dpc->DpcListEntry.Next == NULL) {
                data->DpcList.LastEntry = &dpc->DpcListEntry;
            }
            data->DpcList.ListHead.Next = &dpc->DpcListEntry;
        } else {
            dpc->DpcListEntry.Next = NULL;
            data->DpcList.LastEntry->Next = &dpc->DpcListEntry;
            data->DpcList.LastEntry = &dpc->DpcListEntry;
        }
        data->DpcQueueDepth++;
        data->DpcCount++;
        inserted = TRUE;
    }
    KeReleaseSpinLockFromDpcLevel(&data->DpcLock);
    if (inserted && prcb == self && !prcb->DpcRoutineActive) {
        KiRequestSoftwareInterrupt(DISPATCH_LEVEL);
    } else if (inserted && prcb != self) {
        KiIpiSend(1ULL << prcb->Number, IPI_DPC);
    }
    KeRestoreInterrupts(on);
    KI_DELAY_POINT();
    return inserted;
}

BOOLEAN KeRemoveQueueDpc(PKDPC dpc)
{
    BOOLEAN on = KeDisableInterrupts(), removed = FALSE;
    PKDPC_DATA data = dpc->DpcData;
    if (data != NULL) {
        KeAcquireSpinLockAtDpcLevel(&data->DpcLock);
        PSINGLE_LIST_ENTRY last = &data->DpcList.ListHead;
        for (PSINGLE_LIST_ENTRY e = last->Next; e != NULL && dpc->DpcData == data; last = e, e = e->Next) {
            if (e != &dpc->DpcListEntry) {
                continue;
            }
            last->Next = e->Next;
            if (data->DpcList.LastEntry == e) {
                data->DpcList.LastEntry = last;
            }
            data->DpcQueueDepth--;
            dpc->DpcData = NULL;
            removed = TRUE;
            break;
        }
        KeReleaseSpinLockFromDpcLevel(&data->DpcLock);
    }
    KeRestoreInterrupts(on);
    return removed;
}

static PKDPC KiTakeDpc(PKDPC_DATA data)
{
    BOOLEAN on = KeDisableInterrupts();
    PKDPC dpc = NULL;
    KeAcquireSpinLockAtDpcLevel(&data->DpcLock);
    PSINGLE_LIST_ENTRY e = data->DpcList.ListHead.Next;
    if (e != NULL) {
        data->DpcList.ListHead.Next = e->Next;
        if (e->Next == NULL) {
            data->DpcList.LastEntry = &data->DpcList.ListHead;
        }
        data->DpcQueueDepth--;
        dpc = CONTAINING_RECORD(e, KDPC, DpcListEntry);
        dpc->DpcData = NULL;
    }
    data->ActiveDpc = dpc;
    KeReleaseSpinLockFromDpcLevel(&data->DpcLock);
    KeRestoreInterrupts(on);
    return dpc;
}

__attribute__((noinline)) void KiExecuteAllDpcs(PKPRCB prcb)
{
    PKDPC dpc;
    while ((dpc = KiTakeDpc(&prcb->DpcData[0])) != NULL) {
        PKDEFERRED_ROUTINE routine = (PKDEFERRED_ROUTINE)dpc->DeferredRoutine;
        PVOID context = dpc->DeferredContext, arg1 = dpc->SystemArgument1, arg2 = dpc->SystemArgument2;
        prcb->DpcTimeCount = 0;
        prcb->CurrentDpcRoutine = (void (*)())routine;
        if (IS_SEEDED) {
            KiScheduleInterrupt();
        }
        routine(dpc, context, arg1, arg2);
        /* The routine may have freed the DPC: only what was read before counts. */
        if (KeGetCurrentIrql() != DISPATCH_LEVEL) {
            KeBugCheckEx(TIMER_OR_DPC_INVALID, 3, (ULONG64)routine, KeGetCurrentIrql(), 0);
        }
        prcb->CurrentDpcRoutine = NULL;
    }
}

/* At DISPATCH_LEVEL: expired timers, then the queue, until both are empty. */
__attribute__((noinline)) void KiRetireDpcList(PKPRCB prcb)
{
    prcb->DpcRoutineActive = 1;
    while (KiDpcWorkPending(prcb)) {
        if (prcb->DpcNormalTimerExpiration) {
            BOOLEAN on = KeDisableInterrupts();
            prcb->DpcNormalTimerExpiration = 0;
            KeRestoreInterrupts(on);
            KiTimerExpiration(prcb);
        }
        KiExecuteAllDpcs(prcb);
    }
    prcb->DpcRoutineActive = 0;
}

static void KiFlushDpc(PKDPC dpc, PVOID event, PVOID a, PVOID b)
{
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(a);
    UNREFERENCED_PARAMETER(b);
    KeSetEvent(event, 0, FALSE);
}

/* Waits until every DPC that is queued now has run: one of ours goes behind them everywhere. */
void KeFlushQueuedDpcs(void)
{
    for (ULONG i = 0; i < (ULONG)KeNumberProcessors; i++) {
        KEVENT done;
        KDPC dpc;
        KeInitializeEvent(&done, 0, FALSE);
        KeInitializeDpc(&dpc, KiFlushDpc, &done);
        KeSetTargetProcessorDpc(&dpc, (CCHAR)i);
        KeInsertQueueDpc(&dpc, NULL, NULL);
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    }
}
