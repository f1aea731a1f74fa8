//! However a log was pasted, it leads to the same verdict.
//!
//! Each transcript of our own is mangled in each way, and with `STOPCODE_TEST_DATA` so are the given
//! logs.

mod arbitrary;
mod mangle;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use analyzer::verdict::Verdict;
use mangle::Mangle;

/// What must stay.
#[derive(PartialEq)]
struct Told {
    /// Code and parameters.
    stop: String,
    module: Option<String>,
    /// Cause, confidence and function.
    rest: String,
}

fn told(log: &str) -> Result<Vec<Told>, String> {
    let one = |verdict: &Verdict| {
        let parameters = verdict.bugcheck.parameters.iter();
        let parameters: Vec<_> = parameters.map(|parameter| parameter.shown()).collect();
        let culprit = verdict.culprit.as_ref();
        Told {
            stop: format!("{} ({})", verdict.bugcheck.code_hex, parameters.join(", ")),
            module: culprit.map(|culprit| culprit.module.clone()),
            rest: format!(
                "{} {} {:?}",
                verdict.cause.most_specific(),
                verdict.confidence.as_str(),
                culprit.and_then(|culprit| culprit.function.as_ref()),
            ),
        }
    };
    let verdicts = analyzer::analyze_log(log.as_bytes()).map_err(|error| error.to_string())?;
    Ok(verdicts.iter().map(one).collect())
}

/// Whether the verdicts on a mangled log are the same; `loses` allows them to say less.
fn same(
    before: &Result<Vec<Told>, String>,
    after: &Result<Vec<Told>, String>,
    loses: bool,
) -> bool {
    let (Ok(all), Ok(others)) = (before, after) else {
        return before == after;
    };
    let pairs = || all.iter().zip(others);
    match loses {
        false => all == others,
        true => {
            all.len() == others.len()
                && pairs().all(|(one, other)| {
                    one.stop == other.stop && (other.module.is_none() || one.module == other.module)
                })
        }
    }
}

fn shown(told: &Result<Vec<Told>, String>) -> String {
    match told {
        Err(error) => error.clone(),
        Ok(all) => {
            let one = |told: &Told| format!("{} {:?} {}", told.stop, told.module, told.rest);
            all.iter().map(one).collect::<Vec<_>>().join("; ")
        }
    }
}

fn logs(folder: &Path, extension: &str) -> Vec<(String, String)> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<_> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            (path.extension()? == extension).then_some(())?;
            let name = path.file_stem()?.to_string_lossy().into_owned();
            let bytes = fs::read(&path).ok()?;
            Some((name, String::from_utf8_lossy(&bytes).into_owned()))
        })
        .collect();
    found.sort();
    found
}

fn own() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    logs(&folder, "log")
}

fn differences(logs: &[(String, String)], mangles: impl Fn(&Mangle) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (name, log) in logs {
        let before = told(log);
        for mangle in mangle::ALL.iter().filter(|mangle| mangles(mangle)) {
            let after = told(&(mangle.change)(log));
            if !same(&before, &after, mangle.loses) {
                let (before, after) = (shown(&before), shown(&after));
                let how = mangle.name;
                found.push(format!("{name}, {how}:\n  {before}\n  {after}"));
            }
        }
    }
    found
}

#[test]
fn our_transcripts_survive_every_paste() {
    let logs = own();
    assert!(logs.len() >= 20, "{} transcripts", logs.len());
    let found = differences(&logs, |_| true);
    assert!(found.is_empty(), "{}\n{}", found.len(), found.join("\n"));
}

#[test]
fn given_logs_survive_every_paste() {
    let Some(data) = env::var_os("STOPCODE_TEST_DATA").map(PathBuf::from) else {
        return;
    };
    let folders = ["logs", "logs-2"];
    let logs: Vec<_> = folders
        .iter()
        .flat_map(|folder| logs(&data.join(folder), "txt"))
        .collect();
    // One line that was cut is no evidence of a margin.
    let found = differences(&logs, |mangle| !mangle.name.starts_with("cut"));
    assert!(found.is_empty(), "{}\n{}", found.len(), found.join("\n"));
}
