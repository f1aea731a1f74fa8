//! `stopcode triage`: broken files are rows, and the exit code says what could be done.

use std::fs;

use serde_json::Value;

use crate::project::{Ended, stopcode};
use crate::{Case, case};

pub fn cases() -> Vec<Case> {
    vec![
        case("triage::a_broken_file_is_a_row", a_broken_file_is_a_row),
        case("triage::nothing_to_analyze", nothing_to_analyze),
        case("triage::a_journal_that_is_none", a_journal_that_is_none),
    ]
}

const LOG: &str =
    "BugCheck D1, {8, 2, 0, fffff80011223344}\nProbably caused by : foo.sys ( foo!Bar+10 )\n";

fn a_broken_file_is_a_row() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str| folder.path().join(name);
    fs::create_dir(of("in")).unwrap();
    fs::write(of("in/one.log"), LOG).unwrap();
    fs::write(of("in/two.txt"), LOG).unwrap();
    fs::write(of("in/cut.dmp"), b"PAGEDU64").unwrap();
    let files = ["--csv", "a.csv", "--html", "a.html", "--journal", "a.jsonl"];
    let words = [&["triage", "in", "--offline"][..], &files].concat();
    for _ in 0..2 {
        let ended = Ended::of(stopcode(folder.path(), &words)).is(0, &[]);
        let out = &ended.stdout;
        assert!(out.starts_with("3 files: 2 crashes of 1 kind"), "{out}");
        assert!(out.contains("in/cut.dmp: "), "{out}");
    }
    assert_eq!(fs::read_to_string(of("a.csv")).unwrap().lines().count(), 4);
    assert!(
        fs::read_to_string(of("a.html"))
            .unwrap()
            .contains("foo.sys")
    );
    let words = ["triage", "in", "--offline", "--message-format", "json"];
    let ended = Ended::of(stopcode(folder.path(), &words)).is(0, &[]);
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&json["files"], &json["failed"]), (&3.into(), &1.into()));
    assert_eq!(json["groups"][0]["count"], 2);
}

fn nothing_to_analyze() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("photo.png"), b"png").unwrap();
    Ended::of(stopcode(folder.path(), &["triage", "."])).is(4, &["no dumps and no logs"]);
    Ended::of(stopcode(folder.path(), &["triage", "nowhere"])).is(2, &["nowhere", "No such file"]);
}

fn a_journal_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("one.log"), LOG).unwrap();
    fs::write(folder.path().join("notes"), "mine\n").unwrap();
    let words = ["triage", "one.log", "--journal", "notes"];
    Ended::of(stopcode(folder.path(), &words)).is(2, &["notes", "not a journal"]);
    let notes = fs::read_to_string(folder.path().join("notes")).unwrap();
    assert_eq!(notes, "mine\n");
}
