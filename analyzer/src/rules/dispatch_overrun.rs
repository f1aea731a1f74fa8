//! A processor stayed at DISPATCH_LEVEL or above for too long (0x133, P1 = 1), with no DPC running
//! at the end and without waiting for a lock.
//!
//! Needs: the crash stack across the clock interrupt, the code of the drivers on it, the counters.
//!
//! Decides: the driver below the interrupt whose code holds a spin lock, or raised the IRQL, where
//! it stands; if no code shows it, the outermost frame of the innermost driver, as the interrupt
//! may come anywhere below the function that works too long.
//!
//! Confidence: `likely` if the code shows the lock or the raise and no DPC was running; otherwise
//! `possible`: the time is cumulative, and others may have used part of it.
//!
//! Source: Microsoft's bug check reference, 0x133.

use super::blame::{code_evidence, culprit};
use super::evidence::{frame_at, parameter};
use super::watchdog::Interrupted;
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::verdict::{CauseId, Confidence, CulpritRole, StackKind, Unknown};

pub(super) struct DispatchOverrun;

impl Rule for DispatchOverrun {
    fn name(&self) -> &'static str {
        "dispatch-level-overrun"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let at = Interrupted::find(facts, Some(1))?;
        let frames = &at.stack.frames;
        let drivers = (at.at..frames.len()).filter(|&index| frames[index].is_driver());
        let holder = drivers.clone().find_map(|index| {
            let code = facts.code_of(index)?;
            let lock = code.lock.as_ref().map(|lock| (lock, "release it"));
            let raised = code.irql.as_ref().map(|irql| (irql, "lower the IRQL"));
            Some((index, lock.or(raised)?))
        });
        let Some(innermost) = at.stack.first_suspect(at.at) else {
            return elsewhere(facts);
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
        let period = facts.bugcheck.parameters[1];
        let mut evidence = vec![parameter(
            format!("the watchdog allows {period} ticks at DISPATCH_LEVEL or above"),
            &[],
        )];
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
                "{} works {how}; the processor did not come below DISPATCH_LEVEL for {period} \
                 clock ticks.",
                frame.text()
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
