//! The host's clock is set while guests run: nobody may wait by it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::project::{Ended, Firmware, Sandbox, stopcode};
use crate::{Case, case, tinynt};

pub fn cases() -> Vec<Case> {
    vec![
        case("clock::stepped_while_waiting", stepped_while_waiting),
        Case {
            missing: tinynt::missing(),
            ..case("clock::stepped_while_crashing", stepped_while_crashing)
        },
    ]
}

/// A library that sets the clock of day a day forth and back, ten times a second, for `stopcode`
/// and all that it starts. The clock that only counts is left alone.
const STEPS: &str = r"
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
    struct timespec counted;
    long result = syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &counted);
        now->tv_sec += (counted.tv_nsec / 100000000) % 2 ? 86400 : -86400;
    }
    return (int)result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec exact;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *result)
{
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (result)
        *result = exact.tv_sec;
    return exact.tv_sec;
}
";

/// The library, built.
fn stepping_clock(folder: &Path) -> PathBuf {
    let (source, library) = (folder.join("steps.c"), folder.join("steps.so"));
    fs::write(&source, STEPS).unwrap();
    let mut compile = Command::new("cc");
    compile.args(["-shared", "-fPIC", "-O1", "-o"]);
    let output = compile.arg(&library).arg(&source).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    library
}

/// It does what it says, so that the cases show something.
fn steps(library: &Path) {
    let mut dates = std::collections::BTreeSet::new();
    for _ in 0..100 {
        let mut date = Command::new("date");
        let output = date.args(["-u", "+%F"]).env("LD_PRELOAD", library).output();
        dates.insert(output.unwrap().stdout);
        if dates.len() > 1 {
            return;
        }
    }
    panic!("the clock does not step");
}

fn stepped_while_waiting() {
    let sandbox = Sandbox::new(Firmware::Hangs);
    sandbox.image("2s", "[]");
    let library = stepping_clock(&sandbox.path(""));
    steps(&library);
    let args = ["run", "--image", "fake", "--accel", "tcg", "fake::crash"];
    let args = [&args[..], &["--message-format", "json"]].concat();
    let mut command = sandbox.command(&args);
    command.env("LD_PRELOAD", &library);
    let started = Instant::now();
    let ended = Ended::of(command).is(101, &["no guest agent within 2 s"]);
    let took = started.elapsed();
    assert!(
        (Duration::from_secs(2)..Duration::from_secs(60)).contains(&took),
        "{took:?}"
    );
    let line = ended.stdout.lines().last().unwrap();
    let summary: serde_json::Value = serde_json::from_str(line).unwrap();
    let seconds = summary["seconds"].as_f64().unwrap();
    assert!(seconds >= 2.0 && seconds <= took.as_secs_f64(), "{summary}");
}

fn stepped_while_crashing() {
    let folder = TempDir::new().unwrap();
    let library = stepping_clock(folder.path());
    let tests = ["tinynt::spinlock-hog", "tinynt::spinlock-hog::fixed"];
    let args = [&["run", "--accel", "tcg", "--keep", "never"], &tests[..]].concat();
    let mut command = stopcode(&tinynt::root(), &args);
    command.env("LD_PRELOAD", &library);
    Ended::of(command).is(0, &["2 passed"]);
}
