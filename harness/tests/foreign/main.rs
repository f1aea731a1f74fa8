//! A guest that is not ours goes the whole way: Debian's kernel with QEMU's own agent, booted by a
//! loader and from a disk by UEFI, through plan, agent, steps, crash and capture.
//!
//! `ci/foreign` runs this; it takes minutes and needs Debian's packages. Elsewhere the tests
//! are ignored unless `STOPCODE_REQUIRE_IMAGES` names `debian`.

mod guest;
mod own_dump;
mod setup;

use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use runner::events::Outcome;
use vm::guest::save_state;
use vm::image::Image;
use vm::plan::{Action, Beginning, Start};

use guest::{Lab, host, on_this_thread};

type Case = fn() -> Result<(), Failed>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = guest::missing();
    if let Some(reason) = &missing {
        eprintln!("tests of foreign guests are ignored: {reason}");
    }
    let cases: [(&str, Case); 7] = [
        ("a_crash_is_captured_and_not_taken_for_windows", crash),
        ("steps_run_and_end", steps),
        ("drivers_are_refused", refused),
        ("a_disk_is_never_written", disk),
        ("a_saved_guest_goes_on", saved),
        ("an_image_is_built_from_media_to_state", setup::built),
        ("a_guest_writes_its_own_dump", own_dump::written),
    ];
    let trials = cases
        .into_iter()
        .map(|(name, case)| Trial::test(name, case).with_ignored_flag(missing.is_some()))
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

const CRASH: &str = "\
name: sysrq
summary: The kernel is told to dereference a null pointer.
drivers: []
guest: {cpus: 2, memory: 256MiB}
steps:
  - exec: {path: /bin/busybox, args: [sh, -c, 'echo c > /proc/sysrq-trigger']}
within: 60s
expect: {bugcheck: {code: 0x7E}}
";

fn crash() -> Result<(), Failed> {
    let lab = Lab::new("debian")?;
    let report = lab.run(CRASH, |_| {})?;
    let Outcome::Infra { reason } = &report.outcome else {
        return Err(format!("{:?}", report.outcome).into());
    };
    assert!(reason.contains("not an NT kernel"), "{reason}");
    assert!(report.timings.capture.is_some(), "no capture: {reason}");
    let artefacts = report.artefacts.ok_or("nothing was kept")?;
    let dump = artefacts.dump.ok_or("no dump")?;
    let bytes = fs::read(&dump)?;
    // ELF, 64 bits, a core file.
    assert_eq!((&bytes[..5], bytes[16]), (&b"\x7fELF\x02"[..], 4));
    assert!(bytes.len() > 256 << 20, "{} bytes", bytes.len());
    assert!(artefacts.screenshot.is_some());
    // As a user would read it.
    lab.stopcode(&["analyze", dump.to_str().ok_or("a path")?])
        .is(2, &["not an NT kernel"])?;
    Ok(())
}

const STEPS: &str = "\
name: steps
summary: Programs run to their end.
drivers: []
guest: {cpus: 1, memory: 128MiB}
steps:
  - exec: {path: /bin/busybox, args: [uname, -a]}
  - exec: {path: /bin/busybox, args: [sh, -c, 'seq 1 100000']}
within: 60s
expect: no-crash
";

fn steps() -> Result<(), Failed> {
    let lab = Lab::new("debian")?;
    let report = lab.run(STEPS, |_| {})?;
    assert_eq!(report.outcome, Outcome::Passed);
    // A step that fails says so, in the guest's words.
    let failing = STEPS.replace("[uname, -a]", "[sh, -c, 'echo why >&2; exit 3']");
    let report = lab.run(&failing, |_| {})?;
    let Outcome::Infra { reason } = &report.outcome else {
        return Err(format!("{:?}", report.outcome).into());
    };
    assert!(reason.contains("failed: why (exit code 3)"), "{reason}");
    Ok(())
}

fn refused() -> Result<(), Failed> {
    let lab = Lab::new("debian")?;
    let args = [
        "run",
        "tinynt::spinlock-hog",
        "--image",
        "debian",
        "--accel",
        "tcg",
    ];
    lab.stopcode(&args).is(4, &["no test matches"])?;
    let args = [
        "run",
        "debian::spinlock-hog",
        "--image",
        "debian",
        "--accel",
        "tcg",
    ];
    // Nothing was run, which is not success.
    lab.stopcode(&args).is(
        101,
        &["SKIP", "image debian runs Linux, which loads no .sys"],
    )?;
    Ok(())
}

const WRITE: &str = "\
name: write
summary: The guest writes to its disk.
drivers: []
guest: {cpus: 2, memory: 256MiB}
steps:
  - exec: {path: /bin/busybox, args: [sh, -c, 'test ! -e /disk/trace && seq 1 50000 > /disk/trace && sync']}
within: 60s
expect: no-crash
";

const READ: &str = "[sh, -c, 'test -s /disk/trace']";

/// What a run writes goes to its overlay, and with it. A restart in the middle does not lose it.
fn disk() -> Result<(), Failed> {
    let lab = Lab::new("debian-disk")?;
    let before = lab.golden()?;
    let report = lab.run(WRITE, |plan| {
        // As Driver Verifier's settings need it on Windows.
        plan.actions.push(Action::Reboot(plan.os));
        let check = WRITE.replace("test ! -e", "test -e");
        let step = check
            .split("'")
            .nth(1)
            .unwrap_or_default()
            .split(" && ")
            .next();
        plan.actions.push(Action::Run {
            program: "/bin/busybox".into(),
            args: ["sh", "-c", step.unwrap_or_default()]
                .map(str::to_owned)
                .to_vec(),
        });
    })?;
    assert_eq!(report.outcome, Outcome::Passed, "{:?}", report.notes);
    assert_eq!(lab.golden()?, before, "the golden disk was written");
    assert_eq!(lab.left_disks()?, [""; 0]);
    // The next run begins anew.
    let report = lab.run(WRITE, |_| {})?;
    assert_eq!(report.outcome, Outcome::Passed);
    assert_eq!(lab.golden()?, before);
    Ok(())
}

fn saved() -> Result<(), Failed> {
    let lab = Lab::new("debian-disk")?;
    let stored = lab.store()?;
    let (image, folder) = (stored.load()?, stored.folder());
    let before = guest::hash(&folder.join("disk.qcow2"))?;
    // Without a state it boots, and says why.
    let cold = lab.run_on(&image, WRITE, |_| {})?;
    assert_eq!(cold.outcome, Outcome::Passed);
    assert!(
        cold.notes[0].starts_with("booted cold: no saved state"),
        "{:?}",
        cold.notes
    );

    on_this_thread(async { Ok(save_state(&image, host().await?, Duration::from_secs(1)).await?) })?;
    let image = stored.load()?;
    let restored = lab.run_on(&image, WRITE, |plan| {
        let Start::Disk { from, .. } = &plan.machine.start else {
            panic!("{:?}", plan.machine.start);
        };
        assert!(matches!(from, Beginning::Saved(_)), "{from:?}");
    })?;
    assert_eq!(restored.outcome, Outcome::Passed, "{:?}", restored.notes);
    assert_eq!(restored.notes, [""; 0]);
    let (cold, warm) = (cold.timings.ready.unwrap(), restored.timings.ready.unwrap());
    eprintln!("agent ready: cold after {cold:.1?}, restored after {warm:.1?}");
    assert!(
        warm * 2 < cold,
        "restored after {warm:?}, cold after {cold:?}"
    );
    // It restarts from its disk, though it never booted.
    let restarted = lab.run_on(&image, WRITE, |plan| {
        plan.actions.push(Action::Reboot(plan.os));
        plan.actions.push(Action::Run {
            program: "/bin/busybox".into(),
            args: ["sh", "-c", "test -s /disk/trace"]
                .map(str::to_owned)
                .to_vec(),
        });
    })?;
    assert_eq!(restarted.outcome, Outcome::Passed, "{:?}", restarted.notes);
    let unread = WRITE.replace(guest::args_of(WRITE), READ);
    let anew = lab.run_on(&image, &unread, |_| {})?;
    assert!(
        matches!(anew.outcome, Outcome::Infra { .. }),
        "a trace of the run before"
    );
    assert_eq!(guest::hash(&folder.join("disk.qcow2"))?, before);

    // Another machine than the one that was saved, and states that are no good.
    let other = WRITE.replace("cpus: 2", "cpus: 1");
    boots_cold(&lab, &image, &other, "of another machine: `-smp 2,")?;
    let state = folder.join("settled.state");
    let good = fs::read(&state)?;
    let mut bad = good.clone();
    bad[good.len() / 2] ^= 1;
    fs::write(&state, &bad)?;
    boots_cold(&lab, &image, WRITE, "is damaged: its CRC-32 is")?;
    // As if whole, so that QEMU is the one to notice.
    let described = guest::describe_anew(&state, &good[..good.len() / 2])?;
    boots_cold(&lab, &stored.load()?, WRITE, "QEMU ended")?;
    fs::write(&state, &good)?;
    fs::write(vm::image::description_of(&state), described)?;
    let overlay = folder.join("settled.state.disk.qcow2");
    fs::write(&overlay, b"no disk")?;
    boots_cold(&lab, &stored.load()?, WRITE, "no overlay on")?;

    // A golden disk that is damaged or gone is no reason to go on.
    fs::write(folder.join("disk.qcow2"), b"no disk")?;
    fs::remove_file(&state)?;
    let broken = lab.run_on(&stored.load()?, WRITE, |_| {})?;
    let Outcome::Infra { reason } = &broken.outcome else {
        return Err(format!("{:?}", broken.outcome).into());
    };
    assert!(
        reason.contains("no overlay on") && reason.contains("disk.qcow2"),
        "{reason}"
    );
    Ok(())
}

/// Starts on a state that cannot be used: the guest boots all the same, and why it does is known.
fn boots_cold(lab: &Lab, image: &Image, scenario: &str, why: &str) -> Result<(), Failed> {
    let cold = lab.cold(image, scenario)?.ok_or("it did not boot")?;
    match cold.contains(why) {
        true => Ok(()),
        false => Err(format!("no `{why}` in {cold}").into()),
    }
}
