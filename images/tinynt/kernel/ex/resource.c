/* Executive resources: shared and exclusive locks with owners. */
#include "ntoskrnl.h"

LIST_ENTRY ExpSystemResourcesList = {&ExpSystemResourcesList, &ExpSystemResourcesList};
static KSPIN_LOCK ExpResourceSpinLock;

enum { RESOURCE_EXCLUSIVE = 0x80 };          /* ResourceOwnedExclusive in Flag */

NTSTATUS ExInitializeResourceLite(PERESOURCE r)
{
    memset(r, 0, sizeof *r);
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&ExpResourceSpinLock);
    InsertTailList(&ExpSystemResourcesList, &r->SystemResourcesList);
    KeReleaseSpinLock(&ExpResourceSpinLock, old);
    return STATUS_SUCCESS;
}

static void ExpFreeWaiters(PERESOURCE r)
{
    if (r->ExclusiveWaiters != NULL) {
        ExFreePool(r->ExclusiveWaiters);
    }
    if (r->SharedWaiters != NULL) {
        ExFreePool(r->SharedWaiters);
    }
    if (r->OwnerTable != NULL) {
        ExFreePool(r->OwnerTable);
    }
}

NTSTATUS ExDeleteResourceLite(PERESOURCE r)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&ExpResourceSpinLock);
    RemoveEntryList(&r->SystemResourcesList);
    KeReleaseSpinLock(&ExpResourceSpinLock, old);
    ExpFreeWaiters(r);
    return STATUS_SUCCESS;
}

/* The shared owner's entry for `thread`, or a free one; NULL when the table is full. OwnerTable[0]
   holds the table's size, as on Windows. */
static POWNER_ENTRY ExpOwner(PERESOURCE r, ERESOURCE_THREAD thread, BOOLEAN add)
{
    POWNER_ENTRY empty = NULL;
    if (r->OwnerEntry.OwnerThread == thread) {
        return &r->OwnerEntry;
    }
    if (!r->OwnerEntry.OwnerThread) {
        empty = &r->OwnerEntry;
    }
    for (ULONG i = 1; r->OwnerTable != NULL && i < r->OwnerTable[0].TableSize; i++) {
        if (r->OwnerTable[i].OwnerThread == thread) {
            return &r->OwnerTable[i];
        }
        if (!r->OwnerTable[i].OwnerThread && empty == NULL) {
            empty = &r->OwnerTable[i];
        }
    }
    return add ? empty : NULL;
}

/* What waiting needs, allocated before the lock is taken. */
static void ExpPrepare(PERESOURCE r)
{
    if (r->OwnerTable == NULL) {
        POWNER_ENTRY t = ExAllocatePoolWithTag(NonPagedPool, 32 * sizeof *t, 0x54416552);
        if (t != NULL) {
            memset(t, 0, 32 * sizeof *t);
            t[0].TableSize = 32;
            r->OwnerTable = t;
        }
    }
    if (r->ExclusiveWaiters == NULL) {
        PKEVENT e = ExAllocatePoolWithTag(NonPagedPool, sizeof *e, 0x76456552);
        if (e != NULL) {
            KeInitializeEvent(e, 1, FALSE);
            r->ExclusiveWaiters = (PVOID)e;
        }
    }
    if (r->SharedWaiters == NULL) {
        PKSEMAPHORE s = ExAllocatePoolWithTag(NonPagedPool, sizeof *s, 0x6D536552);
        if (s != NULL) {
            KeInitializeSemaphore(s, 0, 0x7FFFFFFF);
            r->SharedWaiters = (PVOID)s;
        }
    }
}

__attribute__((noinline)) static void ExpWaitForResource(PERESOURCE r, PVOID object)
{
    r->ContentionCount++;
    KeWaitForSingleObject(object, WrResource, KernelMode, FALSE, NULL);
}

BOOLEAN ExAcquireResourceExclusiveLite(PERESOURCE r, BOOLEAN wait)
{
    ERESOURCE_THREAD me = (ERESOURCE_THREAD)KeGetCurrentThread();
    for (;;) {
        KIRQL old = KeAcquireSpinLockRaiseToDpc(&r->SpinLock);
        if (r->ActiveEntries == 0) {
            r->Flag |= RESOURCE_EXCLUSIVE;
            r->ActiveEntries = 1;
            r->ActiveCount = 1;
            r->OwnerEntry.OwnerThread = me;
            r->OwnerEntry.OwnerCount = 1;
            KeReleaseSpinLock(&r->SpinLock, old);
            return TRUE;
        }
        if (r->Flag & RESOURCE_EXCLUSIVE && r->OwnerEntry.OwnerThread == me) {
            r->OwnerEntry.OwnerCount++;
            KeReleaseSpinLock(&r->SpinLock, old);
            return TRUE;
        }
        if (!wait) {
            KeReleaseSpinLock(&r->SpinLock, old);
            return FALSE;
        }
        if (r->ExclusiveWaiters == NULL) {
            KeReleaseSpinLock(&r->SpinLock, old);
            ExpPrepare(r);
            continue;
        }
        r->NumberOfExclusiveWaiters++;
        KeReleaseSpinLock(&r->SpinLock, old);
        ExpWaitForResource(r, r->ExclusiveWaiters);     /* then tries again */
    }
}

BOOLEAN ExAcquireResourceSharedLite(PERESOURCE r, BOOLEAN wait)
{
    ERESOURCE_THREAD me = (ERESOURCE_THREAD)KeGetCurrentThread();
    for (;;) {
        if (r->OwnerTable == NULL && KeGetCurrentIrql() < DISPATCH_LEVEL) {
            ExpPrepare(r);
        }
        KIRQL old = KeAcquireSpinLockRaiseToDpc(&r->SpinLock);
        POWNER_ENTRY mine = r->ActiveEntries ? ExpOwner(r, me, FALSE) : NULL;
        BOOLEAN exclusive = (r->Flag & RESOURCE_EXCLUSIVE) != 0;
        if (r->ActiveEntries == 0 || mine != NULL || (!exclusive && !r->NumberOfExclusiveWaiters)) {
            POWNER_ENTRY e = mine != NULL ? mine : ExpOwner(r, me, TRUE);
            if (e != NULL) {
                if (mine == NULL) {
                    e->OwnerThread = me;
                    e->OwnerCount = 0;
                    r->ActiveEntries++;
                }
                e->OwnerCount++;
                r->ActiveCount = 1;
                KeReleaseSpinLock(&r->SpinLock, old);
                return TRUE;
            }
        }
        if (!wait || r->SharedWaiters == NULL) {
            KeReleaseSpinLock(&r->SpinLock, old);
            if (!wait) {
                return FALSE;
            }
            ExpPrepare(r);
            continue;
        }
        r->NumberOfSharedWaiters++;
        KeReleaseSpinLock(&r->SpinLock, old);
        ExpWaitForResource(r, r->SharedWaiters);
    }
}

void ExReleaseResourceForThreadLite(PERESOURCE r, ERESOURCE_THREAD thread)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&r->SpinLock);
    POWNER_ENTRY e = r->ActiveEntries ? ExpOwner(r, thread, FALSE) : NULL;
    if (e == NULL) {
        KeBugCheckEx(RESOURCE_NOT_OWNED, (ULONG64)r, thread, (ULONG64)r->OwnerTable, 2);
    }
    if (--e->OwnerCount == 0) {
        e->OwnerThread = 0;
        if (--r->ActiveEntries == 0) {
            r->Flag &= ~RESOURCE_EXCLUSIVE;
            r->ActiveCount = 0;
            if (r->NumberOfSharedWaiters) {
                LONG n = (LONG)r->NumberOfSharedWaiters;
                r->NumberOfSharedWaiters = 0;
                KeReleaseSemaphore((PKSEMAPHORE)r->SharedWaiters, 0, n, FALSE);
            }
            if (r->NumberOfExclusiveWaiters) {
                r->NumberOfExclusiveWaiters--;
                KeSetEvent((PKEVENT)r->ExclusiveWaiters, 0, FALSE);
            }
        }
    }
    KeReleaseSpinLock(&r->SpinLock, old);
}

void ExReleaseResourceLite(PERESOURCE r) { ExReleaseResourceForThreadLite(r, (ERESOURCE_THREAD)KeGetCurrentThread()); }

BOOLEAN ExIsResourceAcquiredExclusiveLite(PERESOURCE r)
{
    return r->Flag & RESOURCE_EXCLUSIVE && r->OwnerEntry.OwnerThread == (ERESOURCE_THREAD)KeGetCurrentThread();
}

ULONG ExIsResourceAcquiredSharedLite(PERESOURCE r)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&r->SpinLock);
    POWNER_ENTRY e = r->ActiveEntries ? ExpOwner(r, (ERESOURCE_THREAD)KeGetCurrentThread(), FALSE) : NULL;
    ULONG count = e != NULL ? e->OwnerCount : 0;
    KeReleaseSpinLock(&r->SpinLock, old);
    return count;
}

PVOID ExEnterCriticalRegionAndAcquireResourceExclusive(PERESOURCE r)
{
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(r, TRUE);
    return NULL;
}

void ExReleaseResourceAndLeaveCriticalRegion(PERESOURCE r)
{
    ExReleaseResourceLite(r);
    KeLeaveCriticalRegion();
}
