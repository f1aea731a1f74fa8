//! Guests that do not come up, and processes that die: QEMU must never be left behind.

use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::signal::Signal;

use crate::process::{eventually, is_gone, qemu_of, signal};
use crate::project::{Ended, Firmware, STOP_LINE, Sandbox};
use crate::{Case, case};

pub fn cases() -> Vec<Case> {
    vec![
        case("stopping::guest_that_hangs", guest_that_hangs),
        case("stopping::guest_that_resets", guest_that_resets),
        case(
            "stopping::guest_that_stops_while_booting",
            guest_that_stops_while_booting,
        ),
        case("stopping::qemu_not_installed", qemu_not_installed),
        case("stopping::qemu_that_refuses", qemu_that_refuses),
        case("stopping::qemu_killed", qemu_killed),
        case("stopping::stopcode_killed", stopcode_killed),
        case("stopping::ctrl_c_once", ctrl_c_once),
        case("stopping::ctrl_c_twice", ctrl_c_twice),
        case("stopping::json_lines", json_lines),
        Case {
            missing: no_namespaces(),
            ..case("stopping::no_space_for_the_dump", no_space_for_the_dump)
        },
    ]
}

const TEST: &str = "fake::crash";

fn guest_that_hangs() {
    let sandbox = Sandbox::new(Firmware::Hangs);
    let ended = sandbox.run(&[TEST]);
    ended.is(
        101,
        &[
            "INFRA",
            "the guest did not boot: no guest agent within 1 s",
            "its last lines on COM1: hello",
            "again       stopcode run fake::crash --image fake",
            "1 test run: 0 passed, 1 infrastructure",
        ],
    );
    let kept = ["machine.json", "qemu.log", "screen.png", "serial.log"];
    assert_eq!(sandbox.kept(), kept);
    sandbox.run(&[TEST, "--keep", "never"]).is(101, &[]);
    assert_eq!(sandbox.kept(), kept, "--keep never must add nothing");
}

fn guest_that_resets() {
    let sandbox = Sandbox::new(Firmware::Resets);
    sandbox.image("60s", "[]");
    sandbox
        .run(&[TEST])
        .is(101, &["the guest did not boot: the guest was"]);
}

fn guest_that_stops_while_booting() {
    let sandbox = Sandbox::new(Firmware::Panics);
    sandbox.image("60s", "[]");
    // It publishes no dump, so taking one fails; what it announced is not lost.
    let ended = sandbox.run(&[TEST]);
    ended.is(
        101,
        &[
            "the dump could not be taken",
            "invalid vmcoreinfo note size",
        ],
    );
    let kept = sandbox.kept();
    assert_eq!(
        kept,
        ["machine.json", "qemu.log", "screen.png", "serial.log"]
    );
    let log = walkdir::WalkDir::new(sandbox.path("stopcode-runs"))
        .into_iter()
        .flatten()
        .find(|entry| entry.file_name() == "serial.log")
        .unwrap();
    assert_eq!(
        std::fs::read_to_string(log.path()).unwrap().trim(),
        STOP_LINE
    );
}

fn qemu_not_installed() {
    let sandbox = Sandbox::new(Firmware::Hangs);
    let mut command = sandbox.command(&["run", "--image", "fake", TEST]);
    command.env("PATH", sandbox.path("empty"));
    let ended = Ended::of(command);
    ended.is(101, &["qemu-system-x86_64 is not installed: run ci/setup"]);
}

fn qemu_that_refuses() {
    let sandbox = Sandbox::new(Firmware::Hangs);
    sandbox.write("out/kernel", "too short");
    sandbox
        .run(&[TEST])
        .is(101, &["INFRA", "QEMU ended (exit status: 1): qemu"]);
}

fn qemu_killed() {
    let sandbox = Sandbox::new(Firmware::Hangs);
    sandbox.image("60s", "[]");
    let child = start(&sandbox);
    let qemu = qemu_of(&child);
    eventually("a log", || {
        sandbox.kept().contains(&"serial.log".into()).then_some(())
    });
    signal(qemu, Signal::SIGKILL);
    let ended = Ended::from(child.wait_with_output().unwrap());
    ended.is(101, &["QEMU ended (killed by SIGKILL)"]);
    assert!(sandbox.kept().contains(&"serial.log".to_owned()));
}

fn stopcode_killed() {
    let sandbox = Sandbox::new(Firmware::Hangs);
    sandbox.image("60s", "[]");
    let mut child = start(&sandbox);
    let qemu = qemu_of(&child);
    child.kill().unwrap();
    child.wait().unwrap();
    is_gone(qemu);
}

fn ctrl_c_once() {
    let sandbox = Sandbox::new(Firmware::Hangs);
    sandbox.image("60s", "[]");
    let child = start(&sandbox);
    let qemu = qemu_of(&child);
    signal(i32::try_from(child.id()).unwrap(), Signal::SIGINT);
    let ended = Ended::from(child.wait_with_output().unwrap());
    ended.is(
        130,
        &[
            "stopping; once more to leave at once",
            "0 passed, interrupted",
        ],
    );
    is_gone(qemu);
}

fn ctrl_c_twice() {
    let sandbox = Sandbox::new(Firmware::Hangs);
    sandbox.image("60s", "[]");
    let child = start(&sandbox);
    let (stopcode, qemu) = (i32::try_from(child.id()).unwrap(), qemu_of(&child));
    signal(stopcode, Signal::SIGINT);
    signal(stopcode, Signal::SIGTERM);
    let ended = Ended::from(child.wait_with_output().unwrap());
    ended.is(130, &[]);
    is_gone(qemu);
}

fn json_lines() {
    let sandbox = Sandbox::new(Firmware::Hangs);
    let ended = sandbox
        .run(&[TEST, "--message-format", "json"])
        .is(101, &[]);
    assert_eq!(ended.stderr, "");
    let events: Vec<serde_json::Value> = (ended.stdout.lines())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let names: Vec<&str> = events
        .iter()
        .map(|e| e["event"].as_str().unwrap())
        .collect();
    let expected = ["run-started", "test-started", "progress", "progress"];
    assert_eq!(names[..4], expected);
    assert_eq!(names[names.len() - 2..], ["test-finished", "run-finished"]);
    let finished = &events[events.len() - 2];
    assert_eq!(finished["test"], TEST);
    assert_eq!(finished["outcome"]["status"], "infra");
    let log = finished["artefacts"]["serial_log"].as_str().unwrap();
    assert_eq!(std::fs::read_to_string(log).unwrap(), "hello\n");
    assert_eq!(events.last().unwrap()["infra"], 1);
}

/// A real, small file system, mounted where only this process sees it.
fn no_space_for_the_dump() {
    let sandbox = Sandbox::new(Firmware::Panics);
    sandbox.image("60s", "[]");
    std::fs::create_dir(sandbox.path("stopcode-runs")).unwrap();
    let script = format!(
        "mount -t tmpfs -o size=8M tmpfs stopcode-runs && \
         {} run --image fake --accel tcg {TEST} && exit; code=$?; \
         cat stopcode-runs/*/*/serial.log; ls stopcode-runs/*/*; exit $code",
        env!("CARGO_BIN_EXE_stopcode")
    );
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", &script]);
    command.current_dir(sandbox.path(""));
    let ended = Ended::of(command);
    let ended = ended.is(
        101,
        &[
            "no space for the dump: it needs 32 MiB in",
            STOP_LINE,
            "screen.png",
        ],
    );
    assert!(!ended.stdout.contains("memory.dmp"), "{ended:#?}");
}

pub fn no_namespaces() -> Option<String> {
    let mut probe = Command::new("unshare");
    probe.args(["--map-root-user", "--mount", "true"]);
    match probe.output() {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Some(format!("unshare: {error}")),
    }
}

/// In a process group of its own, so that signals to it reach nobody else.
pub fn start(sandbox: &Sandbox) -> std::process::Child {
    let args = ["run", "--image", "fake", "--accel", "tcg", TEST];
    sandbox.command(&args).process_group(0).spawn().unwrap()
}
