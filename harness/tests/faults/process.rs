//! Processes, found in /proc.

use std::fs;
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until `found` finds something.
#[track_caller]
pub fn eventually<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < end, "{what} did not happen");
        sleep(Duration::from_millis(10));
    }
}

/// The QEMU process that `parent` has started and that runs a guest.
#[track_caller]
pub fn qemu_of(parent: &Child) -> i32 {
    eventually("a guest", || {
        processes().find(|&pid| {
            parent_of(pid) == i32::try_from(parent.id()).ok()
                && fs::read(format!("/proc/{pid}/cmdline"))
                    .is_ok_and(|line| line.windows(9).any(|part| part == b"id=agent,"))
        })
    })
}

/// Waits until a process is gone; a zombie is.
#[track_caller]
pub fn is_gone(pid: i32) {
    eventually("the end of QEMU", || {
        let state = stat(pid).and_then(|fields| fields.first().cloned());
        matches!(state.as_deref(), None | Some("Z" | "X")).then_some(())
    });
}

pub fn signal(pid: i32, signal: Signal) {
    kill(Pid::from_raw(pid), signal).unwrap();
}

fn processes() -> impl Iterator<Item = i32> {
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn parent_of(pid: i32) -> Option<i32> {
    stat(pid)?.get(1)?.parse().ok()
}

/// The fields of /proc/PID/stat after the name, which may contain anything.
fn stat(pid: i32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}
