//! The hardware reported an error, or the data can only be a hardware error.
//!
//! Needs: the stop's parameters.
//!
//! Decides: 0x124, 0x9C and 0x12B are the processor's or the platform's own reports; 0x77 is a page
//! that the disk could not give back; 0x1A with 0x41792 is a page-table entry with a single bit
//! set. No driver is to blame; those on the stack only reported the error. 0x7A has its own rule.
//!
//! Confidence: `likely`; which part is broken is in the error record.
//!
//! Source: Microsoft's bug check reference, 0x124, 0x9C, 0x12B, 0x77, 0x1A.

use super::blame::victim;
use super::evidence::{evidence as piece, parameter, stated};
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::verdict::{CauseId, Confidence, EvidenceKind, Unknown, VictimKind};

pub(super) struct Hardware;

/// What reported the error, for 0x124.
fn source(kind: u64) -> &'static str {
    match kind {
        0 => "a machine check exception of a processor",
        1 => "a corrected machine check",
        2 => "a corrected platform error",
        3 => "a non-maskable interrupt",
        4 => "an uncorrectable PCI Express error",
        5 => "a generic hardware error",
        6 => "an initialization error",
        7 => "a boot error",
        8 => "a SCI generic error",
        9 | 0xA => "an Itanium machine check",
        0x10 => "a device driver, on behalf of its device",
        _ => "another source",
    }
}

impl Rule for Hardware {
    fn name(&self) -> &'static str {
        "hardware-error"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let [first, second, ..] = facts.bugcheck.parameters;
        let (message, next) = match facts.bugcheck.code {
            0x124 => (
                format!(
                    "the hardware reported a fatal error through {}",
                    first.known().map_or("a source that is not shown", source)
                ),
                format!("!errrec {}", second.argument("P2")),
            ),
            0x9C => (
                "a processor raised a machine check".to_owned(),
                "!mca".to_owned(),
            ),
            0x12B => (
                "a page changed its content in memory".to_owned(),
                "!analyze -v".to_owned(),
            ),
            0x77 => (
                "a page could not be read back from the disk".to_owned(),
                "!error, and the disk's health".to_owned(),
            ),
            0x1A if first.is(0x41792) && second_is_one_bit(facts) => (
                "a page-table entry has a single bit set that nobody sets".to_owned(),
                "!pte, and a memory test".to_owned(),
            ),
            _ => return None,
        };
        let carriers = facts.crash_stack().map(|stack| {
            let frames = stack.frames.iter().filter(|frame| frame.is_driver());
            let mut seen = std::collections::HashSet::new();
            let once = frames.filter(|frame| seen.insert(frame.symbol.module.clone()));
            once.take(8)
                .map(|frame| {
                    let why = "it noticed or reported the hardware's error".to_owned();
                    victim(VictimKind::Detector, stack, frame, why)
                })
                .collect::<Vec<_>>()
        });
        let kind = EvidenceKind::Structure;
        let whea = facts.bugcheck.code == 0x124;
        let record = second.known().filter(|_| whea).map(|second| {
            let shows = format!("the error record is at {second:#x}");
            piece(
                kind,
                shows,
                &[second],
                "the stop's parameters",
                next.clone(),
            )
        });
        let record_text = facts.hardware.join("; ");
        let shown = (!record_text.is_empty()).then(|| {
            let shows = format!("the error record says: {record_text}");
            piece(kind, shows, &[], "the error record's fields", next.clone())
        });
        Some(Finding {
            cause: CauseId::HardwareError,
            explanation: format!("{}{}.", message[..1].to_uppercase(), &message[1..]),
            culprit: None,
            victims: carriers.unwrap_or_default(),
            confidence: Confidence::Likely,
            evidence: std::iter::once(parameter(message, &stated(&[first])))
                .chain(record)
                .chain(shown)
                .collect(),
            unknown: vec![Unknown {
                what: "which part of the hardware fails".to_owned(),
                why: match record_text.is_empty() {
                    false => {
                        "the error record names where the error was noticed, not why".to_owned()
                    }
                    true => format!("the error record tells it; run {next}"),
                },
            }],
            alternatives: Vec::new(),
        })
    }
}

/// 0x1A/0x41792: P3 is the entry's content.
fn second_is_one_bit(facts: &Facts) -> bool {
    let entry = facts.bugcheck.parameter(2);
    entry.is_some_and(|entry| entry.count_ones() == 1)
}
