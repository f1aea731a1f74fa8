//! Whether a stop does not show its reason: it was forced, or there is none.

use crate::facts::Facts;
use crate::stop::CRITICAL_PROCESS_DIED;

/// Whether the reason must be searched among the threads.
pub(super) fn is_forced(facts: &Facts) -> bool {
    facts.bugcheck.is_forced()
        || !facts.shows.stop && facts.crash_stack().is_none()
        || facts.forced.is_some()
}

/// Whether the stop came because a critical process ended. People also end one to get a dump of a
/// system that hangs, so a circle of waiting threads counts; a wait alone does not.
pub(super) fn process_died(facts: &Facts) -> bool {
    facts.bugcheck.family() == CRITICAL_PROCESS_DIED
}

/// How the dump was made, as a sentence.
pub(super) fn how(facts: &Facts) -> String {
    match &facts.forced {
        _ if !facts.shows.stop => "the log states no stop".to_owned(),
        Some(why) => format!("the crash was forced: {why}"),
        None => "the dump was forced from outside".to_owned(),
    }
}
