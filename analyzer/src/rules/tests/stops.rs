//! Stops whose code says most, and logs that show little.

use super::*;
use crate::facts::{Coverage, CrashStack, Fault, LockWait};
use crate::stop::Access;

fn conclusion(code: u32, first: u64, frames: &[&str]) -> (CauseId, Option<String>, Confidence) {
    let (finding, _) = apply(&stop(code, [first, 0x10, 0x20, 0x30], frames));
    let culprit = finding.culprit.map(|culprit| culprit.module);
    (finding.cause, culprit, finding.confidence)
}

fn bad() -> Option<String> {
    Some("bad.sys".to_owned())
}

#[test]
fn the_call_that_is_wrong() {
    use CauseId as C;
    use Confidence::{Likely, Possible};
    let released = ["nt!KeBugCheckEx", "nt!ExReleaseResourceLite", "bad!Work"];
    for (code, first, frames, expected) in [
        (
            0xE3,
            1,
            &released[..],
            (C::LockReleasedByNonOwner, bad(), Likely),
        ),
        (
            0x162,
            1,
            &released[..],
            (C::LockReleasedByNonOwner, bad(), Likely),
        ),
        (
            0xB8,
            0,
            &["nt!KeBugCheckEx", "bad!Dpc"][..],
            (C::PassiveCallAtRaisedIrql, bad(), Likely),
        ),
        (
            0x39,
            0,
            &["nt!KeBugCheckEx", "nt!ExpWorkerThread"][..],
            (C::LockLeakedAtThreadExit, None, Possible),
        ),
        (
            0x13A,
            0x11,
            &["nt!KeBugCheckEx", "nt!ExFreeHeapPool", "bad!Free"][..],
            (C::PoolDoubleFree, bad(), Likely),
        ),
        (
            0x13A,
            0x12,
            &["nt!KeBugCheckEx", "nt!ExAllocatePool2", "bad!Get"][..],
            (C::PoolOverrun, bad(), Possible),
        ),
        (
            0x139,
            3,
            &["nt!KeBugCheckEx", "bad!Remove"][..],
            (C::ListCorruption, bad(), Possible),
        ),
        (
            0x139,
            2,
            &["nt!KeBugCheckEx", "bad!Parse"][..],
            (C::StackBufferOverrun, bad(), Likely),
        ),
        (
            0x10D,
            5,
            &["nt!KeBugCheckEx", "Wdf01000!X", "bad!Event"][..],
            (C::ApiContractViolated, bad(), Likely),
        ),
        (
            0xC9,
            0x226,
            &["nt!KeBugCheckEx", "bad!Write"][..],
            (C::IrpNotCompletedByDispatch, bad(), Likely),
        ),
        (
            0x124,
            0,
            &["nt!KeBugCheckEx", "stornvme!Reset"][..],
            (C::HardwareError, None, Likely),
        ),
        (
            0x116,
            0,
            &["nt!KeBugCheckEx", "dxgkrnl!Reset"][..],
            (C::GpuHang, None, Possible),
        ),
        (
            0x1A,
            0x41792,
            &["nt!KeBugCheckEx", "nt!MiFree"][..],
            (C::HardwareError, None, Likely),
        ),
        (
            0x1A,
            0x41284,
            &["nt!KeBugCheckEx", "nt!MiFree"][..],
            (C::MemoryCorruptionUnknownWriter, None, Possible),
        ),
    ] {
        assert_eq!(
            conclusion(code, first, frames),
            expected,
            "{code:#x}/{first:#x}"
        );
    }
}

#[test]
fn windows_own_modules_are_not_blamed_for_what_they_notice() {
    for code in [0xE3, 0x13A, 0x139, 0xC5, 0x1A, 0x10D] {
        let (_, culprit, _) =
            conclusion(code, 3, &["nt!KeBugCheckEx", "ntfs!Close", "fltmgr!Call"]);
        assert_eq!(culprit, None, "{code:#x}");
    }
}

#[test]
fn a_deep_stack_of_one_driver_overflowed() {
    let mut frames = vec!["nt!KeBugCheckEx", "nt!KiDoubleFaultAbort"];
    frames.extend(["bad!Recurse", "ntfs!Create", "nt!IofCallDriver"].repeat(20));
    let expected = (CauseId::KernelStackOverflow, bad(), Confidence::Likely);
    assert_eq!(conclusion(0x7F, 8, &frames), expected);
}

#[test]
fn a_page_table_entry_near_zero_is_a_null_pointer_handed_on() {
    let frames = [
        "nt!KeBugCheckEx",
        "nt!KiPageFault",
        "*nt!MI_READ_PTE_LOCK_FREE",
        "bad!Map",
    ];
    let mut facts = stop(0x50, [0xffff_9380_0000_0000, 0, 0, 6], &frames);
    facts.fault = Some(Fault {
        address: 0xffff_9380_0000_0000,
        irql: None,
        access: Access::Read,
        rip: 0.into(),
        frame: Some(2),
        pte: None,
        pageable: None,
    });
    let (finding, _) = apply(&facts);
    assert_eq!(finding.cause, CauseId::NullDereference);
    assert_eq!(finding.culprit.unwrap().module, "bad.sys");
    // Elsewhere in the tables it is not.
    let fault = facts.fault.as_mut().unwrap();
    fault.address = 0xffff_9380_1234_5678;
    assert_ne!(apply(&facts).0.cause, CauseId::NullDereference);
}

/// Threads of `bad` that wait for a push lock, with their times.
fn waiters(seconds: &[f64]) -> Facts {
    let frames = [
        "nt!KeWaitForSingleObject",
        "nt!ExAcquirePushLockExclusiveEx",
    ];
    let names = ["bad!First", "bad!Second", "bad!Third"];
    let stacks = names[..seconds.len()]
        .iter()
        .map(|name| stack(StackKind::Thread, 0, &[&frames[..], &[name]].concat()));
    let waits = seconds
        .iter()
        .enumerate()
        .map(|(stack, &seconds)| LockWait {
            stack,
            routine: "nt!ExAcquirePushLockExclusiveEx".to_owned(),
            waiter: 2,
            lock: None,
            seconds: Some(seconds),
        });
    Facts {
        stacks: stacks.collect(),
        shows: Coverage::log(false, CrashStack::None),
        lock_waits: waits.collect(),
        ..Facts::default()
    }
}

#[test]
fn of_all_who_wait_the_last_one_holds_the_lock() {
    let (finding, _) = apply(&waiters(&[32.0, 26.0]));
    assert_eq!(finding.cause, CauseId::SelfDeadlock);
    let culprit = finding.culprit.unwrap();
    assert_eq!(culprit.function.as_deref(), Some("Second"));
    // A single waiter tells nothing.
    assert_ne!(apply(&waiters(&[32.0])).0.cause, CauseId::SelfDeadlock);
}

#[test]
fn a_callback_that_waits_for_the_callbacks_waits_for_itself() {
    let frames = [
        "nt!KeWaitForSingleObject",
        "nt!CmUnRegisterCallback",
        "bad!Callback",
        "nt!CmpCallCallBacksEx",
    ];
    let mut facts = waiters(&[]);
    facts.stacks = vec![stack(StackKind::Thread, 0, &frames)];
    let (finding, _) = apply(&facts);
    assert_eq!(finding.cause, CauseId::SelfDeadlock);
    assert_eq!(finding.culprit.unwrap().module, "bad.sys");
    // From outside a callback it is the proper way.
    facts.stacks = vec![stack(StackKind::Thread, 0, &frames[..3])];
    assert_ne!(apply(&facts).0.cause, CauseId::SelfDeadlock);
}

#[test]
fn the_status_tells_whether_the_disk_failed_to_read_a_page() {
    use CauseId::{HardwareError, Inconclusive};
    use Confidence::{Likely, Possible};
    let frames = ["nt!KeBugCheckEx", "nt!MiWaitForInPageComplete", "bad!Touch"];
    let with = |status| {
        let (finding, _) = apply(&stop(0x7A, [0xffff_f6fc, status, 0, 0x1000], &frames));
        // The driver only touched the page.
        assert!(finding.culprit.is_none(), "{status:#x}");
        (finding.cause, finding.confidence)
    };
    for disk in [
        0xC000_009C,
        0xC000_009D,
        0xC000_016A,
        0xFFFF_FFFF_C000_0185,
        0xC000_000E,
    ] {
        assert_eq!(with(disk), (HardwareError, Likely), "{disk:#x}");
    }
    for other in [0xC000_0005, 0xC000_009A, 0xC000_0054, 0] {
        assert_eq!(with(other), (Inconclusive, Possible), "{other:#x}");
    }
}

#[test]
fn a_page_error_without_its_status_is_only_perhaps_the_disks() {
    let mut facts = stop(0x7A, [0x10, 0xC000_009A, 0, 0], &["nt!KeBugCheckEx"]);
    facts.bugcheck.parameters[1] = None.into();
    let (finding, _) = apply(&facts);
    assert_eq!(finding.cause, CauseId::HardwareError);
    assert_eq!(finding.confidence, Confidence::Possible);
}

#[test]
fn a_first_parameter_that_is_not_shown_is_not_said_to_mean_anything() {
    let explained = |first: Option<u64>| {
        let facts = Facts {
            bugcheck: crate::stop::Stop {
                code: 0x133,
                parameters: [first, None, None, None].map(Into::into),
            },
            shows: Coverage::log(true, CrashStack::None),
            ..Facts::default()
        };
        apply(&facts).0.explanation
    };
    assert!(explained(Some(1)).contains("first parameter mean this"));
    let unknown = explained(None);
    assert!(
        unknown.contains("first parameter is not shown"),
        "{unknown}"
    );
    assert!(!unknown.contains("parameter mean"), "{unknown}");
}
