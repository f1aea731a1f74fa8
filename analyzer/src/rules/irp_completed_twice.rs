//! An IRP was completed that was complete already (0x44).
//!
//! Needs: the crash stack with the completion routine of the I/O manager, the IRP.
//!
//! Decides: the second completer is the first driver outwards of `IofCompleteRequest`. Two drivers
//! may both believe that they own the IRP. The dump shows the later one, which is wrong if it had
//! passed the IRP on.
//!
//! Confidence: `certain` that this code completed the IRP again; who should not have is `likely`.
//!
//! Source: Microsoft's bug check reference, 0x44.

use super::blame::culprit;
use super::evidence::{frame_at, irp_evidence, parameter, stack_evidence, stated};
use super::{Finding, Rule};
use crate::facts::{CrashStack, Facts};
use crate::verdict::{Alternative, CauseId, Confidence, CulpritRole, Unknown};

const COMPLETION: &[&str] = &[
    "IofCompleteRequest",
    "IopfCompleteRequest",
    "IovCompleteRequest",
];

pub(super) struct IrpCompletedTwice;

impl Rule for IrpCompletedTwice {
    fn name(&self) -> &'static str {
        "irp-completed-twice"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        if facts.bugcheck.code != 0x44 {
            return None;
        }
        let stack = facts.crash_stack()?;
        // The innermost call of the completion is the one that failed. Behind the exported routine
        // there may be an internal one, and in front of it Driver Verifier's.
        let is_completion = |index: &usize| {
            let symbol = &stack.frames[*index].symbol;
            let name = symbol.function.as_deref();
            symbol.in_kernel && name.is_some_and(|name| COMPLETION.contains(&name))
        };
        let implied = facts.shows.crash_stack == CrashStack::Implied;
        let inner = (0..stack.frames.len())
            .find(is_completion)
            .or(implied.then_some(0))?;
        let blamed = stack.first_driver(inner)?;
        let frame = &stack.frames[blamed];
        let address = facts.bugcheck.parameters[0];
        let mut evidence = vec![
            parameter(
                format!("the IRP {address:#x} is complete already"),
                &stated(&[address]),
            ),
            frame_at(
                stack,
                blamed,
                format!("{} completes it again", frame.text()),
            ),
        ];
        for irp in &facts.irps {
            evidence.push(irp_evidence(irp));
            evidence.extend(stack_evidence(irp));
        }
        let others = facts.irps.iter().flat_map(|irp| &irp.stack);
        let own = frame.symbol.module.as_deref();
        let lower = others
            .map(|(device, _)| &device.driver)
            .find(|driver| Some(driver.as_str()) != own);
        Some(Finding {
            cause: CauseId::IrpCompletedTwice,
            explanation: format!(
                "{} completes an IRP that is complete already.",
                frame.text()
            ),
            culprit: Some(culprit(frame, CulpritRole::Caller)),
            victims: Vec::new(),
            confidence: Confidence::Likely,
            evidence,
            unknown: vec![Unknown {
                what: "who completed it the first time".to_owned(),
                why: "the first completion left no frames".to_owned(),
            }],
            alternatives: lower
                .map(|driver| Alternative {
                    cause: CauseId::IrpCompletedTwice,
                    culprit: Some(super::evidence::culprit_module(
                        driver,
                        CulpritRole::Suspect,
                    )),
                    why: "it is in the same device stack and may have completed an IRP that was \
                          not its own any more"
                        .to_owned(),
                })
                .into_iter()
                .collect(),
        })
    }
}
