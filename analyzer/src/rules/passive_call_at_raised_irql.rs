//! A system service was called at raised IRQL, and nothing shows that a spin lock is involved.
//!
//! Needs: the fault, the crash stack, the code of the drivers on it.
//!
//! Decides, in this order: a driver on the stack whose code raises the IRQL and does not lower it
//! before its call is to blame. A service called inside a DPC or an interrupt routine is the
//! caller's fault, because such code always runs at raised IRQL. A system thread begins at
//! PASSIVE_LEVEL, so where only one driver's frames lie between its start and the service, that
//! driver raised the IRQL. Otherwise the IRQL was left raised earlier on this thread (above
//! DISPATCH_LEVEL, by the caller itself). Then the outermost caller of a service is the suspect:
//! drivers called further in (file-system filters) inherited the IRQL.
//!
//! Confidence: `likely` if the code or the kind of routine shows it, else `possible`.
//!
//! Sources: Microsoft's bug check reference, 0xD1 and 0xA; WDK, KeRaiseIrql; seed 002; a public
//! dump in which !analyze blamed a file-system filter for a test driver's raised IRQL.

use super::blame::{RaisedFault, code_evidence, culprit, fault_evidence, frame_evidence};
use super::{Finding, Rule};
use crate::facts::{DISPATCH_LEVEL, Facts, InEffect};
use crate::verdict::{Alternative, CauseId, Confidence, CulpritRole, Unknown};

/// Kernel functions whose callees run at DISPATCH_LEVEL or above.
const RAISED_CALLERS: &[&str] = &[
    "KiExecuteAllDpcs",
    "KiRetireDpcList",
    "KiProcessExpiredTimerList",
    "KiTimerExpiration",
    "KiCallInterruptServiceRoutine",
    "KiInterruptSubDispatch",
    "KiInterruptMessageDispatch",
];

pub(super) struct PassiveCallAtRaisedIrql;

/// Why the caller is wrong.
enum Why<'f> {
    RaisedByCode(&'f InEffect),
    /// The frame that called the DPC or interrupt routine.
    RoutineRunsRaised(usize),
    /// The frame that started the thread.
    OwnThread(usize),
    NotShown,
}

impl Rule for PassiveCallAtRaisedIrql {
    fn name(&self) -> &'static str {
        "passive-call-at-raised-irql"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let at = RaisedFault::find(facts)?;
        let (suspect, why) = suspect(at)?;
        Some(finding(at, suspect, &why))
    }
}

fn suspect(at: RaisedFault<'_>) -> Option<(usize, Why<'_>)> {
    let wrong = at
        .drivers_outside()
        .filter(|&index| at.call_was_wrong(index));
    let mut raising = wrong.filter_map(|index| {
        let raised = at.facts.code_of(index)?.irql.as_ref()?;
        Some((index, Why::RaisedByCode(raised)))
    });
    if let Some(found) = raising.next() {
        return Some(found);
    }
    let calls = at.stack.service_calls();
    let callers: Vec<_> = calls
        .iter()
        .filter(|call| call.service >= at.from)
        .filter_map(|call| at.stack.first_driver(call.caller))
        .collect();
    let runs_raised = (at.from..at.stack.frames.len()).find(|&index| {
        let symbol = &at.frame(index).symbol;
        let name = symbol.function.as_deref();
        symbol.in_kernel && name.is_some_and(|name| RAISED_CALLERS.contains(&name))
    });
    let inside = runs_raised.and_then(|outer| {
        let caller = callers
            .iter()
            .copied()
            .filter(|&caller| caller < outer)
            .max()?;
        Some((caller, Why::RoutineRunsRaised(outer)))
    });
    inside
        .or_else(|| own_thread(at, callers.iter().copied().max()?))
        .or_else(|| Some((callers.into_iter().max()?, Why::NotShown)))
}

/// The outermost caller of a service, if all outer frames of the thread are in its driver.
fn own_thread<'f>(at: RaisedFault<'f>, caller: usize) -> Option<(usize, Why<'f>)> {
    let start =
        (caller..at.stack.frames.len()).find(|&index| at.frame(index).starts_system_thread())?;
    let module = &at.frame(caller).symbol.module;
    let alone = (caller..start).all(|index| at.frame(index).symbol.module == *module);
    (alone && at.frame(caller).is_third_party()).then_some((caller, Why::OwnThread(start)))
}

fn finding(at: RaisedFault<'_>, suspect: usize, why: &Why<'_>) -> Finding {
    let frame = at.frame(suspect);
    let mut evidence = fault_evidence(at.fault);
    evidence.push(at.call_evidence(suspect));
    let (cause, confidence, role, how) = match why {
        Why::RaisedByCode(raised) => {
            evidence.push(code_evidence(frame, raised, "lower the IRQL"));
            (
                CauseId::PassiveCallAtRaisedIrql,
                Confidence::Likely,
                CulpritRole::Caller,
                "after raising the IRQL itself",
            )
        }
        Why::RoutineRunsRaised(outer) => {
            let outer = at.frame(*outer);
            let shows = format!("{} runs its routines at raised IRQL", outer.text());
            evidence.push(frame_evidence(at.stack, outer, shows));
            (
                CauseId::PassiveCallAtRaisedIrql,
                Confidence::Likely,
                CulpritRole::Caller,
                "from a routine that always runs at raised IRQL",
            )
        }
        Why::OwnThread(start) => {
            let start = at.frame(*start);
            let shows = format!(
                "{} started the thread at PASSIVE_LEVEL; only {}'s own code lies between",
                start.text(),
                frame.symbol.module.as_deref().unwrap_or("the driver")
            );
            evidence.push(frame_evidence(at.stack, start, shows));
            (
                CauseId::PassiveCallAtRaisedIrql,
                Confidence::Likely,
                CulpritRole::Caller,
                "in a thread of its own, which began at PASSIVE_LEVEL",
            )
        }
        // Above DISPATCH_LEVEL run only interrupts and inter-processor calls: a lock or leak of
        // another driver cannot cause that.
        Why::NotShown if at.fault.irql.is_some_and(|irql| irql > DISPATCH_LEVEL) => (
            CauseId::PassiveCallAtRaisedIrql,
            Confidence::Possible,
            CulpritRole::Suspect,
            "at an IRQL where only its own routines for interrupts and processors run",
        ),
        Why::NotShown => (
            CauseId::IrqlLeaked,
            Confidence::Possible,
            CulpritRole::Suspect,
            "and no code on the stack is seen to raise it",
        ),
    };
    let unknown = matches!(why, Why::NotShown).then(|| Unknown {
        what: "who raised the IRQL".to_owned(),
        why: "free builds keep no history of IRQL changes; Driver Verifier does, for the drivers \
              it checks"
            .to_owned(),
    });
    Finding {
        cause,
        explanation: format!(
            "{} called {}{}, {how}.",
            frame.text(),
            at.called(suspect),
            at.fault.at_irql(),
        ),
        culprit: Some(culprit(frame, role)),
        victims: at.faulting_victim(suspect).into_iter().collect(),
        confidence,
        evidence,
        unknown: unknown.into_iter().collect(),
        alternatives: vec![Alternative {
            cause: CauseId::SpinlockHeldAcrossPassiveCall,
            culprit: None,
            why: "no lock was seen, but not every way of taking one is visible".to_owned(),
        }],
    }
}
