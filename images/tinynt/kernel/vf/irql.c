/* Thunks for what changes the IRQL: raising and lowering, spin locks, fast mutexes. */
#include "vf.h"

BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK lock);
void ExAcquireFastMutexUnsafe(PFAST_MUTEX m);
void ExReleaseFastMutexUnsafe(PFAST_MUTEX m);

static void ViCheck(BOOLEAN wrong, ULONG violation, PVOID object)
{
    if (wrong) {
        VerifierBugCheckIfAppropriate(DRIVER_VERIFIER_DETECTED_VIOLATION, violation, KeGetCurrentIrql(),
                                      (ULONG64)object, 0);
    }
}

VF_FRAME static KIRQL VerifierKfRaiseIrql(KIRQL irql)
{
    ViKeRaiseIrqlSanityChecks(irql);
    KIRQL old = KfRaiseIrql(irql);
    VfKeIrqlLogRaise(old, irql);
    return old;
}

VF_FRAME static KIRQL VerifierKeRaiseIrqlToDpcLevel(void)
{
    ViKeRaiseIrqlSanityChecks(DISPATCH_LEVEL);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    VfKeIrqlLogRaise(old, DISPATCH_LEVEL);
    return old;
}

VF_FRAME static void VerifierKeLowerIrql(KIRQL irql)
{
    ViKeLowerIrqlSanityChecks(irql);
    VfKeIrqlLogLower(KeGetCurrentIrql(), irql);
    KeLowerIrql(irql);
}

VF_FRAME static KIRQL VerifierKeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK lock)
{
    ViCheck(KeGetCurrentIrql() > DISPATCH_LEVEL, 0x42, lock);
    ViKeRaiseIrqlSanityChecks(DISPATCH_LEVEL);
    VF_COUNT(AcquireSpinLocks);
    KIRQL old = KeAcquireSpinLockRaiseToDpc(lock);
    VfKeIrqlLogRaise(old, DISPATCH_LEVEL);
    return old;
}

VF_FRAME static void VerifierKeReleaseSpinLock(PKSPIN_LOCK lock, KIRQL irql)
{
    ViCheck(KeGetCurrentIrql() != DISPATCH_LEVEL, 0x32, lock);
    ViKeLowerIrqlSanityChecks(irql);
    VfKeIrqlLogLower(DISPATCH_LEVEL, irql);
    KeReleaseSpinLock(lock, irql);
}

VF_FRAME static void VerifierKeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK lock)
{
    ViCheck(KeGetCurrentIrql() < DISPATCH_LEVEL, 0x40, lock);
    VF_COUNT(AcquireSpinLocks);
    KeAcquireSpinLockAtDpcLevel(lock);
}

VF_FRAME static void VerifierKeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK lock)
{
    ViCheck(KeGetCurrentIrql() < DISPATCH_LEVEL, 0x41, lock);
    KeReleaseSpinLockFromDpcLevel(lock);
}

VF_FRAME static BOOLEAN VerifierKeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK lock)
{
    ViCheck(KeGetCurrentIrql() < DISPATCH_LEVEL, 0x40, lock);
    return KeTryToAcquireSpinLockAtDpcLevel(lock);
}

VF_FRAME static void VerifierExAcquireFastMutex(PFAST_MUTEX mutex)
{
    KIRQL old = KeGetCurrentIrql();
    ViCheck(old > APC_LEVEL, 0x33, mutex);
    ExAcquireFastMutex(mutex);
    VfKeIrqlLogRaise(old, APC_LEVEL);
}

VF_FRAME static BOOLEAN VerifierExTryToAcquireFastMutex(PFAST_MUTEX mutex)
{
    KIRQL old = KeGetCurrentIrql();
    ViCheck(old > APC_LEVEL, 0x33, mutex);
    if (!ExTryToAcquireFastMutex(mutex)) {
        return FALSE;
    }
    VfKeIrqlLogRaise(old, APC_LEVEL);
    return TRUE;
}

VF_FRAME static void VerifierExReleaseFastMutex(PFAST_MUTEX mutex)
{
    ViCheck(KeGetCurrentIrql() != APC_LEVEL, 0x34, mutex);
    VfKeIrqlLogLower(APC_LEVEL, (KIRQL)mutex->OldIrql);
    ExReleaseFastMutex(mutex);
}

/* "Unsafe": the caller must keep APCs out itself, by its IRQL or a critical region. */
static void ViCheckUnsafe(ULONG violation, PFAST_MUTEX mutex)
{
    PKTHREAD thread = KeGetCurrentThread();
    if (KeGetCurrentIrql() != APC_LEVEL && thread->CombinedApcDisable == 0) {
        VerifierBugCheckIfAppropriate(DRIVER_VERIFIER_DETECTED_VIOLATION, violation, KeGetCurrentIrql(),
                                      (ULONG64)(LONG64)thread->KernelApcDisable, (ULONG64)mutex);
    }
}

VF_FRAME static void VerifierExAcquireFastMutexUnsafe(PFAST_MUTEX mutex)
{
    ViCheckUnsafe(0x39, mutex);
    ExAcquireFastMutexUnsafe(mutex);
}

VF_FRAME static void VerifierExReleaseFastMutexUnsafe(PFAST_MUTEX mutex)
{
    ViCheckUnsafe(0x3A, mutex);
    ExReleaseFastMutexUnsafe(mutex);
}

const VF_THUNK VfIrqlThunks[] = {
    {"KfRaiseIrql", VerifierKfRaiseIrql},
    {"KeRaiseIrqlToDpcLevel", VerifierKeRaiseIrqlToDpcLevel},
    {"KeLowerIrql", VerifierKeLowerIrql},
    {"KeAcquireSpinLockRaiseToDpc", VerifierKeAcquireSpinLockRaiseToDpc},
    {"KeReleaseSpinLock", VerifierKeReleaseSpinLock},
    {"KeAcquireSpinLockAtDpcLevel", VerifierKeAcquireSpinLockAtDpcLevel},
    {"KeReleaseSpinLockFromDpcLevel", VerifierKeReleaseSpinLockFromDpcLevel},
    {"KeTryToAcquireSpinLockAtDpcLevel", VerifierKeTryToAcquireSpinLockAtDpcLevel},
    {"ExAcquireFastMutex", VerifierExAcquireFastMutex},
    {"ExReleaseFastMutex", VerifierExReleaseFastMutex},
    {"ExTryToAcquireFastMutex", VerifierExTryToAcquireFastMutex},
    {"ExAcquireFastMutexUnsafe", VerifierExAcquireFastMutexUnsafe},
    {"ExReleaseFastMutexUnsafe", VerifierExReleaseFastMutexUnsafe},
    {NULL, NULL},
};
