//! Expectation × what happened → outcome. Pure.

use std::fmt::Write as _;
use std::time::Duration;

use analyzer::verdict::Verdict;
use scenario::{CrashExpectation, Expectation};
use vm::plan::{Plan, Watchdog};
use vm::watch::Ending;

use super::one_line;
use crate::events::{Analysis, Outcome};
use crate::expect::{self, Mismatch};
use crate::witness::{self, StopRecord, StopSources};

/// What was seen of a stop.
#[derive(Default)]
pub(super) struct Observed {
    pub announced: Option<StopRecord>,
    pub witnesses: Option<StopSources>,
    pub verdict: Option<Verdict>,
    /// If the guest hung and was sent a non-maskable interrupt: whether it stopped.
    pub forced: Option<bool>,
    /// What the dump says that was taken while it hung.
    pub live: Option<Verdict>,
    /// What each analyzer says, if several were asked.
    pub analyses: Vec<Analysis>,
}

/// What a run must come to in order to pass.
pub(super) struct Criteria<'p> {
    pub expect: &'p Expectation,
    pub within: Duration,
    /// Whether a run without the crash says nothing.
    pub rare: bool,
    /// Whether the guest announces its stop.
    pub announces: bool,
    /// Whether it was seen that the drivers did their work, if a run without a crash is to prove
    /// something.
    pub work_seen: bool,
    /// A watchdog that the stop comes from, and of which it was not seen that it is armed.
    pub unproven: Option<Watchdog>,
}

impl<'p> Criteria<'p> {
    /// Of a plan; `armed`: it was seen that the plan's watchdog is armed.
    pub(super) fn of(plan: &'p Plan, armed: bool) -> Self {
        Self {
            expect: &plan.expect,
            within: plan.within,
            rare: plan.rare,
            announces: plan.announces_stop(),
            work_seen: plan.debug_output_on_com1 || plan.drivers.is_empty(),
            unproven: plan.watchdog.filter(|_| !armed),
        }
    }
}

/// The stop of a guest that gets a non-maskable interrupt.
const NMI_STOP: u32 = 0x80;

/// The outcome of a run in a guest that had booted.
pub(super) fn judge(wanted: &Criteria, ending: &Ending, observed: &Observed) -> Outcome {
    let expected = wanted.expect;
    let actual = match (ending, expected) {
        (Ending::Stopped(_), Expectation::Crash(crash)) => {
            return judge_crash(crash, wanted.announces, observed);
        }
        (Ending::TimedOut { .. }, Expectation::Crash(crash))
            if expects_hang(crash) && observed.forced == Some(true) =>
        {
            return judge_hang(crash, wanted.announces, observed);
        }
        (Ending::Survived, Expectation::Crash(_)) if wanted.rare => {
            return Outcome::Skipped {
                reason: "did not reproduce this time; --repeat N tries more often".into(),
            };
        }
        (Ending::Survived, Expectation::NoCrash) if !wanted.work_seen => {
            return Outcome::Skipped {
                reason: "no crash, which proves little: that the drivers did their work is not \
                         seen in this guest, which sends DbgPrint to no COM port"
                    .into(),
            };
        }
        (Ending::Survived, Expectation::NoCrash) => return Outcome::Passed,
        (
            Ending::QemuDied(message) | Ending::DiskFailed(message) | Ending::StepFailed(message),
            _,
        ) => {
            return Outcome::infra(message);
        }

        (Ending::Stopped(_), Expectation::NoCrash) => stopped(observed),
        (Ending::Survived, Expectation::Crash(_)) => "the guest ran to the end".into(),
        (Ending::Left { message, .. } | Ending::WorkFailed(message), _) => message.clone(),
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
            let message = format!("no {waiting_for}; {state}{}", after_nmi(observed));
            if let Some(watchdog) = wanted.unproven {
                let name = watchdog.name();
                return Outcome::infra(format!(
                    "{message}; whether the {name} is armed in this guest was not seen"
                ));
            }
            message
        }
    };
    let within = wanted.within;
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

fn judge_crash(expected: &CrashExpectation, announces: bool, observed: &Observed) -> Outcome {
    let (Some(witnesses), Some(verdict)) = (&observed.witnesses, &observed.verdict) else {
        return Outcome::infra("the guest stopped, but there is not a verdict");
    };
    let mut mismatches = expect::compare(expected, verdict);
    mismatches.extend(
        (witnesses.disagreements(announces).into_iter()).map(|what| {
            Mismatch::new(
                "witnesses",
                if announces {
                    "all three agree"
                } else {
                    "both agree"
                },
                what,
            )
        }),
    );
    if mismatches.is_empty() {
        Outcome::Passed
    } else {
        Outcome::Failed { mismatches }
    }
}

fn expects_hang(crash: &CrashExpectation) -> bool {
    (crash.bugcheck.as_ref()).is_some_and(|bugcheck| bugcheck.code == NMI_STOP)
}

/// A guest that hung, as it should, and was made to stop: what it looked like before must lead to
/// the same driver.
fn judge_hang(expected: &CrashExpectation, announces: bool, observed: &Observed) -> Outcome {
    let module = |verdict: &Option<Verdict>| match verdict {
        None => "no verdict".to_owned(),
        Some(verdict) => (verdict.culprit.as_ref()).map_or("nobody".into(), |c| c.module.clone()),
    };
    let (live, last) = (module(&observed.live), module(&observed.verdict));
    let same = live.eq_ignore_ascii_case(&last) && observed.live.is_some();
    let outcome = judge_crash(expected, announces, observed);
    let mut mismatches = match outcome {
        _ if same => return outcome,
        Outcome::Failed { mismatches } => mismatches,
        Outcome::Passed => Vec::new(),
        other => return other,
    };
    mismatches.push(Mismatch::new("culprit.module in the live dump", last, live));
    Outcome::Failed { mismatches }
}

/// What the non-maskable interrupt showed.
fn after_nmi(observed: &Observed) -> String {
    let mut message = String::new();
    if let Some(live) = &observed.live {
        let _ = write!(message, "; its dump: {}", one_line(live));
    }
    match observed.forced {
        None => {}
        Some(true) => {
            let _ = write!(message, "; at an NMI, {}", stopped(observed));
        }
        Some(false) => message.push_str("; it ignored an NMI"),
    }
    message
}

fn stopped(observed: &Observed) -> String {
    match (&observed.verdict, &observed.announced) {
        (Some(verdict), _) => format!("stop {}", one_line(verdict)),
        (None, Some(stop)) => format!("stop {}", witness::show(stop)),
        (None, None) => "a stop".into(),
    }
}

/// Why a guest that never was ready counts as not booted.
pub(super) fn not_booted(ending: &Ending, last_lines: &str, observed: &Observed) -> String {
    let why = match ending {
        Ending::Stopped(_) => match &observed.announced {
            Some(stop) => format!("it stopped with {}", witness::show(stop)),
            None => "it stopped".into(),
        },
        Ending::TimedOut { waiting_for, .. } => format!("no {waiting_for}"),
        Ending::QemuDied(message)
        | Ending::DiskFailed(message)
        | Ending::Left { message, .. }
        | Ending::StepFailed(message)
        | Ending::WorkFailed(message) => message.clone(),
        Ending::Survived => "it ended early".into(),
    };
    let com1 = if last_lines.is_empty() {
        "it wrote nothing to COM1".to_owned()
    } else {
        format!("its last lines on COM1: {last_lines}")
    };
    format!("the guest did not boot: {why}; {com1}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::verdict;
    use scenario::BugcheckExpectation;

    const WITHIN: Duration = Duration::from_secs(20);

    fn observed(announced_code: u32) -> Observed {
        let verdict = verdict();
        let record = witness::of_verdict(&verdict.bugcheck);
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
}
