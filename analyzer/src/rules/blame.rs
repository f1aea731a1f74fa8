//! Parts of findings that several rules share.

use super::evidence::stated;
use crate::facts::{Facts, Fault, FrameFacts, InEffect, StackFacts};
use crate::verdict::{Culprit, CulpritRole, Evidence, EvidenceKind, Victim, VictimKind};

/// A fault at raised IRQL and the stack that led to it.
#[derive(Clone, Copy)]
pub(super) struct RaisedFault<'f> {
    pub facts: &'f Facts,
    pub fault: &'f Fault,
    pub stack: &'f StackFacts,
    /// Index of the faulting frame; 0 if it was not found on the stack.
    pub from: usize,
}

impl<'f> RaisedFault<'f> {
    /// `Some` if the stop is a fault at DISPATCH_LEVEL or above, with a stack.
    pub(super) fn find(facts: &'f Facts) -> Option<Self> {
        let fault = facts.fault.as_ref()?;
        let stack = facts.crash_stack()?;
        fault.is_raised().then_some(Self {
            facts,
            fault,
            stack,
            from: fault.frame.unwrap_or(0),
        })
    }

    /// Frames of drivers outwards of the fault, innermost first; not the faulting frame itself.
    pub(super) fn drivers_outside(self) -> impl Iterator<Item = usize> {
        (self.from + 1..self.stack.frames.len()).filter(move |&index| self.frame(index).is_driver())
    }

    /// Whether calling at this IRQL was wrong in itself: the call led into a system service, or to
    /// memory that a page fault would have brought in. Calls among drivers at DISPATCH_LEVEL are
    /// fine, and a wild pointer further in is not the caller's fault.
    pub(super) fn call_was_wrong(self, caller: usize) -> bool {
        self.fault.is_paged_out() || self.service_of(caller).is_some()
    }

    pub(super) fn frame(self, index: usize) -> &'f FrameFacts {
        &self.stack.frames[index]
    }

    /// The faulting module as a victim, unless it is the suspect's own.
    pub(super) fn faulting_victim(self, suspect: usize) -> Option<Victim> {
        let frame = self.frame(self.fault.frame?);
        let other = frame.symbol.module != self.frame(suspect).symbol.module;
        other.then(|| {
            let why = "it touched pageable memory, as it may at PASSIVE_LEVEL, on behalf of the \
                       caller";
            victim(
                VictimKind::FaultingModule,
                self.stack,
                frame,
                why.to_owned(),
            )
        })
    }

    /// The service that `caller` or code that it called entered from kernel mode.
    pub(super) fn service_of(self, caller: usize) -> Option<usize> {
        let calls = self.stack.service_calls();
        let inside = calls
            .iter()
            .filter(|call| call.service >= self.from && call.caller <= caller);
        inside.map(|call| call.service).max()
    }

    /// Name of what the suspect called: the service, or the next frame inwards that has a name.
    pub(super) fn called(self, suspect: usize) -> String {
        let service = self.service_of(suspect).map(|index| self.frame(index));
        let name = service.and_then(|frame| frame.symbol.function.clone());
        let inwards = || {
            let mut frames = (self.from..suspect).rev().map(|index| self.frame(index));
            frames.find_map(|frame| frame.symbol.function.clone())
        };
        name.or_else(inwards)
            .unwrap_or_else(|| self.frame(suspect.saturating_sub(1)).text())
    }

    /// The call that led from the suspect to the fault.
    pub(super) fn call_evidence(self, suspect: usize) -> Evidence {
        let frame = self.frame(suspect);
        let shows = match self.service_of(suspect) {
            Some(service) => format!(
                "{} entered {} from kernel mode (KiServiceLinkage), which requires PASSIVE_LEVEL",
                frame.text(),
                self.frame(service).text()
            ),
            None => format!("{} called {}", frame.text(), self.called(suspect)),
        };
        frame_evidence(self.stack, frame, shows)
    }
}

/// A culprit from a frame.
pub(super) fn culprit(frame: &FrameFacts, role: CulpritRole) -> Culprit {
    Culprit {
        module: frame.symbol.module.clone().unwrap_or_else(|| frame.text()),
        function: frame.symbol.function.clone(),
        offset: frame.symbol.offset,
        address: frame.address.map(Into::into),
        source_file: frame.symbol.file.clone(),
        source_line: frame.symbol.line,
        role,
    }
}

/// A victim from a frame.
pub(super) fn victim(
    kind: VictimKind,
    stack: &StackFacts,
    frame: &FrameFacts,
    why: String,
) -> Victim {
    Victim {
        kind,
        module: frame.symbol.module.clone(),
        function: frame.symbol.function.clone(),
        thread: stack.thread.as_ref().map(|thread| thread.address.into()),
        processor: stack.processor,
        why,
    }
}

/// What the stop's parameters say about the access.
pub(super) fn fault_evidence(fault: &Fault) -> Vec<Evidence> {
    let mut evidence = vec![Evidence {
        kind: EvidenceKind::BugcheckParameter,
        shows: format!(
            "{} of {:#x} by {:#x}{}",
            fault.access.noun(),
            fault.address,
            fault.rip,
            fault.at_irql()
        ),
        addresses: stated(&[fault.address.into(), fault.rip])
            .into_iter()
            .map(Into::into)
            .collect(),
        found_by: "the stop's parameters".to_owned(),
        windbg: Some(".bugcheck".to_owned()),
    }];
    if let Some(state) = fault.page_text() {
        evidence.push(Evidence {
            kind: EvidenceKind::PageTable,
            shows: format!("{:#x} is {state}", fault.address),
            addresses: vec![fault.address.into()],
            found_by: "the page tables, walked from the header's directory table base".to_owned(),
            windbg: Some(format!("!pte {:#x}", fault.address)),
        });
    }
    evidence
}

/// What the code of a frame's function did before its call.
pub(super) fn code_evidence(frame: &FrameFacts, action: &InEffect, undone: &str) -> Evidence {
    let lock = match &action.lock {
        Some(lock) => format!(" with the lock at {:#x}", lock.address),
        None => String::new(),
    };
    let paths = match action.always {
        true => "on every path to the call",
        false => "on some paths to the call",
    };
    Evidence {
        kind: EvidenceKind::Code,
        shows: format!(
            "{} {} at {:#x}{lock}, {paths}, and does not {undone} before it",
            frame
                .symbol
                .function
                .as_deref()
                .unwrap_or("the same function"),
            action.how,
            action.address
        ),
        addresses: vec![action.address.into()],
        found_by: "the function's code, following its paths up to the call".to_owned(),
        windbg: frame.address.map(|address| format!("uf {address:#x}")),
    }
}

/// A frame as evidence.
pub(super) fn frame_evidence(stack: &StackFacts, frame: &FrameFacts, shows: String) -> Evidence {
    let windbg = match (stack.is_crash(), stack.processor, &stack.thread) {
        (true, ..) => "k".to_owned(),
        (false, Some(processor), _) => format!("~{processor}k"),
        (false, None, Some(thread)) => format!("!thread {:#x}", thread.address),
        (false, None, None) => "k".to_owned(),
    };
    Evidence {
        kind: EvidenceKind::Stack,
        shows,
        addresses: frame.address.into_iter().map(Into::into).collect(),
        found_by: format!(
            "the stack that starts at {} ({})",
            stack.source,
            frame.trust.as_str()
        ),
        windbg: Some(windbg),
    }
}
