//! Real transcripts: the seeds, and those with known answers.
//!
//! The goldens have a line for each crash: stop, cause, culprit, confidence, victims.
//! `STOPCODE_UPDATE_GOLDENS=1` rewrites them; review the difference.

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use analyzer::verdict::{CauseId, Confidence, Verdict};
use analyzer::{LogError, analyze_log};

use super::case::{Case, Data};

const LOGS: &str = "logs/expected.json";
const PNP: &str = "seeds/000_475732d50742d65d.txt";
const METHOD: &str = "seeds/001_930c198edfca4471.txt";
const SPINLOCK: &str = "seeds/002_a992dfa548fbf2c4.txt";
const EVENT: &str = "seeds/003_62f313289eff174b.txt";
const MUTEX: &str = "seeds/004_c1df13f2588d5942.txt";

pub fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "logs::seeds_conclude_as_before",
            &[PNP, METHOD, SPINLOCK, EVENT, MUTEX],
            seeds,
        ),
        Case::new("logs::transcripts_conclude_as_before", &[LOGS], transcripts),
        Case::new(
            "logs::nobody_is_blamed_wrongly",
            &[LOGS],
            nobody_is_blamed_wrongly,
        ),
        Case::new("logs::a_text_with_two_crashes", &[PNP], two_crashes),
        Case::new("logs::a_text_without_data", &[METHOD], no_data),
        Case::new("logs::the_holder_below_the_service", &[SPINLOCK], holder),
        Case::new("logs::the_event_that_is_none", &[EVENT], event),
        Case::new("logs::the_victim_of_a_leak", &[MUTEX], leak),
    ]
}

fn read(data: &Data, file: &str) -> Vec<Verdict> {
    let bytes = fs::read(data.path(file)).unwrap();
    analyze_log(&bytes).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn module(verdict: &Verdict) -> Option<&str> {
    verdict
        .culprit
        .as_ref()
        .map(|culprit| culprit.module.as_str())
}

/// The conclusions, a line for each crash.
fn summary(data: &Data, file: &str) -> String {
    let bytes = fs::read(data.path(file)).unwrap();
    let name = Path::new(file)
        .file_stem()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    let mut text = String::new();
    match analyze_log(&bytes) {
        Err(LogError::NoCrashData { mentions }) => {
            writeln!(text, "{name}: no crash data, mentions {mentions:#x?}").unwrap();
        }
        Err(error) => writeln!(text, "{name}: {error}").unwrap(),
        Ok(verdicts) => {
            for verdict in verdicts {
                let mut victims: Vec<_> = verdict
                    .victims
                    .iter()
                    .filter_map(|victim| victim.module.clone())
                    .collect();
                victims.dedup();
                writeln!(
                    text,
                    "{name}: {} {} [{}, {}] {}; not {}; {} open",
                    verdict.signature,
                    verdict.cause.id,
                    verdict.confidence.as_str(),
                    verdict.cause.rule,
                    module(&verdict).unwrap_or("nobody"),
                    if victims.is_empty() {
                        "-".to_owned()
                    } else {
                        victims.join(", ")
                    },
                    verdict.unknown.len()
                )
                .unwrap();
            }
        }
    }
    text
}

fn golden(name: &str, found: &str) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/goldens/real")
        .join(format!("{name}.txt"));
    if env::var_os("STOPCODE_UPDATE_GOLDENS").is_some_and(|value| value != "0") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, found).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == found,
        "{} differs; STOPCODE_UPDATE_GOLDENS=1 accepts what is found:\n{found}",
        path.display()
    );
}

fn seeds(data: &Data) {
    let files = [PNP, METHOD, SPINLOCK, EVENT, MUTEX];
    golden("seeds", &files.map(|file| summary(data, file)).concat());
}

fn transcripts(data: &Data) {
    let found: Vec<_> = expected(data)
        .iter()
        .map(|one| summary(data, &format!("logs/{}.txt", text(one, "id"))))
        .collect();
    golden("logs", &found.concat());
}

fn expected(data: &Data) -> Vec<serde_json::Value> {
    serde_json::from_str(&fs::read_to_string(data.path(LOGS)).unwrap()).unwrap()
}

fn text<'v>(value: &'v serde_json::Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or("")
}

/// No module that must not be blamed is, beyond `possible`; nearly all causes and culprits fit.
fn nobody_is_blamed_wrongly(data: &Data) {
    let stem = |name: &str| {
        let name = name.to_lowercase();
        name.rsplit_once('.')
            .map_or(name.clone(), |(stem, _)| stem.to_owned())
    };
    let all = expected(data);
    let mut right = 0;
    for one in &all {
        let verdicts = read(data, &format!("logs/{}.txt", text(one, "id")));
        let verdict = &verdicts[0];
        let blamed = module(verdict).map(stem);
        let kernel = blamed.as_deref() == Some("ntoskrnl");
        let forbidden = one["must_not_blame"]
            .as_array()
            .unwrap()
            .iter()
            .any(|name| {
                let name = stem(name.as_str().unwrap());
                blamed.as_deref() == Some(&name) || kernel && name == "nt"
            });
        assert!(
            !forbidden || verdict.confidence == Confidence::Possible,
            "{}: {blamed:?}",
            text(one, "id")
        );
        let culprit = Some(text(one, "culprit_module"))
            .filter(|name| !name.is_empty() && !name.starts_with("hardware"))
            .map(stem);
        right += usize::from(blamed == culprit);
    }
    assert!(right * 26 >= all.len() * 24, "{right} of {}", all.len());
}

fn two_crashes(data: &Data) {
    let verdicts = read(data, PNP);
    assert_eq!(verdicts.len(), 2);
    let pnp = &verdicts[0];
    assert_eq!(
        (pnp.bugcheck.code, pnp.cause.id),
        (0x9F, CauseId::PnpLockHeldByBlockedDriver)
    );
    assert_eq!(module(pnp), Some("ZTEusbnet.sys"));
    assert!(
        pnp.evidence
            .iter()
            .any(|piece| piece.shows.contains("SURPRISE_REMOVAL"))
    );
    let dpc = &verdicts[1];
    assert_eq!(
        (dpc.bugcheck.code, dpc.cause.id),
        (0x133, CauseId::DpcOverrun)
    );
    assert_eq!(module(dpc), Some("athwbx.sys"));
}

fn no_data(data: &Data) {
    let error = analyze_log(&fs::read(data.path(METHOD)).unwrap()).unwrap_err();
    assert_eq!(
        error,
        LogError::NoCrashData {
            mentions: vec![0x9F]
        }
    );
    assert!(error.to_string().contains("!locks"), "{error}");
}

fn holder(data: &Data) {
    let verdict = &read(data, SPINLOCK)[0];
    assert_eq!(verdict.cause.id, CauseId::SpinlockHeldAcrossPassiveCall);
    assert_eq!(
        (module(verdict), verdict.confidence),
        (Some("TestDriver.sys"), Confidence::Likely)
    );
    assert_eq!(verdict.culprit.as_ref().unwrap().offset, Some(0x1375));
    let waiting = verdict
        .victims
        .iter()
        .filter(|victim| victim.why.contains("spins"));
    assert_eq!(waiting.count(), 2);
}

fn event(data: &Data) {
    let verdicts = read(data, EVENT);
    assert_eq!(verdicts.len(), 1);
    assert_eq!(verdicts[0].cause.id, CauseId::StaleCompletionEvent);
    assert_eq!(
        (module(&verdicts[0]), verdicts[0].confidence),
        (Some("xxxDrv_x64.sys"), Confidence::Likely)
    );
}

fn leak(data: &Data) {
    let verdict = &read(data, MUTEX)[0];
    assert_eq!(verdict.cause.id, CauseId::FastMutexLeaked);
    assert_eq!(
        (module(verdict), verdict.confidence),
        (None, Confidence::Possible)
    );
    assert_eq!(verdict.victims[0].module.as_deref(), Some("cvfsfilter.sys"));
    let meaning = verdict.bugcheck.parameters[3].meaning.as_deref();
    assert_eq!(meaning, Some("IRQL: 1 (APC_LEVEL)"));
}
