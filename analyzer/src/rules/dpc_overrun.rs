//! One DPC ran longer than the watchdog allows (0x133, P1 = 0), and not because it waits for a lock.
//!
//! Needs: the crash stack across the clock interrupt, the processor's counters, who spins.
//!
//! Decides: the routine of the active DPC is to blame, which is the driver's frame called by the
//! kernel's DPC dispatcher; where that routine comes with Windows (a framework, a port driver), the
//! next frame inwards that does not. Not the interrupted frame: the interrupt may come anywhere
//! below the routine. Not what lies outwards of the dispatcher: that thread was only interrupted.
//! A routine that is merely passing through the acquisition of a free lock is not waiting (seed
//! 000); one that does spin is left to the rule `spinlock-never-released`. A stack that leads to a
//! thread's start without a dispatcher is no DPC's, whatever P1 says: `dispatch-level-overrun`.
//!
//! Confidence: `certain` if the processor's counters show an active DPC, and the routine recorded
//! there is the one blamed; `likely` if the dispatcher is on the stack; `possible` if the stack ends
//! before it.
//!
//! Sources: Microsoft's bug check reference, 0x133; seed 000, second part.

use super::blame::{culprit, victim};
use super::evidence::{frame_at, parameter};
use super::turn::Turn;
use super::watchdog::{Interrupted, Limit};
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::verdict::{CauseId, Confidence, CulpritRole, Unknown, VictimKind};

pub(super) struct DpcOverrun;

impl Rule for DpcOverrun {
    fn name(&self) -> &'static str {
        "dpc-overrun"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let at = Interrupted::find(facts)?;
        let applies = match (at.limit(), at.turn) {
            (Limit::Dpc | Limit::Unknown, Turn::Dpc { .. } | Turn::Unknown) => true,
            (Limit::Dispatch, _) | (_, Turn::Interrupt { .. } | Turn::Thread | Turn::Idle) => false,
        };
        let inside = || at.frames().rev().filter(|_| applies);
        let end = at.frames().end;
        let blamed = inside()
            .find(|&index| at.stack.frames[index].is_third_party())
            .or_else(|| inside().find(|&index| at.stack.frames[index].is_driver()))?;
        let frame = &at.stack.frames[blamed];
        let recorded = facts.watchdog.as_ref().filter(|watchdog| {
            let start = frame.symbol.function_start;
            let routine = watchdog.routine.as_ref().map(|routine| routine.address);
            watchdog.dpc_active == Some(true) && start.is_some() && start == routine
        });
        let ran = match at.ticks() {
            Some((used, allowed)) => format!("has run for {used} ticks; {allowed} are allowed"),
            None => "has run for longer than is allowed; for how long is not shown".to_owned(),
        };
        let mut evidence = vec![parameter(format!("the DPC {ran}"), &[])];
        evidence.extend(at.counters());
        let called = match (recorded, at.turn.is_dpc()) {
            (Some(_), _) => "is the routine of the DPC that the processor records as active",
            (None, true) => "is what the kernel's DPC dispatcher called",
            (None, false) => "is the outermost driver that the stack shows",
        };
        evidence.push(frame_at(
            at.stack,
            blamed,
            format!("{} {called}", frame.text()),
        ));
        if at.at != blamed {
            let interrupted = &at.stack.frames[at.at];
            let shows = format!("the last clock interrupt came in {}", interrupted.text());
            evidence.push(frame_at(at.stack, at.at, shows));
        }
        evidence.extend(at.samples());
        let thread = at.stack.frames[end.min(at.stack.frames.len() - 1)..].iter();
        let interrupted = thread
            .clone()
            .find(|below| below.is_third_party() && below.symbol.module != frame.symbol.module);
        let why = "its thread was interrupted by the DPC".to_owned();
        Some(Finding {
            cause: CauseId::DpcOverrun,
            explanation: format!(
                "The DPC routine {} {ran}.",
                frame.symbol.function.as_deref().unwrap_or("of the driver")
            ),
            culprit: Some(culprit(frame, CulpritRole::Caller)),
            victims: interrupted
                .map(|below| victim(VictimKind::Bystander, at.stack, below, why))
                .into_iter()
                .collect(),
            confidence: match (recorded, at.turn.is_dpc()) {
                (Some(_), _) => Confidence::Certain,
                (None, true) => Confidence::Likely,
                (None, false) => Confidence::Possible,
            },
            evidence,
            unknown: open(at),
            alternatives: Vec::new(),
        })
    }
}

/// What the stop leaves open.
fn open(at: Interrupted<'_>) -> Vec<Unknown> {
    let lasted = Unknown {
        what: "what the routine did all the time".to_owned(),
        why: "the dump shows its last moment, and the watchdog's samples if there are any"
            .to_owned(),
    };
    let began = (!at.turn.is_dpc()).then(|| Unknown {
        what: "whether a DPC or a thread ran".to_owned(),
        why: "the stack ends before the kernel's DPC dispatcher or a thread's start".to_owned(),
    });
    [lasted].into_iter().chain(began).collect()
}
