//! Guests that say too much or nothing at all.

use nix::sys::signal::Signal;

use crate::process::{is_gone, qemu_of, signal};
use crate::project::{Ended, Firmware, Sandbox};
use crate::stopping::start;
use crate::{Case, case};

pub fn cases() -> Vec<Case> {
    vec![
        case("silent::qemu_frozen", qemu_frozen),
        case("silent::guest_that_floods_com1", guest_that_floods_com1),
    ]
}

/// Neither agent nor monitor answers any more, and the process does not end by itself.
fn qemu_frozen() {
    let sandbox = Sandbox::new(Firmware::Hangs);
    sandbox.image("3s", "[]");
    let child = start(&sandbox);
    let qemu = qemu_of(&child);
    // It has started once its guest was heard.
    crate::process::eventually("a boot", || {
        let log = walkdir::WalkDir::new(sandbox.path("stopcode-runs"));
        let mut logs = log.into_iter().flatten();
        let log = logs.find(|entry| entry.file_name() == "serial.log")?;
        (std::fs::read(log.path()).ok()? == b"hello\n").then_some(())
    });
    signal(qemu, Signal::SIGSTOP);
    let ended = Ended::from(child.wait_with_output().unwrap());
    ended.is(
        101,
        &[
            "no guest agent within 3 s",
            "no picture of the screen: no answer to screendump",
        ],
    );
    is_gone(qemu);
}

/// What is kept of it is bounded, and the run says what is missing.
fn guest_that_floods_com1() {
    let sandbox = Sandbox::new(Firmware::Floods);
    sandbox.image("30s", "[]");
    let child = start(&sandbox);
    let qemu = qemu_of(&child);
    // Guests are not equally fast everywhere: it writes until it is too much.
    let written = || {
        let io = std::fs::read_to_string(format!("/proc/{qemu}/io")).unwrap_or_default();
        let line = io.lines().find_map(|line| line.strip_prefix("wchar: "));
        line.and_then(|number| number.parse::<u64>().ok())
            .unwrap_or(u64::MAX)
    };
    crate::process::eventually("a flood", || (written() > 3 << 19).then_some(()));
    let memory = resident_kib(child.id());
    let stopcode = i32::try_from(child.id()).unwrap();
    signal(qemu, Signal::SIGKILL);
    let ended = Ended::from(child.wait_with_output().unwrap());
    ended.is(
        101,
        &[
            "QEMU ended (killed by SIGKILL)",
            "lines between its beginning and its end were not looked at",
            "were cut: 512 KiB of the beginning and of the end are kept",
        ],
    );
    is_gone(stopcode);
    assert!(memory < 64 << 10, "{memory} KiB resident");
    let log = walkdir::WalkDir::new(sandbox.path("stopcode-runs"));
    let mut logs = log.into_iter().flatten();
    let log = logs
        .find(|entry| entry.file_name() == "serial.log")
        .unwrap();
    let length = log.metadata().unwrap().len();
    assert!((1 << 20..3 << 19).contains(&length), "{length} bytes");
}

fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.unwrap().parse().unwrap()
}
