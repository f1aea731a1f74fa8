//! Who stopped the system: a process that died, or a driver that called `KeBugCheckEx` itself.

use super::*;
use crate::facts::DiedProcess;
use crate::verdict::CulpritRole;

/// `csrss.exe` ended while a thread of `bad` waits.
fn process_ended(frames: &[&str]) -> Facts {
    let mut facts = stop(0xEF, [0xffff_c000_1000, 0, 0, 0], frames).waits(
        0x100,
        &["nt!KeWaitForSingleObject", "bad!Worker"],
        "bad",
    );
    facts.died = Some(DiedProcess {
        address: 0xffff_c000_1000,
        thread: None,
        name: Some("csrss.exe".to_owned()),
        exit_status: Some(0xC000_0005),
    });
    facts
}

#[test]
fn the_process_that_died_is_named_and_no_driver_that_waits() {
    let frames = [
        "nt!KeBugCheckEx",
        "nt!PspCatchCriticalBreak",
        "nt!NtTerminateProcess",
        "nt!KiSystemServiceCopyEnd",
        "bad!Hook",
    ];
    let mut facts = process_ended(&frames);
    for every_thread in [true, false] {
        facts.shows.every_thread = every_thread;
        let (finding, rule) = apply(&facts);
        assert_eq!(rule, "critical-process-died");
        assert_eq!(finding.cause, CauseId::Inconclusive);
        assert!(finding.culprit.is_none() && finding.alternatives.is_empty());
        assert!(is_well_supported(&finding));
        let text = finding.explanation;
        assert!(text.starts_with("Process csrss.exe ("), "{text}");
        assert!(text.contains("0xc0000005"), "{text}");
        assert!(!text.contains("a thread of"), "{text}");
    }
    let mut thread = thread_at(0x200);
    thread.process = Some("killer.exe".to_owned());
    facts.stacks[0].thread = Some(thread);
    let text = apply(&facts).0.explanation;
    assert!(text.contains("a thread of killer.exe ended it"), "{text}");
}

#[test]
fn a_process_that_is_not_shown_is_not_invented() {
    let mut facts = process_ended(&["nt!KeBugCheckEx", "nt!PspCatchCriticalBreak"]);
    facts.died = None;
    facts.bugcheck.parameters = [None.into(); 4];
    let (finding, rule) = apply(&facts);
    assert_eq!(rule, "critical-process-died");
    assert!(!finding.explanation.contains("0x"), "{finding:?}");
}

#[test]
fn a_real_deadlock_still_explains_why_somebody_ended_a_process() {
    let mut facts = process_ended(&["nt!KeBugCheckEx"]);
    facts.waits[0].objects[0].kind = ObjectKind::Mutant;
    facts.waits[0].objects[0].owner = Some(0x100);
    let (finding, _) = apply(&facts);
    assert_eq!(finding.cause, CauseId::SelfDeadlock);
}

const OWN_STOP: &str = "driver-raised-stop";

#[test]
fn a_driver_that_stopped_the_system_itself_is_the_culprit() {
    let frames = [
        "nt!KeBugCheckEx",
        "bad!Panic",
        "nt!IofCallDriver",
        "top!Send",
    ];
    for code in [0xEF, 0xE2, 0xDEAD_DEAD, 0x1234_5678] {
        let (finding, rule) = apply(&stop(code, [1, 2, 3, 4], &frames));
        assert_eq!(rule, OWN_STOP, "{code:#x}");
        assert_eq!(finding.cause, CauseId::Inconclusive, "{code:#x}");
        assert_eq!(blamed(&finding).as_deref(), Some("bad.sys!Panic"));
        assert_eq!(finding.culprit.as_ref().unwrap().role, CulpritRole::Caller);
        assert_eq!(finding.confidence, Confidence::Likely);
        assert!(is_well_supported(&finding));
        let text = &finding.explanation;
        assert!(text.contains("called KeBugCheckEx with code"), "{text}");
    }
    // A thread that waits and a name for the process do not matter.
    let (finding, rule) = apply(&process_ended(&frames));
    assert_eq!(rule, OWN_STOP);
    assert_eq!(blamed(&finding).as_deref(), Some("bad.sys!Panic"));
    // KeBugCheck calls KeBugCheckEx in some kernels.
    let frames = ["nt!KeBugCheckEx", "nt!KeBugCheck", "bad!Panic"];
    assert_eq!(apply(&stop(0xE2, [0; 4], &frames)).1, OWN_STOP);
}

#[test]
fn a_driver_next_to_the_stop_did_not_always_raise_it() {
    let direct = ["nt!KeBugCheckEx", "bad!Panic"];
    let further_out = ["nt!KeBugCheckEx", "nt!PspCatchCriticalBreak", "bad!Kill"];
    let inbox = ["nt!KeBugCheckEx", "i8042prt!Dump", "bad!Isr"];
    let linked_in = ["nt!KeBugCheckEx", "bad!__report_gsfailure", "bad!Parse"];
    let interrupted = ["nt!KeBugCheckEx", "*bad!Work"];
    for (code, frames) in [
        (0xEF, &further_out[..]),
        (0xE2, &inbox[..]),
        (0x1234_5678, &linked_in[..]),
        (0xE2, &interrupted[..]),
        // Windows raises these itself.
        (0xD1, &direct[..]),
        (0x1E, &direct[..]),
        (0x133, &direct[..]),
        (0x139, &direct[..]),
        (0xC4, &direct[..]),
        (0xF7, &direct[..]),
        // The NMI's sender is elsewhere.
        (0x80, &direct[..]),
    ] {
        let (_, rule) = apply(&stop(code, [0; 4], frames));
        assert_ne!(rule, OWN_STOP, "{code:#x} {frames:?}");
    }
}

#[test]
fn a_caller_of_the_stop_that_was_scanned_is_only_residue() {
    let mut facts = stop(0xE2, [0; 4], &["nt!KeBugCheckEx", "bad!Panic"]);
    facts.stacks[0].frames[1].trust = Trust::Scan;
    assert_ne!(apply(&facts).1, OWN_STOP);
    // At the first instruction of KeBugCheckEx, the word on top of the stack is its caller.
    let frames = &mut facts.stacks[0].frames;
    frames[0].trust = Trust::Context;
    (frames[0].sp, frames[1].sp) = (Some(0x1000), Some(0x1008));
    assert_eq!(apply(&facts).1, OWN_STOP);
    facts.stacks[0].frames[1].sp = Some(0x1010);
    assert_ne!(apply(&facts).1, OWN_STOP);
    // With exports only, another function has the name.
    let mut facts = stop(0xE2, [0; 4], &["nt!KeBugCheckEx", "bad!Panic"]);
    facts.stacks[0].frames[0].symbol.offset = Some(0x5120);
    assert_ne!(apply(&facts).1, OWN_STOP);
}

#[test]
fn a_real_deadlock_is_why_a_driver_forced_the_dump() {
    let mut facts = process_ended(&["nt!KeBugCheckEx", "tool!Force"]);
    facts.bugcheck.code = 0xE2;
    facts.waits[0].objects[0].kind = ObjectKind::Mutant;
    facts.waits[0].objects[0].owner = Some(0x100);
    assert_eq!(apply(&facts).0.cause, CauseId::SelfDeadlock);
}
