//! A power IRP was not completed in time (0x9F, P1 = 3); the log shows the device stack or the
//! bucket, but not the IRP.
//!
//! Needs: the device stack of P2, the service of its node, the driver in the bucket's name.
//!
//! Decides: the function driver of the stack, which the node's service names. Filters pass power
//! IRPs on, and the bus only enumerated the device. If the function driver comes with Windows, or no
//! service is shown, the only other driver that does not come with Windows is suspected. Several
//! are alternatives. Without a device stack, the driver in the bucket's name.
//!
//! Confidence: `likely` if the function driver is the only one that does not come with Windows, and
//! the bucket names no other; otherwise `possible`.
//!
//! Sources: Microsoft's bug check reference, 0x9F, and `!devstack`.

use super::evidence::{culprit_module, evidence, parameter, stated};
use super::{Finding, Rule};
use crate::facts::{Facts, PowerStack};
use crate::modules::is_inbox;
use crate::verdict::{
    Alternative, CauseId, Confidence, CulpritRole, Evidence, EvidenceKind, Unknown, Victim,
    VictimKind,
};

pub(super) struct PowerStackRule;

impl Rule for PowerStackRule {
    fn name(&self) -> &'static str {
        "power-stack"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        if !facts.is_stop(0x9F, 3) {
            return None;
        }
        let stack = facts.power_stack.as_ref()?;
        let (blamed, confidence) = choose(stack)?;
        let [_, pdo, _, irp] = facts.bugcheck.parameters;
        let shows = format!("a power IRP sent to the stack of {pdo:#x} was not completed");
        let mut pieces = vec![parameter(shows, &stated(&[pdo, irp]))];
        pieces.extend(device_evidence(stack, pdo.argument("P2")));
        pieces.extend(stack.bucket.as_ref().map(|driver| {
            let shows = format!("the bucket of the stop names {driver}");
            let found_by = "the failure bucket";
            evidence(EvidenceKind::Stack, shows, &[], found_by, "!analyze -v")
        }));
        let others = third_parties(stack).filter(|driver| *driver != blamed);
        let why = "it is in the same device stack, and the IRP's place in it is not shown";
        let alternatives = others.map(|driver| Alternative {
            cause: CauseId::PowerIrpNeverCompleted,
            culprit: Some(culprit_module(driver, CulpritRole::Suspect)),
            why: why.to_owned(),
        });
        Some(Finding {
            cause: CauseId::PowerIrpNeverCompleted,
            explanation: match stack.service.as_deref() == Some(blamed) {
                true => format!(
                    "{blamed} is the function driver of the device that a power IRP was sent to."
                ),
                false => {
                    format!("{blamed} is a driver of the device that a power IRP was sent to.")
                }
            },
            culprit: Some(culprit_module(blamed, CulpritRole::Suspect)),
            victims: bus(stack, blamed),
            confidence,
            evidence: pieces,
            unknown: vec![Unknown {
                what: "which driver of the stack has the IRP".to_owned(),
                why: format!("the IRP is not shown; run !irp {} 1", irp.argument("P4")),
            }],
            alternatives: alternatives.collect(),
        })
    }
}

fn third_parties(stack: &PowerStack) -> impl Iterator<Item = &str> {
    let mut seen: Vec<&str> = Vec::new();
    let drivers = stack.devices.iter().map(|device| device.driver.as_str());
    drivers.filter(move |driver| {
        let fresh = !is_inbox(driver) && !is_verifier(driver) && !seen.contains(driver);
        seen.extend(fresh.then_some(*driver));
        fresh
    })
}

/// Driver Verifier's own filter.
fn is_verifier(driver: &str) -> bool {
    driver.to_ascii_uppercase().starts_with("VERIFIER")
}

/// The driver to blame. `None` if only drivers that come with Windows are known.
fn choose(stack: &PowerStack) -> Option<(&str, Confidence)> {
    let bucket = stack.bucket.as_deref().filter(|name| !is_inbox(name));
    if stack.devices.is_empty() {
        return bucket.map(|name| (name, Confidence::Possible));
    }
    let all: Vec<_> = third_parties(stack).collect();
    let service = stack.service.as_deref();
    let function = all.iter().copied().find(|name| Some(*name) == service);
    if let Some(function) = function {
        let agreed = bucket.is_none_or(|name| name == function);
        return Some(match all.len() == 1 && agreed {
            true => (function, Confidence::Likely),
            false => (function, Confidence::Possible),
        });
    }
    let in_stack = bucket.and_then(|name| all.iter().copied().find(|one| *one == name));
    let only = match *all.as_slice() {
        [only] => Some(only),
        _ => None,
    };
    in_stack.or(only).map(|name| (name, Confidence::Possible))
}

fn device_evidence(stack: &PowerStack, pdo: String) -> Option<Evidence> {
    if stack.devices.is_empty() {
        return None;
    }
    let names: Vec<_> = stack
        .devices
        .iter()
        .map(|one| one.driver.as_str())
        .collect();
    let service = match &stack.service {
        Some(service) => format!("; its service is {service}"),
        None => String::new(),
    };
    let shows = format!(
        "the device stack is, from the top, {}{service}",
        names.join(", ")
    );
    let addresses: Vec<_> = stack.devices.iter().map(|one| one.address).collect();
    let command = format!("!devstack {pdo}");
    let found_by = "the device objects attached to P2";
    let kind = EvidenceKind::Structure;
    Some(evidence(kind, shows, &addresses, found_by, command))
}

/// The driver that enumerated the device.
fn bus(stack: &PowerStack, blamed: &str) -> Vec<Victim> {
    let bottom = stack.devices.last().filter(|one| one.driver != blamed);
    let victim = bottom.map(|device| Victim {
        kind: VictimKind::Bystander,
        module: Some(device.driver.clone()),
        function: None,
        thread: None,
        processor: None,
        why: "it only enumerated the device; P2 names its device".to_owned(),
    });
    victim.into_iter().collect()
}
