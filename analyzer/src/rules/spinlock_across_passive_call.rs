//! A driver takes a spin lock (IRQL becomes DISPATCH_LEVEL) and then calls a system service that
//! needs PASSIVE_LEVEL. The service touches pageable memory, which cannot be brought in at that
//! IRQL: 0xD1 or 0xA in a module that did nothing wrong.
//!
//! Needs: the fault, the crash stack, the code of the drivers on it, and who spins.
//!
//! Decides: on the crash stack, outwards of the fault, `KiServiceLinkage` marks a service called
//! from kernel mode; its caller is the suspect. Two independent observations tell that a spin lock
//! is involved: the suspect's code takes one and does not release it before the call, and threads
//! on other processors spin for a lock on behalf of the same driver. KSPIN_LOCK records no owner,
//! so the holder is always an inference.
//!
//! Confidence: `likely` if somebody spins for a lock of that driver, or the lock that the
//! suspect's code took is held in the dump; `possible` with the code alone.
//!
//! Sources: Microsoft's bug check reference, 0xD1 and 0xA; WDK, Zw services require PASSIVE_LEVEL;
//! seed 002 (the file system is the victim, the caller below KiServiceLinkage the holder).

use super::blame::{culprit, fault_evidence, frame_evidence, victim};
use super::{Finding, Rule};
use crate::bugcheck;
use crate::facts::{
    CallSite, DISPATCH_LEVEL, Facts, Fault, LockFact, LockHome, SpinWait, StackFacts,
};
use crate::verdict::{
    Alternative, CauseId, Confidence, CulpritRole, Evidence, EvidenceKind, Unknown, Victim,
    VictimKind,
};

/// See the module's documentation.
pub(super) struct SpinlockAcrossPassiveCall;

impl Rule for SpinlockAcrossPassiveCall {
    fn name(&self) -> &'static str {
        "spinlock-held-across-passive-call"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let case = Case::find(facts)?;
        (case.taken.is_some() || !case.waiters.is_empty()).then(|| case.finding())
    }
}

/// The actors of this crash.
struct Case<'f> {
    facts: &'f Facts,
    stack: &'f StackFacts,
    fault: &'f Fault,
    /// Frame of the system service.
    service: usize,
    /// Frame that is blamed.
    suspect: usize,
    /// The acquisition in the suspect's code.
    taken: Option<&'f CallSite>,
    /// Threads that spin for a lock of the suspect's driver.
    waiters: Vec<&'f SpinWait>,
}

impl<'f> Case<'f> {
    fn find(facts: &'f Facts) -> Option<Self> {
        let fault = facts.fault.as_ref()?;
        let stack = facts.crash_stack()?;
        if fault.irql < DISPATCH_LEVEL {
            return None;
        }
        let from = fault.frame.unwrap_or(0);
        let call = stack
            .service_calls()
            .into_iter()
            .find(|call| call.service >= from)?;
        let caller = stack.first_driver(call.caller)?;
        // The lock may have been taken by the caller itself or further out, by code that calls a
        // helper of its own while it holds the lock.
        let holder = (caller..stack.frames.len())
            .take_while(|&index| stack.frames[index].is_driver())
            .find(|&index| {
                facts
                    .code_of(index)
                    .is_some_and(|code| code.unreleased().is_some())
            });
        let suspect = holder.unwrap_or(caller);
        let module = &stack.frames[suspect].symbol.module;
        let waiters = facts
            .spinning
            .iter()
            .filter(|wait| facts.stacks[wait.stack].frames[wait.waiter].symbol.module == *module)
            .collect();
        Some(Self {
            facts,
            stack,
            fault,
            service: call.service,
            suspect,
            taken: facts.code_of(suspect).and_then(|code| code.unreleased()),
            waiters,
        })
    }

    /// The lock's state: as a waiter sees it, or as the suspect's code names it.
    fn lock(&self) -> Option<&'f LockFact> {
        self.waiters.iter().find_map(|wait| wait.lock.as_ref())
    }

    /// Whether the suspect's code took the very lock that the others wait for.
    fn same_lock(&self) -> bool {
        let taken = self.taken.and_then(|site| site.lock.as_ref());
        let waited = self.lock();
        taken
            .zip(waited)
            .is_some_and(|(taken, waited)| taken.address == waited.address)
    }

    fn finding(self) -> Finding {
        let suspect = &self.stack.frames[self.suspect];
        let service = &self.stack.frames[self.service];
        let held = self
            .taken
            .and_then(|site| site.lock.as_ref())
            .is_some_and(LockFact::is_held);
        let confidence = if !self.waiters.is_empty() || held {
            Confidence::Likely
        } else {
            Confidence::Possible
        };
        let explanation = format!(
            "{} called {} at IRQL {} while holding a spin lock. The service touched {:#x}, which \
             was not resident, and a page fault cannot be served at that IRQL.",
            suspect.text(),
            service
                .symbol
                .function
                .as_deref()
                .unwrap_or("a system service"),
            bugcheck::irql(self.fault.irql),
            self.fault.address
        );
        Finding {
            cause: CauseId::SpinlockHeldAcrossPassiveCall,
            explanation,
            culprit: Some(culprit(suspect, CulpritRole::HolderInferred)),
            victims: self.victims(),
            confidence,
            evidence: self.evidence(),
            unknown: self.unknown(),
            alternatives: self.alternatives(),
        }
    }

    fn victims(&self) -> Vec<Victim> {
        let mut victims = Vec::new();
        let suspect_module = &self.stack.frames[self.suspect].symbol.module;
        if let Some(frame) = self.fault.frame.map(|index| &self.stack.frames[index])
            && frame.symbol.module != *suspect_module
        {
            victims.push(victim(
                VictimKind::FaultingModule,
                self.stack,
                frame,
                "it touched pageable memory, as it may at PASSIVE_LEVEL, on behalf of the caller"
                    .to_owned(),
            ));
        }
        victims.extend(self.waiters.iter().map(|wait| {
            let stack = &self.facts.stacks[wait.stack];
            let why = match &wait.lock {
                Some(lock) => format!(
                    "it spins for the lock at {:#x} in {}",
                    lock.address, wait.routine
                ),
                None => format!("it spins for a lock in {}", wait.routine),
            };
            victim(
                VictimKind::WaitingThread,
                stack,
                &stack.frames[wait.waiter],
                why,
            )
        }));
        victims
    }

    fn evidence(&self) -> Vec<Evidence> {
        let suspect = &self.stack.frames[self.suspect];
        let service = &self.stack.frames[self.service];
        let mut evidence = fault_evidence(self.fault);
        evidence.push(frame_evidence(
            self.stack,
            suspect,
            format!(
                "{} entered {} from kernel mode (KiServiceLinkage), which requires PASSIVE_LEVEL",
                suspect.text(),
                service.text()
            ),
        ));
        if let Some(site) = self.taken {
            let lock = match &site.lock {
                Some(lock) => format!(" with the lock at {:#x}", lock.address),
                None => String::new(),
            };
            evidence.push(Evidence {
                kind: EvidenceKind::Code,
                shows: format!(
                    "the same function calls {} at {:#x}{lock}; no release lies between that and \
                     the call of the service",
                    site.target, site.address
                ),
                addresses: vec![site.address.into()],
                found_by: "disassembly up to the return address, in address order".to_owned(),
                windbg: Some(format!("uf {:#x}", suspect.address)),
            });
        }
        evidence.extend(self.waiters.iter().map(|wait| {
            let stack = &self.facts.stacks[wait.stack];
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
                let site = self.taken?;
                let how = format!("the first argument of the call at {:#x}", site.address);
                (site.lock.as_ref()?, how)
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
        Some(Evidence {
            kind: EvidenceKind::Lock,
            shows: format!(
                "the lock at {:#x}, {}, {state}{same}",
                lock.address,
                home(&lock.home)
            ),
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
        let suspect = &self.stack.frames[self.suspect];
        vec![Alternative {
            cause: CauseId::IrqlLeaked,
            culprit: Some(culprit(suspect, CulpritRole::Suspect)),
            why: "the IRQL may have been left raised by earlier code of the thread; the dump does \
                  not tie the waiters' lock to the function that called the service"
                .to_owned(),
        }]
    }
}

fn home(home: &LockHome) -> String {
    match home {
        LockHome::DeviceExtension {
            device,
            driver,
            offset,
        } => format!("at offset {offset:#x} of the extension of {driver}'s device {device:#x}"),
        LockHome::ModuleData { module, symbol } => format!("in the data of {module} ({symbol})"),
        LockHome::ThreadStack { thread } => format!("on the stack of thread {thread:#x}"),
        LockHome::Unknown => "in memory of no known owner".to_owned(),
    }
}
