/* System worker threads. */
#include "ntoskrnl.h"

typedef struct _EX_WORK_QUEUE {
    LIST_ENTRY Items;
    KSEMAPHORE Ready;
} EX_WORK_QUEUE;
static EX_WORK_QUEUE ExWorkerQueue[3];
static KSPIN_LOCK ExpWorkLock;

static void ExpWorkerThread(PVOID context)
{
    EX_WORK_QUEUE *queue = context;
    for (;;) {
        KeWaitForSingleObject(&queue->Ready, WrQueue, KernelMode, FALSE, NULL);
        KIRQL old = KeAcquireSpinLockRaiseToDpc(&ExpWorkLock);
        PWORK_QUEUE_ITEM item = CONTAINING_RECORD(RemoveHeadList(&queue->Items), WORK_QUEUE_ITEM, List);
        item->List.Flink = NULL;
        KeReleaseSpinLock(&ExpWorkLock, old);
        PWORKER_THREAD_ROUTINE routine = (PWORKER_THREAD_ROUTINE)item->WorkerRoutine;
        routine(item->Parameter);
        if (KeGetCurrentIrql() != PASSIVE_LEVEL) {
            KeBugCheckEx(WORKER_THREAD_RETURNED_AT_BAD_IRQL, (ULONG64)routine, KeGetCurrentIrql(), (ULONG64)item,
                         0);  /* WORKER_THREAD_RETURNED_AT_BAD_IRQL */
        }
    }
}

void ExpStartWorkers(void)
{
    static const KPRIORITY priorities[3] = {13, 12, 15};
    static const ULONG counts[3] = {2, 4, 1};   /* PnP and shutdown hold a delayed worker each */
    for (ULONG q = 0; q < 3; q++) {
        InitializeListHead(&ExWorkerQueue[q].Items);
        KeInitializeSemaphore(&ExWorkerQueue[q].Ready, 0, 0x7FFFFFFF);
        for (ULONG i = 0; i < counts[q]; i++) {
            PspCreateSystemThread(ExpWorkerThread, &ExWorkerQueue[q], priorities[q]);
        }
    }
}

void ExQueueWorkItem(PWORK_QUEUE_ITEM item, WORK_QUEUE_TYPE queue)
{
    EX_WORK_QUEUE *q = &ExWorkerQueue[(ULONG)queue < 3 ? queue : DelayedWorkQueue];
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&ExpWorkLock);
    if (item->List.Flink != NULL) {
        KeBugCheckEx(INVALID_WORK_QUEUE_ITEM, 1, (ULONG64)item, (ULONG64)q, 0);
    }
    InsertTailList(&q->Items, &item->List);
    KeReleaseSpinLock(&ExpWorkLock, old);
    KeReleaseSemaphore(&q->Ready, 0, 1, FALSE);
}
