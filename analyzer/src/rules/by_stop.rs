//! Stops whose code alone gives the cause. They are raised inside the wrong call, or where the
//! damage is noticed.
//!
//! Needs: the crash stack, the code addresses among the parameters.
//!
//! Decides by the table: the innermost third-party driver made the call, or is a suspect if the
//! stop notices earlier damage. If a parameter is an address in a driver, that driver.
//!
//! Confidence: `likely` where the stop is raised inside the wrong call, `possible` where it is found
//! later; nobody is blamed without a driver.
//!
//! Source: Microsoft's bug check reference.

use super::blame::culprit;
use super::driver_raised_stop::is_linked_in;
use super::evidence::{culprit_at, frame_at, parameter, stated};
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::stop::{Blame, Class, Role, Stop};
use crate::verdict::Confidence::{Likely, Possible};
use crate::verdict::{CauseId, Confidence, CulpritRole, Unknown};

pub(super) struct ByStop;

impl Rule for ByStop {
    fn name(&self) -> &'static str {
        "by-stop"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let stop = &facts.bugcheck;
        let subtype = stop.subtype();
        let of_subtype = subtype.and_then(|subtype| subtype.implies);
        let blame = stop.row()?.blame.or_else(|| trap(stop))?;
        let meaning = subtype.map_or("", |subtype| subtype.meaning);
        let call = Call {
            cause: of_subtype.unwrap_or(blame.cause),
            violation: match meaning {
                "" => blame.message.to_owned(),
                meaning => meaning.to_owned(),
            },
            role_of_driver: match blame.confidence {
                Likely => "made the call",
                _ => "is the innermost driver when it was noticed",
            },
            confidence: blame.confidence,
        };
        // For pages left locked, prefer the driver whose IRP has the MDL to the caller.
        let place = [Role::Mdl, Role::Caller, Role::Driver]
            .into_iter()
            .filter_map(|role| facts.blamed.get(stop.index_of(role)?))
            .find(|place| place.is_third_party());
        let Some(place) = place else {
            return at_fault(facts, &call);
        };
        let mut finding = at_fault(facts, &call)?;
        finding.culprit = Some(culprit_at(place, CulpritRole::Caller));
        finding.confidence = Likely;
        finding.evidence.push(parameter(
            format!("a parameter names {}", place.text()),
            &[place.address],
        ));
        Some(finding)
    }
}

/// A trap whose kind gives the cause; the driver that it interrupted is a suspect.
fn trap(stop: &Stop) -> Option<Blame> {
    let cause = stop.subtype()?.implies?;
    (stop.class() == Class::Exception).then_some(Blame {
        cause,
        message: cause.title(),
        confidence: Possible,
    })
}

/// A stop raised in a driver's call.
pub(super) struct Call {
    pub cause: CauseId,
    /// What the driver did wrong; the start of a sentence, without its capital.
    pub violation: String,
    /// What the blamed frame did, after its symbol: `made the call`.
    pub role_of_driver: &'static str,
    /// The confidence with a driver to blame.
    pub confidence: Confidence,
}

/// Blames the innermost third-party driver on the crash stack.
pub(super) fn at_fault(facts: &Facts, call: &Call) -> Option<Finding> {
    let found = facts.crash_stack().and_then(|stack| {
        let index = stack.first_suspect(0)?;
        // The compiler's checks report what their caller did.
        let is_check = |index: &usize| {
            let function = stack.frames[*index].symbol.function.as_deref();
            stack.frames[*index].is_third_party() && function.is_some_and(is_linked_in)
        };
        let caller = (index..stack.frames.len())
            .filter(|index| stack.frames[*index].is_third_party())
            .find(|index| !is_check(index));
        let index = caller.filter(|_| is_check(&index)).unwrap_or(index);
        stack.frames[index]
            .is_third_party()
            .then_some((stack, index))
    });
    let mut evidence = vec![parameter(
        call.violation.clone(),
        &stated(&facts.bugcheck.parameters),
    )];
    evidence.extend(found.map(|(stack, index)| {
        let shows = format!("{} {}", stack.frames[index].text(), call.role_of_driver);
        frame_at(stack, index, shows)
    }));
    let statement = {
        let mut chars = call.violation.chars();
        let first = chars
            .next()
            .map(|first| first.to_uppercase().collect::<String>());
        format!("{}{}", first.unwrap_or_default(), chars.as_str())
    };
    let role = match call.confidence {
        Possible => CulpritRole::Suspect,
        _ => CulpritRole::Caller,
    };
    let unknown = match (found.is_some(), call.confidence) {
        (true, Possible) => Some(Unknown {
            what: "whether the driver on the stack did it".to_owned(),
            why: "the damage is noticed by whoever comes next; Driver Verifier finds who does it"
                .to_owned(),
        }),
        (true, _) => None,
        (false, _) => Some(Unknown {
            what: "who did it".to_owned(),
            why: match facts.crash_stack() {
                Some(_) => "only modules of Windows are on the stack".to_owned(),
                None => "the stack that raised the stop is not shown".to_owned(),
            },
        }),
    };
    Some(Finding {
        cause: call.cause,
        explanation: match found {
            Some((stack, index)) => {
                format!(
                    "{statement}; {} {}.",
                    stack.frames[index].text(),
                    call.role_of_driver
                )
            }
            None => format!("{statement}."),
        },
        culprit: found.map(|(stack, index)| culprit(&stack.frames[index], role)),
        victims: Vec::new(),
        confidence: match found {
            Some(_) => call.confidence,
            None => Possible,
        },
        evidence,
        unknown: unknown.into_iter().collect(),
        alternatives: Vec::new(),
    })
}
