//! No rule knows this stop. The innermost driver on the crash stack is named as an alternative, and
//! marked as no more than that: blaming by the stack alone names victims as often as culprits
//! (seeds 000 to 004). Without memory, the driver is the culprit, `possible`, if the kernel raised
//! the stop inside the driver's own call.

use super::blame::{culprit, frame_evidence};
use super::{Finding, Rule};
use crate::facts::{Facts, FrameFacts, StackFacts};
use crate::verdict::{Alternative, CauseId, Confidence, CulpritRole, Unknown};

/// Always applies.
pub(super) struct Inconclusive;

impl Rule for Inconclusive {
    fn name(&self) -> &'static str {
        "inconclusive"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        Some(finding(facts))
    }
}

/// Whether the stop was raised inside a call that the driver's frame made into the kernel: no
/// interrupt or other driver is between.
fn raised_in_its_call(stack: &StackFacts, index: usize) -> bool {
    let inner = &stack.frames[..index];
    let is_call = |frame: &FrameFacts| {
        let name = frame.symbol.function.as_deref().unwrap_or("");
        // Stops of watchdogs and image verification are not about a call.
        frame.symbol.in_kernel && !name.contains("Watchdog") && !name.contains("Interrupt")
    };
    stack.frames[index].is_third_party()
        && stack
            .position_of(0, "KeBugCheckEx")
            .is_some_and(|at| at < index)
        && stack.interrupted().is_none_or(|at| at > index)
        && inner.iter().all(is_call)
}

pub(super) fn finding(facts: &Facts) -> Finding {
    let suspect = facts.crash_stack().and_then(|stack| {
        let index = stack.first_driver(0)?;
        Some((stack, &stack.frames[index]))
    });
    let evidence = suspect
        .map(|(stack, frame)| {
            let shows = format!(
                "{} is the innermost driver on the crash stack",
                frame.text()
            );
            frame_evidence(stack, frame, shows)
        })
        .into_iter()
        .collect();
    let alternatives = suspect
        .map(|(_, frame)| Alternative {
            cause: CauseId::Inconclusive,
            culprit: Some(culprit(frame, CulpritRole::Suspect)),
            why: "it is the innermost driver on the crash stack; nothing else speaks against it"
                .to_owned(),
        })
        .into_iter()
        .collect();
    Finding {
        cause: CauseId::Inconclusive,
        explanation: match facts.said.of_kind(&facts.bugcheck) {
            Some(said) => {
                format!("No rule explains this stop from what the dump shows; {said}.")
            }
            None => "No rule explains this stop from what the dump shows.".to_owned(),
        },
        // With memory, the other rules have already checked it.
        culprit: facts
            .crash_stack()
            .filter(|_| !facts.shows.has_memory())
            .and_then(|stack| {
                let index = stack.first_driver(0)?;
                raised_in_its_call(stack, index)
                    .then(|| culprit(&stack.frames[index], CulpritRole::Suspect))
            }),
        victims: Vec::new(),
        confidence: Confidence::Possible,
        evidence,
        unknown: vec![Unknown {
            what: "the cause".to_owned(),
            why: "no rule covers this stop, or what its rule needs could not be read".to_owned(),
        }],
        alternatives,
    }
}
