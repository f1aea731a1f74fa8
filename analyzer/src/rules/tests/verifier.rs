//! Driver Verifier's stops.

use super::*;
use crate::facts::{IrqlRaise, MutexFacts, Violator};
use crate::nt::Device;
use crate::verdict::CulpritRole;

const FORWARDS: [&str; 6] = [
    "nt!KeBugCheckEx",
    "nt!VerifierBugCheckIfAppropriate",
    "nt!IovCallDriver",
    "nt!IofCallDriver",
    "innocent!Open",
    "nt!PspSystemThreadStartup",
];

fn forwarded() -> Facts {
    stop(0xC9, [0x302, 0x10, 0x20, 1], &FORWARDS)
}

fn mutex(module: &str) -> MutexFacts {
    MutexFacts {
        address: 0x4010,
        owner: 0x7,
        old_irql: 0,
        contention: 0,
        home: extension(module),
    }
}

fn raise(by: &str) -> IrqlRaise {
    IrqlRaise {
        entry: 0x600,
        old: 0,
        new: 2,
        trace: vec![
            place("nt!VerifierKeAcquireSpinLockRaiseToDpc", 1),
            place(by, 2),
        ],
    }
}

#[test]
fn the_mutexs_driver_leaked_it_and_the_forwarder_is_a_victim() {
    let mut facts = forwarded()
        .leaks("other!Wrong", Taken::FastMutex, false)
        .leaks("leaky!Log", Taken::SpinLock, false)
        .leaks("leaky!Control", Taken::FastMutex, false);
    facts.mutexes = vec![mutex("leaky")];
    let (finding, _) = apply(&facts);
    assert_eq!(finding.cause, CauseId::FastMutexLeaked);
    assert_eq!(blamed(&finding).unwrap(), "leaky.sys!Control");
    assert_eq!(finding.confidence, Confidence::Certain);
    assert_eq!(victims(&finding), ["innocent.sys"]);
    assert!(is_well_supported(&finding));
}

#[test]
fn the_mutex_alone_names_the_driver() {
    let mut facts = forwarded();
    facts.mutexes = vec![mutex("innocent"), mutex("leaky")];
    let (finding, _) = apply(&facts);
    let culprit = finding.culprit.as_ref().unwrap();
    // A driver that is on the stack may still mean to release its mutex.
    assert_eq!(
        (culprit.module.as_str(), &culprit.function),
        ("leaky.sys", &None)
    );
    assert_eq!(culprit.role, CulpritRole::Holder);
    assert_eq!(finding.confidence, Confidence::Likely);
}

#[test]
fn without_a_mutex_the_log_tells_who_raised() {
    let mut facts = forwarded();
    facts.irqls = vec![raise("leaky!Raise")];
    let (finding, _) = apply(&facts);
    assert_eq!(finding.cause, CauseId::IrqlLeaked);
    assert_eq!(blamed(&finding).unwrap(), "leaky.sys!Raise");
}

#[test]
fn without_either_nobody_is_blamed_least_of_all_the_forwarder() {
    let (finding, _) = apply(&forwarded());
    assert_eq!(finding.culprit, None);
    assert_eq!(victims(&finding), ["innocent.sys"]);
    assert!(!finding.unknown.is_empty());
}

fn returned_raised() -> Facts {
    let mut facts = stop(0xC9, [5, 0x4000, 0, 2], &FORWARDS);
    facts.device = Some(Violator {
        device: Device {
            address: 0x4000,
            driver_object: 0x4800,
            driver: "leaky.sys".to_owned(),
        },
        routines: vec![
            (place("leaky!Create", 0x700), "IRP_MJ_CREATE".to_owned()),
            (
                place("leaky!Control", 0x800),
                "IRP_MJ_DEVICE_CONTROL".to_owned(),
            ),
        ],
    });
    facts
}

#[test]
fn the_devices_driver_returned_raised_not_the_caller() {
    let (finding, _) = apply(&returned_raised());
    assert_eq!(finding.cause, CauseId::IrqlLeaked);
    let culprit = finding.culprit.as_ref().unwrap();
    assert_eq!(
        (culprit.module.as_str(), &culprit.function),
        ("leaky.sys", &None)
    );
    assert_eq!(finding.confidence, Confidence::Likely);
    assert!(is_well_supported(&finding));
}

#[test]
fn code_or_log_name_the_function() {
    let mut facts = returned_raised()
        .leaks("leaky!LockTable", Taken::SpinLock, true)
        .leaks("leaky!Control", Taken::SpinLock, false);
    facts.leaks[1].taken_at.symbol.function_start = Some(0x800);
    let (finding, _) = apply(&facts);
    // A dispatch routine, not the helper whose purpose it is to return with the lock.
    assert_eq!(blamed(&finding).unwrap(), "leaky.sys!Control");
    assert_eq!(finding.confidence, Confidence::Certain);
    facts.irqls = vec![raise("leaky!Raise"), raise("other!Raise")];
    assert_eq!(blamed(&apply(&facts).0).unwrap(), "leaky.sys!Raise");
}

#[test]
fn kinds_of_0xc4_have_their_causes() {
    let frames = [
        "nt!KeBugCheckEx",
        "nt!VerifierKeAcquireSpinLock",
        "bad!Take",
        "ntfs!Read",
    ];
    let cause = |kind| {
        let (finding, _) = apply(&stop(0xC4, [kind, 0, 0, 0], &frames));
        assert_eq!(blamed(&finding).unwrap(), "bad.sys!Take");
        assert!(is_well_supported(&finding));
        finding.cause
    };
    assert_eq!(cause(0x1001), CauseId::LockOrderInversion);
    assert_eq!(cause(0x1000), CauseId::SelfDeadlock);
    assert_eq!(cause(0x34), CauseId::ApiCalledAtWrongIrql);
    assert_eq!(cause(0x60), CauseId::PoolLeakAtUnload);
    let unknown = stop(0xC4, [0xF00D, 0, 0, 0], &frames);
    assert_eq!(apply(&unknown).0.cause, CauseId::Inconclusive);
}

#[test]
fn a_parameter_in_a_driver_names_it_over_the_stack() {
    let frames = ["nt!KeBugCheckEx", "innocent!Idle"];
    let mut facts = stop(0xC4, [0x1001, 0x1, 0x2, 0x3], &frames);
    facts.blamed = vec![place("nt!x", 0), place("bad!Lock", 0x1)];
    assert_eq!(blamed(&apply(&facts).0).unwrap(), "bad.sys!Lock");
}

#[test]
fn the_second_completer_is_the_innermost_caller() {
    let frames = [
        "nt!KeBugCheckEx",
        "nt!IopfCompleteRequest",
        "nt!IofCompleteRequest",
        "bad!Forward",
        "nt!IofCallDriver",
        "client!Ask",
        "nt!IofCompleteRequest",
        "outer!Callback",
    ];
    let (finding, _) = apply(&stop(0x44, [0x200, 0, 0, 0], &frames));
    assert_eq!(finding.cause, CauseId::IrpCompletedTwice);
    assert_eq!(blamed(&finding).unwrap(), "bad.sys!Forward");
    assert!(is_well_supported(&finding));
}
