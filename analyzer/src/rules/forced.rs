//! Whether a stop says nothing about its reason: it was forced from outside, or there is none.

use crate::facts::Facts;

/// Stops that are forced from outside, and live dumps.
const FORCED: &[u32] = &[0x80, 0xE2, 0x161, 0xEF, 0x1C8, 0x1CC, 0xDEAD_DEAD];

/// Whether the reason must be looked for among the threads.
pub(super) fn is_forced(facts: &Facts) -> bool {
    FORCED.contains(&facts.bugcheck.code)
        || !facts.shows.stop && facts.crash_stack().is_none()
        || facts.forced.is_some()
}

/// How the dump came about, in a sentence.
pub(super) fn how(facts: &Facts) -> String {
    match &facts.forced {
        _ if !facts.shows.stop => "the log states no stop".to_owned(),
        Some(why) => format!("the crash was forced: {why}"),
        None => "the dump was forced from outside".to_owned(),
    }
}
