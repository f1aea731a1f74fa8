//! The watchdog stops a processor (0x133) that spins for a lock: it was acquired and never
//! released.
//!
//! Needs: the crash stack across the clock interrupt, who spins for which lock and where that lies,
//! the code on the processors' stacks, the functions of the lock's driver that return with a lock
//! held.
//!
//! Decides: a thread that spins is a victim. The holder is, in this order: a frame further out on
//! the same stack whose code holds that very lock (then the thread waits for itself); a frame on
//! another processor whose code holds it; a function of the driver in whose memory the lock lies
//! that returns with a lock held; that driver's frame on another processor; that driver. A lock
//! that is free in the dump, or a routine merely passing through the acquisition, is no contention
//! (seed 000).
//!
//! Confidence: `likely` if code shows the lock being held or kept; otherwise `possible`. KSPIN_LOCK
//! records no owner, so never more.
//!
//! Sources: Microsoft's bug check reference, 0x133; seed 000, second part, for what it is not.

use super::blame::{code_evidence, culprit, victim};
use super::evidence::{culprit_at, culprit_module, evidence, frame_at, leak_evidence, parameter};
use super::watchdog::Interrupted;
use super::{Finding, Rule};
use crate::facts::{Facts, InEffect, LeakFacts, LockFact, SpinWait, Taken};
use crate::verdict::{
    CauseId, Confidence, Culprit, CulpritRole, Evidence, EvidenceKind, Unknown, VictimKind,
};

pub(super) struct SpinlockNeverReleased;

impl Rule for SpinlockNeverReleased {
    fn name(&self) -> &'static str {
        "spinlock-never-released"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let at = Interrupted::find(facts)?;
        let wait = facts.spinning.iter().find(|wait| wait.stack == 0)?;
        if wait.lock.as_ref().is_some_and(|lock| lock.value == Some(0)) {
            return None;
        }
        let holder = find_holder(facts, wait);
        let waiter = &at.stack.frames[wait.waiter];
        let mut evidence = vec![parameter("the watchdog's time is over", &[])];
        evidence.extend(at.counters());
        let shows = format!("{} waits in {}", waiter.text(), wait.routine);
        evidence.push(frame_at(at.stack, wait.waiter, shows));
        evidence.extend(wait.lock.as_ref().map(|lock| lock_evidence(wait, lock)));
        let (culprit, cause, confidence) = match &holder {
            Some(holder) => {
                evidence.extend(holder.evidence(facts));
                (
                    Some(holder.culprit(facts)),
                    holder.cause(),
                    holder.confidence(),
                )
            }
            // Without the lock's address: drivers mostly use their own locks.
            None if wait.lock.is_none() && waiter.is_third_party() => (
                Some(crate::rules::blame::culprit(
                    waiter,
                    CulpritRole::HolderInferred,
                )),
                CauseId::SpinlockNeverReleased,
                Confidence::Possible,
            ),
            None => (None, CauseId::SpinlockNeverReleased, Confidence::Possible),
        };
        let who = culprit
            .as_ref()
            .map_or("somebody", |culprit| culprit.module.as_str());
        let explanation = format!(
            "{} spins for a lock that {who} took and did not release.",
            waiter.text()
        );
        let waiters = facts.spinning.iter().filter(|other| same_lock(other, wait));
        let victims = waiters
            .filter(|_| cause != CauseId::SelfDeadlock && (holder.is_some() || culprit.is_none()))
            .map(|other| {
                let stack = &facts.stacks[other.stack];
                let why = format!("it spins for the lock in {}", other.routine);
                victim(
                    VictimKind::WaitingThread,
                    stack,
                    &stack.frames[other.waiter],
                    why,
                )
            });
        Some(Finding {
            cause,
            explanation,
            victims: victims.collect(),
            culprit,
            confidence,
            evidence,
            unknown: vec![Unknown {
                what: "which thread owns the lock".to_owned(),
                why: "a KSPIN_LOCK records no owner in free builds; the holder is inferred"
                    .to_owned(),
            }],
            alternatives: Vec::new(),
        })
    }
}

fn same_lock(one: &SpinWait, other: &SpinWait) -> bool {
    match (&one.lock, &other.lock) {
        (Some(one), Some(other)) => one.address == other.address,
        _ => one.stack == other.stack,
    }
}

/// How the holder was found.
enum Holder<'f> {
    /// A frame whose code holds the lock.
    Frame {
        stack: usize,
        frame: usize,
        taken: &'f InEffect,
    },
    /// A function that returns with a lock held; the driver's frame on another processor.
    Leak {
        leak: &'f LeakFacts,
        thread: Option<(usize, usize)>,
    },
    /// The lock's driver is on another processor.
    Thread { stack: usize, frame: usize },
    /// Only the driver that owns the lock's memory is known.
    Home(&'f str),
}

fn find_holder<'f>(facts: &'f Facts, wait: &'f SpinWait) -> Option<Holder<'f>> {
    let lock = wait.lock.as_ref()?;
    let holds = facts.code.iter().find_map(|code| {
        let taken = code.lock.as_ref()?;
        let same = taken.lock.as_ref()?.address == lock.address;
        // Skip the waiter's own acquisition: it is the one that waits.
        let own = (code.stack, code.frame) == (wait.stack, wait.waiter);
        let waits = facts
            .spinning
            .iter()
            .any(|other| (other.stack, other.waiter) == (code.stack, code.frame));
        (same && !own && !waits).then_some(Holder::Frame {
            stack: code.stack,
            frame: code.frame,
            taken,
        })
    });
    if holds.is_some() {
        return holds;
    }
    let module = lock.home.module()?;
    let of_home = |name: Option<&str>| name.is_some_and(|name| name.eq_ignore_ascii_case(module));
    let thread = facts
        .stacks
        .iter()
        .enumerate()
        .skip(1)
        .filter(|(_, stack)| stack.processor.is_some())
        .find_map(|(number, stack)| {
            let frame = (0..stack.frames.len()).find(|&index| {
                let frame = &stack.frames[index];
                frame.is_driver() && of_home(frame.symbol.module.as_deref())
            })?;
            Some((number, frame))
        })
        .filter(|&(number, _)| facts.spinning.iter().all(|other| other.stack != number));
    let leak = facts.leaks.iter().find(|leak| {
        leak.taken == Taken::SpinLock && of_home(leak.taken_at.symbol.module.as_deref())
    });
    Some(match (leak, thread) {
        (Some(leak), thread) => Holder::Leak { leak, thread },
        (None, Some((stack, frame))) => Holder::Thread { stack, frame },
        (None, None) => Holder::Home(module),
    })
}

impl Holder<'_> {
    fn cause(&self) -> CauseId {
        match self {
            Self::Frame { stack: 0, .. } => CauseId::SelfDeadlock,
            _ => CauseId::SpinlockNeverReleased,
        }
    }

    fn confidence(&self) -> Confidence {
        match self {
            Self::Frame { .. } | Self::Leak { .. } => Confidence::Likely,
            Self::Thread { .. } | Self::Home(_) => Confidence::Possible,
        }
    }

    fn culprit(&self, facts: &Facts) -> Culprit {
        let role = CulpritRole::HolderInferred;
        match *self {
            Self::Frame { stack, frame, .. } | Self::Thread { stack, frame } => {
                culprit(&facts.stacks[stack].frames[frame], role)
            }
            Self::Leak { leak, .. } => culprit_at(&leak.taken_at, role),
            Self::Home(module) => culprit_module(module, role),
        }
    }

    fn evidence(&self, facts: &Facts) -> Vec<Evidence> {
        let at = |(stack, index): (usize, usize)| {
            let stack = &facts.stacks[stack];
            let frame = &stack.frames[index];
            let shows = format!(
                "{} of the lock's driver runs on another processor",
                frame.text()
            );
            frame_at(stack, index, shows)
        };
        match *self {
            Self::Frame {
                stack,
                frame,
                taken,
            } => {
                let stack = &facts.stacks[stack];
                let holder = &stack.frames[frame];
                let shows = format!("{} holds the lock", holder.text());
                let code = code_evidence(holder, taken, "release it");
                vec![frame_at(stack, frame, shows), code]
            }
            Self::Leak { leak, thread } => {
                let mut evidence = vec![leak_evidence(leak)];
                evidence.extend(thread.map(at));
                evidence
            }
            Self::Thread { stack, frame } => vec![at((stack, frame))],
            Self::Home(_) => Vec::new(),
        }
    }
}

fn lock_evidence(wait: &SpinWait, lock: &LockFact) -> Evidence {
    let state = match lock.value {
        Some(value) => format!("is held (its word is {value:#x})"),
        None => "cannot be read".to_owned(),
    };
    let shows = format!(
        "the lock at {:#x}, {}, {state}",
        lock.address,
        lock.home.text()
    );
    let command = format!("dps {:#x} L1", lock.address);
    evidence(
        EvidenceKind::Lock,
        shows,
        &[lock.address],
        wait.found_by.clone(),
        command,
    )
}
