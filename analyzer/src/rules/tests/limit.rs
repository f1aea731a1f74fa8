//! What a source that shows less may still say.

use super::*;
use crate::facts::{Coverage, CrashStack};
use crate::rules::limit::limit;

/// 0x44: `completer` completes an IRP again.
fn completed_twice(completer: &str) -> Facts {
    let caller = format!("{completer}!Complete");
    stop(
        0x44,
        [0x50, 0, 0, 0],
        &["nt!KeBugCheckEx", "nt!IofCompleteRequest", &caller],
    )
}

#[test]
fn without_memory_what_comes_with_windows_is_a_suspect() {
    let mut facts = completed_twice("ndis");
    let (finding, _) = apply(&facts);
    assert_eq!(finding.confidence, Confidence::Likely);
    facts.shows = Coverage::log(true, CrashStack::Own);
    let (finding, _) = apply(&facts);
    assert_eq!(finding.confidence, Confidence::Possible);
    let last = finding.unknown.last().unwrap();
    assert_eq!(last.what, "who misled ndis.sys");
    // A minidump has memory, if little of it.
    facts.shows = Coverage::minidump(true);
    assert_eq!(apply(&facts).0.confidence, Confidence::Likely);
}

#[test]
fn without_memory_who_only_checks_is_not_blamed() {
    let mut facts = completed_twice("watchdog");
    facts.shows = Coverage::log(true, CrashStack::Own);
    let (finding, _) = apply(&facts);
    assert_eq!(finding.culprit, None);
    let noticed = finding.alternatives.last().unwrap();
    let culprit = noticed.culprit.as_ref().unwrap();
    assert_eq!(culprit.module, "watchdog.sys");
}

#[test]
fn whom_analyze_named_is_not_certain() {
    let mut facts = completed_twice("bad");
    let (mut finding, _) = apply(&facts);
    finding.confidence = Confidence::Certain;
    limit(&facts, &mut finding);
    assert_eq!(finding.confidence, Confidence::Certain);
    facts.shows = Coverage::log(true, CrashStack::Implied);
    limit(&facts, &mut finding);
    assert_eq!(finding.confidence, Confidence::Likely);
}
