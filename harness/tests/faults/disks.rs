//! Guests on a disk whose host has no space, and disks that are damaged: one clear message each, and
//! nothing left that looks whole.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::process::Command;

use crate::project::{Ended, Firmware, Sandbox};
use crate::stopping::no_namespaces;
use crate::{Case, case};

pub fn cases() -> Vec<Case> {
    let small = |name, run| Case {
        missing: no_namespaces(),
        ..case(name, run)
    };
    vec![
        small("disks::no_space_for_the_overlay", no_space_for_the_overlay),
        small("disks::no_space_for_the_guest", no_space_for_the_guest),
        case("disks::damaged_golden_disk", damaged_golden_disk),
    ]
}

const TEST: &str = "fake::crash";

fn sandbox(ready_within: &str) -> Sandbox {
    let sandbox = Sandbox::new(Firmware::Hangs);
    sandbox.disk_image(ready_within);
    sandbox
}

/// Runs the test where runs are kept in a real, small file system; then lists what is left there.
fn run_within(size: &str) -> Ended {
    let sandbox = sandbox("60s");
    let golden = fs::read(sandbox.path("out/disk.qcow2")).unwrap();
    fs::create_dir(sandbox.path("stopcode-runs")).unwrap();
    let script = format!(
        "mount -t tmpfs -o size={size} tmpfs stopcode-runs; \
         {} run --image fake --accel tcg {TEST}; code=$?; find stopcode-runs -type f | sed \"s/^/left: /\"; exit $code",
        env!("CARGO_BIN_EXE_stopcode")
    );
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", &script]);
    command.current_dir(sandbox.path(""));
    let ended = Ended::of(command);
    let mut left = ended
        .stdout
        .lines()
        .filter(|line| line.starts_with("left: "));
    assert!(!left.any(|file| file.ends_with(".qcow2")), "{ended:#?}");
    assert!(fs::read(sandbox.path("out/disk.qcow2")).unwrap() == golden);
    ended
}

fn no_space_for_the_overlay() {
    let ended = run_within("64K");
    ended.is(101, &["INFRA", "no overlay on ", "No space left on device"]);
}

/// QEMU holds a guest whose disk is full on the host: without that known, it would pass for a hang.
fn no_space_for_the_guest() {
    let ended = run_within("8M");
    let words = ["no space on the host for what the guest writes", "hello"];
    let ended = ended.is(101, &words);
    assert!(!ended.stdout.contains("no guest agent"), "{ended:#?}");
}

fn damaged_golden_disk() {
    let sandbox = sandbox("2s");
    let disk = sandbox.path("out/disk.qcow2");
    let whole = fs::read(&disk).unwrap();
    let run = |words: &[&str]| {
        let before = fs::read(&disk).unwrap();
        let ended = sandbox.run(&[TEST]);
        ended.is(101, &[&["INFRA"], words].concat());
        let kept = sandbox.kept();
        assert!(
            !kept.iter().any(|name| name.ends_with(".qcow2")),
            "{kept:?}"
        );
        assert!(fs::read(&disk).unwrap() == before, "it was written to");
    };
    fs::write(&disk, b"no disk").unwrap();
    run(&["no overlay on ", "disk.qcow2", "not in qcow2 format"]);
    // Copies that were not finished, the second cut in its table of tables: QEMU takes what is
    // missing for zeros.
    for end in [0x200, 0x38000] {
        fs::write(&disk, &whole[..end]).unwrap();
        run(&["did not boot", "disk.qcow2 is damaged (qemu-img check: "]);
    }
    // Its table of tables points to nowhere: QEMU only finds out when the guest reads.
    fs::write(&disk, &whole).unwrap();
    let table = u64::from_be_bytes(whole[40..48].try_into().unwrap());
    let file = File::options().write(true).open(&disk).unwrap();
    file.write_all_at(&0x8000_0000_0000_1200_u64.to_be_bytes(), table)
        .unwrap();
    run(&["the guest's disk"]);
}
