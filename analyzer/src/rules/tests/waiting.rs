//! Forced dumps of hangs.

use super::*;
use crate::facts::ResourceFacts;
use crate::verdict::CulpritRole;

const NMI: [&str; 3] = ["nt!KeBugCheckEx", "nt!KiProcessNMI", "*nt!KiIdleLoop"];
const POSTER: [&str; 3] = [
    "nt!ExpWaitForResource",
    "nt!ExAcquireResourceExclusiveLite",
    "bad!Poster",
];
const AUDITOR: [&str; 3] = [
    "nt!ExpWaitForResource",
    "nt!ExAcquireResourceExclusiveLite",
    "bad!Auditor",
];
const READER: [&str; 3] = [
    "nt!ExpWaitForResource",
    "nt!ExAcquireResourceSharedLite",
    "innocent!Read",
];

fn resource(address: u64, owner: u64, waiters: &[u64]) -> ResourceFacts {
    ResourceFacts {
        address,
        name: None,
        owners: vec![owner],
        exclusive: true,
        waiters: waiters.to_vec(),
        waiting: waiters.len() as u64,
        contention: 1,
        home: extension("bad"),
    }
}

fn hang(code: u32, threads: [u64; 2]) -> Facts {
    let [poster, auditor] = threads;
    let mut facts = stop(code, [0; 4], &NMI)
        .waits(poster, &POSTER, "bad")
        .waits(auditor, &AUDITOR, "bad")
        .waits(0x9, &READER, "bad");
    facts.resources = vec![
        resource(0x100, poster, &[auditor]),
        resource(0x200, auditor, &[poster, 0x9]),
    ];
    facts
}

#[test]
fn a_cycle_is_a_deadlock_and_who_waits_behind_it_is_a_victim() {
    let (finding, rule) = apply(&hang(0x80, [0x7, 0x8]));
    assert_eq!(rule, "resource-deadlock");
    assert_eq!(blamed(&finding).unwrap(), "bad.sys!Auditor");
    assert_eq!(finding.confidence, Confidence::Certain);
    assert_eq!(victims(&finding), ["innocent.sys"]);
    let other = finding.alternatives[0].culprit.as_ref().unwrap();
    assert_eq!(other.function.as_deref(), Some("Poster"));
    assert!(is_well_supported(&finding));
}

#[test]
fn the_choice_does_not_depend_on_addresses_or_on_the_stop() {
    let name = |facts: &Facts| blamed(&apply(facts).0).unwrap();
    assert_eq!(name(&hang(0x80, [0x8, 0x7])), "bad.sys!Auditor");
    assert_eq!(name(&hang(0x161, [0x7, 0x8])), "bad.sys!Auditor");
    assert_eq!(name(&hang(0xE2, [0x7, 0x8])), "bad.sys!Auditor");
}

#[test]
fn a_chain_without_a_cycle_is_no_deadlock() {
    let mut facts = hang(0x80, [0x7, 0x8]);
    facts.resources.remove(0);
    let (finding, rule) = apply(&facts);
    assert_eq!(rule, "forced-dump-of-hang");
    assert_eq!(finding.culprit, None);
    let roles: Vec<_> = finding
        .alternatives
        .iter()
        .filter_map(|alternative| Some(alternative.culprit.as_ref()?.role))
        .collect();
    assert!(!roles.is_empty() && roles.iter().all(|&role| role == CulpritRole::Suspect));
    assert!(is_well_supported(&finding));
}

#[test]
fn a_longer_chain_is_none_either() {
    let mut facts = hang(0x80, [0x7, 0x8]);
    facts.resources = vec![resource(0x200, 0x8, &[0x7]), resource(0x300, 0x7, &[0x9])];
    assert_eq!(apply(&facts).1, "forced-dump-of-hang");
}

#[test]
fn mutexes_and_resources_make_a_cycle_together() {
    let mut facts = hang(0x80, [0x7, 0x8]);
    facts.resources.remove(0);
    let auditor = facts
        .waits
        .iter_mut()
        .find(|wait| wait.thread == 0x8)
        .unwrap();
    auditor.objects[0].kind = ObjectKind::Mutant;
    auditor.objects[0].owner = Some(0x7);
    assert_eq!(apply(&facts).0.cause, CauseId::ResourceDeadlock);
}

#[test]
fn a_stop_of_another_kind_is_not_searched_for_cycles() {
    let (finding, _) = apply(&hang(0xDEAD, [0x7, 0x8]));
    assert_eq!(finding.cause, CauseId::Inconclusive);
}
