//! Our own transcripts (`transcripts/*.log`, written by our views for each scenario's dump) give
//! the same verdict as the dump, which is in the harness's goldens.
//!
//! They are rewritten together with the goldens, by `STOPCODE_UPDATE_GOLDENS=1 cargo test -p
//! harness --test scenarios`, or from kept runs by the example `transcript`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use analyzer::verdict::Verdict;
use serde_json::{Value, json};

/// A known difference between the verdicts of a log and of its dump.
struct Less {
    scenario: &'static str,
    /// The field of the verdict.
    field: &'static str,
    /// Its value from the log.
    from_log: &'static str,
    why: &'static str,
}

const LESS: &[Less] = &[
    Less {
        scenario: "rare-race",
        field: "confidence",
        from_log: r#""likely""#,
        why: "the session prints neither the instruction's bytes nor its registers",
    },
    Less {
        scenario: "null-dereference",
        field: "confidence",
        from_log: r#""likely""#,
        why: "the session prints neither the instruction's bytes nor its registers",
    },
    Less {
        scenario: "power-irp-blocked",
        field: "confidence",
        from_log: r#""likely""#,
        why: "the thread keeps the IRP's address in its stack, not in the arguments that !thread \
              shows; no command of the session prints the stack's memory",
    },
    Less {
        scenario: "stale-event",
        field: "victims",
        from_log: "[]",
        why: "the IRP whose completion spins is found by its UserEvent; the session shows the IRP, \
              but not which object is spun for",
    },
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts")
}

fn goldens() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../harness/tests/goldens");
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder).expect("the harness's goldens") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let scenario = name
            .strip_prefix("tinynt.")
            .and_then(|name| name.strip_suffix(".json"));
        if let Some(scenario) = scenario {
            let text = fs::read_to_string(&path).expect("a golden");
            let golden = serde_json::from_str(&text).expect("JSON");
            found.push((scenario.to_owned(), golden));
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

/// The parts that a transcript shares with the golden of its dump.
fn told(verdict: &Verdict) -> Value {
    let victims: BTreeSet<String> = verdict
        .victims
        .iter()
        .map(|victim| format!("{} {}", text(&victim.kind), text(&victim.module)))
        .collect();
    json!({
        "bugcheck": verdict.bugcheck.code_hex,
        "cause": verdict.cause.id,
        "rule": verdict.cause.rule,
        "confidence": verdict.confidence,
        "module": verdict.culprit.as_ref().map(|culprit| &culprit.module),
        "function": verdict.culprit.as_ref().map(|culprit| &culprit.function),
        "victims": victims,
        "signature": verdict.signature,
    })
}

fn wanted(golden: &Value) -> Value {
    json!({
        "bugcheck": golden["bugcheck"],
        "cause": golden["cause"],
        "rule": golden["rule"],
        "confidence": golden["confidence"],
        "module": golden["culprit"]["module"],
        "function": golden["culprit"]["function"],
        "victims": golden["victims"],
        "signature": golden["signature"],
    })
}

fn text(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn each_leads_to_the_verdict_on_its_dump() {
    let mut failures = Vec::new();
    let goldens = goldens();
    assert!(goldens.len() >= 20, "{} goldens", goldens.len());
    for (scenario, golden) in &goldens {
        let file = folder().join(format!("{scenario}.log"));
        let Ok(log) = fs::read(&file) else {
            failures.push(format!("{} is missing", file.display()));
            continue;
        };
        let verdicts = match analyzer::analyze_log(&log) {
            Ok(verdicts) => verdicts,
            Err(error) => {
                failures.push(format!("{scenario}: {error}"));
                continue;
            }
        };
        let [verdict] = verdicts.as_slice() else {
            failures.push(format!(
                "{scenario}: {} crashes in one dump",
                verdicts.len()
            ));
            continue;
        };
        let (mut wanted, found) = (wanted(golden), told(verdict));
        for less in LESS.iter().filter(|less| less.scenario == scenario) {
            let from_log: Value = serde_json::from_str(less.from_log).expect("JSON");
            if wanted[less.field] == from_log {
                let why = less.why;
                failures.push(format!("{scenario}: the log shows it after all: {why}"));
            }
            wanted[less.field] = from_log;
        }
        if wanted != found {
            failures.push(format!("{scenario}:\n  dump {wanted}\n  log  {found}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn none_gives_the_answer_away_or_is_of_this_machine() {
    let goldens = goldens();
    let mut files = 0;
    for entry in fs::read_dir(folder()).expect("the transcripts") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let (_, golden) = goldens
            .iter()
            .find(|(scenario, _)| *scenario == name)
            .unwrap_or_else(|| panic!("{}: of no scenario", path.display()));
        let log = fs::read_to_string(&path).expect("a transcript");
        files += 1;
        assert!(log.lines().count() < 800, "{name}: too long to be read");
        for word in ["culprit", "victim", "signature", "STACK_COMMAND", "[/"] {
            assert!(!log.contains(word), "{name}: {word}");
        }
        let cause = golden["cause"].as_str().expect("a cause");
        for line in log.lines().filter(|line| line.contains(cause)) {
            // Drivers are named after their bugs.
            let names = [".sys", ".pdb", ".c @", r"\Driver\", "test-drivers"];
            let is_name = names.iter().any(|name| line.contains(name));
            assert!(is_name, "{name}: {line}");
        }
    }
    assert_eq!(files, goldens.len());
}
