//! Pieces that several rules put together.

use crate::bugcheck;
use crate::facts::{Fault, FrameFacts, StackFacts};
use crate::verdict::{Culprit, CulpritRole, Evidence, EvidenceKind, Victim, VictimKind};

/// A culprit from a frame.
pub(super) fn culprit(frame: &FrameFacts, role: CulpritRole) -> Culprit {
    Culprit {
        module: frame
            .symbol
            .module
            .clone()
            .unwrap_or_else(|| format!("{:#x}", frame.address)),
        function: frame.symbol.function.clone(),
        offset: frame.symbol.offset,
        address: Some(frame.address.into()),
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
            "a {} of {:#x} by {:#x} at IRQL {}",
            fault.access.text(),
            fault.address,
            fault.rip,
            bugcheck::irql(fault.irql)
        ),
        addresses: vec![fault.address.into(), fault.rip.into()],
        found_by: "the stop's parameters".to_owned(),
        windbg: Some(".bugcheck".to_owned()),
    }];
    if let Some(state) = fault.page_text() {
        evidence.push(Evidence {
            kind: EvidenceKind::PageTable,
            shows: format!("{:#x} is {state}", fault.address),
            addresses: vec![fault.address.into()],
            found_by: "walking the page tables from the header's directory table base".to_owned(),
            windbg: Some(format!("!pte {:#x}", fault.address)),
        });
    }
    evidence
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
        addresses: vec![frame.address.into()],
        found_by: format!("stack from {} ({})", stack.source, frame.trust.as_str()),
        windbg: Some(windbg),
    }
}
