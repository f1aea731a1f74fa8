//! Real minidumps, analyzed with the real symbol table: goldens of the conclusions.
//!
//! `STOPCODE_UPDATE_GOLDENS=1` rewrites them; review the difference.

use std::env;
use std::fs;
use std::path::Path;

use analyzer::verdict::{CauseId, Confidence, StackKind, Verdict};
use analyzer::{SymbolPath, analyze};
use serde_json::{Value, json};

use super::case::{Case, Data};

/// The minidumps, relative to the folder of real data.
const DUMPS: [(&str, &str); 8] = [
    ("triage_x64", "real/triage_x64.dmp"),
    ("13a", "real/bsod/13a.dmp"),
    ("3b_0", "real/bsod/3b_0.dmp"),
    ("50_0", "real/bsod/50_0.dmp"),
    ("7e_1", "real/bsod/7e_1.dmp"),
    ("9f", "real/bsod/9f.dmp"),
    ("be_0", "real/bsod/be_0.dmp"),
    ("d1", "real/bsod/d1.dmp"),
];
const SYMBOLS: &str = "real";

pub fn cases() -> Vec<Case> {
    let all: Vec<_> = DUMPS.iter().map(|(_, file)| *file).collect();
    vec![
        Case::new("dumps::goldens", &all, goldens),
        Case::new("dumps::the_known_minidump", &[DUMPS[0].1], known),
        Case::new("dumps::machines", &all, machines),
        Case::new("dumps::without_symbols", &[DUMPS[0].1], without_symbols),
        Case::new("dumps::residue_is_not_blamed", &[DUMPS[5].1], residue),
        Case::new("dumps::cut_short", &[DUMPS[7].1], cut_short),
        Case::new("dumps::broken_hardware", &all, broken_hardware),
    ]
}

fn judged(data: &Data, file: &str, symbols: &[&str]) -> Verdict {
    let folders = symbols.iter().map(|folder| data.path(folder));
    analyze(&data.path(file), &SymbolPath::from_dirs(folders)).unwrap()
}

fn goldens(data: &Data) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/real");
    let update = env::var_os("STOPCODE_UPDATE_GOLDENS").is_some();
    let mut different = Vec::new();
    for (name, file) in DUMPS {
        let verdict = judged(data, file, &[SYMBOLS]);
        let now = format!("{:#}\n", concluded(&verdict));
        let golden = folder.join(format!("{name}.json"));
        if update {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&golden, now).unwrap();
        } else if fs::read_to_string(&golden).ok().as_deref() != Some(&now) {
            different.push(format!("{name}: now {now}"));
        }
    }
    assert!(
        different.is_empty(),
        "differ from their goldens (STOPCODE_UPDATE_GOLDENS=1 writes them):\n{}",
        different.join("\n")
    );
}

/// The conclusions of a verdict, without text from the dump.
fn concluded(verdict: &Verdict) -> Value {
    let stacks = verdict.stacks.iter();
    let crash = stacks.clone().find(|stack| stack.kind == StackKind::Crash);
    let frames = crash.map(|stack| {
        let frames = stack.frames.iter();
        frames
            .map(|frame| format!("{} ({})", frame.symbol, frame.trust.as_str()))
            .collect::<Vec<_>>()
    });
    let running = stacks.filter(|stack| stack.kind == StackKind::Processor);
    let running = running.count();
    let machine = verdict.machine.as_ref();
    let drivers = &verdict.drivers;
    let unknown: Vec<_> = verdict
        .unknown
        .iter()
        .map(|one| one.what.as_str())
        .collect();
    let culprit = verdict.culprit.as_ref().map(|culprit| {
        json!({"module": culprit.module, "function": culprit.function,
               "offset": culprit.offset, "role": culprit.role.as_str()})
    });
    json!({
        "stop": verdict.bugcheck.code_hex,
        "kind": verdict.dump.kind,
        "build": verdict.dump.build,
        "processors": verdict.dump.processors,
        "crash_processor": verdict.dump.crash_processor,
        "cause": verdict.cause.id.as_str(),
        "rule": verdict.cause.rule,
        "confidence": verdict.confidence.as_str(),
        "culprit": culprit,
        "victims": verdict.victims.iter().map(|victim| &victim.module).collect::<Vec<_>>(),
        "alternatives": verdict.alternatives.iter()
            .map(|other| other.culprit.as_ref().map(|culprit| &culprit.module))
            .collect::<Vec<_>>(),
        "modules": verdict.dump.modules_loaded,
        "unloaded": verdict.unloaded.len(),
        "other_processors": running,
        "third_party": drivers.len(),
        "dated": drivers.iter().filter(|driver| driver.date.is_some()).count(),
        "machine": machine.map(|machine| json!({
            "board": machine.board.is_some(), "bios": machine.bios.is_some(),
            "cpu": machine.cpu.is_some(), "identity": machine.identity.is_some(),
            "modules": machine.memory_modules.len(), "memory_mib": machine.memory_mib,
        })),
        "unknown": unknown,
        "frames": frames,
    })
}

/// What was decoded from this minidump by hand.
fn known(data: &Data) {
    let verdict = judged(data, DUMPS[0].1, &[SYMBOLS]);
    assert_eq!(verdict.bugcheck.code, 0x1000_007E);
    let culprit = verdict.culprit.as_ref().unwrap();
    assert_eq!(
        (culprit.module.as_str(), culprit.offset),
        ("amdppm.sys", Some(0x334C))
    );
    assert!(
        verdict.cause.explanation.contains("write"),
        "{}",
        verdict.cause.explanation
    );
    assert_eq!(verdict.dump.modules_loaded, Some(151));
    assert_eq!(verdict.unloaded.len(), 4);
    assert_eq!(verdict.dump.processors, Some(16));
    let blocks = (
        verdict.dump.crash_prcb,
        verdict.dump.crash_thread,
        verdict.dump.crash_process,
    );
    assert!(matches!(blocks, (Some(_), Some(_), Some(_))), "{blocks:?}");
    let frames = &verdict.stacks[0].frames;
    let mut names = frames.iter().filter_map(|frame| frame.function.as_deref());
    for wanted in [
        "IofCallDriver",
        "PnpAsynchronousCall",
        "PnpSendIrp",
        "PnpStartDevice",
        "ExpWorkerThread",
    ] {
        assert!(names.any(|name| name == wanted), "{wanted}: {frames:#?}");
    }
}

fn without_symbols(data: &Data) {
    let verdict = judged(data, DUMPS[0].1, &[]);
    let culprit = verdict.culprit.as_ref().unwrap();
    assert_eq!(
        (culprit.module.as_str(), culprit.offset),
        ("amdppm.sys", Some(0x334C))
    );
    assert_eq!(verdict.dump.modules_loaded, Some(151));
    assert_eq!(verdict.stacks[0].process.as_deref(), Some("System"));
}

/// Dumps of one computer tell that they are of one, and others that they are not.
fn machines(data: &Data) {
    let identity = |file: &str| judged(data, file, &[]).machine?.identity;
    let all: Vec<_> = DUMPS.iter().map(|(_, file)| identity(file)).collect();
    assert_eq!(all[0], None, "this dump has no SMBIOS tables");
    let same = [&all[1], &all[2], &all[3], &all[6]];
    assert!(same[0].is_some() && same.iter().all(|one| *one == same[0]));
    for other in [&all[4], &all[5], &all[7]] {
        assert!(other != same[0]);
    }
}

/// A network driver's address on the crash stack is residue; another driver has the IRP.
fn residue(data: &Data) {
    let verdict = judged(data, DUMPS[5].1, &[SYMBOLS]);
    assert_eq!(verdict.cause.id, CauseId::PowerIrpNeverCompleted);
    let culprit = verdict.culprit.as_ref().unwrap();
    assert_eq!(culprit.module, "disk.sys");
    assert_eq!(verdict.confidence, Confidence::Possible);
}

/// Two of the machines have broken hardware: one executed an instruction with another base register
/// than the one in memory, one has a NULL pointer with a bit set.
fn broken_hardware(data: &Data) {
    for (name, file) in DUMPS {
        let verdict = judged(data, file, &[SYMBOLS]);
        let flip = verdict.hardware.as_ref().map(|proof| {
            let flip = proof.flip.as_ref().unwrap();
            assert!(proof.arithmetic.len() >= 5, "{proof:#?}");
            (flip.bit, flip.was.0, flip.should_be.0)
        });
        let expected = match name {
            "d1" => Some((10, 0x0175_830f_0529_7d80, 0x0175_830f_0529_7980)),
            "3b_0" => Some((37, 1 << 37, 0)),
            _ => None,
        };
        assert_eq!(flip, expected, "{name}");
        if expected.is_some() {
            assert!(verdict.culprit.is_none(), "{name}");
        }
    }
}

/// Wherever a minidump is truncated, the result is a verdict of the rest, or one error.
fn cut_short(data: &Data) {
    let whole = fs::read(data.path(DUMPS[7].1)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.dmp");
    let symbols = SymbolPath::from_dirs([]);
    for part in 0..16 {
        let length = whole.len() * part / 16;
        fs::write(&path, &whole[..length]).unwrap();
        match analyze(&path, &symbols) {
            Ok(verdict) => assert_eq!(verdict.bugcheck.code, 0xD1, "{length} bytes"),
            Err(error) => assert!(part == 0, "{length} bytes: {error}"),
        }
    }
}
