//! The graphics device did not answer in time.
//!
//! Needs: the stop's parameters, the crash stack.
//!
//! Decides: the display miniport of the hung device is the one that P2 points into, the one on the
//! stack, or the one that `!analyze` took from P2; if only some stacks are shown, one on any of
//! them. The dump does not show whether the driver or the device is at fault.
//!
//! Confidence: `possible`.
//!
//! Source: Microsoft's bug check reference, 0x116, 0x117, 0x119, 0x141, 0xEA, 0x113, 0x10E.

use super::blame::culprit;
use super::by_stop::{Call, at_fault};
use super::evidence::{culprit_at, frame_at, parameter};
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::modules::is_inbox;
use crate::verdict::{CauseId, Confidence, CulpritRole};

pub(super) struct GpuHang;

impl Rule for GpuHang {
    fn name(&self) -> &'static str {
        "gpu-hang"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let message = match facts.bugcheck.family() {
            0x116 => "the display driver could not be reset after a time-out",
            0x117 => "the display driver did not answer in time, and was reset",
            0x119 => "the video scheduler found the device's answers inconsistent",
            0x141 | 0x142 => "an engine of the graphics device did not answer in time",
            0xEA => "a thread of the display driver spins and waits for its device",
            0x19C => "the window manager waited too long for the display",
            0x113 | 0x10E => "the graphics kernel found its state inconsistent",
            _ => return None,
        };
        let call = Call {
            cause: CauseId::GpuHang,
            violation: message.to_owned(),
            role_of_driver: "drives the device",
            confidence: Confidence::Possible,
        };
        let mut finding = at_fault(facts, &call)?;
        let named = facts.blamed.get(1).or(facts.blamed.get(2)).filter(|place| {
            let module = place.symbol.module.as_deref();
            place.is_driver() && module.is_some_and(|module| !is_inbox(module))
        });
        if let Some(place) = named.filter(|_| finding.culprit.is_none()) {
            finding.culprit = Some(culprit_at(place, CulpritRole::Suspect));
            let text = format!("a parameter points into {}", place.text());
            finding.evidence.push(parameter(text, &[place.address]));
        }
        // !analyze takes the name from P2 too; use it if the module of P2 is not known.
        let is_owner = matches!(facts.bugcheck.code, 0x116 | 0x117);
        let analyzed = facts
            .analyzed
            .as_ref()
            .filter(|place| is_owner && place.is_third_party());
        if let Some(place) = analyzed.filter(|_| finding.culprit.is_none()) {
            let mut blamed = culprit_at(place, CulpritRole::Suspect);
            blamed.address = None;
            let text = format!("!analyze names {}, as the owner of P2", blamed.module);
            finding.evidence.push(parameter(text, &[]));
            finding.culprit = Some(blamed);
        }
        // The display's own threads wait; the miniport may be on another stack.
        let elsewhere = facts
            .stacks
            .iter()
            .filter(|_| !facts.shows.every_thread)
            .find_map(|stack| {
                let index = stack.first_suspect(0)?;
                stack.frames[index]
                    .is_third_party()
                    .then_some((stack, index))
            });
        if let Some((stack, index)) = elsewhere.filter(|_| finding.culprit.is_none()) {
            let frame = &stack.frames[index];
            finding.culprit = Some(culprit(frame, CulpritRole::Suspect));
            let shows = format!(
                "{} is the only driver of its own that is shown",
                frame.text()
            );
            finding.evidence.push(frame_at(stack, index, shows));
        }
        Some(finding)
    }
}
