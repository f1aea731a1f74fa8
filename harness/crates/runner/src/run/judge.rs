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
mod tests;
