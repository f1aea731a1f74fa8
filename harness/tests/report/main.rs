//! A report of real runs on the bundled guest: its records, its other formats, and its pages as a
//! browser shows them.
//!
//! The browser is a headless Chromium; where there is none, its test is ignored with the reason, or
//! fails if `STOPCODE_REQUIRE_BROWSER=1` says so, as `ci/test` does. The screenshots are in
//! `target/report-screenshots`.

mod browser;
mod pages;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Trial};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use results::{self, FileKind, Record, Store};
use runner::events::{Analysis, AnalysisResult, Outcome};
use scenario::project::Project;

use browser::Browser;

/// What was run.
struct Ran {
    folder: tempfile::TempDir,
    output: Output,
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let browser = Browser::find();
    let required = env::var_os("STOPCODE_REQUIRE_BROWSER").is_some_and(|value| value == "1");
    if browser.is_none() && !required {
        eprintln!("pages_in_a_browser is ignored: no chromium (Debian: apt-get install chromium)");
    }
    let trial = |name: &str, run: fn()| {
        Trial::test(name, move || {
            run();
            Ok(())
        })
    };
    let pages = trial("pages_in_a_browser", pages::in_a_browser);
    let trials = vec![
        trial(
            "every_result_is_kept_and_read_back",
            every_result_is_kept_and_read_back,
        ),
        trial("other_formats_agree", other_formats_agree),
        trial("reports_merge_and_differ", reports_merge_and_differ),
        trial(
            "a_runner_that_is_stopped_loses_nothing",
            a_runner_that_is_stopped_loses_nothing,
        ),
        trial(
            "several_analyzers_read_one_dump",
            several_analyzers_read_one_dump,
        ),
        pages.with_ignored_flag(browser.is_none() && !required),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Thirty-two results: three scenarios and their twins five times, and one that expects something
/// else than comes.
fn ran() -> &'static Ran {
    static RAN: OnceLock<Ran> = OnceLock::new();
    RAN.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let begun = Instant::now();
        let wrong = wrong_scenario(folder.path());
        let mut run = stopcode();
        run.args([
            "run",
            "--jobs",
            "2",
            "--repeat",
            "5",
            "--run-id",
            "nightly-1",
        ])
        .args([
            "--report",
            "report",
            "--junit",
            "junit.xml",
            "--summary",
            "summary.md",
        ])
        .args(["leaked-irql", "null-dereference", "rare-race"]);
        let output = output(&mut run, folder.path());
        let mut run = stopcode();
        run.args(["run", "--run-id", "nightly-1", "--report", "report"])
            .args(["--junit", "wrong.xml", "--summary", "wrong.md"])
            .args(["--analyzer", "builtin,command false"])
            .arg(&wrong);
        let failed = self::output(&mut run, folder.path());
        assert_eq!(failed.status.code(), Some(100), "{failed:?}");
        eprintln!("32 runs took {:.1} s", begun.elapsed().as_secs_f64());
        Ran { folder, output }
    })
}

/// A copy of a scenario that expects another cause; it says where its files are.
fn wrong_scenario(folder: &Path) -> PathBuf {
    let project = project();
    let text = fs::read_to_string(project.scenarios().join("leaked-irql.yaml")).unwrap();
    let text = text.replace("name: leaked-irql", "name: wrong-cause");
    let text = text.replace("cause: irql-leaked", "cause: dpc-overrun");
    let file = folder.join("wrong-cause.yaml");
    fs::write(&file, text).unwrap();
    file
}

fn project() -> Project {
    Project::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn stopcode() -> Command {
    Command::new(env!("CARGO_BIN_EXE_stopcode"))
}

/// Runs a command in the project; the names of report files are below `folder`.
fn output(command: &mut Command, folder: &Path) -> Output {
    let words: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    let mut here = stopcode();
    let mut is_file = false;
    for word in words {
        let takes = ["--report", "--junit", "--summary", "--into"]
            .iter()
            .any(|name| word == *name);
        here.arg(if is_file {
            folder.join(&word).into()
        } else {
            word
        });
        is_file = takes;
    }
    here.current_dir(project().root()).output().unwrap()
}

fn records() -> Vec<Record> {
    let store = Store::open(&ran().folder.path().join("report")).unwrap();
    let (records, problems) = store.read_all();
    assert_eq!(problems, []);
    records
}

fn every_result_is_kept_and_read_back() {
    let ran = ran();
    let code = ran.output.status.code();
    assert_eq!(
        code,
        Some(0),
        "{}",
        String::from_utf8_lossy(&ran.output.stderr)
    );
    let records = records();
    assert_eq!(records.len(), 32);
    let store = Store::open(&ran.folder.path().join("report")).unwrap();
    let validator = jsonschema::validator_for(&results::schema()).unwrap();
    for record in &records {
        // What a real run wrote is what is read: nothing is lost on the way.
        let text = fs::read_to_string(store.record_file(&record.identity())).unwrap();
        let written: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_value(record).unwrap(), written);
        let wrong = validator.iter_errors(&written);
        let wrong: Vec<String> = wrong.map(|error| error.to_string()).collect();
        assert_eq!(wrong, Vec::<String>::new());
        let report = &record.report;
        assert!(report.phases.len() > 3, "{:?}", report.phases);
        let has = |kind| {
            store
                .read_file(record, kind)
                .is_some_and(|read| read.is_ok())
        };
        assert!(has(FileKind::Serial), "{}", report.test);
        if report.verdict.is_some() {
            assert!(has(FileKind::Screen) && has(FileKind::Verdict) && has(FileKind::Walkthrough));
        }
    }
    let (runs, problems) = store.read_runs();
    assert_eq!((runs.len(), problems), (2, Vec::new()));
    assert_eq!(
        runs[0].tests.len() * runs[0].repeat as usize + runs[1].tests.len(),
        32
    );
    let summary = runs[0].summary.unwrap();
    assert_eq!(summary.run + summary.skipped, 30);
    // Nothing half written is left.
    let names = walkdir::WalkDir::new(store.dir())
        .into_iter()
        .map(Result::unwrap);
    let unfinished = names.filter(|entry| entry.file_name().to_string_lossy().starts_with('.'));
    assert_eq!(unfinished.count(), 0);
}

fn other_formats_agree() {
    let folder = ran().folder.path();
    let count = |outcome: fn(&Outcome) -> bool| {
        records()
            .iter()
            .filter(|record| outcome(&record.report.outcome))
            .count()
    };
    let skipped = count(|outcome| matches!(outcome, Outcome::Skipped { .. }));
    let junit = fs::read_to_string(folder.join("junit.xml")).unwrap();
    assert!(junit.contains(r#"tests="30" "#), "{junit}");
    assert_eq!(junit.matches("<skipped").count(), skipped);
    let wrong = fs::read_to_string(folder.join("wrong.xml")).unwrap();
    assert!(
        wrong.contains("cause: expected dpc-overrun, was irql-leaked"),
        "{wrong}"
    );
    let summary = fs::read_to_string(folder.join("summary.md")).unwrap();
    assert!(
        summary.contains(&format!("{} passed", 30 - skipped)),
        "{summary}"
    );
    assert!(summary.contains("of 5"), "{summary}");
    let wrong = fs::read_to_string(folder.join("wrong.md")).unwrap();
    assert!(
        wrong.contains("| `cause` | `dpc-overrun` | `irql-leaked` |"),
        "{wrong}"
    );
}

fn reports_merge_and_differ() {
    let folder = ran().folder.path();
    let report = folder.join("report");
    let into = folder.join("merged");
    let merged = results::merge(&[report.clone(), report.clone()], &into).unwrap();
    assert_eq!((merged.added, merged.duplicates), (32, 32));
    let run = |words: &[&str]| {
        let output = stopcode().args(words).current_dir(folder).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (
            output.status.code(),
            text + &String::from_utf8_lossy(&output.stderr),
        )
    };
    let (code, text) = run(&["report", "diff", "report", "merged"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("8 tests compared: 0 new failures"), "{text}");
    // A result that is gone, one that is cut short, and an image that is new.
    let cut = into.join("results/nightly-1/tinynt.leaked-irql.1.json");
    let text = fs::read(&cut).unwrap();
    fs::write(&cut, &text[..100]).unwrap();
    let (code, text) = run(&["report", "merge", "merged", "--into", "again"]);
    assert_eq!(code, Some(101), "{text}");
    assert!(
        text.contains("31 results added, 0 duplicates, 1 problems"),
        "{text}"
    );
    assert!(
        text.contains("tinynt.leaked-irql.1.json: it is cut short"),
        "{text}"
    );
    let (code, text) = run(&["report", "merge", "report", "--into", "again"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("1 results added, 31 duplicates"), "{text}");
    fs::remove_dir_all(folder.join("again/results/nightly-1")).unwrap();
    let (code, text) = run(&[
        "report",
        "diff",
        "again",
        "report",
        "--message-format",
        "markdown",
    ]);
    // What was not there before and fails is a failure.
    assert_eq!(code, Some(100), "{text}");
    assert!(text.contains("### Only in the second (8)"), "{text}");
    let (code, text) = run(&["report", "diff", "report", "nowhere"]);
    assert_eq!(code, Some(2), "{text}");
}

/// Killed, it leaves the results that there were; interrupted, pages of them, too. The same run
/// again completes them.
fn a_runner_that_is_stopped_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    let run = |repeat: &str| {
        let mut run = stopcode();
        run.args([
            "run", "--jobs", "1", "--run-id", "job-7", "--repeat", repeat, "--report",
        ])
        .arg(&report)
        .arg("tinynt::null-dereference::fixed")
        .current_dir(project().root())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
        run
    };
    let results = || Store::open(&report).map_or(0, |store| store.read_all().0.len());
    for (signal, page) in [(Signal::SIGKILL, false), (Signal::SIGINT, true)] {
        let before = results();
        let mut runner = run("8").spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        // Those of the first round are made again, and are no new ones.
        while results() < before + 2 {
            assert!(Instant::now() < deadline, "no results come");
            std::thread::sleep(Duration::from_millis(20));
        }
        kill(Pid::from_raw(i32::try_from(runner.id()).unwrap()), signal).unwrap();
        let status = runner.wait().unwrap();
        assert_eq!(status.code(), page.then_some(130), "{status:?}");
        let (records, problems) = Store::open(&report).unwrap().read_all();
        assert!(
            records.len() >= before + 2 && problems.is_empty(),
            "{problems:?}"
        );
        assert_eq!(report.join("index.html").is_file(), page);
    }
    let there = results();
    let index = fs::read_to_string(report.join("index.html")).unwrap();
    assert!(index.contains("interrupted") && index.contains(&format!("{there} of 8")));
    assert_eq!(run("8").status().unwrap().code(), Some(0));
    assert_eq!(results(), 8);
}

/// A command that says what the built-in analyzer says, and one that fails.
fn several_analyzers_read_one_dump() {
    let folder = tempfile::tempdir().unwrap();
    let ours = format!(
        "command {} analyze --message-format json --symbols target/guest --",
        env!("CARGO_BIN_EXE_stopcode")
    );
    let mut run = stopcode();
    run.args([
        "run",
        "--report",
        "report",
        "tinynt::null-dereference",
        "--analyzer",
    ])
    .arg(format!("builtin,{ours},command false"));
    let output = output(&mut run, folder.path());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let store = Store::open(&folder.path().join("report")).unwrap();
    let record = store.read_all().0.remove(0);
    let [builtin, command, failing] = record.report.analyses.as_slice() else {
        panic!("{:?}", record.report.analyses)
    };
    let cause = |analysis: &Analysis| match &analysis.result {
        AnalysisResult::Verdict(verdict) => verdict.cause.id.to_string(),
        AnalysisResult::Trouble(words) => words.clone(),
    };
    assert_eq!(cause(builtin), "null-dereference");
    assert_eq!(cause(command), "null-dereference");
    assert_eq!(cause(failing), "it failed with exit status: 1");
    let page = store.dir().join("pages").join(record.run.as_str());
    let page = fs::read_to_string(page.join("tinynt.null-dereference.1.html")).unwrap();
    assert!(page.contains("no verdict: </span>it failed with exit status: 1"));
    // The first one's verdict is what counts, and without it there is no outcome.
    let mut run = stopcode();
    run.args(["run", "tinynt::null-dereference", "--keep", "never"])
        .args(["--analyzer", "command false,builtin"]);
    let output = self::output(&mut run, folder.path());
    assert_eq!(output.status.code(), Some(101), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("analyzer command false: it failed with exit status: 1"),
        "{text}"
    );
}
