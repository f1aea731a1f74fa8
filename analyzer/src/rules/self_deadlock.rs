//! A thread waits for a lock that it holds itself.
//!
//! Needs: what threads wait for, with the owners that mutexes record; for push locks, which record
//! none, the threads that wait for them.
//!
//! Decides: a mutex whose recorded owner is its waiter. For push locks and fast mutexes without a
//! recorded owner: if two or more threads of one driver wait, and no other thread of that driver is
//! seen, the holder is one of the waiters. The thread whose wait began last did its work while the
//! others waited already, so it holds the lock.
//!
//! Confidence: `certain` with a recorded owner; `likely` if the later waiter is all_timed by the times of
//! the waits; otherwise `possible`.
//!
//! Sources: WDK, "Introduction to push locks" and ExAcquireFastMutex (neither may be acquired
//! recursively).

use super::blame::{culprit, victim};
use super::evidence::{evidence, frame_at, waiting_frame};
use super::forced::{is_forced, process_died};
use super::{Finding, Rule};
use crate::facts::{Facts, LockWait};
use crate::verdict::{CauseId, Confidence, CulpritRole, EvidenceKind, Unknown, VictimKind};

pub(super) struct SelfDeadlock;

impl Rule for SelfDeadlock {
    fn name(&self) -> &'static str {
        "self-deadlock"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        if !is_forced(facts) {
            return None;
        }
        recorded(facts)
            .or_else(|| inside_callback(facts))
            // Threads that wait do not explain why a process ended.
            .or_else(|| inferred(facts).filter(|_| !process_died(facts)))
    }
}

/// A mutex whose owner waits for it.
fn recorded(facts: &Facts) -> Option<Finding> {
    let (wait, object) = facts.waits.iter().find_map(|wait| {
        let own = |owner: Option<u64>| owner == Some(wait.thread);
        let object = wait.objects.iter().find(|object| own(object.owner))?;
        Some((wait, object))
    })?;
    let stack = facts.stacks.get(wait.stack)?;
    let blamed = waiting_frame(stack)?;
    let frame = &stack.frames[blamed];
    let shows = format!(
        "thread {:#x} waits for the {} at {:#x}, and is its owner",
        wait.thread,
        object.kind.text(),
        object.address
    );
    let command = format!("!thread {:#x}", wait.thread);
    let addresses = [wait.thread, object.address];
    let found_by = "the thread's wait and the lock's owner";
    Some(Finding {
        cause: CauseId::SelfDeadlock,
        explanation: format!(
            "{} waits for a lock that its own thread holds.",
            frame.text()
        ),
        culprit: Some(culprit(frame, CulpritRole::Holder)),
        victims: Vec::new(),
        confidence: Confidence::Certain,
        evidence: vec![
            evidence(EvidenceKind::Lock, shows, &addresses, found_by, command),
            frame_at(stack, blamed, format!("{} waits", frame.text())),
        ],
        unknown: Vec::new(),
        alternatives: Vec::new(),
    })
}

/// Routines that wait for the end of callbacks, with the callers of these callbacks.
const CALLBACKS: &[(&str, &str)] = &[
    ("CmUnRegisterCallback", "CmpCallCallBacks"),
    ("ObUnRegisterCallbacks", "ObpCallP"),
    (
        "PsSetCreateProcessNotifyRoutine",
        "PspCallProcessNotifyRoutines",
    ),
    (
        "PsRemoveCreateThreadNotifyRoutine",
        "PspCallThreadNotifyRoutines",
    ),
    (
        "PsRemoveLoadImageNotifyRoutine",
        "PsCallImageNotifyRoutines",
    ),
    ("KeFlushQueuedDpcs", "KiExecuteAllDpcs"),
    ("FltUnregisterFilter", "FltpPerformP"),
    ("ExDeleteTimer", "KiProcessExpiredTimerList"),
];

/// A callback waits for the end of all callbacks, including itself.
fn inside_callback(facts: &Facts) -> Option<Finding> {
    let (stack, blamed, pair) = facts.stacks.iter().find_map(|stack| {
        CALLBACKS.iter().find_map(|pair| {
            let named = |start: usize, wanted: &str| {
                (start..stack.frames.len()).find(|&index| {
                    let name = stack.frames[index].symbol.function.as_deref();
                    name.is_some_and(|name| name.starts_with(wanted))
                })
            };
            let waits = named(0, pair.0)?;
            let calls = named(waits, pair.1)?;
            let blamed = (waits..calls).find(|&index| stack.frames[index].is_third_party())?;
            Some((stack, blamed, pair))
        })
    })?;
    let frame = &stack.frames[blamed];
    let explanation = format!(
        "{} is a callback (called by {}) and calls {}, which waits until the callbacks have ended.",
        frame.text(),
        pair.1,
        pair.0
    );
    Some(Finding {
        cause: CauseId::SelfDeadlock,
        explanation,
        culprit: Some(culprit(frame, CulpritRole::Caller)),
        victims: Vec::new(),
        confidence: Confidence::Likely,
        evidence: vec![frame_at(
            stack,
            blamed,
            format!("{} calls {}", frame.text(), pair.0),
        )],
        unknown: Vec::new(),
        alternatives: Vec::new(),
    })
}

/// Every thread that is seen to use a lock waits for it.
fn inferred(facts: &Facts) -> Option<Finding> {
    let module = |wait: &LockWait| {
        facts.stacks[wait.stack].frames[wait.waiter]
            .symbol
            .module
            .clone()
    };
    let third_party =
        |wait: &&LockWait| facts.stacks[wait.stack].frames[wait.waiter].is_third_party();
    let mut waits: Vec<_> = facts.lock_waits.iter().filter(third_party).collect();
    // Frames of an earlier instance of the driver have no functions.
    waits.retain(|wait| !is_unloaded(facts, wait));
    let first = waits.first().copied()?;
    waits.retain(|wait| module(wait) == module(first));
    if waits.len() < 2 {
        return None;
    }
    let shortest = waits
        .iter()
        .filter(|wait| wait.seconds.is_some())
        .min_by(|a, b| {
            let order = a.seconds.partial_cmp(&b.seconds);
            order.unwrap_or(std::cmp::Ordering::Equal)
        });
    let all_timed = waits.iter().all(|wait| wait.seconds.is_some());
    let holder = shortest.copied().unwrap_or(first);
    let stack = &facts.stacks[holder.stack];
    let frame = &stack.frames[holder.waiter];
    let pieces = waits.iter().map(|wait| {
        let stack = &facts.stacks[wait.stack];
        let since = wait
            .seconds
            .map(|seconds| format!(" for {seconds:.1} s"))
            .unwrap_or_default();
        let shows = format!(
            "{} waits{since} in {}",
            stack.frames[wait.waiter].text(),
            wait.routine
        );
        frame_at(stack, wait.waiter, shows)
    });
    let others = waits.iter().filter(|wait| wait.stack != holder.stack);
    Some(Finding {
        cause: CauseId::SelfDeadlock,
        explanation: format!(
            "All {} threads that are seen to use the lock wait for it. {} began to wait last: it \
             worked while the others waited already, and holds the lock itself.",
            waits.len(),
            frame.text()
        ),
        culprit: Some(culprit(frame, CulpritRole::HolderInferred)),
        victims: others
            .map(|wait| {
                let stack = &facts.stacks[wait.stack];
                let why = format!("it waits in {}", wait.routine);
                victim(
                    VictimKind::WaitingThread,
                    stack,
                    &stack.frames[wait.waiter],
                    why,
                )
            })
            .collect(),
        confidence: match all_timed {
            true => Confidence::Likely,
            false => Confidence::Possible,
        },
        evidence: pieces.collect(),
        unknown: vec![Unknown {
            what: "which thread owns the lock".to_owned(),
            why: "a push lock records no owner; the holder is inferred".to_owned(),
        }],
        alternatives: Vec::new(),
    })
}

fn is_unloaded(facts: &Facts, wait: &LockWait) -> bool {
    let address = facts.stacks[wait.stack].frames[wait.waiter].address;
    address.is_some_and(|address| {
        facts
            .unloaded
            .iter()
            .any(|driver| (driver.start..driver.end).contains(&address))
    })
}
