//! Whole dumps in, verdicts out.

use std::path::PathBuf;

use proptest::prelude::*;
use tempfile::TempDir;

use super::crash::{CrashSetup, PAGED, crash};
use super::fixtures;
use crate::symbols::SymbolPath;
use crate::verdict::{CauseId, Confidence, CulpritRole, EvidenceKind, Trust, Verdict, VictimKind};
use crate::{AnalyzeError, analyze, read_header, report};

fn analyse_with(setup: &CrashSetup, symbols: &[PathBuf]) -> Verdict {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("test.dmp");
    let (memory, fields) = crash(setup);
    memory.write_dump(&path, &fields);
    analyze(&path, &SymbolPath::from_dirs(symbols.iter().cloned())).unwrap()
}

fn analyse(setup: &CrashSetup) -> Verdict {
    analyse_with(setup, &[fixtures()])
}

/// The verdict on the synthetic crash, the same in every run.
pub(crate) fn verdict_of_a_held_lock() -> Verdict {
    analyse(&CrashSetup::default())
}

/// The same, but the driver raised the IRQL itself and nobody waits.
pub(crate) fn verdict_of_a_raised_irql() -> Verdict {
    analyse(&CrashSetup {
        raises_irql: true,
        spinner: false,
        ..CrashSetup::default()
    })
}

fn symbols_of(verdict: &Verdict, stack: usize) -> Vec<&str> {
    let frames = &verdict.stacks[stack].frames;
    frames.iter().map(|frame| frame.symbol.as_str()).collect()
}

#[test]
fn the_holder_is_blamed_and_the_victims_are_not() {
    let verdict = analyse(&CrashSetup::default());
    assert_eq!(verdict.cause.id, CauseId::SpinlockHeldAcrossPassiveCall);
    assert_eq!(verdict.confidence, Confidence::Likely);
    let culprit = verdict.culprit.as_ref().unwrap();
    assert_eq!(culprit.module, "bad-driver.sys");
    assert_eq!(culprit.function.as_deref(), Some("HoldAndOpen"));
    assert_eq!(culprit.role, CulpritRole::HolderInferred);
    assert!(
        culprit
            .source_file
            .as_deref()
            .unwrap()
            .ends_with("driver.c")
    );
    let line = culprit.source_line.unwrap();
    let source = std::fs::read_to_string(fixtures().join("driver.c")).unwrap();
    let blamed = source.lines().nth(line as usize - 1).unwrap();
    assert!(
        blamed.contains("ZwOpenFile(&handle, 1)"),
        "line {line}: {blamed}"
    );
    let victims: Vec<_> = verdict
        .victims
        .iter()
        .map(|victim| {
            (
                victim.kind,
                victim.module.as_deref(),
                victim.function.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        victims,
        [
            (
                VictimKind::FaultingModule,
                Some("minifs.sys"),
                Some("FsCreate")
            ),
            (
                VictimKind::WaitingThread,
                Some("bad-driver.sys"),
                Some("OnlyLock")
            ),
        ]
    );
    assert!(verdict.alternatives.is_empty());
    assert_eq!(
        verdict.signature,
        "D1|spinlock-held-across-passive-call|bad-driver.sys!HoldAndOpen|holder (inferred)"
    );
    assert_eq!(verdict.bucket.as_deref(), Some("AV_minifs!FsCreate"));
}

/// `FsCreate` faulted at `mov rax,[rdx]`, with this RDX in the trap frame.
fn with_rdx(rdx: u64, address: u64) -> Verdict {
    analyse(&CrashSetup {
        rdx: Some(rdx),
        address,
        ..CrashSetup::default()
    })
}

#[test]
fn a_register_with_one_wrong_bit_is_broken_hardware() {
    for bit in [3, 17, 40] {
        let verdict = with_rdx(PAGED ^ 1 << bit, PAGED);
        assert_eq!(verdict.cause.id, CauseId::ImpossibleAccess);
        assert_eq!(verdict.confidence, Confidence::Likely);
        assert!(verdict.culprit.is_none() && !verdict.next_steps.is_empty());
        let proof = verdict.hardware.as_ref().unwrap();
        let flip = proof.flip.as_ref().unwrap();
        assert_eq!((flip.place.as_str(), flip.bit), ("rdx", bit));
        assert_eq!((flip.was.0, flip.should_be.0), (PAGED, PAGED ^ 1 << bit));
        for report in [report::human(&verdict, false), report::markdown(&verdict)] {
            for wanted in ["ith bit", "as reported"] {
                assert!(report.contains(wanted), "{wanted}: {report}");
            }
        }
    }
}

#[test]
fn a_register_with_two_wrong_bits_is_an_access_without_an_explanation() {
    let verdict = with_rdx(PAGED ^ 0x0000_0100_0002_0000, PAGED);
    assert_eq!(verdict.cause.id, CauseId::ImpossibleAccess);
    assert!(verdict.hardware.as_ref().unwrap().flip.is_none());
    let mut open = verdict.unknown.iter();
    assert!(open.any(|one| one.what == "which bit was wrong"));
}

#[test]
fn a_pointer_one_high_bit_from_its_copy_on_the_stack_is_broken_hardware() {
    let ordinary = analyse(&CrashSetup::default());
    let returns_to = ordinary.stacks[0].frames[4].address.unwrap().0;
    let wrong = returns_to ^ 1 << 44;
    let verdict = with_rdx(wrong, wrong);
    assert_eq!(verdict.cause.id, CauseId::HardwareError);
    assert_eq!(verdict.confidence, Confidence::Likely);
    let flip = verdict.hardware.unwrap().flip.unwrap();
    assert_eq!((flip.was.0, flip.should_be.0), (wrong, returns_to));
    // A neighbour in memory is no copy.
    let near = returns_to ^ 1 << 25;
    assert!(with_rdx(near, near).hardware.is_none());
}

#[test]
fn a_call_that_arrives_one_bit_beside_its_target_is_broken_hardware() {
    for bit in [21, 33, 45] {
        let verdict = analyse(&CrashSetup {
            wrong_turn: Some(bit),
            ..CrashSetup::default()
        });
        assert_eq!(verdict.cause.id, CauseId::HardwareError, "{verdict:#?}");
        assert!(verdict.culprit.is_none());
        let flip = verdict.hardware.unwrap().flip.unwrap();
        assert_eq!((flip.place.as_str(), flip.bit), ("rip", bit as u8));
    }
}

#[test]
fn an_access_as_the_instruction_makes_it_is_judged_as_ever() {
    // The address itself, and the next page, into which the eight bytes reach.
    for (rdx, address) in [(PAGED, PAGED), ((PAGED & !0xFFF) - 4, PAGED & !0xFFF)] {
        let verdict = with_rdx(rdx, address);
        assert_eq!(verdict.cause.id, CauseId::SpinlockHeldAcrossPassiveCall);
        assert!(verdict.hardware.is_none());
    }
}

#[test]
fn stacks_cross_the_trap_and_the_service_call() {
    let verdict = analyse(&CrashSetup::default());
    let expected = [
        ("nt!KeBugCheckEx", Trust::Context),
        ("nt!KiBugCheckDispatch+0xa", Trust::UnwindInfo),
        ("nt!KiPageFault+0x16", Trust::UnwindInfo),
        ("minifs!FsCreate+0x5", Trust::TrapFrame),
        ("nt!IopCreateFile+0xa", Trust::UnwindInfo),
        ("nt!NtOpenFile+0xa", Trust::UnwindInfo),
        ("nt!KiSystemServiceCopyEnd+0x5", Trust::UnwindInfo),
        ("nt!KiServiceLinkage", Trust::TrapFrame),
        ("bad_driver!HoldAndOpen+0x29", Trust::UnwindInfo),
        ("nt!PspSystemThreadStartup+0xa", Trust::UnwindInfo),
        ("nt!KiStartSystemThread+0xa", Trust::UnwindInfo),
    ];
    let stack = &verdict.stacks[0];
    let found: Vec<_> = stack
        .frames
        .iter()
        .map(|frame| (frame.symbol.as_str(), frame.trust))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(stack.note, None);
    assert_eq!((stack.processor, stack.thread_id), (Some(0), Some(0x100)));
    assert_eq!(stack.process.as_deref(), Some("System"));
    assert_eq!(
        symbols_of(&verdict, 1)[..3],
        [
            "nt!KxWaitForSpinLockAndAcquire+0x8",
            "nt!KeAcquireSpinLockRaiseToDpc+0x11",
            "bad_driver!OnlyLock+0x16"
        ]
    );
    assert_eq!(
        symbols_of(&verdict, 2)[..2],
        ["nt!KiSwapContext+0xa", "nt!KeWaitForSingleObject+0xa"]
    );
    assert_eq!(verdict.stacks[2].frames[0].trust, Trust::SwitchFrame);
}

#[test]
fn evidence_names_the_lock_its_home_and_the_page() {
    let verdict = analyse(&CrashSetup::default());
    let shows = |kind: EvidenceKind| {
        let found = verdict
            .evidence
            .iter()
            .find(|evidence| evidence.kind == kind);
        let found = found.unwrap_or_else(|| panic!("no evidence of kind {kind:?}"));
        assert!(found.windbg.is_some());
        found.shows.as_str()
    };
    let lock = shows(EvidenceKind::Lock);
    assert!(
        lock.contains("offset 0x10 of the extension of bad-driver.sys's device"),
        "{lock}"
    );
    assert!(
        lock.contains("it is the lock that the suspect's code takes"),
        "{lock}"
    );
    assert!(shows(EvidenceKind::Code).contains("nt!KeAcquireSpinLockRaiseToDpc"));
    assert!(shows(EvidenceKind::PageTable).contains("paged out"));
}

#[test]
fn the_verdict_survives_json() {
    let verdict = analyse(&CrashSetup::default());
    let json = serde_json::to_string(&verdict).unwrap();
    assert_eq!(serde_json::from_str::<Verdict>(&json).unwrap(), verdict);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["bugcheck"]["code"], 0xD1);
    assert_eq!(value["bugcheck"]["code_hex"], "0xD1");
    assert_eq!(
        value["bugcheck"]["parameters"][0]["value"],
        format!("{PAGED:#x}")
    );
    assert_eq!(value["culprit"]["role"], "holder (inferred)");
    assert_eq!(value["confidence"], "likely");
    assert_eq!(value["victims"][0]["kind"], "faulting-module");
    assert_eq!(value["stacks"][0]["frames"][3]["trust"], "trap-frame");
}

#[test]
fn the_signature_ignores_load_addresses_and_follows_the_name() {
    let first = analyse(&CrashSetup::default());
    let moved = analyse(&CrashSetup {
        kernel_base: 0xffff_f800_0f00_0000,
        driver_base: 0xffff_f805_1100_0000,
        ..CrashSetup::default()
    });
    assert_eq!(first.signature, moved.signature);
    assert_eq!(first.signature_hash, moved.signature_hash);
    assert_ne!(first.dump.kernel_base, moved.dump.kernel_base);
    let renamed = analyse(&CrashSetup {
        driver_name: "other.sys",
        ..CrashSetup::default()
    });
    assert_eq!(renamed.culprit.unwrap().module, "other.sys");
}

#[test]
fn without_a_spinner_the_lock_word_decides_how_sure_it_is() {
    let setup = |lock_word| CrashSetup {
        spinner: false,
        lock_word,
        ..CrashSetup::default()
    };
    let held = analyse(&setup(1));
    assert_eq!(held.cause.id, CauseId::SpinlockHeldAcrossPassiveCall);
    assert_eq!(held.confidence, Confidence::Likely);
    let free = analyse(&setup(0));
    assert_eq!(free.cause.id, CauseId::SpinlockHeldAcrossPassiveCall);
    assert_eq!(free.confidence, Confidence::Possible);
    assert!(!free.alternatives.is_empty());
}

#[test]
fn raising_the_irql_is_told_from_taking_a_lock() {
    let verdict = analyse(&CrashSetup {
        raises_irql: true,
        spinner: false,
        ..CrashSetup::default()
    });
    assert_eq!(verdict.cause.id, CauseId::PassiveCallAtRaisedIrql);
    assert_eq!(verdict.confidence, Confidence::Likely);
    let culprit = verdict.culprit.unwrap();
    assert_eq!(culprit.function.as_deref(), Some("RaiseAndOpen"));
    assert_eq!(culprit.role, CulpritRole::Caller);
}

#[test]
fn a_null_pointer_blames_the_function_that_used_it() {
    let verdict = analyse(&CrashSetup {
        address: 0x18,
        ..CrashSetup::default()
    });
    assert_eq!(verdict.cause.id, CauseId::NullDereference);
    assert_eq!(
        verdict.culprit.unwrap().function.as_deref(),
        Some("FsCreate")
    );
}

#[test]
fn missing_symbols_leave_offsets_and_say_what_is_unknown() {
    let verdict = analyse_with(&CrashSetup::default(), &[]);
    let symbols = symbols_of(&verdict, 0);
    assert!(symbols.contains(&"bad_driver+0x1029"), "{symbols:?}");
    // Exports still give names.
    assert_eq!(symbols[0], "nt!KeBugCheckEx");
    let culprit = verdict.culprit.as_ref().unwrap();
    assert_eq!(
        (culprit.module.as_str(), culprit.offset),
        ("bad-driver.sys", Some(0x1029))
    );
    let unknown: Vec<_> = verdict
        .unknown
        .iter()
        .map(|unknown| &unknown.what)
        .collect();
    for module in ["ntoskrnl.exe", "bad-driver.sys"] {
        assert!(
            unknown.iter().any(|what| what.contains(module)),
            "{unknown:?}"
        );
    }
    assert!(
        unknown.iter().any(|what| what.contains("processors")),
        "{unknown:?}"
    );
    assert_ne!(verdict.confidence, Confidence::Certain);
    assert!(!report::human(&verdict, false).is_empty());
}

#[test]
fn only_the_drivers_symbols_may_be_missing() {
    let dir = TempDir::new().unwrap();
    let copy = dir.path().join("mini-nt.pdb");
    std::fs::copy(fixtures().join("mini-nt.pdb"), copy).unwrap();
    let verdict = analyse_with(&CrashSetup::default(), &[dir.path().to_owned()]);
    let culprit = verdict.culprit.unwrap();
    assert_eq!(verdict.cause.id, CauseId::SpinlockHeldAcrossPassiveCall);
    assert_eq!((culprit.function, culprit.offset), (None, Some(0x1029)));
    assert!(verdict.signature.contains("bad-driver.sys!?"));
}

#[test]
fn a_pdb_of_another_build_is_refused() {
    let dir = TempDir::new().unwrap();
    let wrong = dir.path().join("minidrv.pdb");
    std::fs::copy(fixtures().join("minifs.pdb"), &wrong).unwrap();
    let copy = dir.path().join("mini-nt.pdb");
    std::fs::copy(fixtures().join("mini-nt.pdb"), copy).unwrap();
    let verdict = analyse_with(&CrashSetup::default(), &[dir.path().to_owned()]);
    let refused = verdict
        .unknown
        .iter()
        .find(|unknown| unknown.what.contains("bad-driver.sys"));
    let why = &refused.unwrap().why;
    assert!(
        why.contains("was refused") && why.contains("GUID and age"),
        "{why}"
    );
    assert_eq!(verdict.culprit.unwrap().function, None);
}

#[test]
fn a_looping_module_list_ends() {
    let verdict = analyse(&CrashSetup {
        list_loops: true,
        ..CrashSetup::default()
    });
    assert_eq!(verdict.cause.id, CauseId::SpinlockHeldAcrossPassiveCall);
    assert!(
        verdict
            .unknown
            .iter()
            .any(|unknown| unknown.why.contains("loops"))
    );
}

#[test]
fn a_bitmap_dump_gives_the_same_verdict() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("kernel.dmp");
    let (memory, fields) = crash(&CrashSetup::default());
    let dump = memory.bitmap_dump(&fields);
    std::fs::write(&path, &dump).unwrap();
    let symbols = SymbolPath::from_dirs([fixtures()]);
    let mut verdict = analyze(&path, &symbols).unwrap();
    assert_eq!(verdict.dump.kind, "bitmap");
    verdict.dump.kind = "full".to_owned();
    assert_eq!(verdict, analyse(&CrashSetup::default()));
    std::fs::write(&path, &dump[..dump.len() - 1]).unwrap();
    let cut = analyze(&path, &symbols).unwrap_err();
    assert!(matches!(cut, AnalyzeError::Truncated { .. }), "{cut}");
}

#[test]
fn the_header_alone_tells_the_stop() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("test.dmp");
    let (memory, fields) = crash(&CrashSetup::default());
    memory.write_dump(&path, &fields);
    let header = read_header(&path).unwrap();
    assert_eq!(header.bugcheck.code, 0xD1);
    assert_eq!(header.bugcheck.parameters[0], PAGED);
    assert_eq!((header.build, header.processors), (19041, 2));
    let size = std::fs::metadata(&path).unwrap().len();
    assert_eq!(header.expected_size, Some(size));
    assert!(header.crash_time().unwrap().starts_with("2020-10-25T"));
}

#[test]
fn bad_files_end_in_one_clear_message() {
    let dir = TempDir::new().unwrap();
    let symbols = SymbolPath::default();
    let (memory, fields) = crash(&CrashSetup::default());
    let whole = memory.dump(&fields);
    let judge = |name: &str, content: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        let error = analyze(&path, &symbols).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
        error
    };
    let cut = judge("cut.dmp", &whole[..whole.len() - 0x1000]);
    let expected_size = whole.len() as u64;
    assert!(
        matches!(cut, AnalyzeError::Truncated { expected, actual, .. }
            if expected == expected_size && actual == expected_size - 0x1000),
        "{cut}"
    );
    assert!(matches!(
        judge("stub.dmp", &whole[..64]),
        AnalyzeError::Truncated { .. }
    ));
    let empty = judge("empty.dmp", b"").to_string();
    assert!(empty.contains("the file is empty"), "{empty}");
    let text = judge("notes.txt", "a tëxt\r\nfile\n".as_bytes()).to_string();
    assert!(text.contains("text file"), "{text}");
    assert!(matches!(
        judge("elf.dmp", b"\x7fELF\x02\x01\x01\0"),
        AnalyzeError::NotADump { .. }
    ));
    let mut runs = whole;
    runs[0x88] = 99;
    assert!(matches!(
        judge("runs.dmp", &runs),
        AnalyzeError::Corrupt { .. }
    ));
    let missing = analyze(&dir.path().join("none.dmp"), &symbols).unwrap_err();
    assert!(matches!(missing, AnalyzeError::Io { .. }));
}

/// The same memory gives the same verdict, whatever file it is in.
#[test]
fn the_kind_of_file_does_not_matter() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("test.dmp");
    let (memory, fields) = crash(&CrashSetup::default());
    let symbols = SymbolPath::from_dirs([fixtures()]);
    let judge = |bytes: Vec<u8>| {
        std::fs::write(&path, bytes).unwrap();
        let mut verdict = analyze(&path, &symbols).unwrap();
        let kind = std::mem::take(&mut verdict.dump.kind);
        (kind, verdict)
    };
    let (_, full) = judge(memory.dump(&fields));
    for (kind, bytes) in [
        ("bitmap", memory.bitmap_dump(&fields)),
        ("kernel", memory.debugger_dump(8, &fields)),
        ("kernel-and-user", memory.debugger_dump(9, &fields)),
        ("complete", memory.debugger_dump(10, &fields)),
        ("elf", memory.elf_dump(&fields)),
        ("raw-memory", memory.raw_memory(&fields)),
    ] {
        let (found, verdict) = judge(bytes);
        assert_eq!(found, kind);
        assert_eq!(verdict, full, "{kind}");
    }
}

/// Dumps whose memory is not read: the stop is explained, the rest is unknown.
#[test]
fn of_other_dumps_the_header_is_read() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("test.dmp");
    let (memory, fields) = crash(&CrashSetup::default());
    let whole = memory.dump(&fields);
    let symbols = SymbolPath::from_dirs([fixtures()]);
    for (at, value, why) in [
        (0x30, 0xAA64u16, "ARM64"),
        (0xF98, 2, "type 2"),
        (0xF98, 77, "this kind of dump"),
    ] {
        let mut dump = whole.clone();
        dump[at..at + 2].copy_from_slice(&value.to_le_bytes());
        std::fs::write(&path, dump).unwrap();
        let verdict = analyze(&path, &symbols).unwrap();
        assert_eq!(verdict.cause.id, CauseId::Inconclusive, "{why}");
        assert_eq!(verdict.culprit, None, "{why}");
        let name = verdict.bugcheck.name.as_deref();
        assert_eq!(name, Some("DRIVER_IRQL_NOT_LESS_OR_EQUAL"), "{why}");
        let message = verdict
            .unknown
            .iter()
            .any(|unknown| unknown.why.contains(why));
        assert!(message, "{why}: {:?}", verdict.unknown);
    }
}

proptest! {
    /// A dump is untrusted: whatever bytes change, the result is an error or a verdict.
    #[test]
    fn damaged_dumps_never_panic(changes in proptest::collection::vec((any::<u32>(), any::<u64>()), 1..40)) {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("test.dmp");
        let (memory, fields) = crash(&CrashSetup::default());
        let mut dump = memory.dump(&fields);
        for (at, value) in changes {
            // Half of the changes hit the header, where they do the most damage.
            let room = if value & 1 == 0 { 0x2000 } else { dump.len() - 8 };
            let at = at as usize % (room - 8);
            dump[at..at + 8].copy_from_slice(&value.to_le_bytes());
        }
        dump[..8].copy_from_slice(b"PAGEDU64");
        std::fs::write(&path, dump).unwrap();
        if let Ok(verdict) = analyze(&path, &SymbolPath::from_dirs([fixtures()])) {
            report::human(&verdict, true);
        }
    }
}

/// Writes the dump for inspection by hand: `STOPCODE_KEEP=file cargo test -p analyzer keep_dump --
/// --ignored`.
#[test]
#[ignore = "writes the made-up dump to $STOPCODE_KEEP"]
fn keep_dump() {
    let path = std::env::var_os("STOPCODE_KEEP")
        .map(PathBuf::from)
        .unwrap();
    let (memory, fields) = crash(&CrashSetup::default());
    memory.write_dump(&path, &fields);
}

#[test]
fn the_process_that_died_is_read_from_the_dump() {
    let setup = CrashSetup::default();
    let process = 0xffff_a000_0000_9000;
    let thread = 0xffff_a000_0000_a000;
    for (object, kind, start) in [
        (process, 0, "Process System ("),
        (thread, 1, "The critical"),
    ] {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("test.dmp");
        let (memory, mut fields) = crash(&setup);
        fields.bugcheck = 0xEF;
        fields.parameters = [object, kind, 0, 0];
        memory.write_dump(&path, &fields);
        let verdict = analyze(&path, &SymbolPath::from_dirs([fixtures()])).unwrap();
        assert_eq!(verdict.cause.rule, "critical-process-died");
        assert_eq!(verdict.cause.id, CauseId::Inconclusive);
        assert!(verdict.culprit.is_none());
        let text = verdict.cause.explanation;
        assert!(
            text.starts_with(start) && text.to_lowercase().contains("process system"),
            "{text}"
        );
        // The type has no exit status in these symbols: it is an unknown, not 0.
        assert!(text.contains("exit status that is not known"), "{text}");
    }
}
