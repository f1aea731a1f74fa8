//! What a verdict says of a log is in the log.

mod check;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use analyzer::SymbolPath;
use analyzer::verdict::{Hex64, Unknown, Verdict};
use check::{lies, lies_of_dump};

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

fn verdicts(log: &str) -> Vec<Verdict> {
    analyzer::analyze_log(log.as_bytes()).unwrap_or_default()
}

fn all_lies(logs: &[(String, String)]) -> Vec<String> {
    let one = |(name, log): &(String, String)| -> Vec<String> {
        let verdicts = verdicts(log);
        let lies = verdicts.iter().flat_map(|verdict| lies(log, verdict));
        lies.map(|lie| format!("{name}: {lie}")).collect()
    };
    logs.iter().flat_map(one).collect()
}

#[test]
fn verdicts_on_our_transcripts_are_true() {
    let logs = own();
    assert!(logs.len() >= 20, "{} transcripts", logs.len());
    let found = all_lies(&logs);
    assert!(found.is_empty(), "{}\n{}", found.len(), found.join("\n"));
}

#[test]
fn verdicts_on_given_logs_are_true() {
    let Some(data) = env::var_os("STOPCODE_TEST_DATA").map(PathBuf::from) else {
        return;
    };
    let folders = ["logs", "logs-2", "seeds"];
    let logs: Vec<_> = folders
        .iter()
        .flat_map(|folder| logs(&data.join(folder), "txt"))
        .collect();
    let found = all_lies(&logs);
    assert!(found.is_empty(), "{}\n{}", found.len(), found.join("\n"));
}

#[test]
fn verdicts_on_given_minidumps_are_true() {
    let Some(data) = env::var_os("STOPCODE_TEST_DATA").map(PathBuf::from) else {
        return;
    };
    let folders = ["real", "real/bsod"].map(|folder| data.join(folder));
    let dumps: Vec<_> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).expect("the folder"))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "dmp"))
        .collect();
    assert!(dumps.len() >= 8, "{} minidumps", dumps.len());
    let one = |path: &PathBuf| -> Vec<String> {
        let verdict = analyzer::analyze(path, &SymbolPath::default()).expect("a verdict");
        let bytes = fs::read(path).expect("the minidump");
        let lies = lies_of_dump(&bytes, &verdict).into_iter();
        lies.map(|lie| format!("{}: {lie}", path.display()))
            .collect()
    };
    let found: Vec<String> = dumps.iter().flat_map(one).collect();
    assert!(found.is_empty(), "{}\n{}", found.len(), found.join("\n"));
    for planted in [
        " It read 0xffff812345678123.",
        " gizmo.sys called it.",
        " P1 is 0xfedcba98.",
    ] {
        let mut verdict = analyzer::analyze(&dumps[0], &SymbolPath::default()).expect("a verdict");
        verdict.cause.explanation += planted;
        let bytes = fs::read(&dumps[0]).expect("the minidump");
        assert_eq!(lies_of_dump(&bytes, &verdict).len(), 1, "{planted}");
    }
}

/// An excerpt without the prompts.
fn without_prompts(log: &str) -> String {
    let prompt = |line: &&str| line.contains("kd> ") || line.trim_end().ends_with("kd>");
    let lines = log.lines().filter(|line| !prompt(line));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn verdicts_on_excerpts_without_prompts_are_true() {
    let mut logs = own();
    if let Some(data) = env::var_os("STOPCODE_TEST_DATA").map(PathBuf::from) {
        let folders = ["logs", "logs-2"];
        logs.extend(
            folders
                .iter()
                .flat_map(|folder| self::logs(&data.join(folder), "txt")),
        );
    }
    let cut = logs
        .into_iter()
        .map(|(name, log)| (name, without_prompts(&log)));
    let found = all_lies(&cut.collect::<Vec<_>>());
    assert!(found.is_empty(), "{}\n{}", found.len(), found.join("\n"));
}

/// A change of a true verdict that makes it untrue.
type Lie = fn(&mut Verdict);

#[test]
fn a_planted_lie_is_found() {
    let (_, log) = own()
        .into_iter()
        .find(|(name, _)| name == "stuck-power-irp")
        .expect("the transcript");
    let verdict = verdicts(&log).remove(0);
    assert_eq!(lies(&log, &verdict), [""; 0]);
    let unknown = |why: &str| Unknown {
        what: "something".to_owned(),
        why: why.to_owned(),
    };
    let planted: [(&str, Lie); 9] = [
        ("a parameter", |verdict| {
            verdict.bugcheck.parameters[1].value = Some(Hex64(0xffff_1234_5678_9abc));
        }),
        ("an address", |verdict| {
            verdict.cause.explanation += " It waits for 0xffff800012345678.";
        }),
        ("an address with a tick", |verdict| {
            verdict.evidence[0].shows += " at ffff8000`12345678";
        }),
        ("a module", |verdict| {
            verdict.victims[0].why += "; gizmo.sys waits for it";
        }),
        ("a function's module", |verdict| {
            verdict.cause.explanation += " gizmo!Work called it.";
        }),
        ("the culprit", |verdict| {
            if let Some(culprit) = &mut verdict.culprit {
                culprit.module = "gizmo.sys".to_owned();
            }
        }),
        ("a duration", |verdict| {
            verdict.cause.explanation += " It waited for 67106144 s.";
        }),
        ("a source", |verdict| {
            verdict.evidence[0].found_by = "the stop's parameters".to_owned();
            verdict.evidence[0].addresses = vec![Hex64(0x42)];
        }),
        ("a stack", |verdict| {
            verdict.stacks.clear();
            verdict.cause.explanation += " Only modules of Windows are on the stack.";
        }),
    ];
    for (what, plant) in planted {
        let mut verdict = verdict.clone();
        plant(&mut verdict);
        assert!(!lies(&log, &verdict).is_empty(), "{what}");
    }
    let irp = verdict.bugcheck.parameters[3].value.expect("the IRP");
    for proposal in [
        format!("run !irp {irp} 1"),
        "run .bugcheck".to_owned(),
        "run k 100 (the stack ends before a driver)".to_owned(),
    ] {
        let mut verdict = verdict.clone();
        verdict.unknown.push(unknown(&proposal));
        assert!(!lies(&log, &verdict).is_empty(), "{proposal}");
    }
}
