//! What a build will do: files, phases, command lines. Pure.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use vm::plan::{Accelerator, AgentChannel, Args, Channels};

use super::answer::Answer;
use super::description::AGENT_PORT;
use super::input::MediumContents;
use super::options::Options;
use super::registry::dump_room_mib;
use super::store::ImagePlace;
use super::version::Edition;

/// The golden disk, in the image's folder.
pub const DISK: &str = "disk.qcow2";
/// The disk for Windows' own dumps.
pub(crate) const DUMP_DISK: &str = "dump.qcow2";
/// UEFI's code: a copy, so that image and firmware stay together.
pub(crate) const FIRMWARE: &str = "firmware.fd";
/// UEFI's variables.
pub const VARIABLES: &str = "vars.fd";
/// The settled guest, saved once the image is whole.
pub(crate) const STATE: &str = "settled.state";
/// The certificate that drivers are test-signed with.
pub(crate) const CERTIFICATE: &str = "test.crt";
/// Its private key.
pub const KEY: &str = "test.key";
/// What is on the answer disc, before xorriso makes it one.
pub(crate) const DISC: &str = "answers";
/// The answer disc.
pub(crate) const ANSWERS: &str = "answers.iso";
/// What the screen shows, written anew every few seconds.
pub(crate) const SCREEN: &str = "screen.png";

/// What the host contributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// QEMU machine type with its version, so that a saved state fits later.
    pub machine: String,
    /// What executes the guest.
    pub accelerator: Accelerator,
    /// Whether QEMU can be confined by `-sandbox`.
    pub sandbox: bool,
    /// UEFI without Secure Boot, and its variables as they are delivered.
    pub firmware: (PathBuf, PathBuf),
}

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// From switching on to the end of the set-up script.
    pub install: Duration,
    /// From switching on to the agent's first answer.
    pub ready: Duration,
    /// How long a booted guest may settle.
    pub settle: Duration,
    /// How long keys are pressed for `Press any key to boot from CD or DVD`.
    pub keys: Duration,
}

impl Timeouts {
    /// What is generous for an accelerator.
    pub fn of(accelerator: Accelerator) -> Self {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        match accelerator {
            Accelerator::Kvm => Self {
                install: minutes(150),
                ready: minutes(10),
                settle: minutes(2),
                keys: Duration::from_secs(20),
            },
            Accelerator::Tcg => Self {
                install: minutes(48 * 60),
                ready: minutes(240),
                settle: minutes(20),
                keys: minutes(2),
            },
        }
    }
}

/// A step of the build. An interrupted build resumes at the first that is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Certificate, answer file and set-up script, as a disc.
    Answers,
    /// Empty disks, Windows Setup, first logon, set-up script, shutdown.
    Install,
    /// A boot without any disc: the agent answers, test signing is on; a clean shutdown.
    Settle,
    /// `image.yaml`; the folder gets its name.
    Publish,
}

impl Phase {
    /// In order.
    pub const ALL: [Self; 4] = [Self::Answers, Self::Install, Self::Settle, Self::Publish];

    /// As progress shows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Answers => "answers",
            Self::Install => "install",
            Self::Settle => "settle",
            Self::Publish => "publish",
        }
    }

    pub fn about(self) -> &'static str {
        match self {
            Self::Answers => "certificate, answer file and set-up script, on a disc",
            Self::Install => {
                "empty disks, Windows Setup, first logon, set-up script, shutdown; \
                              if interrupted, from empty disks again"
            }
            Self::Settle => {
                "a boot without any disc: agent answers, test signing is on, rest, clean shutdown"
            }
            Self::Publish => "image.yaml; the folder gets its name",
        }
    }
}

/// A planned build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildPlan {
    pub options: Options,
    /// What is on the media.
    pub found: MediumContents,
    /// What the host contributes.
    pub host: Host,
    /// Where the image goes.
    pub place: ImagePlace,
    /// The user's limit for the installation, if set.
    pub install_within: Option<Duration>,
    /// Likewise: how long a booted guest is left to itself.
    pub settle: Option<Duration>,
}

impl BuildPlan {
    /// A file of the image while it is built.
    pub fn file(&self, name: &str) -> PathBuf {
        self.place.workshop().join(name)
    }

    /// How long things may take.
    pub fn limits(&self) -> Timeouts {
        let limits = Timeouts::of(self.host.accelerator);
        Timeouts {
            install: self.install_within.unwrap_or(limits.install),
            settle: self.settle.unwrap_or(limits.settle),
            ..limits
        }
    }

    /// The key to give Setup: the one asked for, or the edition's.
    fn product_key(&self) -> Option<String> {
        let ours = |edition: &&Edition| edition.id == self.found.image.edition;
        let edition = self.found.version.editions().iter().find(ours);
        (self.options.product_key.clone()).or_else(|| edition?.setup_key.map(str::to_owned))
    }

    pub fn answer(&self) -> Answer {
        let medium = &self.found.image.language;
        let medium = if medium.is_empty() { "en-US" } else { medium };
        Answer {
            version: self.found.version,
            image_name: self.found.image.name.clone(),
            product_key: self.product_key(),
            language: self
                .options
                .language
                .clone()
                .unwrap_or_else(|| medium.to_owned()),
            computer: "STOPCODE".into(),
        }
    }

    /// Commands that make the empty disks.
    pub fn disk_commands(&self) -> Vec<Vec<OsString>> {
        let gib = (self.options.disk_gib).unwrap_or(self.found.version.min_disk_gib());
        let mut disks = vec![(DISK, format!("{gib}G"))];
        if self.options.dump_disk {
            // NTFS' own files take some of it.
            let room = dump_room_mib(self.options.dump, self.options.memory_mib);
            disks.push((DUMP_DISK, format!("{}M", room + 256)));
        }
        let create = |(name, size): (&str, String)| {
            let args = ["qemu-img", "create", "-q", "-f", "qcow2"].map(OsString::from);
            let file = self.file(name).into_os_string();
            args.into_iter().chain([file, size.into()]).collect()
        };
        disks.into_iter().map(create).collect()
    }

    /// The command that makes the answer disc.
    pub(crate) fn disc_command(&self) -> Vec<OsString> {
        // Joliet: Windows does not read Rock Ridge, and our names are longer than 8.3.
        let args = [
            "xorriso", "-as", "mkisofs", "-quiet", "-J", "-V", "STOPCODE", "-o",
        ];
        let files = [self.file(ANSWERS), self.file(DISC)].map(PathBuf::into_os_string);
        args.map(OsString::from).into_iter().chain(files).collect()
    }

    /// QEMU's arguments for the installation: the machine that runs use, and three discs. The
    /// disk comes first: empty, it is passed over; later restarts boot it.
    pub fn install_args(&self, channels: Channels<'_>, serial_log: &Path) -> Vec<OsString> {
        let mut args = self.machine_args(channels, serial_log);
        let discs = [
            ("windows", self.options.iso.clone(), 2, ",bootindex=1"),
            ("virtio", self.options.virtio_win.clone(), 3, ""),
            ("answers", self.file(ANSWERS), 4, ""),
        ];
        for (id, file, port, boot) in discs {
            let drive = format!("if=none,id={id},media=cdrom,format=raw,readonly=on,file=");
            args.file_option("-drive", &drive, &file);
            args.option(
                "-device",
                &format!("ide-cd,drive={id},bus=ide.{port}{boot}"),
            );
        }
        args.option("-action", "panic=pause,reboot=reset,shutdown=pause");
        args.0
    }

    /// QEMU's arguments for a boot of the installed image. It is still written.
    pub fn boot_args(&self, channels: Channels<'_>, serial_log: &Path) -> Vec<OsString> {
        let mut args = self.machine_args(channels, serial_log);
        args.option("-action", "panic=pause,reboot=reset,shutdown=pause");
        args.0
    }

    fn machine_args(&self, channels: Channels<'_>, serial_log: &Path) -> Args {
        let mut args = Args(Vec::new());
        args.flag("-nodefaults");
        args.flag("-no-user-config");
        args.flag("-S");
        args.option("-display", "none");
        if self.host.sandbox {
            args.option(
                "-sandbox",
                "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
            );
        }
        args.option("-machine", &self.host.machine);
        let (accel, cpu) = match self.host.accelerator {
            // With these, Windows does not spin on locks and timers under a hypervisor.
            Accelerator::Kvm => ("kvm", "max,hv-relaxed,hv-vapic,hv-spinlocks=0x1fff,hv-time"),
            Accelerator::Tcg => ("tcg,thread=multi", "max"),
        };
        args.option("-accel", accel);
        args.option("-cpu", cpu);
        let cpus = self.options.cpus;
        // Desktop editions use at most two sockets.
        args.option("-smp", &format!("{cpus},sockets=1,cores={cpus},threads=1"));
        args.option("-m", &format!("{}M", self.options.memory_mib));
        let code = "if=pflash,unit=0,format=raw,readonly=on,file=";
        args.file_option("-drive", code, &self.file(FIRMWARE));
        let variables = "if=pflash,unit=1,format=raw,file=";
        args.file_option("-drive", variables, &self.file(VARIABLES));
        // If the host goes down, the phase begins anew: the guest need not wait for its disk.
        let drive = |id: &str| format!("if=none,id={id},format=qcow2,cache=unsafe,file=");
        args.file_option("-drive", &drive("disk"), &self.file(DISK));
        args.option("-device", "ide-hd,drive=disk,bus=ide.0,bootindex=0");
        if self.options.dump_disk {
            args.file_option("-drive", &drive("dumps"), &self.file(DUMP_DISK));
            args.option("-device", "ide-hd,drive=dumps,bus=ide.1");
        }
        args.option("-rtc", "base=utc");
        let socket = |id: &str, fd: i32| format!("socket,id={id},fd={fd}");
        args.option("-chardev", &socket("qmp", channels.qmp));
        args.option("-mon", "chardev=qmp,mode=control");
        let serial = format!(
            "file,id=serial,path=/proc/self/fd/{},logfile=",
            channels.serial
        );
        args.file_option("-chardev", &serial, serial_log);
        args.option("-serial", "chardev:serial");
        args.option("-device", "VGA");
        // Without a network there are no updates, and Setup asks for no online account.
        args.option("-nic", "none");
        if let AgentChannel::Serial { port, socket: fd } = channels.agent {
            args.option("-chardev", &socket("agent", fd));
            args.option("-device", "virtio-serial-pci");
            let port = format!("virtserialport,chardev=agent,name={port}");
            args.option("-device", &port);
        }
        args.option("-device", "vmcoreinfo");
        args.option("-device", "pvpanic");
        args
    }

    /// The channels as a plan shows them: numbers that QEMU inherits.
    pub fn shown_channels() -> Channels<'static> {
        Channels {
            qmp: 3,
            agent: AgentChannel::Serial {
                port: AGENT_PORT,
                socket: 4,
            },
            serial: 5,
        }
    }

    /// What the build depends on: if it changes, what was done of an earlier one is of no use.
    pub fn fingerprint(&self) -> String {
        let about = |file: &Path| {
            let found = file.metadata().ok();
            let modified = found.as_ref().and_then(|found| found.modified().ok());
            format!(
                "{} {:?} {:?}",
                file.display(),
                found.map(|f| f.len()),
                modified
            )
        };
        format!(
            "{:?}\n{}\n{}\n{:?}",
            (&self.options, &self.found, &self.host.machine),
            about(&self.options.iso),
            about(&self.options.virtio_win),
            self.host.firmware,
        )
    }
}
