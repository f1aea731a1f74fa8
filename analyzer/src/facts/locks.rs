//! Names of the kernel's lock routines (WDK, wdm.h and ntddk.h; internal ones from stacks of public
//! dumps and seed 002).

/// Exports that acquire the spin lock in their first argument.
const ACQUIRE: &[&str] = &[
    "KeAcquireSpinLock",
    "KeAcquireSpinLockRaiseToDpc",
    "KeAcquireSpinLockRaiseToSynch",
    "KeAcquireSpinLockAtDpcLevel",
    "KeAcquireSpinLockForDpc",
    "KfAcquireSpinLock",
    "KeAcquireInStackQueuedSpinLock",
    "KeAcquireInStackQueuedSpinLockAtDpcLevel",
    "KeAcquireInStackQueuedSpinLockForDpc",
    "KeAcquireInStackQueuedSpinLockRaiseToSynch",
    "KeAcquireInterruptSpinLock",
    "ExAcquireSpinLockExclusive",
    "ExAcquireSpinLockExclusiveAtDpcLevel",
    "ExAcquireSpinLockShared",
    "ExAcquireSpinLockSharedAtDpcLevel",
];

/// Exports that release a spin lock.
const RELEASE: &[&str] = &[
    "KeReleaseSpinLock",
    "KeReleaseSpinLockFromDpcLevel",
    "KeReleaseSpinLockForDpc",
    "KfReleaseSpinLock",
    "KeReleaseInStackQueuedSpinLock",
    "KeReleaseInStackQueuedSpinLockFromDpcLevel",
    "KeReleaseInStackQueuedSpinLockForDpc",
    "KeReleaseInterruptSpinLock",
    "ExReleaseSpinLockExclusive",
    "ExReleaseSpinLockExclusiveFromDpcLevel",
    "ExReleaseSpinLockShared",
    "ExReleaseSpinLockSharedFromDpcLevel",
];

/// Internal routines that run only while the lock is contended.
const WAIT: &[&str] = &[
    "KxWaitForSpinLockAndAcquire",
    "KxWaitForLockOwnerShip",
    "KiAcquireQueuedSpinLockInstrumented",
    "KiAcquireSpinLockInstrumented",
    "ExpWaitForSpinLockExclusiveAndAcquire",
    "ExpWaitForSpinLockSharedAndAcquire",
];

/// Exports that take a fast or guarded mutex and raise the IRQL or block APCs.
const ACQUIRE_MUTEX: &[&str] = &[
    "ExAcquireFastMutex",
    "ExAcquireFastMutexUnsafe",
    "KeAcquireGuardedMutex",
    "KeAcquireGuardedMutexUnsafe",
];

const RELEASE_MUTEX: &[&str] = &[
    "ExReleaseFastMutex",
    "ExReleaseFastMutexUnsafe",
    "KeReleaseGuardedMutex",
    "KeReleaseGuardedMutexUnsafe",
];

const RAISE_IRQL: &[&str] = &[
    "KfRaiseIrql",
    "KeRaiseIrql",
    "KeRaiseIrqlToDpcLevel",
    "KeRaiseIrqlToSynchLevel",
];
const LOWER_IRQL: &[&str] = &["KeLowerIrql"];

pub(crate) fn is_acquire(function: &str) -> bool {
    ACQUIRE.contains(&function)
}

pub(crate) fn is_release(function: &str) -> bool {
    RELEASE.contains(&function)
}

pub(crate) fn is_mutex_acquire(function: &str) -> bool {
    ACQUIRE_MUTEX.contains(&function)
}

pub(crate) fn is_mutex_release(function: &str) -> bool {
    RELEASE_MUTEX.contains(&function)
}

pub(crate) fn is_wait(function: &str) -> bool {
    WAIT.contains(&function)
}

pub(crate) fn raises_irql(function: &str) -> bool {
    RAISE_IRQL.contains(&function)
}

pub(crate) fn lowers_irql(function: &str) -> bool {
    LOWER_IRQL.contains(&function)
}
