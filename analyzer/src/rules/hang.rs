//! A crash that was forced on a hanging system (0x80 by an NMI, 0xE2 by hand) or a live dump
//! (0x161), and no cycle of locks explains it.
//!
//! Needs: who spins, and what threads of drivers wait for.
//!
//! Decides: nobody is to blame by the stack alone. A driver's thread that spins for a held lock is
//! named first, else the one that waits the longest for something of its own driver. If only
//! selected threads are shown, all waits count; if they are all in one driver, it is the suspect.
//!
//! Confidence: `possible`.
//!
//! Source: Microsoft's bug check reference, 0x80 and 0xE2.

use super::blame::culprit;
use super::deadlock::edges;
use super::evidence::{frame_at, parameter, wait_evidence, waiting_frame};
use super::forced::{how, is_forced};
use super::{Finding, Rule};
use crate::facts::{Facts, StackFacts, WaitFacts};
use crate::verdict::{Alternative, CauseId, Confidence, Culprit, CulpritRole, Unknown};

/// Shorter waits are normal.
const LONG: f64 = 5.0;

pub(super) struct Hang;

impl Rule for Hang {
    fn name(&self) -> &'static str {
        "forced-dump-of-hang"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        if !is_forced(facts) {
            return None;
        }
        let mut evidence = vec![parameter(how(facts), &[])];
        let mut alternatives = Vec::new();
        let mut suspect = |frame, why: String| {
            alternatives.push(Alternative {
                cause: CauseId::ForcedDumpOfHang,
                culprit: Some(culprit(frame, CulpritRole::Suspect)),
                why,
            });
        };
        for wait in &facts.spinning {
            let stack = &facts.stacks[wait.stack];
            let frame = &stack.frames[wait.waiter];
            evidence.push(frame_at(
                stack,
                wait.waiter,
                format!("{} spins for a lock", frame.text()),
            ));
            suspect(frame, format!("it spins in {}", wait.routine));
        }
        evidence.extend(edges(facts).iter().map(super::deadlock::Edge::evidence));
        let mut waits: Vec<_> = facts
            .waits
            .iter()
            .filter(|wait| {
                !facts.shows.every_thread || wait.seconds.is_some_and(|seconds| seconds >= LONG)
            })
            .filter_map(|wait| {
                let stack = &facts.stacks[wait.stack];
                let index = waiting_frame(stack)?;
                stack.frames[index]
                    .is_third_party()
                    .then_some((wait, stack, index))
            })
            .collect();
        waits.sort_by(|a, b| {
            b.0.seconds
                .partial_cmp(&a.0.seconds)
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        let suspected = sole_driver(facts, &waits);
        for (wait, stack, index) in waits.into_iter().take(5) {
            evidence.push(wait_evidence(facts, wait));
            let frame = &stack.frames[index];
            evidence.push(frame_at(stack, index, format!("{} waits", frame.text())));
            let waited = match wait.seconds {
                Some(seconds) => format!("its thread has waited for {seconds:.0} s"),
                None => "its thread waits, for how long is not shown".to_owned(),
            };
            suspect(frame, format!("{waited}; that may be normal"));
        }
        Some(Finding {
            cause: CauseId::ForcedDumpOfHang,
            explanation: match &suspected {
                Some(culprit) => format!(
                    "The dump was forced; no threads are seen to wait for each other in a circle, \
                     but all threads shown that wait in a driver are of {}.",
                    culprit.module
                ),
                None => "The dump was forced; no threads are seen to wait for each other in a \
                         circle."
                    .to_owned(),
            },
            culprit: suspected,
            victims: Vec::new(),
            confidence: Confidence::Possible,
            evidence,
            unknown: vec![Unknown {
                what: "why the system was thought to hang".to_owned(),
                why: "a forced stop says nothing about its reason".to_owned(),
            }],
            alternatives,
        })
    }
}

/// The one driver of all waits, if only selected threads are shown; by its longest wait.
fn sole_driver(facts: &Facts, waits: &[(&WaitFacts, &StackFacts, usize)]) -> Option<Culprit> {
    if facts.shows.every_thread {
        return None;
    }
    let frames = || waits.iter().map(|(_, stack, index)| &stack.frames[*index]);
    let first = frames().next()?;
    let alone = frames().all(|frame| frame.symbol.module == first.symbol.module);
    alone.then(|| culprit(first, CulpritRole::Suspect))
}
