//! A log with little data: a stop without a stack, or a stack without a stop.
//!
//! Needs: the module that `!analyze` blamed, or the instruction that a trap interrupted.
//!
//! Decides: the stop's code and first parameter give the cause. `!analyze` blames the innermost
//! module that it does not know to be harmless, which often is the victim. Without other data it is
//! a suspect, unless it is an inbox driver. Without a stop, or without the faulting address, a
//! driver's instruction that trapped made an invalid access. Otherwise only the cause is given.
//!
//! Confidence: `possible`.
//!
//! Sources: Microsoft's documentation of `!analyze`; the false blames in seeds 002 and 004.

use super::blame::culprit;
use super::evidence::{culprit_at, evidence, frame_at, parameter};
use super::{Finding, Rule};
use crate::facts::{CrashStack, Facts};
use crate::modules::is_inbox;
use crate::verdict::{Alternative, CauseId, Confidence, CulpritRole, EvidenceKind, Unknown};

pub(super) struct NamedOnly;

impl Rule for NamedOnly {
    fn name(&self) -> &'static str {
        "named-only"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        if facts.shows.has_memory() {
            return None;
        }
        match facts.shows.stop {
            true => named(facts)
                .or_else(|| trapped(facts, true))
                .or_else(|| bare(facts)),
            false => trapped(facts, false),
        }
    }
}

fn named(facts: &Facts) -> Option<Finding> {
    let bare = facts.shows.crash_stack == CrashStack::Implied
        || facts
            .crash_stack()
            .is_none_or(|stack| stack.first_suspect(0).is_none());
    let cause = facts.bugcheck.implies()?;
    let place = facts
        .analyzed
        .as_ref()
        .filter(|place| bare && place.is_driver())?;
    let mut blamed = culprit_at(place, CulpritRole::Suspect);
    blamed.address = None;
    let shows = format!("!analyze named {}", blamed.module);
    let inbox = is_inbox(&blamed.module);
    let why = match inbox {
        true => "it comes with Windows, and may only have noticed",
        false => "nothing else in the log speaks for or against it",
    };
    Some(Finding {
        cause,
        explanation: format!("{shows}; {why}."),
        alternatives: Vec::from_iter(inbox.then(|| Alternative {
            cause,
            culprit: Some(blamed.clone()),
            why: why.to_owned(),
        })),
        culprit: (!inbox).then_some(blamed),
        victims: Vec::new(),
        confidence: Confidence::Possible,
        evidence: vec![evidence(
            EvidenceKind::Stack,
            shows,
            &[],
            "the name that !analyze gave",
            "!analyze -v",
        )],
        unknown: vec![Unknown {
            what: "the stack of the stop".to_owned(),
            why: "the log does not show it, or no driver is on it".to_owned(),
        }],
    })
}

/// Only the cause is known.
fn bare(facts: &Facts) -> Option<Finding> {
    let stop = facts.bugcheck;
    let cause = stop.implies()?;
    Some(Finding {
        cause,
        explanation: match stop.parameter(0) {
            Some(_) => format!(
                "The stop's code and first parameter mean this: {}.",
                cause.title()
            ),
            None => format!(
                "The stop's code most often means this: {}. Its first parameter is not shown.",
                cause.title()
            ),
        },
        culprit: None,
        victims: Vec::new(),
        confidence: Confidence::Possible,
        evidence: vec![parameter(
            format!("stop {:#x} with P1 = {:#x}", stop.code, stop.parameters[0]),
            &[],
        )],
        unknown: vec![Unknown {
            what: "who did it".to_owned(),
            why: "the log shows no driver that the stop is about".to_owned(),
        }],
        alternatives: Vec::new(),
    })
}

/// An instruction that trapped, without the address that it accessed.
fn trapped(facts: &Facts, has_stop: bool) -> Option<Finding> {
    let is_fault = facts.bugcheck.implies() == Some(CauseId::InvalidAccess);
    if has_stop && !is_fault {
        return None;
    }
    let stack = facts.crash_stack()?;
    let at = stack.interrupted()?;
    let index = stack.first_suspect(at)?;
    let frame = &stack.frames[index];
    // An inbox driver may only be the detector, as in `named`.
    if has_stop && !frame.is_third_party() {
        return None;
    }
    let frame_role = match index == at {
        true => "trapped",
        false => "is the innermost driver outwards of the trap",
    };
    Some(Finding {
        cause: CauseId::InvalidAccess,
        explanation: match has_stop {
            true => format!(
                "{} {frame_role}; the log does not state which address was used.",
                frame.text()
            ),
            false => format!(
                "{} {frame_role}; the log does not state the stop.",
                frame.text()
            ),
        },
        culprit: Some(culprit(frame, CulpritRole::Suspect)),
        victims: Vec::new(),
        confidence: Confidence::Possible,
        evidence: vec![frame_at(
            stack,
            index,
            format!("{} {frame_role}", frame.text()),
        )],
        unknown: vec![Unknown {
            what: "the stop code and its parameters".to_owned(),
            why: "the log does not show them; run .bugcheck".to_owned(),
        }],
        alternatives: Vec::new(),
    })
}
