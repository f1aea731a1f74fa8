/* Spin locks and IRQL. The wait is a function of its own, as on Windows, so that a stack shows it. */
#include "ki.h"

KIRQL KfRaiseIrql(KIRQL irql)
{
    KIRQL old = KeGetCurrentIrql();
    WriteCR8(irql);
    return old;
}

/* The kernel's own name for it is inline; drivers may import it. */
void KxLowerIrql(KIRQL irql) __asm__("KeLowerIrql");
void KxLowerIrql(KIRQL irql)
{
    KI_PREEMPTION_POINT();
    WriteCR8(irql);
    KI_DELAY_POINT();
}

KIRQL KeRaiseIrqlToDpcLevel(void) { return KfRaiseIrql(DISPATCH_LEVEL); }

static inline BOOLEAN KxTryLock(PKSPIN_LOCK lock)
{
    return !(__atomic_fetch_or((ULONG64 *)lock, 1, __ATOMIC_ACQUIRE) & 1);
}

/* A pause makes an emulator leave its translated code, which costs it a hundred times the reads
   between two of them; real processors lose nothing by fewer. */
static inline void KeYieldProcessorEx(PULONG spins)
{
    if (!(++*spins & 255)) {
        PauseProcessor();
    }
}

__attribute__((noinline)) void KxWaitForSpinLockAndAcquire(PKSPIN_LOCK lock)
{
    ULONG spins = 0;
    do {
        while (*(volatile KSPIN_LOCK *)lock & 1) {
            KeYieldProcessorEx(&spins);
        }
    } while (!KxTryLock(lock));
}

KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK lock)
{
    KI_DELAY_POINT();
    KIRQL old = KfRaiseIrql(DISPATCH_LEVEL);
    if (!KxTryLock(lock)) {
        KxWaitForSpinLockAndAcquire(lock);
    }
    return old;
}

void KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK lock)
{
    KI_DELAY_POINT();
    if (!KxTryLock(lock)) {
        KxWaitForSpinLockAndAcquire(lock);
    }
}

BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK lock) { return KxTryLock(lock); }
BOOLEAN KeTestSpinLock(PKSPIN_LOCK lock) { return !(*(volatile KSPIN_LOCK *)lock & 1); }

void KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK lock)
{
    __atomic_store_n((ULONG64 *)lock, 0, __ATOMIC_RELEASE);
    KI_DELAY_POINT();
}

void KeReleaseSpinLock(PKSPIN_LOCK lock, KIRQL old)
{
    __atomic_store_n((ULONG64 *)lock, 0, __ATOMIC_RELEASE);
    KI_PREEMPTION_POINT();
    WriteCR8(old);
    KI_DELAY_POINT();
}

/* A dispatcher object's lock is one bit of its header; whoever waits for it shows on the stack. */
#define KOBJECT_LOCK_BIT 0x80

__attribute__((noinline)) void KiAcquireKobjectLockSafe(PVOID object)
{
    volatile LONG *lock = object;          /* DISPATCHER_HEADER.Lock */
    ULONG spins = 0;
    while (__atomic_fetch_or(lock, KOBJECT_LOCK_BIT, __ATOMIC_ACQUIRE) & KOBJECT_LOCK_BIT) {
        while (*lock & KOBJECT_LOCK_BIT) {
            KeYieldProcessorEx(&spins);
        }
    }
}

void KiReleaseKobjectLock(PVOID object)
{
    volatile LONG *lock = object;
    __atomic_fetch_and(lock, ~KOBJECT_LOCK_BIT, __ATOMIC_RELEASE);
}

KIRQL KiLockDispatcher(void) { return KeAcquireSpinLockRaiseToDpc(&KiDispatcherLock); }
void KiReleaseDispatcherLockFromDpcLevel(void) { KeReleaseSpinLockFromDpcLevel(&KiDispatcherLock); }
