//! Pool, exceptions, unloaded drivers.

use super::*;
use crate::facts::{CodeFacts, ExceptionFacts, Fault, Leftover, PoolTrace};
use crate::modules::Unloaded;
use crate::stop::Access;
use crate::verdict::CulpritRole;

const TOUCHES: [&str; 4] = [
    "nt!KeBugCheckEx",
    "nt!KiPageFault",
    "bad!Flush",
    "bad!Worker",
];

fn faulting(code: u32, address: u64, frames: &[&str]) -> Facts {
    let mut facts = stop(code, [address, 1, 0x77, 0], frames);
    facts.fault = Some(Fault {
        address,
        irql: None,
        access: Access::Write,
        rip: 0x77.into(),
        frame: Some(2),
        pte: None,
        pageable: None,
    });
    facts
}

fn trace(freed: bool, by: &str) -> PoolTrace {
    PoolTrace {
        entry: 0x600,
        block: 0x9000,
        size: 0x60,
        thread: 0x7,
        freed,
        trace: vec![place("nt!VfFreePoolNotification", 1), place(by, 2)],
    }
}

#[test]
fn special_pool_blames_who_touches_and_tells_who_freed() {
    let mut facts = faulting(0xD5, 0x9008, &TOUCHES);
    facts.pool = vec![trace(false, "bad!Open"), trace(true, "bad!Close")];
    let (finding, _) = apply(&facts);
    assert_eq!(finding.cause, CauseId::PoolUseAfterFree);
    assert_eq!(blamed(&finding).unwrap(), "bad.sys!Flush");
    assert_eq!(finding.confidence, Confidence::Certain);
    assert!(
        finding.explanation.contains("bad!Close"),
        "{}",
        finding.explanation
    );
    assert!(finding.unknown.is_empty() && is_well_supported(&finding));
    // It is not known who freed it.
    let (finding, _) = apply(&faulting(0xD5, 0x9008, &TOUCHES));
    assert!(
        finding
            .unknown
            .iter()
            .any(|unknown| unknown.what.contains("freed"))
    );
    assert!(is_well_supported(&finding));
}

#[test]
fn the_kernel_touching_for_a_driver_is_likely_that_driver() {
    let frames = [
        "nt!KeBugCheckEx",
        "nt!KiPageFault",
        "nt!memcpy",
        "ntfs!Copy",
        "bad!Send",
    ];
    let (finding, _) = apply(&faulting(0xD6, 0x9008, &frames));
    assert_eq!(finding.cause, CauseId::PoolOverrun);
    assert_eq!(blamed(&finding).unwrap(), "bad.sys!Send");
    assert_eq!(finding.confidence, Confidence::Likely);
}

#[test]
fn a_driver_of_windows_that_worked_by_itself_is_suspected_before_who_called_it() {
    let frames = [
        "nt!KeBugCheckEx",
        "nt!KiPageFault",
        "nt!memset",
        "win32k!Embolden",
        "win32k!GetBitmap",
        "win32k!Scan",
        "win32k!GetGlyph",
        "win32k!Query",
        "bad!DrvTextOut",
    ];
    let (finding, _) = apply(&faulting(0xCC, 0x9008, &frames));
    assert_eq!(finding.cause, CauseId::PoolUseAfterFree);
    assert_eq!(blamed(&finding).unwrap(), "win32k.sys!Embolden");
    assert_eq!(finding.confidence, Confidence::Possible);
    assert_eq!(finding.alternatives.len(), 1);
}

#[test]
fn a_driver_that_calls_others_code_is_not_suspected_of_its_null_pointer() {
    let suspected = |frames: &[&str]| {
        let mut facts = faulting(0xD1, 0x8, frames);
        facts.fault.as_mut().unwrap().address = 8;
        let (finding, _) = apply(&facts);
        assert_eq!(finding.cause, CauseId::NullDereference);
        blamed(&finding)
    };
    let netio = [
        "nt!KeBugCheckEx",
        "nt!KiPageFault",
        "*netio!InvokeCallout",
        "tcpip!Receive",
    ];
    assert_eq!(suspected(&netio), None);
    let callout = [
        "nt!KeBugCheckEx",
        "nt!KiPageFault",
        "*netio!InvokeCallout",
        "bad!Classify",
    ];
    assert_eq!(suspected(&callout).as_deref(), Some("bad.sys!Classify"));
    let worker = [
        "nt!KeBugCheckEx",
        "nt!KiPageFault",
        "*http!Parse",
        "nt!IofCallDriver",
    ];
    assert_eq!(suspected(&worker).as_deref(), Some("http.sys!Parse"));
}

#[test]
fn what_special_pool_finds_at_a_free_depends_on_its_kind() {
    let frames = ["nt!KeBugCheckEx", "nt!MmFreeSpecialPool", "bad!Cleanup"];
    let found = |kind: u64, log: &[PoolTrace]| {
        let mut facts = stop(0xC1, [0x9000, 0, 0x9000, kind], &frames);
        facts.pool = log.to_vec();
        let (finding, _) = apply(&facts);
        assert_eq!(blamed(&finding).unwrap(), "bad.sys!Cleanup");
        finding.cause
    };
    assert_eq!(found(0x24, &[]), CauseId::PoolOverrun);
    assert_eq!(found(0x21, &[]), CauseId::BadFree);
    assert_eq!(found(0x31, &[]), CauseId::ApiCalledAtWrongIrql);
    // The log tells a second free from a pointer that never was a block.
    assert_eq!(found(0x20, &[]), CauseId::BadFree);
    let log = [trace(false, "bad!Open"), trace(true, "bad!Close")];
    assert_eq!(found(0x20, &log), CauseId::PoolDoubleFree);
}

#[test]
fn pool_left_at_unload_is_the_unloaded_drivers_not_that_of_who_unloads() {
    let frames = ["nt!KeBugCheckEx", "nt!MmUnloadSystemImage", "agent!Stop"];
    let left = |driver: Option<&str>, by: &[&str]| {
        let mut facts = stop(0xC4, [0x62, 0x10, 0x20, 2], &frames);
        facts.leftover = Some(Leftover {
            driver: driver.map(str::to_owned),
            blocks: by.iter().map(|by| trace(false, by)).collect(),
        });
        apply(&facts).0
    };
    let one = left(Some("bad.sys"), &["bad!Load", "bad!Load"]);
    assert_eq!(one.cause, CauseId::PoolLeakAtUnload);
    assert_eq!(blamed(&one).unwrap(), "bad.sys!Load");
    assert_eq!(one.confidence, Confidence::Certain);
    assert!(is_well_supported(&one));
    // Two functions: which one is to blame is not known; the driver is.
    let two = left(Some("bad.sys"), &["bad!Load", "bad!Save"]);
    let culprit = two.culprit.unwrap();
    assert_eq!((&*culprit.module, culprit.function), ("bad.sys", None));
    assert_eq!(left(Some("bad.sys"), &[]).confidence, Confidence::Likely);
    assert!(left(None, &[]).culprit.is_none());
}

#[test]
fn a_second_free_is_the_callers_but_a_damaged_header_only_makes_suspects() {
    let frames = ["nt!KeBugCheckEx", "nt!ExFreePoolWithTag", "bad!Cleanup"];
    let (finding, _) = apply(&stop(0xC2, [7, 0, 0, 0x9000], &frames));
    assert_eq!(finding.cause, CauseId::PoolDoubleFree);
    assert_eq!(blamed(&finding).unwrap(), "bad.sys!Cleanup");
    assert!(is_well_supported(&finding));
    let (finding, _) = apply(&stop(0x19, [0x20, 0x9000, 0x9060, 0], &frames));
    let suspect = finding.culprit.as_ref().unwrap();
    assert_eq!(
        (finding.cause, suspect.module.as_str(), suspect.role),
        (CauseId::PoolOverrun, "bad.sys", CulpritRole::Suspect)
    );
    assert_eq!(finding.confidence, Confidence::Possible);
    // What comes with Windows is not even a suspect.
    let frames = ["nt!KeBugCheckEx", "nt!ExFreePoolWithTag", "ntfs!Cleanup"];
    let (finding, _) = apply(&stop(0x19, [0x20, 0x9000, 0x9060, 0], &frames));
    assert_eq!(finding.culprit, None);
}

#[test]
fn an_unloaded_driver_is_blamed_for_what_it_left_behind() {
    let gone = Unloaded {
        name: "gone.sys".to_owned(),
        start: 0x70,
        end: 0x80,
    };
    let mut facts = faulting(
        0x50,
        0x77,
        &["nt!KeBugCheckEx", "nt!KiPageFault", "timer!Fire"],
    );
    facts.unloaded = vec![gone];
    let (finding, rule) = apply(&facts);
    assert_eq!(rule, "call-into-unloaded-driver");
    assert_eq!(finding.culprit.as_ref().unwrap().module, "gone.sys");
    assert_eq!(finding.confidence, Confidence::Certain);
    assert!(is_well_supported(&finding));
    // Something else is loaded there now.
    facts.blamed = vec![place("other!f", 0x77)];
    assert_ne!(apply(&facts).1, "call-into-unloaded-driver");
}

#[test]
fn null_behind_an_exception_is_found_too() {
    let (finding, _) = apply(&faulting(0x7E, 0x18, &TOUCHES));
    assert_eq!(finding.cause, CauseId::NullDereference);
    assert_eq!(blamed(&finding).unwrap(), "bad.sys!Flush");
    let wild = faulting(0x7E, 0xdead_0000_0000, &TOUCHES);
    assert_eq!(apply(&wild).0.cause, CauseId::InvalidAccess);
}

#[test]
fn another_exception_names_the_instruction_and_stays_possible() {
    let mut facts = stop(0x7E, [0x8000_0003, 0, 0, 0], &["bad!Check", "bad!Thread"]);
    facts.exception = Some(ExceptionFacts {
        code: 0x8000_0003,
        address: facts.stacks[0].frames[0].address.unwrap(),
        access: None,
        refused: None,
    });
    let (finding, rule) = apply(&facts);
    assert_eq!(
        (rule, finding.confidence),
        ("exception", Confidence::Possible)
    );
    assert_eq!(blamed(&finding).unwrap(), "bad.sys!Check");
    assert_eq!(finding.culprit.unwrap().role, CulpritRole::FaultingCode);
}

#[test]
fn pool_at_raised_irql_is_the_lock_holders_fault_not_the_file_systems() {
    let frames = [
        "nt!KeBugCheckEx",
        "nt!ExAllocatePoolWithTag",
        "fastfat!Create",
        "nt!NtCreateFile",
        "nt!KiSystemServiceCopyEnd",
        "nt!KiServiceLinkage",
        "bad!Write",
    ];
    let mut facts = stop(0xC2, [8, 2, 1, 0x198], &frames);
    let (finding, _) = apply(&facts);
    assert_eq!(finding.confidence, Confidence::Possible);
    assert_eq!(finding.culprit.unwrap().role, CulpritRole::Suspect);
    facts.code.push(CodeFacts {
        stack: 0,
        frame: 6,
        lock: Some(InEffect {
            address: 1,
            how: "calls nt!KeAcquireSpinLockRaiseToDpc".to_owned(),
            always: true,
            lock: None,
        }),
        irql: None,
    });
    let (finding, _) = apply(&facts);
    assert_eq!(finding.cause, CauseId::SpinlockHeldAcrossPassiveCall);
    assert_eq!(blamed(&finding).unwrap(), "bad.sys!Write");
    assert_eq!(victims(&finding), ["fastfat.sys"]);
    assert!(
        finding.explanation.contains("NtCreateFile"),
        "{}",
        finding.explanation
    );
    assert!(is_well_supported(&finding));
}
