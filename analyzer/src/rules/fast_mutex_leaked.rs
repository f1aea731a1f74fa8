//! Driver Verifier stops a driver that forwards an IRP at APC_LEVEL (0xC9, P1 = 0x302), because an
//! earlier driver returned with its fast mutex held.
//!
//! Needs: the fast mutexes that the thread holds, the functions of their drivers that return with
//! one held, Driver Verifier's log of IRQL changes.
//!
//! Decides: a held fast mutex (bit 0 of its count clear) whose owner is the current thread, found in
//! a device extension or a driver's data, belongs to the driver that leaked it, unless a frame of
//! that driver is on the stack: then it may still mean to release it, and is blamed only if it is
//! alone. Without a mutex, the last raise of this thread in the log that nothing undid. The driver
//! that forwarded the IRP, which `!analyze` would blame, is a victim.
//!
//! Confidence: `certain` with a mutex and a function that returns holding it; `likely` with a mutex
//! or the log alone; otherwise the cause is only `possible` and nobody is blamed.
//!
//! Sources: Microsoft's bug check reference, 0xC9; seed 004.

use super::blame::victim;
use super::evidence::{
    culprit_at, culprit_module, evidence, frame_at, leak_evidence, parameter, stated,
};
use super::{Finding, Rule};
use crate::facts::{Facts, IrqlRaise, LeakFacts, MutexFacts, Place, Taken};
use crate::stop;
use crate::verdict::{
    CauseId, Confidence, Culprit, CulpritRole, Evidence, EvidenceKind, Unknown, Victim, VictimKind,
};

pub(super) struct FastMutexLeaked;

impl Rule for FastMutexLeaked {
    fn name(&self) -> &'static str {
        "fast-mutex-leaked"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        if !facts.is_stop(0xC9, 0x302) {
            return None;
        }
        let [_, caller, irp, irql] = facts.bugcheck.parameters;
        let mut evidence = vec![parameter(
            format!(
                "the IRP {irp:#x} was forwarded at IRQL {}",
                irql.text(stop::irql)
            ),
            &stated(&[caller, irp]),
        )];
        let mutex = leaked(facts);
        let leak = mutex.and_then(|mutex| leak_of(facts, mutex));
        let raise = facts.irqls.last();
        let raiser = raise.and_then(|raise| Place::first_suspect(&raise.trace));
        evidence.extend(mutex.map(mutex_evidence));
        evidence.extend(leak.map(leak_evidence));
        evidence.extend(raise.map(raise_evidence));
        let (culprit, confidence) = blamed(mutex, leak, raiser);
        let victims = victims(facts, culprit.as_ref());
        if let Some(stack) = facts.crash_stack()
            && let Some(index) = stack.first_suspect(0)
        {
            let shows = format!("{} forwarded the IRP", stack.frames[index].text());
            evidence.push(frame_at(stack, index, shows));
        }
        let who = culprit
            .as_ref()
            .map_or("a driver", |culprit| culprit.module.as_str());
        let cause = match (mutex, raiser) {
            (None, Some(_)) => CauseId::IrqlLeaked,
            _ => CauseId::FastMutexLeaked,
        };
        let unknown = culprit.is_none().then(|| Unknown {
            what: "who raised the IRQL".to_owned(),
            why:
                "no held fast mutex of this thread lies in a device extension or a driver's data, \
                  and Driver Verifier's log has no raise of it; it logs verified drivers only"
                    .to_owned(),
        });
        Some(Finding {
            cause,
            explanation: format!(
                "{who} returned to its caller with the IRQL raised; the thread went on, and its \
                 next IRP was forwarded at IRQL {}.",
                irql.text(stop::irql)
            ),
            culprit,
            victims,
            confidence,
            evidence,
            unknown: unknown.into_iter().collect(),
            alternatives: Vec::new(),
        })
    }
}

/// The mutex to blame: one whose driver is not on the stack, else any.
fn leaked(facts: &Facts) -> Option<&MutexFacts> {
    let on_stack = |mutex: &&MutexFacts| {
        let module = mutex.home.module();
        let frames = facts.crash_stack().map_or(&[][..], |stack| &stack.frames);
        frames
            .iter()
            .any(|frame| frame.symbol.module.as_deref() == module)
    };
    let mutexes = || {
        facts
            .mutexes
            .iter()
            .filter(|mutex| mutex.home.module().is_some())
    };
    mutexes()
        .find(|mutex| !on_stack(mutex))
        .or_else(|| mutexes().next())
}

fn leak_of<'f>(facts: &'f Facts, mutex: &MutexFacts) -> Option<&'f LeakFacts> {
    facts.leaks.iter().find(|leak| {
        leak.taken == Taken::FastMutex
            && leak.taken_at.symbol.module.as_deref() == mutex.home.module()
    })
}

fn blamed(
    mutex: Option<&MutexFacts>,
    leak: Option<&LeakFacts>,
    raiser: Option<&Place>,
) -> (Option<Culprit>, Confidence) {
    match (mutex, leak, raiser) {
        (Some(_), Some(leak), _) => {
            let culprit = culprit_at(&leak.taken_at, CulpritRole::Holder);
            (Some(culprit), Confidence::Certain)
        }
        (Some(mutex), None, _) => {
            let module = mutex.home.module();
            let culprit = module.map(|module| culprit_module(module, CulpritRole::Holder));
            (culprit, Confidence::Likely)
        }
        (None, _, Some(place)) => (
            Some(culprit_at(place, CulpritRole::HolderInferred)),
            Confidence::Likely,
        ),
        (None, _, None) => (None, Confidence::Possible),
    }
}

/// The drivers on the stack, which went on at the raised IRQL without knowing.
fn victims(facts: &Facts, culprit: Option<&Culprit>) -> Vec<Victim> {
    let Some(stack) = facts.crash_stack() else {
        return Vec::new();
    };
    let mut victims: Vec<Victim> = Vec::new();
    for frame in stack.frames.iter().filter(|frame| frame.is_third_party()) {
        let module = frame.symbol.module.as_deref();
        let blamed = culprit.is_some_and(|culprit| Some(culprit.module.as_str()) == module);
        let known = victims
            .iter()
            .any(|victim| victim.module.as_deref() == module);
        if !blamed && !known {
            let why = "it went on at the IRQL that it was left with".to_owned();
            victims.push(victim(VictimKind::Bystander, stack, frame, why));
        }
    }
    victims
}

fn mutex_evidence(mutex: &MutexFacts) -> Evidence {
    let shows = format!(
        "the fast mutex at {:#x}, {}, is held by thread {:#x}; it was contended {} times, and its \
         release would bring back IRQL {}",
        mutex.address,
        mutex.home.text(),
        mutex.owner,
        mutex.contention,
        stop::irql(mutex.old_irql)
    );
    let command = format!("dt nt!_FAST_MUTEX {:#x}", mutex.address);
    let addresses = [mutex.address, mutex.owner];
    let found_by = "a search of device extensions and drivers' data for mutexes of this thread";
    evidence(EvidenceKind::Lock, shows, &addresses, found_by, command)
}

/// A raise in Driver Verifier's log, as evidence.
pub(super) fn raise_evidence(raise: &IrqlRaise) -> Evidence {
    let by =
        Place::first_suspect(&raise.trace).map_or("code that is not known".to_owned(), Place::text);
    let shows = format!(
        "the last IRQL raise of this thread that nothing undid, from {} to {}, was made by {by}",
        raise.old, raise.new
    );
    let found_by = "Driver Verifier's log of IRQL changes (ViTrackIrqlQueue)";
    evidence(
        EvidenceKind::Irql,
        shows,
        &[raise.entry],
        found_by,
        "!verifier 8",
    )
}
