//! A driver takes a spin lock (IRQL becomes DISPATCH_LEVEL) and then calls something that needs a
//! lower IRQL, typically a system service. That touches pageable memory, which cannot be brought
//! in at that IRQL: 0xD1 or 0xA in a module that did nothing wrong.
//!
//! Needs: the fault, the crash stack, the code of the drivers on it, and who spins.
//!
//! Decides: the suspect is a driver outwards of the fault on the crash stack. Two independent
//! observations point at it: its code takes a spin lock and does not release it before its call
//! (following all paths through the function), and threads on other processors spin for that lock
//! or, if the lock is not known, for a lock of the same driver. The innermost driver whose code
//! holds a lock is blamed; where no code shows it, the caller below `KiServiceLinkage` whose driver
//! others wait for. KSPIN_LOCK records no owner, so the holder is always an inference.
//!
//! Confidence: `likely` if a thread spins for the lock, or the lock that the suspect's code took is
//! held in the dump; `possible` with the code alone.
//!
//! Sources: Microsoft's bug check reference, 0xD1 and 0xA; WDK, Zw services require PASSIVE_LEVEL;
//! seed 002 (the file system is the victim, the caller below KiServiceLinkage the holder).

use super::blame::{RaisedFault, code_evidence, culprit, fault_evidence, frame_evidence, victim};
use super::{Finding, Rule};
use crate::facts::{CrashStack, Facts, InEffect, LockFact, SpinWait};
use crate::verdict::{
    Alternative, CauseId, Confidence, CulpritRole, Evidence, EvidenceKind, Unknown, Victim,
    VictimKind,
};

pub(super) struct SpinlockAcrossPassiveCall;

impl Rule for SpinlockAcrossPassiveCall {
    fn name(&self) -> &'static str {
        "spinlock-held-across-passive-call"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        match Case::find(facts) {
            Some(case) => Some(case.finding()),
            None => without_stack(facts),
        }
    }
}

/// The stack of the fault is not shown, and threads of one driver spin for a lock: the holder is
/// the thread that does not spin, which faulted.
fn without_stack(facts: &Facts) -> Option<Finding> {
    let fault = facts.fault.as_ref().filter(|fault| fault.is_raised())?;
    if facts.crash_stack().is_some() || facts.shows.crash_stack != CrashStack::None {
        return None;
    }
    let frames = || {
        facts
            .spinning
            .iter()
            .map(|wait| &facts.stacks[wait.stack].frames[wait.waiter])
    };
    let first = frames().next().filter(|frame| frame.is_third_party())?;
    if frames().any(|frame| frame.symbol.module != first.symbol.module) {
        return None;
    }
    let mut blamed = culprit(first, CulpritRole::HolderInferred);
    (blamed.function, blamed.address, blamed.offset) = (None, None, None);
    let mut evidence = fault_evidence(fault);
    let mut victims = Vec::new();
    for wait in &facts.spinning {
        let stack = &facts.stacks[wait.stack];
        let frame = &stack.frames[wait.waiter];
        let shows = format!("{} waits in {}", frame.text(), wait.routine);
        evidence.push(frame_evidence(stack, frame, shows));
        let why = format!("it spins for a lock in {}", wait.routine);
        victims.push(victim(VictimKind::WaitingThread, stack, frame, why));
    }
    Some(Finding {
        cause: CauseId::SpinlockHeldAcrossPassiveCall,
        explanation: format!(
            "An access faulted{} while threads of {} spin for a lock; the one that holds it is not \
             among them.",
            fault.at_irql(),
            blamed.module
        ),
        culprit: Some(blamed),
        victims,
        confidence: Confidence::Possible,
        evidence,
        unknown: vec![Unknown {
            what: "the stack of the fault".to_owned(),
            why: "the log does not show it; run !analyze -v, or k".to_owned(),
        }],
        alternatives: Vec::new(),
    })
}

/// The parties of this crash.
struct Case<'f> {
    at: RaisedFault<'f>,
    /// Frame that is blamed.
    suspect: usize,
    /// The acquisition in the suspect's code.
    taken: Option<&'f InEffect>,
    /// Threads that spin for the lock.
    waiters: Vec<&'f SpinWait>,
}

impl<'f> Case<'f> {
    fn find(facts: &'f Facts) -> Option<Self> {
        let at = RaisedFault::find(facts)?;
        let case = |suspect| {
            let taken = facts.code_of(suspect).and_then(|code| code.lock.as_ref());
            Self {
                at,
                suspect,
                taken,
                waiters: waiters(at, suspect, taken),
            }
        };
        let holders: Vec<_> = at
            .drivers_outside()
            .filter(|&index| at.call_was_wrong(index))
            .map(case)
            .filter(|case| case.taken.is_some())
            .collect();
        // A lock known to be held counts more than one taken on some paths only.
        let firm = holders.iter().position(Self::is_firm);
        if let Some(case) = holders.into_iter().nth(firm.unwrap_or(0)) {
            return Some(case);
        }
        let mut callers = at.stack.service_calls().into_iter();
        callers
            .by_ref()
            .filter(|call| call.service >= at.from)
            .filter_map(|call| at.stack.first_driver(call.caller))
            .map(case)
            .find(|case| !case.waiters.is_empty())
    }

    fn is_firm(&self) -> bool {
        self.taken.is_some_and(|taken| taken.always) || self.is_corroborated()
    }

    /// Whether more than the suspect's code shows a held lock.
    fn is_corroborated(&self) -> bool {
        let own_lock = self.taken.and_then(|taken| taken.lock.as_ref());
        !self.waiters.is_empty() || own_lock.is_some_and(LockFact::is_held)
    }

    /// Whether the suspect's code took the very lock that the others wait for.
    fn same_lock(&self) -> bool {
        let taken = self.taken.and_then(|taken| taken.lock.as_ref());
        let waited = self.waiters.iter().find_map(|wait| wait.lock.as_ref());
        taken
            .zip(waited)
            .is_some_and(|(taken, waited)| taken.address == waited.address)
    }

    fn finding(self) -> Finding {
        let suspect = self.at.frame(self.suspect);
        let page = match self.at.fault.is_paged_out() {
            true => "which was not resident",
            false => "which could not be accessed",
        };
        let explanation = format!(
            "{} called {}{} while holding a spin lock. That touched {:#x}, {page}, and a \
             page fault cannot be served at that IRQL.",
            suspect.text(),
            self.at.called(self.suspect),
            self.at.fault.at_irql(),
            self.at.fault.address
        );
        Finding {
            cause: CauseId::SpinlockHeldAcrossPassiveCall,
            explanation,
            culprit: Some(culprit(suspect, CulpritRole::HolderInferred)),
            victims: self.victims(),
            confidence: match self.is_corroborated() {
                true => Confidence::Likely,
                false => Confidence::Possible,
            },
            evidence: self.evidence(),
            unknown: self.unknown(),
            alternatives: self.alternatives(),
        }
    }

    fn victims(&self) -> Vec<Victim> {
        let waiting = self.waiters.iter().map(|wait| {
            let stack = &self.at.facts.stacks[wait.stack];
            let why = match &wait.lock {
                Some(lock) => {
                    format!(
                        "it spins for the lock at {:#x} in {}",
                        lock.address, wait.routine
                    )
                }
                None => format!("it spins for a lock in {}", wait.routine),
            };
            victim(
                VictimKind::WaitingThread,
                stack,
                &stack.frames[wait.waiter],
                why,
            )
        });
        let faulting = self.at.faulting_victim(self.suspect);
        faulting.into_iter().chain(waiting).collect()
    }

    fn evidence(&self) -> Vec<Evidence> {
        let mut evidence = fault_evidence(self.at.fault);
        evidence.push(self.at.call_evidence(self.suspect));
        if let Some(taken) = self.taken {
            let suspect = self.at.frame(self.suspect);
            evidence.push(code_evidence(suspect, taken, "release it"));
        }
        evidence.extend(self.waiters.iter().map(|wait| {
            let stack = &self.at.facts.stacks[wait.stack];
            let waiter = &stack.frames[wait.waiter];
            let shows = format!("{} waits in {}", waiter.text(), wait.routine);
            frame_evidence(stack, waiter, shows)
        }));
        evidence.extend(self.lock_evidence());
        evidence
    }

    fn lock_evidence(&self) -> Option<Evidence> {
        let (lock, found_by) = match self.waiters.iter().find(|wait| wait.lock.is_some()) {
            Some(wait) => (wait.lock.as_ref()?, wait.found_by.clone()),
            None => {
                let taken = self.taken?;
                let how = format!("the first argument of the call at {:#x}", taken.address);
                (taken.lock.as_ref()?, how)
            }
        };
        let state = match lock.value {
            Some(0) => "is free in the dump".to_owned(),
            Some(value) => format!("is held (its word is {value:#x})"),
            None => "cannot be read".to_owned(),
        };
        let same = match self.same_lock() {
            true => "; it is the lock that the suspect's code takes",
            false => "",
        };
        let home = lock.home.text();
        Some(Evidence {
            kind: EvidenceKind::Lock,
            shows: format!("the lock at {:#x}, {home}, {state}{same}", lock.address),
            addresses: vec![lock.address.into()],
            found_by,
            windbg: Some(format!("dps {:#x} L1", lock.address)),
        })
    }

    fn unknown(&self) -> Vec<Unknown> {
        let mut unknown = vec![Unknown {
            what: "which thread owns the lock".to_owned(),
            why: "a KSPIN_LOCK records no owner in free builds; the holder is inferred".to_owned(),
        }];
        if let Some(wait) = self.waiters.iter().find(|wait| wait.lock.is_none()) {
            unknown.push(Unknown {
                what: "the address of the lock".to_owned(),
                why: wait.found_by.clone(),
            });
        }
        unknown
    }

    fn alternatives(&self) -> Vec<Alternative> {
        if self.same_lock() {
            return Vec::new();
        }
        vec![Alternative {
            cause: CauseId::IrqlLeaked,
            culprit: Some(culprit(self.at.frame(self.suspect), CulpritRole::Suspect)),
            why: "earlier code of the thread may have left the IRQL raised; no other thread is \
                  seen to wait for the lock that the suspect's code takes"
                .to_owned(),
        }]
    }
}

/// Stacks that spin for the suspect's lock: for the same lock if both are known, else for a lock of
/// the same driver.
fn waiters<'f>(at: RaisedFault<'f>, suspect: usize, taken: Option<&InEffect>) -> Vec<&'f SpinWait> {
    let module = &at.frame(suspect).symbol.module;
    let own = taken.and_then(|taken| taken.lock.as_ref());
    let spinning = at.facts.spinning.iter();
    spinning
        .filter(|wait| match (own, &wait.lock) {
            (Some(own), Some(waited)) => own.address == waited.address,
            _ => {
                at.facts.stacks[wait.stack].frames[wait.waiter]
                    .symbol
                    .module
                    == *module
            }
        })
        .collect()
}
