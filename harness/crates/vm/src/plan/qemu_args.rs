//! A machine → QEMU's command line.

mod start;

use std::ffi::OsString;
use std::os::fd::RawFd;
use std::path::{Path, PathBuf};
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

/// The files of a run that QEMU writes, in the run's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFiles {
    folder: PathBuf,
}

impl RunFiles {
    /// Those in `folder`.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// What the guest writes to COM1.
    pub fn serial_log(&self) -> PathBuf {
        self.folder.join("serial.log")
    }

    /// The overlay on the system's disk.
    pub fn disk(&self) -> PathBuf {
        self.folder.join("disk.qcow2")
    }

    /// The overlay on the disk for the guest's dumps.
    pub fn dump_disk(&self) -> PathBuf {
        self.folder.join("dump.qcow2")
    }

    /// The copy of UEFI's variables.
    pub fn variables(&self) -> PathBuf {
        self.folder.join("variables.fd")
    }
}

/// What carries an [`AgentLink`](super::AgentLink).
#[derive(Clone, Copy, Debug)]
pub enum AgentChannel<'m> {
    /// A virtio-serial port.
    Serial {
        port: &'m str,
        /// The socket behind it.
        socket: RawFd,
    },
    /// Shared memory, and a port at which the guest is held.
    Lockstep {
        port: u16,
        /// The shared memory, [`MAILBOX_SIZE`] bytes.
        mailbox: RawFd,
        /// The socket behind the port.
        gate: RawFd,
    },
}

/// Bytes of memory that an agent in lockstep shares with the host.
pub const MAILBOX_SIZE: u64 = 256 << 10;

/// The arguments that start `machine`.
pub fn qemu_args(machine: &Machine, channels: Channels<'_>, files: &RunFiles) -> Vec<OsString> {
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
    args.option("-cpu", &machine.cpu);
    args.option("-smp", &start::smp(machine));
    args.option("-m", &format!("{}M", machine.memory_mib));
    start::start(&mut args, machine, files);
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
    let serial = format!("file,id=serial,path=/proc/self/fd/{}", channels.serial);
    args.option("-chardev", &serial);
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

/// The arguments that make a machine what it is: those that are the same in every run. A saved
/// state fits a machine with the same ones.
pub fn fingerprint(machine: &Machine) -> Vec<String> {
    let same = Machine {
        sandbox: false,
        ..machine.cold(String::new())
    };
    let port = match &machine.agent {
        super::AgentLink::Serial(port) => port.as_str(),
        super::AgentLink::Lockstep(_) => "",
    };
    let channels = Channels {
        qmp: 0,
        agent: AgentChannel::Serial { port, socket: 0 },
        serial: 0,
    };
    let args = qemu_args(&same, channels, &RunFiles::new(Path::new("")));
    args.into_iter()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect()
}

/// Arguments that are being put together.
pub struct Args(pub Vec<OsString>);

impl Args {
    /// `flag` alone.
    pub fn flag(&mut self, flag: &str) {
        self.0.push(flag.into());
    }

    /// `flag value`.
    pub fn option(&mut self, flag: &str, value: &str) {
        self.flag(flag);
        self.0.push(value.into());
    }

    /// `flag prefix<file>`, with commas doubled where QEMU would split at them.
    pub fn file_option(&mut self, flag: &str, prefix: &str, file: &Path) {
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
mod tests;
