//! Phrases that the reports share.

use crate::verdict::Culprit;

/// A time span for people.
pub(super) fn duration(seconds: f64) -> String {
    let whole = seconds as u64;
    match (whole / 86_400, whole / 3600 % 24, whole / 60 % 60) {
        (0, 0, 0) => format!("{seconds:.1} s"),
        (0, 0, minutes) => format!("{minutes} min {} s", whole % 60),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// `module!function+offset`.
pub(super) fn who(culprit: &Culprit) -> String {
    let offset = culprit.offset.filter(|&offset| offset != 0);
    let offset = offset.map_or_else(String::new, |offset| format!("+{offset:#x}"));
    match &culprit.function {
        Some(function) => format!("{}!{function}{offset}", culprit.module),
        None => format!("{}{offset}", culprit.module),
    }
}
