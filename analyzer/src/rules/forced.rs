//! Whether a stop says nothing about its reason: it was forced from outside, or there is none.

use crate::facts::Facts;

/// Whether the reason must be looked for among the threads.
pub(super) fn is_forced(facts: &Facts) -> bool {
    let told = facts.transcript.as_ref();
    facts.bugcheck.is_forced()
        || told.is_some_and(|log| {
            !log.has_stop && facts.crash_stack().is_none() || log.forced.is_some()
        })
}

/// How the dump came about, in a sentence.
pub(super) fn how(facts: &Facts) -> String {
    match facts.transcript.as_ref() {
        Some(log) if !log.has_stop => "the log states no stop".to_owned(),
        Some(log) => match &log.forced {
            Some(why) => format!("the crash was forced: {why}"),
            None => "the dump was forced from outside".to_owned(),
        },
        None => "the dump was forced from outside".to_owned(),
    }
}
