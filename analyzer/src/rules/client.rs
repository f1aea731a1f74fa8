//! An inbox driver faulted while it worked for a client driver.
//!
//! Needs: the fault, the crash stack, the devices whose addresses are on the stack.
//!
//! Decides: class libraries and port drivers run in requests of the drivers that registered with
//! them, and follow the pointers of those drivers. Where such a library faults and no other driver
//! is on the frames that are certain, the driver of the nearest device that the stack above the
//! fault names is suspected. The faulting module is the victim.
//!
//! Confidence: `possible`: words on a stack may be residue, and the library may be wrong itself.
//!
//! Sources: Microsoft's bug check reference, 0xD1 (causes); the documentation of AVStream, port
//! class and storage class drivers, whose minidrivers share requests and structures with the library.

use super::blame::{fault_evidence, frame_evidence, victim};
use super::evidence::{culprit_module, evidence as piece};
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::verdict::{
    Alternative, CauseId, Confidence, CulpritRole, EvidenceKind, Unknown, VictimKind,
};

/// No kernel mapping lies below this address.
const LOWEST_MAPPED: u64 = 0x10000;

pub(super) struct ClientOfInboxDriver;

impl Rule for ClientOfInboxDriver {
    fn name(&self) -> &'static str {
        "client-of-inbox-driver"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let fault = facts.fault.as_ref()?;
        let stack = facts.crash_stack()?;
        let frames = stack.frames.get(fault.frame?..)?;
        let frame = frames.first()?;
        if frames.iter().any(|frame| frame.is_third_party()) {
            return None;
        }
        let client = facts
            .clients
            .iter()
            .find(|client| client.is_third_party())?;
        let driver = &client.device.driver;
        let mut evidence = fault_evidence(fault);
        let shows = format!("{} made the access", frame.text());
        evidence.push(frame_evidence(stack, frame, shows));
        let address = client.device.address;
        evidence.push(piece(
            EvidenceKind::Structure,
            format!("the stack above the fault names {driver}'s device {address:#x}"),
            &[client.slot, address],
            "a word on the crash stack that is the address of a device object",
            format!("!devobj {address:#x}"),
        ));
        let why = "it is a driver of Windows that works in the requests of others";
        let cause = match fault.address < LOWEST_MAPPED {
            true => CauseId::NullDereference,
            false => CauseId::InvalidAccess,
        };
        let module = frame.symbol.module.clone().unwrap_or_default();
        Some(Finding {
            cause,
            explanation: format!(
                "{} tried to {} {:#x} while it worked for a device of {driver}.",
                frame.text(),
                fault.access.text(),
                fault.address
            ),
            culprit: Some(culprit_module(driver, CulpritRole::Suspect)),
            victims: vec![victim(
                VictimKind::FaultingModule,
                stack,
                frame,
                why.to_owned(),
            )],
            confidence: Confidence::Possible,
            evidence,
            unknown: vec![Unknown {
                what: "whose data led to the access".to_owned(),
                why: "the dump shows the instruction and the device, not who wrote the pointer"
                    .to_owned(),
            }],
            alternatives: vec![Alternative {
                cause,
                culprit: Some(culprit_module(&module, CulpritRole::Suspect)),
                why: "the fault may be its own; drivers of Windows fault far more often on what \
                      others gave them"
                    .to_owned(),
            }],
        })
    }
}
