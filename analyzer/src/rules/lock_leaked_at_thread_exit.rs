//! A thread ended while it held a lock.
//!
//! Needs: the crash stack, the threads that wait for the lock.
//!
//! Decides: 0x153 names the lock (P4) of a thread (P1) that is gone; 0x39 and 0x4000008A a mutex;
//! 0x20 a thread that ends with APCs disabled, as it does with a mutex or in a critical region; 0x13C
//! a thread whose boost of a lock's owner was not undone. If the ending thread's own driver is still
//! on the stack, it is to blame. The reaper's stack shows none; then it is the driver whose threads
//! wait for the same lock, or else for a lock of that kind, since locks are shared within a driver.
//!
//! Confidence: `likely` for a driver on the stack or one that waits for the very lock; otherwise
//! `possible`.
//!
//! Source: Microsoft's bug check reference, 0x153, 0x39, 0x20, 0x13C.

use super::blame::{culprit, victim};
use super::evidence::{frame_at, parameter, stated, waiting_frame};
use super::{Finding, Rule};
use crate::facts::{Facts, StackFacts};
use crate::verdict::{CauseId, Confidence, CulpritRole, Unknown, VictimKind};

pub(super) struct LockLeakedAtThreadExit;

impl Rule for LockLeakedAtThreadExit {
    fn name(&self) -> &'static str {
        "lock-leaked-at-thread-exit"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let [first, .., fourth] = facts.bugcheck.parameters;
        let (message, lock) = match facts.bugcheck.code {
            0x153 => (
                format!("thread {first:#x} ended with the lock {fourth:#x} held"),
                fourth.known(),
            ),
            0x39 | 0x4000_008A => (
                "a worker or thread ended with a mutex held".to_owned(),
                None,
            ),
            0x20 => (
                "a thread ended with APCs disabled or pending".to_owned(),
                None,
            ),
            0x13C => (
                "a thread's boost for a lock was not undone".to_owned(),
                None,
            ),
            _ => return None,
        };
        let mut evidence = vec![parameter(message.clone(), &stated(&[first]))];
        let own = facts.crash_stack().and_then(|stack| {
            let index = stack.first_suspect(0)?;
            stack.frames[index]
                .is_third_party()
                .then_some((stack, index))
        });
        let waiting = || waiter(facts, lock);
        let (found, role, confidence, frame_role) = match (own, waiting()) {
            (Some(own), _) => (
                Some(own),
                CulpritRole::Holder,
                Confidence::Likely,
                "is of the driver on the stack",
            ),
            (None, Some((stack, index, true))) => (
                Some((stack, index)),
                CulpritRole::HolderInferred,
                Confidence::Likely,
                "waits for the lock that was left",
            ),
            (None, Some((stack, index, false))) => (
                Some((stack, index)),
                CulpritRole::HolderInferred,
                Confidence::Possible,
                "waits for a lock of its driver",
            ),
            (None, None) => (None, CulpritRole::Suspect, Confidence::Possible, ""),
        };
        evidence.extend(found.map(|(stack, index)| {
            let shows = format!("{} {frame_role}", stack.frames[index].text());
            frame_at(stack, index, shows)
        }));
        let victims = found.filter(|_| own.is_none()).map(|(stack, index)| {
            let why = "its thread waits for the lock that another one left held".to_owned();
            victim(VictimKind::WaitingThread, stack, &stack.frames[index], why)
        });
        // The waiter's function is not the one that ended; only its driver is meant.
        let culprit = found.map(|(stack, index)| {
            let mut blamed = culprit(&stack.frames[index], role);
            if own.is_none() {
                blamed.function = None;
                blamed.address = None;
                blamed.offset = None;
            }
            blamed
        });
        Some(Finding {
            cause: CauseId::LockLeakedAtThreadExit,
            explanation: format!("{}.", sentence(&message)),
            culprit,
            victims: victims.into_iter().collect(),
            confidence,
            evidence,
            unknown: vec![Unknown {
                what: "the code that took the lock".to_owned(),
                why: "the thread is gone; its start address (dt nt!_ETHREAD Win32StartAddress) tells \
                      its function"
                    .to_owned(),
            }],
            alternatives: Vec::new(),
        })
    }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

/// A driver's thread that waits for the lock (then with `true`), or for one of that kind.
fn waiter(facts: &Facts, lock: Option<u64>) -> Option<(&StackFacts, usize, bool)> {
    let third = |stack: usize, frame: usize| facts.stacks[stack].frames[frame].is_third_party();
    let of_lock = facts
        .lock_waits
        .iter()
        .filter(|wait| third(wait.stack, wait.waiter))
        .max_by_key(|wait| lock.is_some() && wait.lock == lock)
        .map(|wait| {
            (
                &facts.stacks[wait.stack],
                wait.waiter,
                lock.is_some() && wait.lock == lock,
            )
        });
    let any = || {
        facts.waits.iter().find_map(|wait| {
            let stack = facts.stacks.get(wait.stack)?;
            let index = waiting_frame(stack)?;
            stack.frames[index]
                .is_third_party()
                .then_some((stack, index, false))
        })
    };
    of_lock.or_else(any)
}
