//! `stopcode doctor` on a machine that has nothing.

use crate::project::{Ended, Firmware, Sandbox};
use crate::{Case, case};

pub fn cases() -> Vec<Case> {
    vec![case(
        "doctor::on_a_machine_without_anything",
        without_anything,
    )]
}

fn doctor(args: &[&str]) -> Ended {
    let sandbox = Sandbox::new(Firmware::Hangs);
    let mut command = sandbox.command(&[&["doctor"], args].concat());
    command.env("PATH", sandbox.path("empty"));
    Ended::of(command)
}

/// It says what is missing and how to get it, and nothing else.
fn without_anything() {
    let words = [
        "missing: QEMU, which runs the guests (package qemu-system-x86)",
        "missing: make, ",
        "missing: clang 16 or newer, ",
        "ci/setup installs what is missing",
    ];
    let ended = doctor(&[]).is(101, &words);
    assert_eq!(ended.stderr, "");
    let lines: Vec<&str> = ended.stdout.lines().collect();
    let (last, others) = lines.split_last().unwrap();
    assert!(
        others.iter().all(|line| line.starts_with("missing: ")),
        "{others:?}"
    );
    assert!(last.contains("qemu-system-x86 make clang-"), "{last}");

    let ended = doctor(&["--all"]).is(101, &["optional, for images of Windows: xorriso, "]);
    assert!(
        ended
            .stdout
            .contains("for a farm: apt-get install slurm-client")
    );
}
