//! Pool was allocated or freed at an IRQL at which it must not be (0xC2, P1 = 8 or 9).
//!
//! Needs: the crash stack and the code of the drivers on it.
//!
//! Decides: like a page fault at raised IRQL, this is found deep inside whatever the thread called.
//! A driver on the stack whose code holds a spin lock where it made its call is to blame, for the
//! service that it called or that lies between (as in seed 002, but the file system's pages were
//! resident); then one whose code raised the IRQL; then the innermost driver, as a suspect.
//!
//! Confidence: `likely` if the code shows the lock or the raise; otherwise `possible`.
//!
//! Source: Microsoft's bug check reference, 0xC2.

use super::blame::{code_evidence, culprit, victim};
use super::evidence::{frame_at, parameter};
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::stop;
use crate::verdict::{CauseId, Confidence, CulpritRole, Unknown, VictimKind};

pub(super) struct PoolAtWrongIrql;

impl Rule for PoolAtWrongIrql {
    fn name(&self) -> &'static str {
        "pool-at-wrong-irql"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        if !facts.is_stop(0xC2, 8) && !facts.is_stop(0xC2, 9) {
            return None;
        }
        let irql = facts.bugcheck.parameters[1];
        let stack = facts.crash_stack()?;
        let innermost = stack.first_driver(0)?;
        let codes =
            || (innermost..stack.frames.len()).filter_map(|at| Some((at, facts.code_of(at)?)));
        let holds = codes().find_map(|(at, code)| Some((at, code.lock.as_ref()?, "release it")));
        let raised =
            codes().find_map(|(at, code)| Some((at, code.irql.as_ref()?, "lower the IRQL")));
        let shown = holds.or(raised);
        let blamed = shown.map_or(innermost, |(at, ..)| at);
        let frame = &stack.frames[blamed];
        let service = stack
            .service_calls()
            .into_iter()
            .rev()
            .find(|call| call.caller <= blamed);
        let called = service.map(|call| stack.frames[call.service].text());
        let cause = match (holds, blamed == innermost && service.is_none()) {
            (Some(_), false) => CauseId::SpinlockHeldAcrossPassiveCall,
            (None, false) if raised.is_some() => CauseId::PassiveCallAtRaisedIrql,
            _ => CauseId::ApiCalledAtWrongIrql,
        };
        let at_irql = format!("pool was used at IRQL {}", irql.text(stop::irql));
        let mut evidence = vec![parameter(at_irql.clone(), &[])];
        let shows = format!(
            "{} called {}",
            frame.text(),
            called.as_deref().unwrap_or("what led to the pool manager")
        );
        evidence.push(frame_at(stack, blamed, shows));
        evidence.extend(shown.map(|(_, action, undone)| code_evidence(frame, action, undone)));
        let inner = &stack.frames[innermost];
        let why = "it used pool, as it may at PASSIVE_LEVEL, on behalf of the caller".to_owned();
        let other = inner.symbol.module != frame.symbol.module;
        Some(Finding {
            cause,
            explanation: format!(
                "{at_irql}; {} called {} {}.",
                frame.text(),
                called.as_deref().unwrap_or("what led there"),
                match (holds, raised) {
                    (Some(_), _) => "while holding a spin lock",
                    (None, Some(_)) => "at an IRQL that it raised",
                    (None, None) => "at raised IRQL",
                }
            ),
            culprit: Some(culprit(
                frame,
                match (holds, shown) {
                    (Some(_), _) => CulpritRole::HolderInferred,
                    (None, Some(_)) => CulpritRole::Caller,
                    (None, None) => CulpritRole::Suspect,
                },
            )),
            victims: other
                .then(|| victim(VictimKind::Bystander, stack, inner, why))
                .into_iter()
                .collect(),
            confidence: match shown {
                Some(_) => Confidence::Likely,
                None => Confidence::Possible,
            },
            evidence,
            unknown: shown
                .is_none()
                .then(|| Unknown {
                    what: "who raised the IRQL".to_owned(),
                    why: "no code on the stack is seen to raise it".to_owned(),
                })
                .into_iter()
                .collect(),
            alternatives: Vec::new(),
        })
    }
}
