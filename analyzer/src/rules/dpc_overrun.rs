//! One DPC ran longer than the watchdog allows (0x133, P1 = 0), and not because it waits for a lock.
//!
//! Needs: the crash stack across the clock interrupt, the processor's counters, who spins.
//!
//! Decides: the routine of the active DPC is to blame, which is the driver's frame called by the
//! kernel's DPC dispatcher; where that routine comes with Windows (a framework, a port driver), the
//! next frame inwards that does not. Not the interrupted frame: the interrupt may come anywhere
//! below the routine. A routine that is merely passing through the acquisition of a free lock is
//! not waiting (seed 000); one that does spin is left to the rule `spinlock-never-released`.
//!
//! Confidence: `certain` if the processor's counters show an active DPC, and the routine recorded
//! there is the one blamed; otherwise `likely`.
//!
//! Sources: Microsoft's bug check reference, 0x133; seed 000, second part.

use super::blame::{culprit, victim};
use super::evidence::{frame_at, parameter};
use super::watchdog::Interrupted;
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::verdict::{CauseId, Confidence, CulpritRole, Unknown, VictimKind};

/// Functions of the kernel that call DPC routines.
const DPC_CALLERS: &[&str] = &[
    "KiExecuteAllDpcs",
    "KiExecuteDpcList",
    "KiExecuteDpc",
    "KiProcessExpiredTimerList",
    "KiTimerExpiration",
];

pub(super) struct DpcOverrun;

impl Rule for DpcOverrun {
    fn name(&self) -> &'static str {
        "dpc-overrun"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let at = Interrupted::find(facts, Some(0))?;
        let dispatcher = (at.at..at.stack.frames.len()).find(|&index| {
            let symbol = &at.stack.frames[index].symbol;
            let name = symbol.function.as_deref();
            symbol.in_kernel && name.is_some_and(|name| DPC_CALLERS.contains(&name))
        });
        let end = dispatcher.unwrap_or(at.stack.frames.len());
        let inside = || (at.at..end).rev();
        let blamed = inside()
            .find(|&index| at.stack.frames[index].is_third_party())
            .or_else(|| inside().find(|&index| at.stack.frames[index].is_driver()))?;
        let frame = &at.stack.frames[blamed];
        let recorded = facts.watchdog.as_ref().filter(|watchdog| {
            let start = frame.symbol.function_start;
            let routine = watchdog.routine.as_ref().map(|routine| routine.address);
            watchdog.dpc_active == Some(true) && start.is_some() && start == routine
        });
        let (used, allowed) = at.ticks()?;
        let mut evidence = vec![parameter(
            format!("the DPC has run for {used} ticks; {allowed} are allowed"),
            &[],
        )];
        evidence.extend(at.counters());
        let called = match recorded {
            Some(_) => "is the routine of the DPC that the processor records as active",
            None => "is what the kernel's DPC dispatcher called",
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
                "The DPC routine {} ran for {used} clock ticks without returning; {allowed} are \
                 allowed.",
                frame.symbol.function.as_deref().unwrap_or("of the driver")
            ),
            culprit: Some(culprit(frame, CulpritRole::Caller)),
            victims: interrupted
                .map(|below| victim(VictimKind::Bystander, at.stack, below, why))
                .into_iter()
                .collect(),
            confidence: match recorded {
                Some(_) => Confidence::Certain,
                None => Confidence::Likely,
            },
            evidence,
            unknown: vec![Unknown {
                what: "what the routine did all the time".to_owned(),
                why: "the dump shows its last moment, and the watchdog's samples if there are any"
                    .to_owned(),
            }],
            alternatives: Vec::new(),
        })
    }
}
