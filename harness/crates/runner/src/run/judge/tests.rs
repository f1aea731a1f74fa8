//! Outcomes of made-up endings and observations.

use super::*;
use crate::testing::verdict;
use scenario::BugcheckExpectation;

const WITHIN: Duration = Duration::from_secs(20);

fn observed(announced_code: u32) -> Observed {
    let verdict = verdict();
    let record = witness::of_verdict(&verdict.bugcheck).unwrap();
    let announced = StopRecord {
        code: announced_code,
        ..record
    };
    Observed {
        announced: Some(announced),
        witnesses: Some(StopSources {
            announced: Some(announced),
            header: Some(record),
            verdict: Some(record),
        }),
        verdict: Some(verdict),
        ..Observed::default()
    }
}

fn crash() -> Expectation {
    Expectation::Crash(CrashExpectation {
        cause: Some("irql-leaked".parse().unwrap()),
        ..CrashExpectation::default()
    })
}

fn mismatch(outcome: Outcome) -> Mismatch {
    match outcome {
        Outcome::Failed { mut mismatches } => mismatches.remove(0),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_crash_as_expected_passes_and_needs_its_witnesses() {
    let stopped = Ending::Stopped(None);
    assert_eq!(
        verdict_of(&crash(), &stopped, &observed(0xD1)),
        Outcome::Passed
    );
    let differs = mismatch(verdict_of(&crash(), &stopped, &observed(0x1E)));
    assert_eq!(differs.field, "witnesses");
    assert!(
        differs.actual.contains("announcement says 0x1E"),
        "{differs:?}"
    );
    let nothing = verdict_of(&crash(), &stopped, &Observed::default());
    assert!(matches!(nothing, Outcome::Infra { .. }));
}

#[test]
fn a_twin_that_crashes_fails_with_the_verdict() {
    let outcome = verdict_of(
        &Expectation::NoCrash,
        &Ending::Stopped(None),
        &observed(0xD1),
    );
    assert_eq!(
        mismatch(outcome).actual,
        "stop 0xD1 irql-leaked, culprit Hog.sys!Write"
    );
    let nothing = Observed::default();
    let survived = verdict_of(&Expectation::NoCrash, &Ending::Survived, &nothing);
    assert_eq!(survived, Outcome::Passed);
}

#[test]
fn hanging_running_on_and_leaving_are_failures_that_say_so() {
    let nothing = Observed::default();
    for (ending, expected, word) in [
        (timed_out(false), crash(), "hangs"),
        (timed_out(true), crash(), "runs on"),
        (timed_out(true), Expectation::NoCrash, "no x; "),
        (left(), crash(), "reset"),
    ] {
        let found = mismatch(verdict_of(&expected, &ending, &nothing));
        assert!(found.actual.contains(word), "{found:?}");
        assert!(found.expected.contains("20s"), "{found:?}");
    }
}

fn left() -> Ending {
    Ending::Left {
        how: None,
        message: "the guest was reset".into(),
    }
}

#[test]
fn a_hang_needs_two_dumps_that_blame_the_same_driver() {
    let hang = |code: u32| {
        Expectation::Crash(CrashExpectation {
            bugcheck: Some(BugcheckExpectation {
                code,
                parameters: [None; 4],
            }),
            ..CrashExpectation::default()
        })
    };
    let mut seen = observed(0x80);
    let stop = |verdict: &mut Verdict| {
        verdict.bugcheck.code = 0x80;
        verdict.bugcheck.code_hex = "0x80".into();
    };
    stop(seen.verdict.as_mut().unwrap());
    for record in seen.witnesses.iter_mut() {
        record.header.as_mut().unwrap().code = 0x80;
        record.verdict.as_mut().unwrap().code = 0x80;
    }
    seen.forced = Some(true);
    seen.live = Some(verdict());
    let ending = timed_out(true);
    assert_eq!(verdict_of(&hang(0x80), &ending, &seen), Outcome::Passed);

    let other = mismatch(verdict_of(&hang(0xD1), &ending, &seen));
    assert!(
        other.actual.contains("its dump: 0xD1 irql-leaked"),
        "{other:?}"
    );
    assert!(other.actual.contains("at an NMI, stop 0x80"), "{other:?}");

    seen.live.as_mut().unwrap().culprit = None;
    let differs = mismatch(verdict_of(&hang(0x80), &ending, &seen));
    assert_eq!(
        (&*differs.expected, &*differs.actual),
        ("Hog.sys", "nobody")
    );
    seen.forced = Some(false);
    let ignored = mismatch(verdict_of(&hang(0x80), &ending, &seen));
    assert!(ignored.actual.contains("ignored an NMI"), "{ignored:?}");
}

#[test]
fn a_rare_crash_that_does_not_come_says_nothing() {
    let nothing = Observed::default();
    let expect = crash();
    let wanted = Criteria {
        rare: true,
        ..wanted(&expect)
    };
    let outcome = judge(&wanted, &Ending::Survived, &nothing);
    assert!(matches!(outcome, Outcome::Skipped { .. }), "{outcome:?}");
    let outcome = judge(&wanted, &timed_out(true), &nothing);
    assert!(matches!(outcome, Outcome::Failed { .. }), "{outcome:?}");
}

fn verdict_of(expect: &Expectation, ending: &Ending, observed: &Observed) -> Outcome {
    judge(&wanted(expect), ending, observed)
}

fn wanted(expect: &Expectation) -> Criteria<'_> {
    Criteria {
        expect,
        within: WITHIN,
        rare: false,
        announces: true,
        work_seen: true,
        unproven: None,
    }
}

#[test]
fn a_guest_that_cannot_announce_its_stop_has_two_witnesses() {
    let expect = crash();
    let mut seen = observed(0xD1);
    seen.witnesses.as_mut().unwrap().announced = None;
    let silent = Criteria {
        announces: false,
        ..wanted(&expect)
    };
    let stopped = Ending::Stopped(None);
    assert_eq!(judge(&silent, &stopped, &seen), Outcome::Passed);
    let missed = mismatch(judge(&wanted(&expect), &stopped, &seen));
    assert!(
        missed.actual.contains("announcement is missing"),
        "{missed:?}"
    );
    seen.witnesses
        .as_mut()
        .unwrap()
        .header
        .as_mut()
        .unwrap()
        .code = 0x161;
    let differs = mismatch(judge(&silent, &stopped, &seen));
    assert!(differs.actual.contains("header says 0x161"), "{differs:?}");
}

#[test]
fn what_was_not_seen_is_not_taken_for_granted() {
    let nothing = Observed::default();
    let blind = Criteria {
        work_seen: false,
        unproven: Some(Watchdog::Dpc),
        ..wanted(&Expectation::NoCrash)
    };
    let outcome = judge(&blind, &Ending::Survived, &nothing);
    assert!(matches!(outcome, Outcome::Skipped { .. }), "{outcome:?}");
    let expect = crash();
    let blind = Criteria {
        expect: &expect,
        ..blind
    };
    let Outcome::Infra { reason } = judge(&blind, &timed_out(true), &nothing) else {
        panic!();
    };
    assert!(
        reason.ends_with("whether the DPC watchdog is armed in this guest was not seen"),
        "{reason}"
    );
}

fn timed_out(responsive: bool) -> Ending {
    Ending::TimedOut {
        waiting_for: "x".into(),
        responsive,
    }
}

#[test]
fn what_says_nothing_about_the_driver_is_infrastructure() {
    let nothing = Observed::default();
    for ending in [
        Ending::QemuDied("q".into()),
        Ending::DiskFailed("q".into()),
        Ending::StepFailed("q".into()),
    ] {
        for expected in [crash(), Expectation::NoCrash] {
            assert_eq!(
                verdict_of(&expected, &ending, &nothing),
                Outcome::infra("q")
            );
        }
    }
}
