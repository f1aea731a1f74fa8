//! A machine → QEMU's command line.

use std::ffi::OsString;
use std::os::fd::RawFd;
use std::path::Path;

use super::{Accelerator, Machine};

/// File descriptors, open in QEMU, of the sockets it talks to us through.
///
/// Inherited socket pairs rather than sockets with a path: there is no name to collide, none to
/// clean up, and no other user can connect.
#[derive(Clone, Copy, Debug)]
pub struct Channels {
    /// QMP.
    pub qmp: RawFd,
    /// The guest agent.
    pub agent: RawFd,
    /// COM1.
    pub serial: RawFd,
}

/// The arguments that start `machine`. COM1 is also logged to `serial_log`.
pub fn qemu_args(machine: &Machine, channels: Channels, serial_log: &Path) -> Vec<OsString> {
    let mut args = Args(Vec::new());
    args.flag("-nodefaults");
    args.flag("-no-user-config");
    // Stopped until the monitor listens: events before that would be lost.
    args.flag("-S");
    args.option("-display", "none");
    if machine.sandbox {
        args.option(
            "-sandbox",
            "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
        );
    }
    args.option("-machine", &machine.machine);
    args.option(
        "-accel",
        match (machine.accelerator, machine.warp_shift) {
            (Accelerator::Kvm, _) => "kvm",
            (Accelerator::Tcg, None) => "tcg,thread=multi",
            (Accelerator::Tcg, Some(_)) => "tcg,thread=single",
        },
    );
    if let Some(shift) = machine.warp_shift {
        args.option("-icount", &format!("shift={shift},sleep=off"));
    }
    args.option(
        "-cpu",
        if machine.hide_hypervisor {
            "max,-hypervisor"
        } else {
            "max"
        },
    );
    args.option("-smp", &machine.cpus.to_string());
    args.option("-m", &format!("{}M", machine.memory_mib));
    args.option("-bios", &machine.firmware);
    args.file_option("-kernel", "", &machine.kernel);
    for (name, file) in &machine.fw_cfg {
        args.file_option("-fw_cfg", &format!("name={name},file="), file);
    }
    if let Some((name, seed)) = &machine.seed {
        args.option("-fw_cfg", &format!("name={name},string={seed:016x}"));
    }
    args.option("-rtc", "base=utc,clock=vm");

    let socket = |id: &str, fd: RawFd| format!("socket,id={id},fd={fd}");
    args.option("-chardev", &socket("qmp", channels.qmp));
    args.option("-mon", "chardev=qmp,mode=control");
    let serial = format!("{},logfile=", socket("serial", channels.serial));
    args.file_option("-chardev", &serial, serial_log);
    args.option("-serial", "chardev:serial");
    args.option("-device", "VGA");
    args.option("-nic", "none");

    args.option("-chardev", &socket("agent", channels.agent));
    args.option("-device", "virtio-serial-pci");
    args.option(
        "-device",
        &format!("virtserialport,chardev=agent,name={}", machine.agent_port),
    );
    args.option("-device", "vmcoreinfo");
    args.option("-device", "pvpanic");
    // Whatever ends the guest, QEMU stays, so that memory and screen can still be read.
    args.option("-action", "panic=pause,reboot=shutdown,shutdown=pause");
    args.0
}

struct Args(Vec<OsString>);

impl Args {
    fn flag(&mut self, flag: &str) {
        self.0.push(flag.into());
    }

    fn option(&mut self, flag: &str, value: &str) {
        self.flag(flag);
        self.0.push(value.into());
    }

    /// `flag prefix<file>`, with commas doubled where QEMU would split at them.
    fn file_option(&mut self, flag: &str, prefix: &str, file: &Path) {
        self.flag(flag);
        let mut value = OsString::from(prefix);
        if prefix.is_empty() {
            value.push(file);
        } else {
            value.push(escape_commas(file));
        }
        self.0.push(value);
    }
}

fn escape_commas(file: &Path) -> OsString {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};

    let mut escaped = Vec::new();
    for &byte in file.as_os_str().as_bytes() {
        escaped.push(byte);
        if byte == b',' {
            escaped.push(byte);
        }
    }
    OsString::from_vec(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::tests::tiny;
    use crate::plan::tests::{HOST, scenario};
    use crate::plan::{HostChoices, make};
    use crate::scenario::Variant;

    const CHANNELS: Channels = Channels {
        qmp: 3,
        agent: 4,
        serial: 5,
    };

    fn arguments(machine: &Machine) -> String {
        qemu_args(machine, CHANNELS, Path::new("/run/a,b/serial.log"))
            .iter()
            .map(|arg| arg.to_str().unwrap())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn the_whole_command_line() {
        let machine = make(&scenario(), Variant::Buggy, &tiny(), HOST).machine;
        assert_eq!(
            arguments(&machine),
            "-nodefaults -no-user-config -S -display none \
             -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny \
             -machine q35 -accel tcg,thread=multi -cpu max,-hypervisor -smp 1 -m 128M \
             -bios qboot.rom -kernel /p/out/loader.elf \
             -fw_cfg name=opt/tiny/kernel,file=/p/out/kernel.exe \
             -fw_cfg name=opt/tiny/boot/00-b.sys,file=/p/out/inbox/b.sys \
             -fw_cfg name=opt/tiny/boot/01-a.sys,file=/p/out/inbox/a.sys \
             -fw_cfg name=opt/tiny/seed,string=0000000000001234 -rtc base=utc,clock=vm \
             -chardev socket,id=qmp,fd=3 -mon chardev=qmp,mode=control \
             -chardev socket,id=serial,fd=5,logfile=/run/a,,b/serial.log -serial chardev:serial \
             -device VGA -nic none -chardev socket,id=agent,fd=4 -device virtio-serial-pci \
             -device virtserialport,chardev=agent,name=org.qemu.guest_agent.0 \
             -device vmcoreinfo -device pvpanic \
             -action panic=pause,reboot=shutdown,shutdown=pause"
        );
    }

    #[test]
    fn a_warped_clock_counts_instructions() {
        let mut machine = make(&scenario(), Variant::Buggy, &tiny(), HOST).machine;
        machine.warp_shift = Some(7);
        let arguments = arguments(&machine);
        assert!(
            arguments.contains("-accel tcg,thread=single -icount shift=7,sleep=off -cpu"),
            "{arguments}"
        );
    }

    #[test]
    fn choices_show() {
        let host = HostChoices {
            accelerator: Accelerator::Kvm,
            sandbox: false,
            ..HOST
        };
        let mut machine = make(&scenario(), Variant::Buggy, &tiny(), host).machine;
        machine.hide_hypervisor = false;
        machine.seed = None;
        let arguments = arguments(&machine);
        assert!(
            arguments.contains("-accel kvm -cpu max -smp"),
            "{arguments}"
        );
        assert!(
            !arguments.contains("sandbox") && !arguments.contains("seed"),
            "{arguments}"
        );
    }
}
