use std::time::Duration;

use super::*;
use crate::{DriverIndex, Step, VerifierRules, VerifierSpec, render};

const GOOD: &str = "\
name: leaked-lock
summary: A lock is leaked.
based-on: seed 004
drivers: [leaked-lock, {path: ./other.sys, symbols: ./other.pdb}]
guest: {cpus: 1, memory: 64MiB, hypervisor: hidden}
steps:
  - start: leaked-lock
  - start: other
within: 60s
expect:
  bugcheck: {code: 0xC9, parameters: {1: 0x302, 4: 1}}
  cause: fast-mutex-leaked
  culprit: {module: leaked-lock.sys, function: LeakyDeviceControl}
  victims: [other.sys]
";

fn read(text: &str) -> Result<Scenario, ScenarioError> {
    let known = ["leaked-lock".to_owned(), "spinlock-hog".to_owned()];
    parse(Path::new("dir/x.yaml"), text, &known)
}

/// Replaces one part of the good text, which must then fail at that line and column.
#[track_caller]
fn wrong(from: &str, to: &str, place: (usize, usize), words: &[&str]) {
    assert!(GOOD.contains(from), "{from}");
    let error = read(&GOOD.replacen(from, to, 1)).expect_err("must not parse");
    let drawn = render(&error, false);
    assert_eq!((error.line(), error.column()), place, "{drawn}");
    for word in words {
        assert!(drawn.contains(word), "no `{word}` in {drawn}");
    }
}

#[test]
fn reads_everything() {
    let scenario = read(GOOD).unwrap();
    assert_eq!(scenario.within, Duration::from_secs(60));
    assert_eq!(scenario.guest.cpus, 1);
    assert_eq!(scenario.guest.hypervisor, Hypervisor::Hidden);
    let Step::Start(second) = scenario.steps[1] else {
        panic!("{:?}", scenario.steps);
    };
    let DriverSpec::File {
        name,
        path,
        symbols,
    } = scenario.driver(second)
    else {
        panic!("{:?}", scenario.driver(second));
    };
    assert_eq!(name, "other");
    assert_eq!(path, Path::new("dir/./other.sys"));
    assert_eq!(symbols.as_deref(), Some(Path::new("dir/./other.pdb")));
    let Expectation::Crash(crash) = &scenario.expect else {
        panic!("{:?}", scenario.expect);
    };
    let bugcheck = crash.bugcheck.as_ref().unwrap();
    assert_eq!(bugcheck.code, 0xC9);
    assert_eq!(bugcheck.parameters, [Some(0x302), None, None, Some(1)]);
    assert_eq!(crash.cause, Some(CauseId::FastMutexLeaked));
    // A driver file of the user's has no fixed twin.
    assert!(!scenario.has_twin());
}

#[test]
fn reads_devices_shutdown_verifier_clock_and_rate() {
    let text = GOOD
        .replace(
            "  - start: leaked-lock\n  - start: other\n",
            "  - plug: {device: x, service: leaked-lock, upper-filters: [other]}\n  - unplug: x\n  \
             - exec: {path: sc.exe, args: [query, x]}\n  - shutdown: {}\nrate: rare\n\
             verifier: {flags: 0x9BB, drivers: [other]}\n",
        )
        .replace("hypervisor: hidden", "clock: warp");
    let scenario = read(&text).unwrap();
    assert_eq!(
        (scenario.rate, scenario.guest.clock),
        (Rate::Rare, Clock::Warp)
    );
    assert_eq!(
        scenario.verifier,
        Some(VerifierSpec {
            rules: VerifierRules::Flags(0x9BB),
            drivers: vec![DriverIndex(1)],
        })
    );
    assert_eq!(
        scenario.steps,
        [
            Step::Plug {
                device: "x".into(),
                service: DriverIndex(0),
                upper_filters: vec![DriverIndex(1)],
            },
            Step::Unplug("x".into()),
            Step::Exec {
                path: "sc.exe".into(),
                args: vec!["query".into(), "x".into()],
            },
            Step::Shutdown,
        ]
    );
}

#[test]
fn steps_that_make_no_sense_are_pointed_at() {
    let other = "- start: other";
    let two = "- {start: other, unplug: x}";
    wrong(other, two, (8, 5), &["two steps in one"]);
    wrong(other, "- {}", (8, 5), &["does nothing"]);
    let plug = "- plug: {device: x, service: othr}";
    wrong(other, plug, (8, 32), &["did you mean `other`"]);
    wrong(other, "- unplug: x", (8, 13), &["no device `x`"]);
    wrong(other, "- stop: other", (8, 11), &["does not run"]);
    wrong(
        "  - start: leaked-lock\n",
        "  - restart: {}\n",
        (8, 5),
        &["after the guest was shut down"],
    );
    let verifier = |settings: &str| format!("within: 60s\nverifier: {settings}");
    let wrong_verifier = |settings: &str, place, words: &[&str]| {
        wrong("within: 60s", &verifier(settings), place, words);
    };
    wrong_verifier("{drivers: [other]}", (10, 11), &["`rules` or `flags`"]);
    wrong_verifier("{flags: 1, drivers: []}", (10, 31), &["checks nothing"]);
    wrong_verifier(
        "{rules: standard, drivers: [othr]}",
        (10, 39),
        &["did you mean `other`"],
    );
}

#[test]
fn no_crash_is_an_expectation() {
    let text = format!(
        "{}expect: no-crash\n",
        &GOOD[..GOOD.find("expect:").unwrap()]
    );
    assert_eq!(read(&text).unwrap().expect, Expectation::NoCrash);
}

#[test]
fn unknown_keys_are_pointed_at() {
    wrong(
        "cpus: 1",
        "cpuz: 1",
        (5, 9),
        &["unknown key `cpuz`", "did you mean `cpus`"],
    );
    wrong("summary:", "sumary:", (2, 1), &["did you mean `summary`"]);
    wrong(
        "- start: other",
        "- begin: other",
        (8, 5),
        &["unknown key `begin`"],
    );
    wrong("module:", "modul:", (13, 13), &["did you mean `module`"]);
    wrong(
        "symbols:",
        "pdb:",
        (4, 44),
        &["unknown key `pdb`", "known keys here: path, symbols"],
    );
}

#[test]
fn wrong_types_are_pointed_at() {
    wrong("cpus: 1", "cpus: many", (5, 15), &["guest.cpus"]);
    wrong("64MiB", "64", (5, 26), &["128MiB"]);
    wrong("60s", "soon", (9, 9), &["not a length of time"]);
    wrong(
        "code: 0xC9",
        "code: C9",
        (11, 20),
        &["expect.bugcheck.code"],
    );
    wrong(
        "hypervisor: hidden",
        "hypervisor: gone",
        (5, 45),
        &["gone", "visible"],
    );
}

#[test]
fn impossible_combinations_are_pointed_at() {
    wrong(
        "[leaked-lock,",
        "[leaked-clock,",
        (4, 11),
        &["did you mean `leaked-lock`"],
    );
    wrong(
        "- start: other",
        "- start: othr",
        (8, 12),
        &["did you mean `other`"],
    );
    wrong(
        "- start: other",
        "- start: leaked-lock",
        (8, 12),
        &["started twice"],
    );
    wrong("  - start: other\n", "", (4, 24), &["never started"]);
    wrong("cpus: 1", "cpus: 65", (5, 15), &["1 to 64"]);
    wrong("4: 1}", "5: 1}", (11, 52), &["no parameter 5"]);
    wrong(
        "fast-mutex-leaked",
        "fast-mutex-leak",
        (12, 10),
        &["did you mean `fast-mutex-leaked`"],
    );
    wrong(
        "[other.sys]",
        "[Leaked-Lock.sys]",
        (14, 13),
        &["culprit and victim"],
    );
    wrong(
        "name: leaked-lock",
        "name: Leaked_Lock",
        (1, 7),
        &["not a scenario name"],
    );
    wrong("60s", "0s", (9, 9), &["zero"]);
}

#[test]
fn text_that_is_not_yaml_or_not_a_mapping_is_an_error() {
    for text in ["", "- a\n- b\n", "name: [unclosed", "\0\0", "just words"] {
        let error = read(text).expect_err(text);
        assert!(error.to_string().starts_with("dir/x.yaml:"), "{error}");
    }
    let nothing = GOOD.split("expect:").next().unwrap();
    let error = read(nothing).expect_err("no expect");
    assert!(
        error.to_string().contains("missing field `expect`"),
        "{error}"
    );
}
