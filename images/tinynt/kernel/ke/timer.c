/* Timers. Each processor has a table of 256 lists by due time; the clock interrupt finds which are
   due and asks for KiTimerExpiration at DISPATCH_LEVEL. */
#include "ki.h"

ULONG64 KiWaitNever, KiWaitAlways;           /* a timer's DPC pointer is stored scrambled */

static ULONG64 KiRotateLeft(ULONG64 v, ULONG n)
{
    n &= 63;
    return n ? v << n | v >> (64 - n) : v;
}

static PKDPC KiEncodeTimerDpc(PKTIMER timer, PKDPC dpc)
{
    ULONG64 v = __builtin_bswap64((ULONG64)dpc ^ KiWaitAlways) ^ (ULONG64)timer;
    return (PKDPC)(KiRotateLeft(v, 64 - (KiWaitNever & 63)) ^ KiWaitNever);
}

static PKDPC KiDecodeTimerDpc(PKTIMER timer)
{
    ULONG64 v = KiRotateLeft((ULONG64)timer->Dpc ^ KiWaitNever, (ULONG)(KiWaitNever & 63));
    return (PKDPC)(__builtin_bswap64(v ^ (ULONG64)timer) ^ KiWaitAlways);
}

static struct _KTIMER_TABLE_ENTRY *KiTimerSlot(PKPRCB prcb, ULONG64 due)
{
    return &prcb->TimerTable.TimerEntries[0][(due >> 18) & 0xFF];
}

void KiInitializeTimerTable(PKPRCB prcb)
{
    for (ULONG i = 0; i < 256; i++) {
        InitializeListHead(&prcb->TimerTable.TimerEntries[0][i].Entry);
        InitializeListHead(&prcb->TimerTable.TimerEntries[1][i].Entry);
        prcb->TimerTable.TimerEntries[0][i].Time.QuadPart = ~0ULL;
    }
}

void KeInitializeTimerEx(PKTIMER timer, TIMER_TYPE type)
{
    timer->Header.Lock = 0;
    timer->Header.Type = (UCHAR)(8 + type);
    timer->Header.SignalState = 0;
    InitializeListHead(&timer->Header.WaitListHead);
    timer->DueTime.QuadPart = 0;
    timer->Period = 0;
    timer->Dpc = KiEncodeTimerDpc(timer, NULL);
}

void KeInitializeTimer(PKTIMER timer) { KeInitializeTimerEx(timer, NotificationTimer); }

/* `due` in interrupt time; the dispatcher lock is held. */
BOOLEAN KiInsertTimer(PKTIMER timer, LARGE_INTEGER due, LONG period)
{
    PKPRCB prcb = KeGetCurrentPrcb();
    struct _KTIMER_TABLE_ENTRY *slot = KiTimerSlot(prcb, (ULONG64)due.QuadPart);
    timer->DueTime.QuadPart = (ULONG64)due.QuadPart;
    timer->Period = (ULONG)period;
    timer->Processor = (USHORT)prcb->Number;
    timer->Header.Inserted = 1;
    timer->Header.SignalState = 0;
    InsertTailList(&slot->Entry, &timer->TimerListEntry);
    if (timer->DueTime.QuadPart < slot->Time.QuadPart) {
        slot->Time.QuadPart = timer->DueTime.QuadPart;
    }
    return TRUE;
}

BOOLEAN KiRemoveTimer(PKTIMER timer)
{
    if (!timer->Header.Inserted) {
        return FALSE;
    }
    timer->Header.Inserted = 0;
    RemoveEntryList(&timer->TimerListEntry);
    return TRUE;
}

BOOLEAN KeSetTimerEx(PKTIMER timer, LARGE_INTEGER due, LONG period, PKDPC dpc)
{
    LARGE_INTEGER at, now;
    LONGLONG interrupt = (LONGLONG)KeQueryInterruptTime();
    KeQuerySystemTime(&now);
    at.QuadPart = due.QuadPart <= 0 ? interrupt - due.QuadPart : interrupt + due.QuadPart - now.QuadPart;
    KIRQL old = KiLockDispatcher();
    BOOLEAN was = KiRemoveTimer(timer);
    timer->Dpc = KiEncodeTimerDpc(timer, dpc);
    KiInsertTimer(timer, at, period);
    KiExitDispatcher(old);
    return was;
}

BOOLEAN KeSetTimer(PKTIMER timer, LARGE_INTEGER due, PKDPC dpc) { return KeSetTimerEx(timer, due, 0, dpc); }

BOOLEAN KeCancelTimer(PKTIMER timer)
{
    KIRQL old = KiLockDispatcher();
    BOOLEAN was = KiRemoveTimer(timer);
    KiExitDispatcher(old);
    return was;
}

BOOLEAN KeReadStateTimer(PKTIMER timer) { return timer->Header.SignalState != 0; }

/* Fires what is due in one list; the dispatcher lock is held. A thread that waits with a timeout
   waits for its own timer, too (wait block 3), so it needs no case of its own. */
static __attribute__((noinline)) void KiProcessExpiredTimerList(struct _KTIMER_TABLE_ENTRY *slot, ULONG64 now)
{
    ULONG64 earliest = ~0ULL;
    for (PLIST_ENTRY e = slot->Entry.Flink, next; e != &slot->Entry; e = next) {
        PKTIMER timer = CONTAINING_RECORD(e, KTIMER, TimerListEntry);
        next = e->Flink;
        if (timer->DueTime.QuadPart > now) {
            earliest = min(earliest, timer->DueTime.QuadPart);
            continue;
        }
        PKDPC dpc = KiDecodeTimerDpc(timer);
        LARGE_INTEGER again = {.QuadPart = (LONGLONG)(timer->DueTime.QuadPart + timer->Period * 10000ULL)};
        RemoveEntryList(e);
        timer->Header.Inserted = 0;
        timer->Header.SignalState = 1;
        KiWaitTest(timer, 0);
        next = slot->Entry.Flink;            /* waking threads removes their timers */
        if (timer->Period) {
            KiInsertTimer(timer, again, (LONG)timer->Period);
            next = slot->Entry.Flink;
        }
        if (dpc != NULL) {
            KeInsertQueueDpc(dpc, NULL, NULL);
        }
    }
    slot->Time.QuadPart = earliest;
}

__attribute__((noinline)) void KiTimerExpiration(PKPRCB prcb)
{
    ULONG64 now = KeQueryInterruptTime();
    KeAcquireSpinLockAtDpcLevel(&KiDispatcherLock);
    for (ULONG i = 0; i < 256; i++) {
        struct _KTIMER_TABLE_ENTRY *slot = &prcb->TimerTable.TimerEntries[0][i];
        if (slot->Time.QuadPart <= now) {
            KiProcessExpiredTimerList(slot, now);
        }
    }
    KiReleaseDispatcherLockFromDpcLevel();
}
