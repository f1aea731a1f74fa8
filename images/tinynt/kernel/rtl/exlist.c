/* Doubly linked lists under a caller's spin lock, usable at any IRQL: interrupts are off while the
   lock is held. */
#include "ntoskrnl.h"

static BOOLEAN Lock(PKSPIN_LOCK lock)
{
    for (;;) {
        BOOLEAN on = KeDisableInterrupts();
        if (__atomic_exchange_n((volatile KSPIN_LOCK *)lock, 1, __ATOMIC_SEQ_CST) == 0) {
            return on;
        }
        KeRestoreInterrupts(on);
        while (*(volatile KSPIN_LOCK *)lock != 0) {
            PauseProcessor();
        }
    }
}

static void Unlock(PKSPIN_LOCK lock, BOOLEAN on)
{
    __atomic_store_n(lock, 0, __ATOMIC_RELEASE);
    KeRestoreInterrupts(on);
}

PLIST_ENTRY ExInterlockedInsertHeadList(PLIST_ENTRY h, PLIST_ENTRY e, PKSPIN_LOCK lock)
{
    BOOLEAN on = Lock(lock);
    PLIST_ENTRY first = IsListEmpty(h) ? NULL : h->Flink;
    InsertHeadList(h, e);
    Unlock(lock, on);
    return first;
}

PLIST_ENTRY ExInterlockedInsertTailList(PLIST_ENTRY h, PLIST_ENTRY e, PKSPIN_LOCK lock)
{
    BOOLEAN on = Lock(lock);
    PLIST_ENTRY last = IsListEmpty(h) ? NULL : h->Blink;
    InsertTailList(h, e);
    Unlock(lock, on);
    return last;
}

PLIST_ENTRY ExInterlockedRemoveHeadList(PLIST_ENTRY h, PKSPIN_LOCK lock)
{
    BOOLEAN on = Lock(lock);
    PLIST_ENTRY e = IsListEmpty(h) ? NULL : RemoveHeadList(h);
    Unlock(lock, on);
    return e;
}

ULONG ExInterlockedAddUlong(PULONG value, ULONG increment, PKSPIN_LOCK lock)
{
    BOOLEAN on = Lock(lock);
    ULONG old = *value;
    *value = old + increment;
    Unlock(lock, on);
    return old;
}

LARGE_INTEGER ExInterlockedAddLargeInteger(PLARGE_INTEGER value, LARGE_INTEGER increment, PKSPIN_LOCK lock)
{
    BOOLEAN on = Lock(lock);
    LARGE_INTEGER old = *value;
    value->QuadPart += increment.QuadPart;
    Unlock(lock, on);
    return old;
}

PSINGLE_LIST_ENTRY ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY h, PSINGLE_LIST_ENTRY e, PKSPIN_LOCK lock)
{
    BOOLEAN on = Lock(lock);
    PSINGLE_LIST_ENTRY first = h->Next;
    e->Next = first;
    h->Next = e;
    Unlock(lock, on);
    return first;
}

PSINGLE_LIST_ENTRY ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY h, PKSPIN_LOCK lock)
{
    BOOLEAN on = Lock(lock);
    PSINGLE_LIST_ENTRY first = h->Next;
    if (first != NULL) {
        h->Next = first->Next;
    }
    Unlock(lock, on);
    return first;
}
