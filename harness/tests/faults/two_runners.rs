//! Two `stopcode run` at once in one project.

use std::fs;
use std::process::Child;

use crate::project::{Ended, Firmware, Sandbox, stopcode};
use crate::{Case, case, tinynt};

pub fn cases() -> Vec<Case> {
    vec![
        case("two_runners::build_one_after_the_other", build),
        case("two_runners::share_a_golden_disk", golden_disk),
        Case {
            missing: tinynt::missing(),
            ..case("two_runners::crash_the_bundled_guest", crash)
        },
    ]
}

const RUN: [&str; 6] = ["run", "--image", "fake", "--accel", "tcg", "fake::crash"];

fn ended(child: Child) -> Ended {
    Ended::from(child.wait_with_output().unwrap())
}

/// Each run has its own folder with its own log.
fn two_runs_are_kept(sandbox: &Sandbox) {
    let sessions = fs::read_dir(sandbox.path("stopcode-runs")).unwrap();
    assert_eq!(sessions.count(), 2);
    let kept = sandbox.kept();
    let logs = kept.iter().filter(|name| *name == "serial.log");
    assert_eq!(logs.count(), 2, "{kept:?}");
    // What they found out about the host is whole, whoever wrote it last.
    let facts = fs::read(sandbox.path("target/stopcode/host.json")).unwrap();
    serde_json::from_slice::<serde_json::Value>(&facts).unwrap();
}

/// The build fails where another is under way.
fn build() {
    let sandbox = Sandbox::new(Firmware::Hangs);
    let script = "mkdir building && sleep 0.5 && rmdir building && echo >> built";
    sandbox.image("1s", &format!("[[sh, -c, '{script}']]"));
    let both = [(); 2].map(|()| sandbox.command(&RUN).spawn().unwrap());
    for child in both {
        ended(child).is(101, &["no guest agent within 1 s", "hello"]);
    }
    assert_eq!(fs::read_to_string(sandbox.path("built")).unwrap(), "\n\n");
    two_runs_are_kept(&sandbox);
}

fn golden_disk() {
    let sandbox = Sandbox::new(Firmware::Hangs);
    sandbox.disk_image("1s");
    let golden = fs::read(sandbox.path("out/disk.qcow2")).unwrap();
    let both = [(); 2].map(|()| sandbox.command(&RUN).spawn().unwrap());
    for child in both {
        ended(child).is(101, &["no guest agent within 1 s", "hello"]);
    }
    assert!(fs::read(sandbox.path("out/disk.qcow2")).unwrap() == golden);
    two_runs_are_kept(&sandbox);
}

fn crash() {
    let args = ["run", "tinynt::null-dereference", "--accel", "tcg"];
    let args = [&args[..], &["--keep", "never"]].concat();
    let both = [(); 2].map(|()| stopcode(&tinynt::root(), &args).spawn().unwrap());
    for child in both {
        ended(child).is(0, &["1 passed"]);
    }
}
