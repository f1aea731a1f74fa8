//! Every command line is taken by the QEMU that is installed: started stopped, on empty disks.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use vm::plan::Accelerator;
use windows_image::{BuildPlan, host};

use crate::command::has;
use crate::plans;

/// The channels are replaced: the monitor talks on standard input and output.
fn detached(args: Vec<OsString>) -> Vec<OsString> {
    let replaced = |arg: &str| match arg {
        _ if arg.starts_with("socket,id=qmp,") => Some("stdio,id=qmp"),
        _ if arg.starts_with("socket,id=agent,") => Some("null,id=agent"),
        _ if arg.starts_with("file,id=serial,") => Some("null,id=serial"),
        // That KVM works here is not what is asked; its processor flags are taken by TCG, too.
        "kvm" => Some("tcg,thread=multi"),
        _ => None,
    };
    (args.into_iter())
        .map(|arg| replaced(&arg.to_string_lossy()).map_or(arg, OsString::from))
        .collect()
}

fn is_taken(name: &str, args: Vec<OsString>) {
    let mut qemu = Command::new("qemu-system-x86_64")
        .args(detached(args))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let words = ["qmp_capabilities", "query-status", "query-block", "quit"]
        .map(|command| format!("{{\"execute\": \"{command}\"}}\n"))
        .concat();
    // If QEMU has refused its arguments, it does not read this.
    let _ = qemu.stdin.take().unwrap().write_all(words.as_bytes());
    let output = qemu.wait_with_output().unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{name}: {err}");
    assert!(
        out.contains("\"prelaunch\"") && out.contains("SHUTDOWN"),
        "{name}: {out}"
    );
    for line in err.lines() {
        assert!(
            !line.contains("error") && !line.contains("nvalid"),
            "{name}: {line}"
        );
    }
}

/// Files that a plan's command lines name.
fn make_files(plan: &mut BuildPlan, folder: &std::path::Path) {
    let workshop = plan.place.workshop();
    fs::create_dir_all(&workshop).unwrap();
    for command in plan.disk_commands() {
        let status = Command::new(&command[0])
            .args(&command[1..])
            .status()
            .unwrap();
        assert!(status.success());
    }
    // Real firmware where there is some; QEMU wants whole blocks of flash.
    let (code, variables) = host::find_firmware().unzip();
    for (name, from) in [("firmware.fd", code), ("vars.fd", variables)] {
        let bytes = from.map_or_else(|| vec![0; 128 << 10], |from| fs::read(from).unwrap());
        fs::write(plan.file(name), bytes).unwrap();
    }
    plan.options.iso = folder.join("with, comma.iso");
    plan.options.virtio_win = folder.join("virtio-win.iso");
    let media = [
        &plan.options.iso,
        &plan.options.virtio_win,
        &plan.file("answers.iso"),
    ];
    for file in media {
        fs::write(file, [0; 4096]).unwrap();
    }
}

#[test]
fn every_command_line_is_taken() {
    if !has("qemu-system-x86_64") || !has("qemu-img") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, mut plan) in plans::all(&folder.path().join("store")) {
        // The names in goldens are those of one QEMU; here it is the installed one's.
        plan.host.machine = host::newest_machine().unwrap();
        plan.options.memory_mib = 2048;
        make_files(&mut plan, folder.path());
        let log = plan.file("serial.log");
        let channels = BuildPlan::shown_channels();
        for accelerator in [Accelerator::Kvm, Accelerator::Tcg] {
            plan.host.accelerator = accelerator;
            is_taken(
                &format!("{name} install"),
                plan.install_args(channels, &log),
            );
            is_taken(&format!("{name} boot"), plan.boot_args(channels, &log));
        }
        fs::remove_dir_all(plan.place.workshop()).unwrap();
    }
}

#[test]
fn a_wrong_command_line_is_noticed() {
    if !has("qemu-system-x86_64") {
        return;
    }
    let wrong = std::panic::catch_unwind(|| is_taken("x", vec!["-S".into(), "-nonsense".into()]));
    assert!(wrong.is_err());
}
