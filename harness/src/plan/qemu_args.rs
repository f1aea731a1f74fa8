//! A machine → QEMU's command line.

use std::ffi::OsString;
use std::os::fd::RawFd;
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::{Accelerator, Machine, WARP_EPOCH};

/// File descriptors, open in QEMU, that it talks to us through.
///
/// Inherited socket pairs and pipes rather than sockets with a path: there is no name to collide, none to
/// clean up, and no other user can connect.
#[derive(Clone, Copy, Debug)]
pub struct Channels<'m> {
    /// QMP.
    pub qmp: RawFd,
    /// The guest agent.
    pub agent: AgentChannel<'m>,
    /// COM1: the end of a pipe to write to.
    pub serial: RawFd,
}

/// What carries an [`AgentLink`](super::AgentLink).
#[derive(Clone, Copy, Debug)]
pub enum AgentChannel<'m> {
    /// A virtio-serial port.
    Serial {
        /// Its name.
        port: &'m str,
        /// The socket behind it.
        socket: RawFd,
    },
    /// Shared memory, and a port at which the guest is held.
    Lockstep {
        /// The I/O port.
        port: u16,
        /// The shared memory, [`MAILBOX_SIZE`] bytes.
        mailbox: RawFd,
        /// The socket behind the port.
        gate: RawFd,
    },
}

/// Bytes of memory that an agent in lockstep shares with the host.
pub const MAILBOX_SIZE: u64 = 256 << 10;

/// The arguments that start `machine`. COM1 is also logged to `serial_log`.
pub fn qemu_args(machine: &Machine, channels: Channels<'_>, serial_log: &Path) -> Vec<OsString> {
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
        if machine.warp_shift.is_some() {
            // RDRAND and whatever else QEMU makes up.
            args.option("-seed", &seed.to_string());
        }
    }
    let base = match machine.warp_shift {
        // QEMU takes seconds since 1970, too, but only in this form.
        Some(_) => humantime::format_rfc3339_seconds(UNIX_EPOCH + WARP_EPOCH).to_string(),
        None => "utc".to_owned(),
    };
    args.option(
        "-rtc",
        &format!("base={},clock=vm", base.trim_end_matches('Z')),
    );

    let socket = |id: &str, fd: RawFd| format!("socket,id={id},fd={fd}");
    args.option("-chardev", &socket("qmp", channels.qmp));
    args.option("-mon", "chardev=qmp,mode=control");
    // A pipe takes as many bytes as it has room for; a socket is full after some hundred writes,
    // and then the guest would wait for us.
    let serial = format!(
        "file,id=serial,path=/proc/self/fd/{},logfile=",
        channels.serial
    );
    args.file_option("-chardev", &serial, serial_log);
    args.option("-serial", "chardev:serial");
    args.option("-device", "VGA");
    args.option("-nic", "none");

    match channels.agent {
        AgentChannel::Serial { port, socket: fd } => {
            args.option("-chardev", &socket("agent", fd));
            args.option("-device", "virtio-serial-pci");
            let port = format!("virtserialport,chardev=agent,name={port}");
            args.option("-device", &port);
        }
        AgentChannel::Lockstep {
            port,
            mailbox,
            gate,
        } => {
            // QEMU holds the guest in this device's port until the socket has room.
            args.option("-chardev", &socket("gate", gate));
            let device = format!("isa-debugcon,iobase={port:#x},chardev=gate");
            args.option("-device", &device);
            let memory = format!(
                "memory-backend-file,id=mailbox,size={MAILBOX_SIZE},\
                 mem-path=/proc/self/fd/{mailbox},share=on"
            );
            args.option("-object", &memory);
            args.option("-device", "ivshmem-plain,memdev=mailbox");
        }
    }
    args.option("-device", "vmcoreinfo");
    args.option("-device", "pvpanic");
    // Whatever ends the guest, QEMU stays, so that memory and screen can still be read.
    args.option("-action", "panic=pause,reboot=shutdown,shutdown=pause");
    args.0
}

pub(crate) struct Args(pub(crate) Vec<OsString>);

impl Args {
    pub(crate) fn flag(&mut self, flag: &str) {
        self.0.push(flag.into());
    }

    pub(crate) fn option(&mut self, flag: &str, value: &str) {
        self.flag(flag);
        self.0.push(value.into());
    }

    /// `flag prefix<file>`, with commas doubled where QEMU would split at them.
    pub(crate) fn file_option(&mut self, flag: &str, prefix: &str, file: &Path) {
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

    const CHANNELS: Channels<'_> = Channels {
        qmp: 3,
        agent: AgentChannel::Serial {
            port: "org.qemu.guest_agent.0",
            socket: 4,
        },
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
             -chardev file,id=serial,path=/proc/self/fd/5,logfile=/run/a,,b/serial.log \
             -serial chardev:serial \
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
        for wanted in [
            "-accel tcg,thread=single -icount shift=7,sleep=off -cpu",
            // Nothing of the host's is left: not its clock, not its random numbers.
            "-seed 4660 -rtc base=2025-01-01T00:00:00,clock=vm",
        ] {
            assert!(arguments.contains(wanted), "{arguments}");
        }
    }

    #[test]
    fn an_agent_in_lockstep_has_no_socket() {
        let machine = make(&scenario(), Variant::Buggy, &tiny(), HOST).machine;
        let channels = Channels {
            agent: AgentChannel::Lockstep {
                port: 0x5F0,
                mailbox: 6,
                gate: 7,
            },
            ..CHANNELS
        };
        let args = qemu_args(&machine, channels, Path::new("serial.log"));
        let words: Vec<&str> = args.iter().map(|arg| arg.to_str().unwrap()).collect();
        let text = words.join(" ");
        assert!(
            text.contains(
                "-nic none -chardev socket,id=gate,fd=7 \
                 -device isa-debugcon,iobase=0x5f0,chardev=gate \
                 -object memory-backend-file,id=mailbox,size=262144,\
                 mem-path=/proc/self/fd/6,share=on \
                 -device ivshmem-plain,memdev=mailbox -device vmcoreinfo"
            ),
            "{text}"
        );
        assert!(!text.contains("virtio"), "{text}");
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
