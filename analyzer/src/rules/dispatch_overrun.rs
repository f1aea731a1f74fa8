//! A processor stayed at DISPATCH_LEVEL or above for too long (0x133) without waiting for a lock:
//! in all (P1 = 1), or in a thread or an interrupt routine although a single DPC is accused (P1 = 0,
//! or not shown).
//!
//! Needs: the crash stack across the clock interrupt, the code of the drivers on it, the counters.
//!
//! Decides: the driver below the interrupt whose code holds a spin lock, or raised the IRQL, where
//! it stands; if no code shows it, the outermost frame of the innermost driver, as the interrupt
//! may come anywhere below the function that works too long. If a DPC or an interrupt routine was
//! running, only its own frames count: the thread outwards of it was interrupted.
//!
//! Confidence: `likely` if the code shows the lock or the raise and no DPC was running; otherwise
//! `possible`: the time is cumulative, and others may have used part of it.
//!
//! Source: Microsoft's bug check reference, 0x133.

use super::blame::{code_evidence, culprit};
use super::evidence::{frame_at, parameter};
use super::turn::Turn;
use super::watchdog::{Interrupted, Limit};
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::verdict::{CauseId, Confidence, CulpritRole, StackKind, Unknown};

pub(super) struct DispatchOverrun;

impl Rule for DispatchOverrun {
    fn name(&self) -> &'static str {
        "dispatch-level-overrun"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let at = Interrupted::find(facts)?;
        let in_dpc_or_unknown = matches!(at.turn, Turn::Dpc { .. } | Turn::Unknown);
        if at.limit() != Limit::Dispatch && in_dpc_or_unknown {
            return None;
        }
        let frames = &at.stack.frames;
        let drivers = at.frames().filter(|&index| frames[index].is_driver());
        let holder = drivers.clone().find_map(|index| {
            let code = facts.code_of(index)?;
            let lock = code.lock.as_ref().map(|lock| (lock, "release it"));
            let raised = code.irql.as_ref().map(|irql| (irql, "lower the IRQL"));
            Some((index, lock.or(raised)?))
        });
        let innermost = drivers
            .clone()
            .find(|&index| frames[index].is_third_party())
            .or_else(|| drivers.clone().next());
        let Some(innermost) = innermost else {
            return (at.limit() == Limit::Dispatch).then(|| elsewhere(facts))?;
        };
        let outermost = drivers
            .filter(|&index| frames[index].symbol.module == frames[innermost].symbol.module)
            .take_while(|&index| index >= innermost)
            .last();
        let blamed = holder
            .map(|(index, _)| index)
            .or(outermost)
            .unwrap_or(innermost);
        let frame = &frames[blamed];
        let watchdog = facts.watchdog.as_ref();
        let idle_dpc = watchdog.is_some_and(|watchdog| watchdog.dpc_active == Some(false));
        let period = facts.bugcheck.parameter(1);
        let period = period.filter(|_| at.limit() == Limit::Dispatch);
        let mut evidence = vec![parameter(accusation(at.limit(), period), &[])];
        evidence.extend(at.counters());
        if let Some((_, (action, undone))) = holder {
            evidence.push(code_evidence(frame, action, undone));
        }
        let shows = format!("the last clock interrupt came in {}", frames[at.at].text());
        evidence.push(frame_at(at.stack, at.at, shows));
        evidence.extend(at.samples());
        let how = match holder {
            Some((_, (_, "release it"))) => "under a spin lock that it took",
            Some(_) => "at an IRQL that it raised",
            None => "at raised IRQL",
        };
        Some(Finding {
            cause: CauseId::DispatchLevelOverrun,
            explanation: format!(
                "{} works {how}{}; the processor did not come below DISPATCH_LEVEL for {}.",
                frame.text(),
                match at.turn {
                    Turn::Dpc { .. } => ", in a DPC",
                    Turn::Interrupt { .. } => ", in an interrupt service routine",
                    Turn::Thread => ", in a thread",
                    Turn::Idle | Turn::Unknown => "",
                },
                period.map_or("too long".to_owned(), |period| format!(
                    "{period} clock ticks"
                ))
            ),
            culprit: Some(culprit(frame, CulpritRole::Caller)),
            victims: Vec::new(),
            confidence: match holder.is_some() && idle_dpc {
                true => Confidence::Likely,
                false => Confidence::Possible,
            },
            evidence,
            unknown: vec![Unknown {
                what: "who used the whole of the time".to_owned(),
                why: "the watchdog adds up all time at raised IRQL; the dump shows its end"
                    .to_owned(),
            }],
            alternatives: Vec::new(),
        })
    }
}

/// What the stop's first parameters say.
fn accusation(limit: Limit, period: Option<u64>) -> String {
    match (limit, period) {
        (Limit::Dispatch, Some(period)) => {
            format!("the watchdog allows {period} ticks at DISPATCH_LEVEL or above")
        }
        (Limit::Dispatch, None) => {
            "the watchdog's time at DISPATCH_LEVEL or above is over; how long is not shown"
                .to_owned()
        }
        (Limit::Dpc, _) => {
            "the watchdog's time for a single DPC is over, but the stack is not that \
                            of a DPC"
                .to_owned()
        }
        (Limit::Unknown, _) => {
            "the watchdog's time is over; which of its limits is not shown".to_owned()
        }
    }
}

/// The stopped processor waits for others, in the kernel's own code: a driver that is shown on
/// another processor keeps it waiting. If every processor is busy with a driver, one of them proves
/// nothing.
fn elsewhere(facts: &Facts) -> Option<Finding> {
    if facts.shows.every_thread {
        return None;
    }
    let (stack, at) = facts.stacks.iter().skip(1).find_map(|stack| {
        let at = stack.first_suspect(0)?;
        let runs = stack.kind == StackKind::Processor && stack.frames[at].is_third_party();
        runs.then_some((stack, at))
    })?;
    let frame = &stack.frames[at];
    Some(Finding {
        cause: CauseId::DispatchLevelOverrun,
        explanation: format!(
            "The stopped processor waits in the kernel; {} runs on another one.",
            frame.text()
        ),
        culprit: Some(culprit(frame, CulpritRole::Suspect)),
        victims: Vec::new(),
        confidence: Confidence::Possible,
        evidence: vec![frame_at(stack, at, format!("{} runs", frame.text()))],
        unknown: vec![Unknown {
            what: "what the stopped processor waits for".to_owned(),
            why: "the log does not show it; run !running -it and !ipi".to_owned(),
        }],
        alternatives: Vec::new(),
    })
}
