//! A log without a stop shows a processor in a driver's interrupt or DPC routine.
//!
//! Needs: the stack of a processor.
//!
//! Decides: inside the kernel's dispatcher of interrupts or DPCs, the outermost driver that does not
//! come with Windows is the one whose routine runs; if the machine hangs, in that routine.
//!
//! Confidence: `possible`: one sample does not show that it lasts.
//!
//! Source: WDK, guidelines for writing DPC and interrupt routines.

use super::blame::culprit;
use super::evidence::frame_at;
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::verdict::{CauseId, Confidence, CulpritRole, StackKind, Unknown};

/// Functions of the kernel that call interrupt and DPC routines.
const CALLERS: &[&str] = &[
    "KiCallInterruptServiceRoutine",
    "KiScanInterruptObjectList",
    "KiInterruptMessageDispatch",
    "KiExecuteAllDpcs",
    "KiExecuteDpc",
    "KiRetireDpcList",
    "KiProcessExpiredTimerList",
];

pub(super) struct RunningAtRaisedIrql;

impl Rule for RunningAtRaisedIrql {
    fn name(&self) -> &'static str {
        "running-at-raised-irql"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        if facts.shows.stop {
            return None;
        }
        let (stack, blamed) = facts.stacks.iter().find_map(|stack| {
            let caller = stack.frames.iter().position(|frame| {
                let name = frame.symbol.function.as_deref();
                frame.symbol.in_kernel && name.is_some_and(|name| CALLERS.contains(&name))
            })?;
            let blamed = (0..caller).find(|&index| stack.frames[index].is_third_party())?;
            (stack.kind != StackKind::Thread).then_some((stack, blamed))
        })?;
        let frame = &stack.frames[blamed];
        Some(Finding {
            cause: CauseId::DpcOverrun,
            explanation: format!(
                "A processor is in {}, called by the kernel's dispatcher of interrupts and DPCs. If \
                 the system hangs, that routine does not return.",
                frame.text()
            ),
            culprit: Some(culprit(frame, CulpritRole::Suspect)),
            victims: Vec::new(),
            confidence: Confidence::Possible,
            evidence: vec![frame_at(stack, blamed, format!("{} runs", frame.text()))],
            unknown: vec![Unknown {
                what: "whether the routine lasts".to_owned(),
                why: "the log shows one moment; break in again, or run !dpcwatchdog".to_owned(),
            }],
            alternatives: Vec::new(),
        })
    }
}
