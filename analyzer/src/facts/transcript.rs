//! What only a debugger's transcript has: who printed what, and what it leaves open.

use super::scene::Place;

/// Facts about and from a transcript.
#[derive(Clone, Debug, Default)]
pub(crate) struct TranscriptFacts {
    /// Whether it states a stop at all; else it is of a hang, or of a live system.
    pub has_stop: bool,
    /// Which parameters of the stop it states.
    pub known: [bool; 4],
    /// Whom `!analyze` named.
    pub analyzed: Option<Place>,
    /// The bucket that `!analyze` wrote.
    pub bucket: Option<String>,
    /// Driver Verifier's rule that was violated, by name.
    pub rule: Option<String>,
    /// Why the crash is known to have been forced.
    pub forced: Option<String>,
    /// What the hardware's error record says.
    pub hardware: Vec<String>,
    /// There is no stack of the stop; whom `!analyze` named stands for it.
    pub implied: bool,
    /// Threads that wait for push locks and fast mutexes.
    pub lock_waits: Vec<LockWait>,
    /// Indices of the stacks of threads that the power manager lets work on an IRP.
    pub power_threads: Vec<usize>,
}

/// A thread that waits for a lock whose owner no structure of the dump records.
#[derive(Clone, Debug)]
pub(crate) struct LockWait {
    /// Index of its stack.
    pub stack: usize,
    /// The routine that waits.
    pub routine: String,
    /// The frame that wants the lock.
    pub waiter: usize,
    /// The lock, if the text tells it.
    pub lock: Option<u64>,
    /// Since when.
    pub seconds: Option<f64>,
}
