//! Power and PnP.

use super::*;
use crate::facts::{Coverage, CrashStack, IrpFacts, ResourceFacts};
use crate::nt::{Device, DeviceNode, Irp, Location};

const IDLE: [&str; 3] = ["nt!KeBugCheckEx", "nt!PopIrpWatchdog", "nt!KiIdleLoop"];

fn device(address: u64, driver: &str) -> Device {
    Device {
        address,
        driver_object: address + 0x800,
        driver: format!("{driver}.sys"),
    }
}

/// An IRP that is at `at` (counted from the top) of the stack of these drivers.
fn irp(major: u8, minor: u8, drivers: &[&str], at: usize) -> IrpFacts {
    let devices: Vec<_> = drivers
        .iter()
        .enumerate()
        .map(|(index, driver)| device(0x1000 * (index as u64 + 1), driver))
        .collect();
    let routine = |driver: &str| place(&format!("{driver}!Dispatch"), 0x700);
    let location = Location {
        address: 0x300,
        major,
        minor,
        device: devices[at].address,
        completion: 0,
    };
    IrpFacts {
        irp: Irp {
            address: 0x200,
            current: 1,
            locations: vec![location],
            user_event: 0,
        },
        device: Some(devices[at].clone()),
        dispatch: Some(routine(drivers[at])),
        stack: devices
            .into_iter()
            .zip(drivers)
            .map(|(device, driver)| (device, Some(routine(driver))))
            .collect(),
        node: Some(DeviceNode::default()),
        mentioned_on: Vec::new(),
    }
}

fn power(drivers: &[&str], at: usize) -> Facts {
    let mut facts = stop(0x9F, [3, 0x3000, 0x50, 0x200], &IDLE);
    facts.irps = vec![irp(0x16, 2, drivers, at)];
    facts
}

const DEVICES: [&str; 3] = ["filter", "function", "pci"];
const WAITS: [&str; 3] = [
    "nt!KiSwapContext",
    "nt!KeWaitForSingleObject",
    "function!Loop",
];

#[test]
fn the_irps_holder_is_blamed_not_the_enumerator() {
    let (finding, _) = apply(&power(&DEVICES, 1));
    assert_eq!(finding.cause, CauseId::PowerIrpNeverCompleted);
    assert_eq!(blamed(&finding).unwrap(), "function.sys!Dispatch");
    assert_eq!(finding.confidence, Confidence::Certain);
    assert_eq!(victims(&finding), ["pci.sys"]);
    assert!(is_well_supported(&finding));
    assert_eq!(
        blamed(&apply(&power(&DEVICES, 0)).0).unwrap(),
        "filter.sys!Dispatch"
    );
}

#[test]
fn at_an_inbox_driver_the_next_one_above_is_suspected() {
    let (finding, _) = apply(&power(&DEVICES, 2));
    assert_eq!(blamed(&finding).unwrap(), "function.sys!Dispatch");
    assert_eq!(finding.confidence, Confidence::Possible);
    let (finding, _) = apply(&power(&["ndis", "pci"], 1));
    assert_eq!(finding.culprit.unwrap().module, "pci.sys");
}

#[test]
fn an_idle_thread_of_the_holder_means_nothing() {
    let facts = power(&DEVICES, 1).waits(0x7, &WAITS, "function");
    assert_eq!(apply(&facts).0.cause, CauseId::PowerIrpNeverCompleted);
}

#[test]
fn an_idle_worker_with_residue_of_the_irp_means_nothing() {
    let frames = ["nt!KeWaitForSingleObject", "nt!PopIrpWorker"];
    let mut facts = power(&DEVICES, 1).waits(0x6, &frames, "nt");
    facts.irps[0].mentioned_on = vec![1];
    let (finding, _) = apply(&facts);
    assert_eq!(finding.cause, CauseId::PowerIrpNeverCompleted);
    assert_eq!(blamed(&finding).unwrap(), "function.sys!Dispatch");
}

#[test]
fn a_thread_with_the_irp_on_its_stack_holds_it() {
    let mut facts = power(&DEVICES, 1)
        .waits(0x6, &["nt!KeWaitForSingleObject", "other!Loop"], "other")
        .waits(0x7, &WAITS, "function");
    facts.irps[0].mentioned_on = vec![1, 2];
    let (finding, _) = apply(&facts);
    assert_eq!(finding.cause, CauseId::PowerIrpHeldByBlockedThread);
    assert_eq!(blamed(&finding).unwrap(), "function.sys!Loop");
    assert_eq!(finding.confidence, Confidence::Certain);
    assert!(is_well_supported(&finding));
}

#[test]
fn an_address_left_on_anothers_stack_is_residue_in_a_dump_and_shown_on_purpose_in_a_log() {
    let frames = ["nt!KeWaitForSingleObject", "pci!Loop"];
    let mut facts = power(&DEVICES, 1).waits(0x7, &frames, "pci");
    facts.irps[0].mentioned_on = vec![1];
    let cause = |facts: &Facts| apply(facts).0.cause;
    assert_eq!(cause(&facts), CauseId::PowerIrpNeverCompleted);
    facts.shows = Coverage::log(true, CrashStack::Own);
    assert_eq!(cause(&facts), CauseId::PowerIrpHeldByBlockedThread);
    assert_eq!(apply(&facts).0.culprit.unwrap().module, "function.sys");
}

#[test]
fn a_system_worker_in_the_holders_code_is_likely() {
    let mut frames = WAITS.to_vec();
    frames.push("nt!ExpWorkerThread");
    let facts = power(&DEVICES, 1).waits(0x7, &frames, "function");
    let (finding, _) = apply(&facts);
    assert_eq!(finding.cause, CauseId::PowerIrpHeldByBlockedThread);
    assert_eq!(finding.confidence, Confidence::Likely);
}

fn resource(name: Option<&'static str>, owner: u64, waiters: &[u64]) -> ResourceFacts {
    ResourceFacts {
        address: owner << 8,
        name,
        owners: vec![owner],
        exclusive: true,
        waiters: waiters.to_vec(),
        waiting: waiters.len() as u64,
        contention: 1,
        home: LockHome::Unknown,
    }
}

const REMOVAL: [&str; 4] = [
    "nt!KeWaitForSingleObject",
    "bad!StopReader",
    "bad!DispatchPnp",
    "nt!PnpDeviceActionWorker",
];

fn pnp() -> Facts {
    let mut facts = stop(0x9F, [4, 300, 0x7, 0x50], &IDLE).waits(0x7, &REMOVAL, "bad");
    facts.irps = vec![irp(0x1B, 0x17, &["bad", "pci"], 0)];
    facts
}

#[test]
fn the_driver_that_blocks_the_pnp_thread_is_blamed() {
    let mut facts = pnp();
    facts.resources = vec![resource(Some("PiEngineLock"), 0x7, &[0x9])];
    let (finding, _) = apply(&facts);
    assert_eq!(finding.cause, CauseId::PnpLockHeldByBlockedDriver);
    assert_eq!(blamed(&finding).unwrap(), "bad.sys!StopReader");
    assert_eq!(finding.confidence, Confidence::Certain);
    assert_eq!(finding.victims[0].thread, Some(0x9.into()));
    assert!(
        finding.explanation.contains("IRP_MN_SURPRISE_REMOVAL"),
        "{}",
        finding.explanation
    );
    assert!(is_well_supported(&finding));
}

#[test]
fn without_the_owner_entry_it_is_only_likely() {
    let mut facts = pnp();
    facts.resources = vec![resource(Some("PiEngineLock"), 0x8, &[])];
    assert_eq!(apply(&facts).0.confidence, Confidence::Likely);
}

#[test]
fn a_pnp_thread_that_waits_for_anothers_lock_hands_the_blame_on() {
    let owner = ["nt!KeWaitForSingleObject", "worse!Hold"];
    let mut facts = pnp().waits(0x8, &owner, "worse");
    facts.resources = vec![
        resource(Some("PiEngineLock"), 0x7, &[]),
        resource(None, 0x8, &[0x7]),
    ];
    let (finding, _) = apply(&facts);
    assert_eq!(blamed(&finding).unwrap(), "worse.sys!Hold");
    assert_eq!(finding.confidence, Confidence::Likely);
}
