/* Fast mutexes: a count, an owner, an event; they raise to APC_LEVEL. */
#include "ntoskrnl.h"

void ExInitializeFastMutex(PFAST_MUTEX m)
{
    m->Count = 1;                            /* bit 0 clear: held, as Windows' layout has it */
    m->Owner = NULL;
    m->Contention = 0;
    KeInitializeEvent(&m->Event, 1, FALSE);
}

/* Takes the mutex at APC_LEVEL. Count is 1 free, 0 held, below zero held with waiters. */
static void ExpAcquireFastMutexContended(PFAST_MUTEX m)
{
    m->Contention++;
    KeWaitForSingleObject(&m->Event, WrFastMutex, KernelMode, FALSE, NULL);
}

void ExAcquireFastMutex(PFAST_MUTEX m)
{
    KIRQL old = KfRaiseIrql(APC_LEVEL);
    if (InterlockedDecrement(&m->Count) != 0) {
        ExpAcquireFastMutexContended(m);
    }
    m->Owner = KeGetCurrentThread();
    m->OldIrql = old;
}

void ExReleaseFastMutex(PFAST_MUTEX m)
{
    KIRQL old = (KIRQL)m->OldIrql;
    m->Owner = NULL;
    if (InterlockedIncrement(&m->Count) <= 0) {
        KeSetEvent(&m->Event, 1, FALSE);
    }
    WriteCR8(old);
}

BOOLEAN ExTryToAcquireFastMutex(PFAST_MUTEX m)
{
    KIRQL old = KfRaiseIrql(APC_LEVEL);
    if (InterlockedCompareExchange(&m->Count, 0, 1) == 1) {
        m->Owner = KeGetCurrentThread();
        m->OldIrql = old;
        return TRUE;
    }
    WriteCR8(old);
    return FALSE;
}

void ExAcquireFastMutexUnsafe(PFAST_MUTEX m)
{
    if (InterlockedDecrement(&m->Count) != 0) {
        ExpAcquireFastMutexContended(m);
    }
    m->Owner = KeGetCurrentThread();
}

void ExReleaseFastMutexUnsafe(PFAST_MUTEX m)
{
    m->Owner = NULL;
    if (InterlockedIncrement(&m->Count) <= 0) {
        KeSetEvent(&m->Event, 1, FALSE);
    }
}
