//! The kernel stack is used up (0x7F with P1 = 8, 0x1AA, 0x2B, 0xC4 in KMDF's guards).
//!
//! Needs: the crash stack.
//!
//! Decides: the third-party driver with most frames on the stack; recursion shows as many frames of
//! one driver.
//!
//! Confidence: `likely` if it has at least a quarter of many frames, else `possible`: every driver on
//! the stack used some.
//!
//! Source: Microsoft's bug check reference, 0x7F.

use std::collections::BTreeMap;

use super::blame::culprit;
use super::evidence::{frame_at, parameter, stated};
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::verdict::{CauseId, Confidence, CulpritRole, Unknown};

/// A stack with fewer frames is not deep.
const DEEP: usize = 30;

pub(super) struct StackOverflow;

impl Rule for StackOverflow {
    fn name(&self) -> &'static str {
        "kernel-stack-overflow"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        const DOUBLE_FAULT: u64 = 8;
        let first = facts.bugcheck.parameters[0];
        let is_it = match facts.bugcheck.family() {
            0x7F => first.is(DOUBLE_FAULT),
            0x2B | 0x1AA => true,
            _ => false,
        };
        if !is_it {
            return None;
        }
        let stack = facts.crash_stack()?;
        let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for (index, frame) in stack.frames.iter().enumerate() {
            if frame.is_third_party()
                && let Some(module) = frame.symbol.module.as_deref()
            {
                counts.entry(module).or_insert((0, index)).0 += 1;
            }
        }
        let most = counts
            .values()
            .copied()
            .max_by_key(|&(count, index)| (count, std::cmp::Reverse(index)));
        let message = "a fault could not be handled: there is no stack left for it";
        let mut evidence = vec![parameter(message, &stated(&[first]))];
        evidence.extend(most.map(|(count, index)| {
            let text = stack.frames[index].text();
            let shows = format!(
                "{text} and {} more of {} frames are of its driver",
                count - 1,
                stack.frames.len()
            );
            frame_at(stack, index, shows)
        }));
        let dominates = most.is_some_and(|(count, _)| {
            stack.frames.len() >= DEEP && count * 4 >= stack.frames.len()
        });
        Some(Finding {
            cause: CauseId::KernelStackOverflow,
            explanation: match stack.frames.len() {
                deep @ DEEP.. => format!("The kernel stack is used up, {deep} frames deep."),
                _ => "A fault could not be handled; mostly because the kernel stack is used up."
                    .to_owned(),
            },
            culprit: most.map(|(_, index)| culprit(&stack.frames[index], CulpritRole::Suspect)),
            victims: Vec::new(),
            confidence: match dominates {
                true => Confidence::Likely,
                false => Confidence::Possible,
            },
            evidence,
            unknown: vec![Unknown {
                what: "how much each frame uses".to_owned(),
                why: "run kf, which shows the distance between frames".to_owned(),
            }],
            alternatives: Vec::new(),
        })
    }
}
