//! Keeping, merging and comparing made-up results.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use runner::events::{
    Analysis, AnalysisResult, Outcome, Phase, PhaseTime, Summary, TestReport, Timings,
};
use runner::expect::Mismatch;
use scenario::TestName;
use vm::guest::accel::AccelChoice;

use super::*;

/// A report of `test` with `outcome`, and with something in every field.
pub(crate) fn report(test: &str, outcome: Outcome) -> TestReport {
    let verdict = runner::testing::verdict();
    let record = runner::witness::of_verdict(&verdict.bugcheck).unwrap();
    TestReport {
        test: TestName::try_from(test.to_owned()).unwrap(),
        attempt: 1,
        outcome,
        expected: vec![runner::expect::Expected {
            field: "cause".into(),
            value: "irql-leaked".into(),
        }],
        seconds: 0.412_345,
        timings: Timings {
            ready: Some(Duration::from_micros(160_250)),
            ended: None,
            capture: Some(Duration::from_micros(999)),
            ..Timings::default()
        },
        phases: vec![
            PhaseTime {
                phase: Phase::Booting,
                elapsed_ms: 20,
                guest_ms: None,
            },
            PhaseTime {
                phase: Phase::Starting("hog".into()),
                elapsed_ms: 200,
                guest_ms: None,
            },
        ],
        seed: Some("0123456789abcdef".into()),
        bugcheck: Some(record),
        witnesses: Some(runner::witness::StopSources {
            announced: None,
            header: Some(record),
            verdict: Some(record),
        }),
        reproduced: None,
        live_verdict: None,
        analyses: vec![
            Analysis {
                analyzer: "builtin".into(),
                elapsed_ms: 5,
                result: AnalysisResult::Verdict(Box::new(verdict.clone())),
            },
            Analysis {
                analyzer: "command x".into(),
                elapsed_ms: 7,
                result: AnalysisResult::Trouble("exit status 1".into()),
            },
        ],
        verdict: Some(verdict),
        dump_bytes: Some(134_225_920),
        artefacts: Some(runner::artefacts::Artefacts {
            folder: "/runs/x".into(),
            dump: Some("/runs/x/memory.dmp".into()),
            ..Default::default()
        }),
        notes: vec!["a note".into()],
        rerun: "stopcode run x".into(),
    }
}

pub(crate) fn failed() -> Outcome {
    Outcome::Failed {
        mismatches: vec![Mismatch::new("cause", "irql-leaked", "dpc-overrun")],
    }
}

fn at(second: u64) -> Timestamp {
    Timestamp::of(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + second))
}

pub(crate) fn record(run: &str, test: &str, second: u64, outcome: Outcome) -> Record {
    let run = run.parse().unwrap();
    Record::new(run, at(second), Vec::new(), report(test, outcome))
}

pub(crate) fn run_info(run: &str) -> RunInfo {
    RunInfo {
        schema_version: RESULT_SCHEMA_VERSION,
        run: run.parse().unwrap(),
        image: "tinynt".into(),
        slice: "1of2".into(),
        accelerator: AccelChoice::unmeasured(),
        started: at(0),
        host: RunHost::this(),
        stopcode: "0.1.0".into(),
        tests: vec![TestName::try_from("tinynt::hog".to_owned()).unwrap()],
        repeat: 1,
        jobs: 1,
        finished: None,
        summary: None,
    }
}

/// Every file below a folder with its content.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    (walkdir::WalkDir::new(folder).into_iter())
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let name = entry.path().strip_prefix(folder).unwrap();
            let bytes = fs::read(entry.path()).unwrap();
            (name.display().to_string(), bytes)
        })
        .collect()
}

#[test]
fn a_record_is_read_as_it_was_written() {
    let skipped = Outcome::Skipped { reason: "r".into() };
    for outcome in [Outcome::Passed, failed(), Outcome::infra("i"), skipped] {
        let written = record("r1", "tinynt::hog::fixed", 1, outcome);
        let text = serde_json::to_string(&written).unwrap();
        let read: Record = serde_json::from_str(&text).unwrap();
        assert_eq!(read, written);
    }
    let info = run_info("r1");
    let text = serde_json::to_string(&info).unwrap();
    assert_eq!(serde_json::from_str::<RunInfo>(&text).unwrap(), info);
}

#[test]
fn names_that_would_leave_the_folder_are_refused() {
    for id in ["", "..", "../x", "a/b", ".x", "-x", "a b", &"x".repeat(101)] {
        assert!(id.parse::<RunId>().is_err(), "{id}");
    }
    assert!("nightly-2026.11_1".parse::<RunId>().is_ok());
    for test in [
        "hog", "a::../b", "a::b/c", "a::b::c", "::", "a::b\n", "a::..", "a::b\\c",
    ] {
        let test = TestName::try_from(test.to_owned());
        assert!(test.is_err(), "{test:?}");
    }
    let report = serde_json::to_string(&report("tinynt::hog", Outcome::Passed)).unwrap();
    let wrong = report.replace("tinynt::hog", "tinynt::../../hog");
    assert!(serde_json::from_str::<TestReport>(&wrong).is_err());
}

#[test]
fn of_two_equal_results_the_one_that_was_carried_out_stays_then_the_first() {
    let infra = |second| record("r", "t::a", second, Outcome::infra("node died"));
    let passed = |second| record("r", "t::a", second, Outcome::Passed);
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(folder.path()).unwrap();
    let now = || store.read_all().0.remove(0).finished;
    assert_eq!(store.put(&infra(1)).unwrap(), Put::Added);
    assert_eq!(store.put(&passed(9)).unwrap(), Put::Replaced);
    assert_eq!(store.put(&passed(9)).unwrap(), Put::Duplicate);
    assert_eq!(store.put(&infra(2)).unwrap(), Put::Duplicate);
    assert_eq!(now(), at(9));
    assert_eq!(store.put(&passed(5)).unwrap(), Put::Replaced);
    assert_eq!(now(), at(5));
}

#[test]
fn a_result_that_stays_keeps_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(folder.path()).unwrap();
    let file = |text: &str| vec![Gathered::whole(FileKind::Serial, text.into())];
    let first = record("r", "t::a", 1, Outcome::Passed);
    store.put_with(first.clone(), &file("one")).unwrap();
    let later = record("r", "t::a", 2, Outcome::Passed);
    store.put_with(later, &file("two")).unwrap();
    let kept = store.read_all().0.remove(0);
    let text = store.read_file(&kept, FileKind::Serial).unwrap().unwrap();
    assert_eq!(text, b"one");
    assert!(store.read_file(&kept, FileKind::Screen).is_none());
}

/// Two folders that share a result of one run, which did not go as well in the second.
fn two_folders(below: &Path) -> [std::path::PathBuf; 2] {
    let folders = [below.join("a"), below.join("b")];
    let [a, b] = folders.each_ref().map(|dir| Store::create(dir).unwrap());
    let log = |text: &str| vec![Gathered::whole(FileKind::Serial, text.into())];
    a.put_run(&run_info("r1")).unwrap();
    a.put_with(record("r1", "t::a", 1, Outcome::Passed), &log("a"))
        .unwrap();
    a.put_with(record("r1", "t::b", 2, failed()), &log("b"))
        .unwrap();
    let mut ended = run_info("r1");
    ended.summary = Some(Summary::default());
    ended.finished = Some(at(9));
    b.put_run(&ended).unwrap();
    b.put(&record("r1", "t::a", 3, Outcome::infra("killed")))
        .unwrap();
    b.put_with(record("r1", "t::c", 3, Outcome::Passed), &log("c"))
        .unwrap();
    b.put(&record("r2", "t::a", 3, Outcome::Passed)).unwrap();
    folders
}

#[test]
fn merging_is_idempotent_and_its_order_does_not_matter() {
    let below = tempfile::tempdir().unwrap();
    let [a, b] = two_folders(below.path());
    let (one, two) = (below.path().join("one"), below.path().join("two"));
    let report = merge(&[a.clone(), b.clone()], &one).unwrap();
    assert_eq!((report.added, report.duplicates), (4, 1), "{report:?}");
    let again = merge(&[a.clone(), b.clone()], &one).unwrap();
    assert_eq!((again.added, again.duplicates, again.replaced), (0, 5, 0));
    let other = merge(&[b.clone(), a.clone(), b], &two).unwrap();
    assert_eq!((other.added, other.replaced), (4, 1), "{other:?}");
    assert_eq!(tree(&one), tree(&two));
    let merged = Store::open(&one).unwrap();
    assert_eq!(merged.read_runs().0[0].finished, Some(at(9)));
    assert_eq!(merged.read_all().0.len(), 4);
    // Into one of its own inputs.
    let own = merge(&[a.clone(), two], &a).unwrap();
    assert_eq!((own.added, own.problems.len()), (2, 0), "{own:?}");
}

#[test]
fn a_merge_that_was_interrupted_is_completed_by_the_next() {
    let below = tempfile::tempdir().unwrap();
    let [a, b] = two_folders(below.path());
    let whole = below.path().join("whole");
    merge(&[a.clone(), b.clone()], &whole).unwrap();
    let expected = tree(&whole);
    for (index, name) in expected.keys().enumerate() {
        let broken = below.path().join(format!("broken-{index}"));
        merge(&[a.clone(), b.clone()], &broken).unwrap();
        // As if it had been stopped there: this file and those after it are not written.
        for late in expected.keys().skip(index) {
            fs::remove_file(broken.join(late)).unwrap();
        }
        let unfinished = broken.join("results/r1/.unfinished-x");
        fs::create_dir_all(unfinished.parent().unwrap()).unwrap();
        fs::write(&unfinished, "{").unwrap();
        let (_, problems) = Store::open(&broken).unwrap().read_all();
        assert_eq!(problems, [], "{name}");
        merge(&[a.clone(), b.clone()], &broken).unwrap();
        fs::remove_file(unfinished).unwrap();
        let results = |tree: BTreeMap<String, Vec<u8>>| -> Vec<String> {
            tree.into_keys()
                .filter(|name| !name.starts_with("files"))
                .collect()
        };
        assert_eq!(results(tree(&broken)), results(expected.clone()), "{name}");
    }
}

#[test]
fn what_is_of_no_use_is_named_and_passed_over() {
    let below = tempfile::tempdir().unwrap();
    let [a, b] = two_folders(below.path());
    let cut = a.join("results/r1/t.a.1.json");
    let text = fs::read(&cut).unwrap();
    fs::write(&cut, &text[..text.len() / 2]).unwrap();
    let moved = a.join("results/r1/t.z.1.json");
    fs::copy(b.join("results/r2/t.a.1.json"), &moved).unwrap();
    fs::remove_file(a.join("files/r1/t.b.1/serial.log")).unwrap();
    let link = a.join("results/r1/t.link.1.json");
    std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
    let newer = b.join("results/r2/t.a.1.json");
    let text = fs::read_to_string(&newer).unwrap();
    fs::write(
        &newer,
        text.replace(
            "\"schema_version\":1,\"run\"",
            "\"schema_version\":7,\"run\"",
        ),
    )
    .unwrap();
    let report = merge(&[a, b], &below.path().join("c")).unwrap();
    assert_eq!(report.added, 3);
    let problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
    let problems = problems.join("\n");
    for word in [
        "t.a.1.json: it is cut short",
        "t.link.1.json",
        "t.z.1.json: it is named otherwise",
        "serial.log",
        "version 7",
    ] {
        assert!(problems.contains(word), "{word} is not in {problems}");
    }
    assert_eq!(report.problems.len(), 5, "{problems}");
    let nothing = merge(&[below.path().to_owned()], &below.path().join("d"));
    assert!(
        matches!(nothing, Err(StoreError::NoReport(_))),
        "{nothing:?}"
    );
}

#[test]
fn a_run_that_plans_more_than_can_be_counted_is_of_no_use() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(folder.path()).unwrap();
    let mut run = run_info("r1");
    run.repeat = u32::MAX;
    store.put_run(&run).unwrap();
    let (runs, problems) = store.read_runs();
    assert!(
        runs.is_empty() && problems[0].reason.contains("it plans 4294967295"),
        "{problems:?}"
    );
}

#[test]
fn a_difference_is_named_by_its_kind() {
    let ok = |test: &str| record("r1", test, 1, Outcome::Passed);
    let bad = |test: &str| record("r1", test, 1, failed());
    let before = [
        ok("t::a"),
        bad("t::b"),
        bad("t::c"),
        ok("t::d"),
        ok("t::gone"),
        ok("t::v"),
    ];
    let mut other = ok("t::v");
    other.report.verdict.as_mut().unwrap().signature_hash = "other".into();
    other.report.seconds = 2.0;
    let after = [
        bad("t::a"),
        ok("t::b"),
        bad("t::c"),
        ok("t::d"),
        bad("t::new"),
        other,
    ];
    let found = diff(&before, &after);
    let names = |list: &[Change]| -> Vec<String> {
        list.iter().map(|change| change.test.to_string()).collect()
    };
    assert_eq!(names(&found.new_failures), ["t::a"]);
    assert_eq!(names(&found.fixed), ["t::b"]);
    assert_eq!(names(&found.still_failing), ["t::c"]);
    assert_eq!(names(&found.changed_verdicts), ["t::v"]);
    assert_eq!(found.missing[0].0.as_str(), "t::gone");
    assert_eq!(found.added[0].0.as_str(), "t::new");
    assert_eq!(found.paces[0].test.as_str(), "t::v");
    assert!(found.is_worse());
    assert!(!diff(&before, &before).is_worse());
    assert_eq!(diff(&before, &before).compared, 6);
}

#[test]
fn repetitions_count_together() {
    let mut again = record("r1", "t::a", 2, failed());
    again.report.attempt = 2;
    let mut missed = record(
        "r1",
        "t::a",
        2,
        Outcome::Skipped {
            reason: "rare".into(),
        },
    );
    missed.report.attempt = 3;
    let all = [record("r1", "t::a", 1, Outcome::Passed), again, missed];
    let standing = &standings(&all)[&all[0].report.test];
    assert_eq!(standing.standing, OverallOutcome::Failed);
    assert_eq!(
        (standing.passed, standing.failed, standing.skipped),
        (1, 1, 1)
    );
    assert!(diff(&all[..1], &all).is_worse());
}
