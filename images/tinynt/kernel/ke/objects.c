/* Events, semaphores, mutexes. */
#include "ki.h"

/* The object's lock comes first: who spins for an object that is none any more (freed, its memory
   used again) must not hold the whole dispatcher. It is given back before the dispatcher lock,
   because the waiter that runs next may own the memory. */
static KIRQL KiLockObject(PVOID object)
{
    KIRQL old = KeRaiseIrqlToDpcLevel();
    KiAcquireKobjectLockSafe(object);
    KeAcquireSpinLockAtDpcLevel(&KiDispatcherLock);
    return old;
}

static void KiUnlockObject(PVOID object, KIRQL old)
{
    KiReleaseKobjectLock(object);
    KiExitDispatcher(old);
}

void KeInitializeEvent(PKEVENT event, EVENT_TYPE type, BOOLEAN state)
{
    event->Header.Lock = 0;
    event->Header.Type = (UCHAR)type;
    event->Header.Size = sizeof *event / 4;
    event->Header.SignalState = state;
    InitializeListHead(&event->Header.WaitListHead);
}

LONG KeSetEvent(PKEVENT event, KPRIORITY increment, BOOLEAN wait)
{
    UNREFERENCED_PARAMETER(wait);
    KIRQL old = KiLockObject(event);
    LONG was = event->Header.SignalState;
    event->Header.SignalState = 1;
    if (!was) {
        KiWaitTest(event, increment);
    }
    KiUnlockObject(event, old);
    return was;
}

LONG KeResetEvent(PKEVENT event)
{
    KIRQL old = KiLockObject(event);
    LONG was = event->Header.SignalState;
    event->Header.SignalState = 0;
    KiUnlockObject(event, old);
    return was;
}

void KeClearEvent(PKEVENT event) { event->Header.SignalState = 0; }
LONG KeReadStateEvent(PKEVENT event) { return event->Header.SignalState; }

LONG KePulseEvent(PKEVENT event, KPRIORITY increment, BOOLEAN wait)
{
    LONG was = KeSetEvent(event, increment, wait);
    KeClearEvent(event);
    return was;
}

void KeInitializeSemaphore(PKSEMAPHORE s, LONG count, LONG limit)
{
    s->Header.Lock = 0;
    s->Header.Type = 5;
    s->Header.Size = sizeof *s / 4;
    s->Header.SignalState = count;
    s->Limit = limit;
    InitializeListHead(&s->Header.WaitListHead);
}

LONG KeReleaseSemaphore(PKSEMAPHORE s, KPRIORITY increment, LONG adjustment, BOOLEAN wait)
{
    UNREFERENCED_PARAMETER(wait);
    KIRQL old = KiLockObject(s);
    LONG was = s->Header.SignalState;
    if (was + adjustment > s->Limit || adjustment < 0) {
        KeBugCheckEx(KMODE_EXCEPTION_NOT_HANDLED, (ULONG)STATUS_SEMAPHORE_LIMIT_EXCEEDED,
                     (ULONG64)__builtin_return_address(0), (ULONG64)s, 0);
    }
    s->Header.SignalState = was + adjustment;
    KiWaitTest(s, increment);
    KiUnlockObject(s, old);
    return was;
}

LONG KeReadStateSemaphore(PKSEMAPHORE s) { return s->Header.SignalState; }

void KeInitializeMutex(PKMUTEX m, ULONG level)
{
    UNREFERENCED_PARAMETER(level);
    m->Header.Lock = 0;
    m->Header.Type = 2;
    m->Header.Size = sizeof *m / 4;
    m->Header.SignalState = 1;
    InitializeListHead(&m->Header.WaitListHead);
    m->OwnerThread = NULL;
    m->Abandoned = 0;
    m->ApcDisable = 1;
}

LONG KeReleaseMutex(PKMUTEX m, BOOLEAN wait)
{
    PKTHREAD thread = KeGetCurrentThread();
    UNREFERENCED_PARAMETER(wait);
    KIRQL old = KiLockObject(m);
    LONG was = m->Header.SignalState;
    if (m->OwnerThread != thread) {
        KeBugCheckEx(KMODE_EXCEPTION_NOT_HANDLED, (ULONG)STATUS_MUTANT_NOT_OWNED, (ULONG64)__builtin_return_address(0),
                     (ULONG64)m, 0);
    }
    if (++m->Header.SignalState == 1) {
        RemoveEntryList(&m->MutantListEntry);
        m->OwnerThread = NULL;
        KiWaitTest(m, 1);
    }
    KiUnlockObject(m, old);
    if (was == 0 && m->ApcDisable) {
        KeLeaveCriticalRegion();
    }
    return was;
}

LONG KeReadStateMutex(PKMUTEX m) { return m->Header.SignalState; }
