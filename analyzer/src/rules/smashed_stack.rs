//! A return address was overwritten by a buffer's contents.
//!
//! Needs: the crash stack, the faulting instruction.
//!
//! Decides: a return address, or the instruction pointer itself, that is one byte repeated or
//! printable text is no code address; it was written by a copy beyond the end of a buffer on the
//! stack. The innermost third-party frame inwards of the first such address has the buffer. If the
//! instruction pointer itself is such a value, the function has already returned: the nearest
//! third-party frame outwards is only a suspect.
//!
//! Confidence: `likely` for a driver's frame next to the overwritten address, else `possible`.
//!
//! Source: the frame layout of x86 and x64; own probes.

use super::blame::culprit;
use super::evidence::{frame_at, parameter};
use super::{Finding, Rule};
use crate::facts::{Facts, StackFacts, is_filling};
use crate::verdict::{CauseId, Confidence, CulpritRole, Unknown};

pub(super) struct SmashedStack;

/// The first frame with a filling as its address, outwards of `from`.
fn overwritten(stack: &StackFacts, from: usize) -> Option<usize> {
    (from..stack.frames.len()).find(|&index| {
        let frame = &stack.frames[index];
        frame.symbol.module.is_none() && frame.address.is_some_and(is_filling)
    })
}

impl Rule for SmashedStack {
    fn name(&self) -> &'static str {
        "smashed-stack"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let stack = facts.crash_stack();
        let rip = facts.fault.as_ref().and_then(|fault| fault.rip.known());
        let rip = rip.or_else(|| Some(facts.exception.as_ref()?.address));
        let jumped = rip.filter(|&rip| is_filling(rip));
        let at = stack.and_then(|stack| Some((stack, overwritten(stack, 0)?)));
        let value = match (jumped, at) {
            (Some(rip), _) => rip,
            (None, Some((stack, index))) => stack.frames[index].address?,
            (None, None) => return None,
        };
        // A frame inwards that is the driver's own still has its buffer on the stack. Frames of the
        // stop and of the trap are the kernel's.
        let inwards = at.and_then(|(stack, index)| {
            let inner = (0..index)
                .rev()
                .find(|&one| stack.frames[one].is_driver())?;
            let frame = &stack.frames[inner];
            frame.is_third_party().then_some((stack, inner))
        });
        if jumped.is_none() && inwards.is_none() {
            return None;
        }
        let outwards = || {
            let stack = stack?;
            let from = at.map_or(0, |(_, index)| index);
            let index =
                (from..stack.frames.len()).find(|&index| stack.frames[index].is_third_party())?;
            Some((stack, index))
        };
        let (found, role, confidence) = match inwards {
            Some(found) => (Some(found), CulpritRole::FaultingCode, Confidence::Likely),
            None => (outwards(), CulpritRole::Suspect, Confidence::Possible),
        };
        let what = match jumped {
            Some(_) => "the instruction pointer",
            None => "a return address",
        };
        let shows = format!("{what} is {value:#x}, which is no address but data");
        let mut evidence = vec![parameter(shows, &[value])];
        evidence.extend(found.map(|(stack, index)| {
            let text = stack.frames[index].text();
            let shows = match confidence {
                Confidence::Likely => {
                    format!("{text} is the frame next to the overwritten address")
                }
                _ => format!("{text} is the nearest driver on the stack"),
            };
            frame_at(stack, index, shows)
        }));
        Some(Finding {
            cause: CauseId::StackBufferOverrun,
            explanation: format!(
                "A buffer on the stack was written beyond its end: {what} became {value:#x}."
            ),
            culprit: found.map(|(stack, index)| culprit(&stack.frames[index], role)),
            victims: Vec::new(),
            confidence,
            evidence,
            unknown: (confidence != Confidence::Likely)
                .then(|| Unknown {
                    what: "the function whose buffer was overrun".to_owned(),
                    why: "it has returned to the overwritten address, and its frame is gone"
                        .to_owned(),
                })
                .into_iter()
                .collect(),
            alternatives: Vec::new(),
        })
    }
}
