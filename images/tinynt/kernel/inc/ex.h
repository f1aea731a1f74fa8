/* Executive: pool, fast mutexes, resources, work items, interlocked lists. */
#pragma once
#include "ke.h"

void ExInitSystem(void);
PVOID ExAllocatePoolWithTag(POOL_TYPE type, SIZE_T bytes, ULONG tag);
PVOID ExAllocatePool(POOL_TYPE type, SIZE_T bytes);
PVOID ExAllocatePoolZero(POOL_TYPE type, SIZE_T bytes, ULONG tag);
void ExFreePoolWithTag(PVOID p, ULONG tag);
void ExFreePool(PVOID p);

void ExInitializeFastMutex(PFAST_MUTEX m);
void ExAcquireFastMutex(PFAST_MUTEX m);
void ExReleaseFastMutex(PFAST_MUTEX m);
BOOLEAN ExTryToAcquireFastMutex(PFAST_MUTEX m);

extern LIST_ENTRY ExpSystemResourcesList;
NTSTATUS ExInitializeResourceLite(PERESOURCE r);
NTSTATUS ExDeleteResourceLite(PERESOURCE r);
BOOLEAN ExAcquireResourceExclusiveLite(PERESOURCE r, BOOLEAN wait);
BOOLEAN ExAcquireResourceSharedLite(PERESOURCE r, BOOLEAN wait);
void ExReleaseResourceLite(PERESOURCE r);
BOOLEAN ExIsResourceAcquiredExclusiveLite(PERESOURCE r);

typedef void (*PWORKER_THREAD_ROUTINE)(PVOID context);
static inline void ExInitializeWorkItem(PWORK_QUEUE_ITEM i, PWORKER_THREAD_ROUTINE r, PVOID c)
{
    i->WorkerRoutine = (void (*)())r;
    i->Parameter = c;
    i->List.Flink = NULL;
}
void ExQueueWorkItem(PWORK_QUEUE_ITEM item, WORK_QUEUE_TYPE queue);
void ExpStartWorkers(void);
