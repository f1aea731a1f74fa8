//! Cases that need a guest with an agent: the bundled one.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use scenario::project::Project;
use serde_json::Value;
use tempfile::TempDir;
use vm::image::{Availability, Image};

use crate::project::{Ended, stopcode};
use crate::symbol_server::{self, Server};
use crate::{Case, case, peers};

pub fn cases() -> Vec<Case> {
    let missing = missing();
    [
        case("tinynt::json_report_of_a_crash", json_report_of_a_crash),
        case("tinynt::wrong_expectation", wrong_expectation),
        case("tinynt::crash_that_does_not_come", crash_that_does_not_come),
        case(
            "tinynt::crash_that_was_not_expected",
            crash_that_was_not_expected,
        ),
        case(
            "tinynt::driver_with_missing_imports",
            driver_with_missing_imports,
        ),
        case("tinynt::watchdog_not_armed", watchdog_not_armed),
        case("tinynt::truncated_dump", truncated_dump),
        case("tinynt::missing_pdb", missing_pdb),
        case("tinynt::wrong_pdb", wrong_pdb),
        case("tinynt::symbols_from_a_server", symbols_from_a_server),
        case("tinynt::kdmp_parser_reads_the_dump", || {
            let (_folder, dump) = dump();
            peers::kdmp_parser_agrees(&dump, &verdict(&dump, &root().join("target/guest")));
        }),
    ]
    .into_iter()
    .map(|case| Case {
        missing: missing.clone(),
        ..case
    })
    .collect()
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

pub(crate) fn missing() -> Option<String> {
    let image = Image::load(&Project::find(&root()).unwrap(), "tinynt").unwrap();
    match image.availability() {
        Availability::Available => None,
        Availability::Missing(reason) => {
            let required = std::env::var("STOPCODE_REQUIRE_IMAGES").unwrap_or_default();
            assert!(
                !required.split(',').any(|name| name == "tinynt"),
                "{reason}"
            );
            Some(reason)
        }
    }
}

pub(crate) fn run(args: &[&str]) -> Ended {
    Ended::of(stopcode(
        &root(),
        &[&["run", "--accel", "tcg"], args].concat(),
    ))
}

/// Runs a scenario made of the bundled `spinlock-hog` by replacing parts of it.
fn run_changed(changes: &[(&str, &str)]) -> Ended {
    let mut text = fs::read_to_string(root().join("scenarios/spinlock-hog.yaml")).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("changed.yaml");
    fs::write(&file, text).unwrap();
    run(&[file.to_str().unwrap(), "--keep", "never"])
}

static REPORT: OnceLock<Value> = OnceLock::new();

/// Removes what [`report`] has kept.
pub fn clean_up() {
    if let Some(report) = REPORT.get() {
        remove_artefacts(report);
    }
}

/// The report of one run of `tinynt::spinlock-hog`, with its artefacts.
fn report() -> &'static Value {
    REPORT.get_or_init(|| report_of("tinynt::spinlock-hog"))
}

/// Runs a test that passes, and returns its report; the artefacts stay.
pub(crate) fn report_of(test: &str) -> Value {
    let args = [test, "--message-format", "json", "--keep", "always"];
    let ended = run(&args).is(0, &[]);
    let mut lines = ended.stdout.lines();
    let line = lines.find(|line| line.contains("\"test-finished\""));
    serde_json::from_str(line.unwrap()).unwrap()
}

/// Removes what a report's run has kept.
pub(crate) fn remove_artefacts(report: &Value) {
    let folder = Path::new(report["artefacts"]["folder"].as_str().unwrap());
    let _ = fs::remove_dir_all(folder.parent().unwrap());
}

/// A copy of that run's dump, in a folder of its own.
fn dump() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let copy = folder.path().join("memory.dmp");
    fs::copy(report()["artefacts"]["dump"].as_str().unwrap(), &copy).unwrap();
    (folder, copy)
}

fn json_report_of_a_crash() {
    let report = report();
    assert_eq!(report["outcome"]["status"], "passed");
    assert_eq!(report["bugcheck"]["code"], 0xD1);
    let verdict = &report["verdict"];
    assert_eq!(verdict["cause"]["id"], "spinlock-held-across-passive-call");
    assert_eq!(verdict["culprit"]["module"], "spinlock-hog.sys");
    assert_eq!(verdict["culprit"]["function"], "JournalWriter");
    let witnesses = &report["witnesses"];
    assert!(witnesses["announced"].is_object());
    assert_eq!(witnesses["announced"], witnesses["header"]);
    assert_eq!(witnesses["header"], witnesses["verdict"]);
    for artefact in [
        "dump",
        "screenshot",
        "serial_log",
        "qemu_log",
        "verdict",
        "plan",
    ] {
        let path = report["artefacts"][artefact].as_str().unwrap();
        assert!(Path::new(path).is_file(), "{artefact}");
    }
    let png = fs::read(report["artefacts"]["screenshot"].as_str().unwrap()).unwrap();
    assert!(png.starts_with(b"\x89PNG"));
}

fn wrong_expectation() {
    let changes = [("JournalWriter", "JournalReader"), ("0xD1", "0xC9")];
    run_changed(&changes).is(
        100,
        &[
            "FAIL",
            "bugcheck.code\n      expected  0xC9\n      actual    0xD1",
            "culprit.function\n      expected  JournalReader\n      actual    JournalWriter",
            "PASS",
        ],
    );
}

fn crash_that_does_not_come() {
    let fixed = root().join("target/guest/drivers/spinlock-hog-fixed.sys");
    let driver = format!("[{{path: {}}}]", fixed.display());
    let changes = [
        ("[spinlock-hog]", driver.as_str()),
        ("start: spinlock-hog", "start: spinlock-hog-fixed"),
        ("20s", "2s"),
    ];
    run_changed(&changes).is(
        100,
        &[
            "expected  stop 0xD1 within 2s",
            "actual    no stop; the guest runs on",
        ],
    );
}

fn crash_that_was_not_expected() {
    let text = fs::read_to_string(root().join("scenarios/spinlock-hog.yaml")).unwrap();
    let expect = &text[text.find("expect:").unwrap()..];
    run_changed(&[(expect, "expect: no-crash\n")]).is(
        100,
        &[
            "expected  no crash",
            "actual    stop 0xD1 spinlock-held-across-passive-call",
        ],
    );
}

fn driver_with_missing_imports() {
    let changes = [
        ("spinlock-hog]", "missing-import]"),
        ("start: spinlock-hog", "start: missing-import"),
    ];
    run_changed(&changes).is(
        101,
        &[
            "driver missing-import did not load",
            "SeCaptureSubjectContext",
            "SeLockSubjectContext",
            "SeUnlockSubjectContext",
            "SeReleaseSubjectContext",
        ],
    );
}

/// With a visible hypervisor the kernel leaves its DPC watchdog unarmed: the stop cannot come, and
/// its absence says nothing about the driver, buggy or fixed.
fn watchdog_not_armed() {
    let hidden = "hypervisor: hidden";
    let text = fs::read_to_string(root().join("scenarios/dpc-overrun.yaml")).unwrap();
    assert!(text.contains(hidden));
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("changed.yaml");
    fs::write(&file, text.replace(hidden, "hypervisor: visible")).unwrap();
    let ended = run(&[file.to_str().unwrap(), "--keep", "never"]).is(
        101,
        &["DPC watchdog not armed (hypervisor present)", "0 passed"],
    );
    for word in ["PASS", "FAIL"] {
        assert!(!ended.stdout.contains(word), "{}", ended.stdout);
    }
}

fn truncated_dump() {
    let (_folder, dump) = dump();
    let file = fs::File::options().write(true).open(&dump).unwrap();
    file.set_len(1 << 20).unwrap();
    let dump = dump.to_str().unwrap();
    let ended = Ended::of(stopcode(&root(), &["analyze", dump]));
    ended.is(2, &[dump, "is truncated"]);
}

/// Reads the dump with the PDBs of a folder and returns the verdict.
fn verdict(dump: &Path, symbols: &Path) -> Value {
    verdict_with(dump, symbols.to_str().unwrap(), &[])
}

/// Reads the dump with a symbol path and more arguments.
fn verdict_with(dump: &Path, symbols: &str, more: &[&str]) -> Value {
    let args = [
        "analyze",
        dump.to_str().unwrap(),
        "--message-format",
        "json",
        "--symbols",
    ];
    let args = [&args[..], &[symbols], more].concat();
    let ended = Ended::of(stopcode(&root(), &args)).is(0, &[]);
    serde_json::from_str(&ended.stdout).unwrap()
}

/// Frames of the driver, from all stacks.
fn driver_frames(verdict: &Value) -> Vec<&Value> {
    (verdict["stacks"].as_array().unwrap().iter())
        .flat_map(|stack| stack["frames"].as_array().unwrap())
        .filter(|frame| frame["module"] == "spinlock-hog.sys")
        .collect()
}

fn tells_of_the_drivers_symbols(verdict: &Value) -> bool {
    let unknown = verdict["unknown"].as_array().unwrap();
    unknown
        .iter()
        .any(|entry| entry.to_string().contains("spinlock-hog"))
}

fn missing_pdb() {
    let (folder, dump) = dump();
    let symbols = folder.path().join("symbols");
    fs::create_dir(&symbols).unwrap();
    for entry in fs::read_dir(root().join("target/guest/tinynt/symbols")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), symbols.join(entry.file_name())).unwrap();
    }
    let verdict = verdict(&dump, &symbols);
    let frames = driver_frames(&verdict);
    assert!(!frames.is_empty(), "{verdict:#}");
    for frame in frames {
        assert_eq!(frame["function"], Value::Null, "{frame}");
        assert!(frame["symbol"].as_str().unwrap().contains('+'), "{frame}");
    }
    assert!(
        tells_of_the_drivers_symbols(&verdict),
        "{:#}",
        verdict["unknown"]
    );
}

fn symbols_from_a_server() {
    let (folder, dump) = dump();
    let guest = root().join("target/guest");
    let server = Server::new(&[guest.join("tinynt/symbols"), guest.join("drivers")]);
    let known = verdict(&dump, &guest);
    symbol_server::serves(&server, folder.path(), &known, |symbols, more| {
        verdict_with(&dump, symbols, more)
    });
}

fn wrong_pdb() {
    let (folder, dump) = dump();
    // Of the same name, but made for another image: the twin's.
    let other = root().join("target/guest/drivers/spinlock-hog-fixed.pdb");
    fs::copy(other, folder.path().join("spinlock-hog.pdb")).unwrap();
    fs::copy(
        root().join("target/guest/tinynt/symbols/ntkrnlmp.pdb"),
        folder.path().join("ntkrnlmp.pdb"),
    )
    .unwrap();
    let verdict = verdict(&dump, folder.path());
    assert!(
        driver_frames(&verdict)
            .iter()
            .all(|frame| frame["function"].is_null())
    );
    assert!(
        tells_of_the_drivers_symbols(&verdict),
        "{:#}",
        verdict["unknown"]
    );
}
