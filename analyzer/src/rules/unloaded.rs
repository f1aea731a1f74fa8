//! Something called or touched the code of a driver that is no longer loaded.
//!
//! Needs: the fault or exception, the list of unloaded drivers.
//!
//! Decides: the instruction, or the address of the access, lies where an unloaded driver was. It
//! left a callback, timer, DPC or thread behind: it is to blame, not the caller. 0xCE states this
//! itself.
//!
//! Confidence: `certain` for an instruction inside the range, `likely` for an address.
//!
//! Source: Microsoft's bug check reference, 0xCE.

use super::evidence::{culprit_module, evidence, frame_at, parameter, stated};
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::stop::Parameter;
use crate::verdict::{CauseId, Confidence, CulpritRole, EvidenceKind, Unknown};

pub(super) struct CallIntoUnloaded;

impl Rule for CallIntoUnloaded {
    fn name(&self) -> &'static str {
        "call-into-unloaded-driver"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let [first, _, third, _] = facts.bugcheck.parameters;
        let (instruction, address) = match (&facts.fault, &facts.exception, facts.bugcheck.code) {
            (Some(fault), ..) => (fault.rip, fault.address.into()),
            (None, Some(exception), _) => (exception.address.into(), 0.into()),
            (None, None, 0xCE) => (third, first),
            _ => return None,
        };
        let at = |address: Parameter| {
            let address = address.known()?;
            let drivers = facts.unloaded.iter().rev();
            drivers
                .into_iter()
                .find(|driver| (driver.start..driver.end).contains(&address))
                .map(|driver| (driver, address))
        };
        // Another driver may be loaded there now.
        let reused = |address: u64| {
            facts
                .blamed
                .iter()
                .any(|place| place.address == address && place.symbol.module.is_some())
        };
        let (driver, confidence, hit) = match (at(instruction), at(address)) {
            (Some((driver, hit)), _) if !reused(hit) => (driver, Confidence::Certain, hit),
            (_, Some((driver, hit))) if !reused(hit) => (driver, Confidence::Likely, hit),
            _ => return None,
        };
        let mut pieces = vec![
            parameter(
                format!("the access was by {instruction:#x} to {address:#x}"),
                &stated(&[instruction]),
            ),
            evidence(
                EvidenceKind::Structure,
                match driver.end - hit {
                    // A log's symbol gives no end of the image.
                    1 => format!(
                        "{hit:#x} is {}+{:#x}, which was unloaded",
                        driver.name,
                        hit - driver.start
                    ),
                    _ => format!(
                        "{hit:#x} lies where {} was, from {:#x} to {:#x}, before it was unloaded",
                        driver.name, driver.start, driver.end
                    ),
                },
                &[hit],
                "the kernel's list of unloaded drivers",
                "lm u",
            ),
        ];
        if let Some(stack) = facts.crash_stack()
            && let Some(index) = stack
                .frames
                .iter()
                .position(|frame| frame.address == Some(hit))
            && index + 1 < stack.frames.len()
        {
            let shows = format!("{} called it", stack.frames[index + 1].text());
            pieces.push(frame_at(stack, index + 1, shows));
        }
        Some(Finding {
            cause: CauseId::CallIntoUnloadedDriver,
            explanation: format!(
                "{} was unloaded while something still referred to its code.",
                driver.name
            ),
            culprit: Some(culprit_module(&driver.name, CulpritRole::Caller)),
            victims: Vec::new(),
            confidence,
            evidence: pieces,
            unknown: vec![Unknown {
                what: "the function".to_owned(),
                why: "the driver's image and symbols are gone with it".to_owned(),
            }],
            alternatives: Vec::new(),
        })
    }
}
