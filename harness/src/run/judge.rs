//! Expectation × what happened → outcome. Pure.

use std::time::Duration;

use analyzer::verdict::Verdict;

use super::in_short;
use crate::events::Outcome;
use crate::expect::{self, Mismatch};
use crate::scenario::{CrashExpectation, Expectation};
use crate::watch::Ending;
use crate::witness::{self, Testimony, Witnesses};

/// What was seen of a stop.
#[derive(Default)]
pub(super) struct Observed {
    pub announced: Option<Testimony>,
    pub witnesses: Option<Witnesses>,
    pub verdict: Option<Verdict>,
}

/// The outcome of a run in a guest that had booted.
pub(super) fn judge(
    expected: &Expectation,
    within: Duration,
    ending: &Ending,
    observed: &Observed,
) -> Outcome {
    let actual = match (ending, expected) {
        (Ending::Stopped(_), Expectation::Crash(crash)) => return judge_crash(crash, observed),
        (Ending::Survived, Expectation::NoCrash) => return Outcome::Passed,
        (Ending::QemuDied(words) | Ending::StepFailed(words), _) => return Outcome::infra(words),

        (Ending::Stopped(_), Expectation::NoCrash) => stopped(observed),
        (Ending::Survived, Expectation::Crash(_)) => "the guest ran to the end".into(),
        (Ending::Left(words) | Ending::WorkFailed(words), _) => words.clone(),
        (
            Ending::TimedOut {
                responsive,
                waiting_for,
            },
            _,
        ) => {
            let state = if *responsive {
                "the guest runs on"
            } else {
                "the guest hangs: its agent is silent, too"
            };
            format!("no {waiting_for}; {state}")
        }
    };
    let expected = match expected {
        Expectation::NoCrash => format!("no crash, and all drivers done within {within:?}"),
        Expectation::Crash(crash) => match &crash.bugcheck {
            Some(bugcheck) => format!("stop 0x{:X} within {within:?}", bugcheck.code),
            None => format!("a stop within {within:?}"),
        },
    };
    Outcome::Failed {
        mismatches: vec![Mismatch::new("outcome", expected, actual)],
    }
}

fn judge_crash(expected: &CrashExpectation, observed: &Observed) -> Outcome {
    let (Some(witnesses), Some(verdict)) = (&observed.witnesses, &observed.verdict) else {
        return Outcome::infra("the guest stopped, but there is no verdict");
    };
    let mut mismatches = expect::compare(expected, verdict);
    mismatches.extend(
        (witnesses.disagreements().into_iter())
            .map(|what| Mismatch::new("witnesses", "all three agree", what)),
    );
    if mismatches.is_empty() {
        Outcome::Passed
    } else {
        Outcome::Failed { mismatches }
    }
}

fn stopped(observed: &Observed) -> String {
    match (&observed.verdict, &observed.announced) {
        (Some(verdict), _) => format!("stop {}", in_short(verdict)),
        (None, Some(stop)) => format!("stop {}", witness::show(stop)),
        (None, None) => "a stop".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expect::tests::verdict;

    const WITHIN: Duration = Duration::from_secs(20);

    fn observed(announced_code: u32) -> Observed {
        let verdict = verdict();
        let said = witness::of_verdict(&verdict.bugcheck);
        let announced = Testimony {
            code: announced_code,
            ..said
        };
        Observed {
            announced: Some(announced),
            witnesses: Some(Witnesses {
                announced: Some(announced),
                header: Some(said),
                verdict: Some(said),
            }),
            verdict: Some(verdict),
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
            judge(&crash(), WITHIN, &stopped, &observed(0xD1)),
            Outcome::Passed
        );
        let differs = mismatch(judge(&crash(), WITHIN, &stopped, &observed(0x1E)));
        assert_eq!(differs.field, "witnesses");
        assert!(
            differs.actual.contains("announcement says 0x1E"),
            "{differs:?}"
        );
        let nothing = judge(&crash(), WITHIN, &stopped, &Observed::default());
        assert!(matches!(nothing, Outcome::Infra { .. }));
    }

    #[test]
    fn a_twin_that_crashes_fails_with_the_verdict() {
        let outcome = judge(
            &Expectation::NoCrash,
            WITHIN,
            &Ending::Stopped(None),
            &observed(0xD1),
        );
        assert_eq!(
            mismatch(outcome).actual,
            "stop 0xD1 irql-leaked, culprit Hog.sys!Write"
        );
        let nothing = Observed::default();
        let survived = judge(&Expectation::NoCrash, WITHIN, &Ending::Survived, &nothing);
        assert_eq!(survived, Outcome::Passed);
    }

    #[test]
    fn hanging_running_on_and_leaving_are_failures_that_say_so() {
        let nothing = Observed::default();
        for (ending, expected, word) in [
            (timed_out(false), crash(), "hangs"),
            (timed_out(true), crash(), "runs on"),
            (timed_out(true), Expectation::NoCrash, "no x; "),
            (Ending::Left("the guest was reset".into()), crash(), "reset"),
        ] {
            let found = mismatch(judge(&expected, WITHIN, &ending, &nothing));
            assert!(found.actual.contains(word), "{found:?}");
            assert!(found.expected.contains("20s"), "{found:?}");
        }
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
        for ending in [Ending::QemuDied("q".into()), Ending::StepFailed("q".into())] {
            for expected in [crash(), Expectation::NoCrash] {
                assert_eq!(
                    judge(&expected, WITHIN, &ending, &nothing),
                    Outcome::infra("q")
                );
            }
        }
    }
}
