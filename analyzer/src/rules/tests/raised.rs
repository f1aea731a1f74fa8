//! Faults at raised IRQL.

use super::*;
use crate::dump::PteState;
use crate::facts::{CodeFacts, Fault, SpinWait};
use crate::stop::Access;
use crate::verdict::{CulpritRole, VictimKind};

const PAGED: PteState = PteState::PagedOut {
    pte: 0x12_0000_0080,
};

/// 0xD1 at DISPATCH_LEVEL on this stack; frame 2 faulted.
fn facts(frames: &[&str]) -> Facts {
    let mut all = vec!["nt!KeBugCheckEx", "nt!KiPageFault"];
    all.extend(frames);
    Facts {
        bugcheck: BugcheckData {
            code: 0xD1,
            parameters: [0xffff_b000_0000_0000, 2, 0, 0],
        }
        .into(),
        crash_processor: Some(0),
        stacks: vec![stack(StackKind::Crash, 0, &all)],
        fault: Some(Fault {
            address: 0xffff_b000_0000_0000,
            irql: Some(2),
            access: Access::Read,
            rip: 0.into(),
            frame: Some(2),
            pte: Some(PAGED),
            pageable: None,
        }),
        ..Facts::default()
    }
}

impl Facts {
    fn index(&self, text: &str) -> usize {
        let frames = &self.stacks[0].frames;
        frames
            .iter()
            .position(|frame| frame.text() == text)
            .unwrap()
    }

    /// The function of this frame holds a lock.
    fn holds(mut self, text: &str, lock: Option<(u64, u64)>, always: bool) -> Self {
        let frame = self.index(text);
        let action = InEffect {
            address: 1,
            how: "calls nt!KeAcquireSpinLockRaiseToDpc".to_owned(),
            always,
            lock: lock.map(lock_fact),
        };
        self.code.push(CodeFacts {
            stack: 0,
            frame,
            lock: Some(action),
            irql: None,
        });
        self
    }

    /// Another processor spins for a lock on behalf of this function.
    fn spins(mut self, text: &str, lock: Option<(u64, u64)>) -> Self {
        let processor = self.stacks.len() as u32;
        let frames = ["nt!KxWaitForSpinLockAndAcquire", text];
        self.stacks
            .push(stack(StackKind::Processor, processor, &frames));
        self.spinning.push(SpinWait {
            stack: self.stacks.len() - 1,
            routine: frames[0].to_owned(),
            waiter: 1,
            lock: lock.map(lock_fact),
            found_by: "a test".to_owned(),
        });
        self
    }
}

const NESTED: [&str; 9] = [
    "ntfs!NtfsCommonCreate",
    "nt!NtCreateFile",
    "nt!KiSystemServiceCopyEnd",
    "nt!KiServiceLinkage",
    "filter!PreCreate",
    "nt!NtOpenFile",
    "nt!KiSystemServiceCopyEnd",
    "nt!KiServiceLinkage",
    "bad!Worker",
];

#[test]
fn a_filter_between_the_fault_and_the_holder_is_not_blamed() {
    let held = facts(&NESTED).holds("bad!Worker", Some((0x10, 1)), true);
    let (finding, rule) = apply(&held);
    assert_eq!(rule, "spinlock-held-across-passive-call");
    assert_eq!(blamed(&finding).unwrap(), "bad.sys!Worker");
    assert_eq!(finding.confidence, Confidence::Likely);
}

#[test]
fn a_leaked_irql_is_suspected_of_the_outermost_caller() {
    let (finding, _) = apply(&facts(&NESTED));
    assert_eq!(finding.cause, CauseId::IrqlLeaked);
    assert_eq!(blamed(&finding).unwrap(), "bad.sys!Worker");
    assert_eq!(finding.confidence, Confidence::Possible);
    assert_eq!(finding.culprit.unwrap().role, CulpritRole::Suspect);
}

#[test]
fn waiters_alone_point_at_the_caller_of_their_driver() {
    let waited = facts(&NESTED).spins("bad!Other", None);
    let (finding, _) = apply(&waited);
    assert_eq!(finding.cause, CauseId::SpinlockHeldAcrossPassiveCall);
    assert_eq!(blamed(&finding).unwrap(), "bad.sys!Worker");
    let waiting = finding
        .victims
        .iter()
        .find(|victim| victim.kind == VictimKind::WaitingThread);
    assert_eq!(waiting.unwrap().function.as_deref(), Some("Other"));
    assert!(
        finding
            .unknown
            .iter()
            .any(|unknown| unknown.what.contains("address of the lock"))
    );
}

#[test]
fn waiters_for_another_lock_are_no_corroboration() {
    let other = facts(&NESTED)
        .holds("bad!Worker", Some((0x10, 0)), true)
        .spins("bad!Other", Some((0x20, 1)));
    let (finding, _) = apply(&other);
    assert_eq!(finding.confidence, Confidence::Possible);
    assert!(
        finding
            .victims
            .iter()
            .all(|victim| victim.kind != VictimKind::WaitingThread)
    );
}

#[test]
fn waiters_of_another_driver_for_the_same_lock_are_victims() {
    let shared = facts(&NESTED)
        .holds("bad!Worker", Some((0x10, 1)), true)
        .spins("innocent!Dpc", Some((0x10, 1)));
    let (finding, _) = apply(&shared);
    let modules: Vec<_> = finding
        .victims
        .iter()
        .filter_map(|v| v.module.as_deref())
        .collect();
    assert_eq!(modules, ["ntfs.sys", "innocent.sys"]);
    assert!(finding.alternatives.is_empty());
}

#[test]
fn a_lock_on_some_paths_yields_to_one_that_is_surely_held() {
    let both =
        facts(&NESTED)
            .holds("filter!PreCreate", None, false)
            .holds("bad!Worker", None, true);
    assert_eq!(blamed(&apply(&both).0).unwrap(), "bad.sys!Worker");
    let only = facts(&NESTED).holds("filter!PreCreate", None, false);
    let (finding, _) = apply(&only);
    assert_eq!(blamed(&finding).unwrap(), "filter.sys!PreCreate");
    assert_eq!(finding.confidence, Confidence::Possible);
}

#[test]
fn a_holder_that_calls_no_service_is_found_too() {
    let direct = facts(&["ntfs!NtfsFsdCreate", "nt!IofCallDriver", "bad!Forward"]).holds(
        "bad!Forward",
        Some((0x10, 1)),
        true,
    );
    let (finding, _) = apply(&direct);
    assert_eq!(finding.cause, CauseId::SpinlockHeldAcrossPassiveCall);
    assert_eq!(blamed(&finding).unwrap(), "bad.sys!Forward");
    assert!(
        finding.explanation.contains("IofCallDriver"),
        "{}",
        finding.explanation
    );
}

#[test]
fn holding_a_lock_around_another_drivers_wild_pointer_is_no_fault() {
    let mut wild = facts(&["other!Callback", "nt!IofCallDriver", "innocent!Forward"]).holds(
        "innocent!Forward",
        Some((0x10, 1)),
        true,
    );
    wild.fault.as_mut().unwrap().pte = Some(PteState::Unmapped { level: 4 });
    let (finding, _) = apply(&wild);
    assert_eq!(finding.cause, CauseId::InvalidAccess);
    assert_eq!(blamed(&finding).unwrap(), "other.sys!Callback");
}

#[test]
fn a_service_called_from_a_dpc_is_the_callers_fault() {
    let dpc = facts(&[
        "ntfs!NtfsFsdCreate",
        "nt!NtOpenFile",
        "nt!KiSystemServiceCopyEnd",
        "nt!KiServiceLinkage",
        "bad!TimerDpc",
        "nt!KiExecuteAllDpcs",
        "nt!KiIdleLoop",
    ]);
    let (finding, _) = apply(&dpc);
    assert_eq!(finding.cause, CauseId::PassiveCallAtRaisedIrql);
    assert_eq!(blamed(&finding).unwrap(), "bad.sys!TimerDpc");
    assert_eq!(finding.confidence, Confidence::Likely);
}

#[test]
fn pageable_memory_blames_a_lone_driver_but_not_one_among_others() {
    let lone = facts(&["bad!Dispatch", "bad!Helper", "nt!IofCallDriver"]);
    let (finding, _) = apply(&lone);
    assert_eq!(finding.cause, CauseId::PageableAccessAtRaisedIrql);
    assert_eq!(blamed(&finding).unwrap(), "bad.sys!Dispatch");
    assert_eq!(finding.confidence, Confidence::Likely);
    let several = facts(&["ntfs!NtfsFsdCreate", "nt!IofCallDriver", "bad!Forward"]);
    let (finding, _) = apply(&several);
    assert_eq!(finding.culprit, None);
    let others: Vec<_> = finding
        .alternatives
        .iter()
        .filter_map(|alternative| Some(alternative.culprit.as_ref()?.module.as_str()))
        .collect();
    assert_eq!(others, ["bad.sys", "ntfs.sys"]);
}

#[test]
fn null_in_the_kernel_only_suspects_the_driver_below() {
    let mut null = facts(&["nt!ObfDereferenceObject", "bad!Cleanup"]);
    null.fault.as_mut().unwrap().address = 0x28;
    let (finding, _) = apply(&null);
    assert_eq!(finding.cause, CauseId::NullDereference);
    assert_eq!(blamed(&finding).unwrap(), "bad.sys!Cleanup");
    assert_eq!(finding.confidence, Confidence::Possible);
}

#[test]
fn an_address_that_was_never_mapped_is_an_invalid_access() {
    let mut wild = facts(&["bad!Dispatch"]);
    wild.fault.as_mut().unwrap().pte = Some(PteState::Unmapped { level: 3 });
    let (finding, _) = apply(&wild);
    assert_eq!(finding.cause, CauseId::InvalidAccess);
    assert_eq!(finding.confidence, Confidence::Possible);
}

#[test]
fn an_unknown_stop_blames_nobody() {
    let mut other = facts(&["bad!Dispatch"]);
    other.bugcheck.code = 0xDEAD;
    other.fault = None;
    let (finding, rule) = apply(&other);
    assert_eq!(
        (finding.cause, rule),
        (CauseId::Inconclusive, "inconclusive")
    );
    assert_eq!(finding.culprit, None);
    let other = &finding.alternatives[0].culprit.as_ref().unwrap().module;
    assert_eq!(other, "bad.sys");
}

#[test]
fn scanned_frames_are_never_blamed() {
    let mut scanned = facts(&["ntfs!NtfsFsdCreate", "bad!Residue"]);
    scanned.bugcheck.code = 0xDEAD;
    scanned.fault = None;
    for frame in &mut scanned.stacks[0].frames {
        frame.trust = Trust::Scan;
    }
    let (finding, _) = apply(&scanned);
    assert_eq!(finding.culprit, None);
    assert!(finding.alternatives.is_empty());
}
