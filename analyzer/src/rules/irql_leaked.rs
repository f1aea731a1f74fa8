//! A dispatch routine returned at another IRQL than it was called at (0xC9, P1 = 5).
//!
//! Needs: the device that P2 names and its driver's dispatch routines, the functions of the driver
//! that return with something taken, Driver Verifier's log of IRQL changes.
//!
//! Decides: the driver of P2's device. The function is the one that the log names for the raise that
//! nothing undid; else a dispatch routine whose code returns with a lock held or the IRQL raised;
//! else any function of the driver that does; else the dispatch routine if there is only one.
//!
//! Confidence: `certain` for the driver if the log or the code shows the function too; otherwise
//! `likely`.
//!
//! Source: Microsoft's bug check reference, 0xC9.

use super::evidence::{
    culprit_at, culprit_module, evidence as piece, leak_evidence, parameter, stated,
};
use super::fast_mutex_leaked::raise_evidence;
use super::{Finding, Rule};
use crate::facts::{Facts, LeakFacts, Place, Violator};
use crate::stop;
use crate::verdict::{CauseId, Confidence, CulpritRole, EvidenceKind};

pub(super) struct IrqlLeaked;

impl Rule for IrqlLeaked {
    fn name(&self) -> &'static str {
        "irql-leaked"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        if !facts.is_stop(0xC9, 5) {
            return None;
        }
        let [_, address, before, after] = facts.bugcheck.parameters;
        let violator = facts.device.as_ref()?;
        let driver = &violator.device.driver;
        let mut evidence = vec![parameter(
            format!(
                "the IRQL was {} before a call of the driver of device {address:#x}, and {} \
                 after it",
                before.text(stop::irql),
                after.text(stop::irql)
            ),
            &stated(&[address]),
        )];
        evidence.push(piece(
            EvidenceKind::Structure,
            format!("device {address:#x} belongs to {driver}"),
            &stated(&[address, violator.device.driver_object.into()]),
            "the device object's driver",
            format!("!devobj {address:#x}"),
        ));
        let raise = facts.irqls.iter().rev().find(|raise| {
            Place::first_suspect(&raise.trace)
                .is_some_and(|place| place.symbol.module.as_ref() == Some(driver))
        });
        let leak = leak(facts, violator);
        evidence.extend(raise.map(raise_evidence));
        evidence.extend(leak.map(leak_evidence));
        let logged = raise.and_then(|raise| Place::first_suspect(&raise.trace));
        let only = match violator.routines.as_slice() {
            [(only, _)] => Some(only),
            _ => None,
        };
        let firm = logged.or(leak.map(|leak| &leak.taken_at));
        let role = CulpritRole::Caller;
        let place = firm.or(only);
        Some(Finding {
            cause: CauseId::IrqlLeaked,
            explanation: format!(
                "A dispatch routine of {driver} was called at IRQL {before} and returned at IRQL \
                 {after}."
            ),
            culprit: Some(match place {
                Some(place) => culprit_at(place, role),
                None => culprit_module(driver, role),
            }),
            victims: Vec::new(),
            confidence: match firm {
                Some(_) => Confidence::Certain,
                None => Confidence::Likely,
            },
            evidence,
            unknown: Vec::new(),
            alternatives: Vec::new(),
        })
    }
}

/// The leak in a dispatch routine, else in any function of the driver.
fn leak<'f>(facts: &'f Facts, violator: &Violator) -> Option<&'f LeakFacts> {
    let own = || {
        facts.leaks.iter().filter(|leak| {
            leak.taken_at.symbol.module.as_deref() == Some(violator.device.driver.as_str())
        })
    };
    let is_routine = |leak: &&LeakFacts| {
        let start = leak.taken_at.symbol.function_start;
        violator
            .routines
            .iter()
            .any(|(place, _)| Some(place.address) == start)
    };
    own().find(is_routine).or_else(|| own().next())
}
