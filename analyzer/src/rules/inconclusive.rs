//! No rule knows this stop. The innermost driver on the crash stack is named as an alternative,
//! and marked as no more than that: blaming by the stack alone names victims as often as culprits
//! (seeds 000 to 004).

use super::blame::{culprit, frame_evidence};
use super::{Finding, Rule};
use crate::facts::Facts;
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
        explanation: "No rule explains this stop from what the dump shows.".to_owned(),
        culprit: None,
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
