//! Whether a stop does not show its reason: it was forced, or there is none.

use crate::facts::Facts;

/// Whether the reason must be searched among the threads.
pub(super) fn is_forced(facts: &Facts) -> bool {
    facts.bugcheck.is_forced()
        || !facts.shows.stop && facts.crash_stack().is_none()
        || facts.forced.is_some()
}

/// How the dump was made, as a sentence.
pub(super) fn how(facts: &Facts) -> String {
    match &facts.forced {
        _ if !facts.shows.stop => "the log states no stop".to_owned(),
        Some(why) => format!("the crash was forced: {why}"),
        None => "the dump was forced from outside".to_owned(),
    }
}
