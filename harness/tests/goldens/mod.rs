//! Golden verdicts: what the analyzer says of each scenario, beyond what the scenario asserts.
//!
//! `STOPCODE_UPDATE_GOLDENS=1 cargo test -p harness` writes them anew; review the difference.
//! A golden holds only what is the same in every run: no addresses, and of the threads that wait
//! for a lock only whose they are, since which of them got to a processor first is chance.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use analyzer::verdict::{StackKind, Trust, Unknown, Verdict};
use serde_json::{Value, json};

/// Stops whose stack (and so their bucket) is chance: power watchdog, NMI, DPC watchdog.
const FROM_OUTSIDE: [u32; 3] = [0x9F, 0x80, 0x133];

/// Compares a verdict with the golden of its test, or writes it.
pub fn check(test: &str, verdict: &Verdict) -> Result<(), String> {
    well_founded(verdict)?;
    follows_the_schema(verdict)?;
    let file = file(test);
    let now = format!("{:#}\n", stable(verdict));
    if env::var_os("STOPCODE_UPDATE_GOLDENS").is_some() {
        return fs::write(&file, now).map_err(|error| format!("{}: {error}", file.display()));
    }
    let golden = fs::read_to_string(&file).map_err(|error| {
        let name = file.display();
        format!("{name}: {error}; STOPCODE_UPDATE_GOLDENS=1 writes it")
    })?;
    if golden == now {
        return Ok(());
    }
    let name = file.display();
    Err(format!(
        "the verdict differs from {name}; if that is meant, STOPCODE_UPDATE_GOLDENS=1 writes it \
         anew\n--- golden\n{golden}+++ now\n{now}"
    ))
}

/// What every verdict on a scenario must have: somebody to blame, with the function or the reason why
/// it is not known, and at least two pieces of evidence that name the WinDbg command which would show
/// them.
fn well_founded(verdict: &Verdict) -> Result<(), String> {
    // The drivers are wrong, never the machine that emulates their processor.
    if verdict.hardware.is_some() {
        return Err("the hardware is blamed".to_owned());
    }
    let culprit = verdict.culprit.as_ref().ok_or("nobody is blamed")?;
    let told = |unknown: &Unknown| unknown.what == "the function" && !unknown.why.is_empty();
    if culprit.function.is_none() && !verdict.unknown.iter().any(told) {
        return Err("the verdict names no function to blame, and not why".to_owned());
    }
    let shown = (verdict.evidence.iter())
        .filter(|evidence| evidence.windbg.is_some())
        .count();
    if shown < 2 {
        return Err(format!(
            "only {shown} pieces of evidence name a WinDbg command"
        ));
    }
    Ok(())
}

/// What `docs/verdict.schema.json` promises to the readers of verdicts.
fn follows_the_schema(verdict: &Verdict) -> Result<(), String> {
    static VALIDATOR: OnceLock<Result<jsonschema::Validator, String>> = OnceLock::new();
    let validator = VALIDATOR.get_or_init(|| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/verdict.schema.json");
        let text = fs::read_to_string(&file).map_err(|error| error.to_string())?;
        let schema: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        jsonschema::validator_for(&schema).map_err(|error| error.to_string())
    });
    let validator = validator
        .as_ref()
        .map_err(|error| format!("docs/verdict.schema.json: {error}"))?;
    let verdict = serde_json::to_value(verdict).map_err(|error| error.to_string())?;
    let errors: Vec<String> = validator
        .iter_errors(&verdict)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    match errors.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "the verdict breaks docs/verdict.schema.json: {}",
            errors.join("; ")
        )),
    }
}

fn file(test: &str) -> PathBuf {
    let name = test.replace("::", ".");
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/goldens/{name}.json"))
}

fn stable(verdict: &Verdict) -> Value {
    let victims: BTreeSet<String> = verdict
        .victims
        .iter()
        .map(|victim| format!("{} {}", text(&victim.kind), text(&victim.module)))
        .collect();
    let evidence: BTreeSet<String> = verdict
        .evidence
        .iter()
        .map(|evidence| text(&evidence.kind))
        .collect();
    // A clock interrupt or an NMI finds a processor anywhere.
    let anywhere = FROM_OUTSIDE.contains(&verdict.bugcheck.code);
    let crash_stack: Vec<String> = verdict
        .stacks
        .iter()
        .filter(|stack| stack.kind == StackKind::Crash && !anywhere)
        .flat_map(|stack| &stack.frames)
        // Searching a stack for return addresses finds old ones, too.
        .filter(|frame| frame.trust != Trust::Scan)
        // What a DPC interrupted is chance, too.
        .take_while(|frame| !frame.symbol.starts_with("nt!KiDispatchInterrupt"))
        .take_while(|frame| !frame.symbol.starts_with("nt!KiIdleLoop"))
        .map(|frame| {
            // Where there is no module, there is only an address.
            let named = frame
                .module
                .as_ref()
                .map(|_| frame.symbol.split('+').next());
            let place = named.flatten().unwrap_or("(no module)");
            format!("{place} ({})", text(&frame.trust))
        })
        .collect();
    json!({
        "bugcheck": verdict.bugcheck.code_hex,
        "cause": verdict.cause.id,
        "rule": verdict.cause.rule,
        "confidence": verdict.confidence,
        "culprit": verdict.culprit.as_ref().map(|culprit| json!({
            "module": culprit.module,
            "function": culprit.function,
            "source_file": culprit.source_file,
            "role": culprit.role,
        })),
        "victims": victims,
        "evidence": evidence,
        "unknown": verdict.unknown.iter().map(|unknown| &unknown.what).collect::<Vec<_>>(),
        "signature": verdict.signature,
        "bucket": verdict.bucket.as_ref().filter(|_| !anywhere),
        "crash_stack": crash_stack,
    })
}

/// A plain value as it stands in JSON, without quotes.
fn text(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(error) => error.to_string(),
    }
}
