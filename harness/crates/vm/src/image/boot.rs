//! How QEMU starts an image: each kind has what it needs, and nothing else.

use std::path::{Path, PathBuf};

use scenario::MemorySize;
use serde::{Deserialize, Serialize};

use super::state::SavedState;

/// What runs in a guest. Programs, drivers and messages differ by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Os {
    /// The bundled NT-compatible kernel.
    #[default]
    TinyNt,
    /// Windows.
    Windows,
    /// Linux. It loads no Windows drivers; it shows that the path around a guest works.
    Linux,
}

impl Os {
    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::TinyNt => "TinyNT",
            Self::Windows => "Windows",
            Self::Linux => "Linux",
        }
    }
}

/// How QEMU starts an image.
#[derive(Clone, Debug, PartialEq)]
pub enum Boot {
    /// A loader that takes an NT kernel and its modules over fw_cfg.
    Nt(NtBoot),
    /// A Linux kernel with an initial RAM disk.
    Linux(LinuxBoot),
    /// Firmware that boots a disk.
    Disk(Box<DiskBoot>),
}

/// An NT kernel that QEMU hands over.
#[derive(Clone, Debug, PartialEq)]
pub struct NtBoot {
    /// QEMU machine type.
    pub machine: String,
    /// Firmware file, as QEMU's `-bios` takes it.
    pub firmware: String,
    /// What `-kernel` loads.
    pub kernel: PathBuf,
    /// fw_cfg name → file given to the guest under that name.
    pub fw_cfg: Vec<(String, PathBuf)>,
    /// fw_cfg name under which the guest takes the seed of its address-space randomisation.
    pub seed: Option<String>,
    /// fw_cfg name under which it takes the seed of the moments at which its kernel preempts and
    /// delays.
    pub scheduling: Option<String>,
    /// For `clock: warp`: each instruction takes 2 to this power nanoseconds of guest time.
    pub warp_shift: u8,
}

/// A Linux kernel that QEMU hands over.
#[derive(Clone, Debug, PartialEq)]
pub struct LinuxBoot {
    /// QEMU machine type.
    pub machine: String,
    /// The kernel (bzImage).
    pub kernel: PathBuf,
    /// Its initial RAM disk.
    pub initrd: PathBuf,
    /// Its command line.
    pub command_line: String,
    /// What it needs at least.
    pub hardware: Hardware,
}

/// A guest on a disk. The disks named here are never written: each run writes to overlays.
#[derive(Clone, Debug, PartialEq)]
pub struct DiskBoot {
    /// QEMU machine type; with a version, so that a saved state fits.
    pub machine: String,
    /// What boots the disk.
    pub firmware: Firmware,
    /// The disk with the system.
    pub disk: Disk,
    /// A disk that the guest writes its dumps to.
    pub dump_disk: Option<Disk>,
    /// What it needs at least.
    pub hardware: Hardware,
    /// The booted, settled guest, if it was saved.
    pub state: Option<SavedState>,
}

/// What boots a disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Firmware {
    /// QEMU's own: a BIOS.
    Default,
    /// A file, as QEMU's `-bios` takes it.
    File(PathBuf),
    /// UEFI in flash.
    Uefi {
        /// The firmware, never written.
        code: PathBuf,
        /// Its variables; a run writes to a copy.
        variables: PathBuf,
    },
}

/// A disk image (qcow2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Disk {
    pub file: PathBuf,
    /// What it hangs on.
    pub bus: Bus,
}

/// What a disk hangs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bus {
    /// The SATA controller of q35. Windows writes its dumps through it without any foreign driver.
    Ahci,
    /// virtio-blk.
    Virtio,
}

/// What a guest needs at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hardware {
    pub memory: MemorySize,
    pub cpus: u8,
}

impl Boot {
    /// QEMU machine type.
    pub fn machine(&self) -> &str {
        match self {
            Self::Nt(nt) => &nt.machine,
            Self::Linux(linux) => &linux.machine,
            Self::Disk(disk) => &disk.machine,
        }
    }

    /// Every file without which it cannot start. (A saved state can be done without.)
    pub fn files(&self) -> Vec<&Path> {
        match self {
            Self::Nt(nt) => {
                let fw_cfg = nt.fw_cfg.iter().map(|(_, file)| file.as_path());
                std::iter::once(nt.kernel.as_path()).chain(fw_cfg).collect()
            }
            Self::Linux(linux) => vec![&linux.kernel, &linux.initrd],
            Self::Disk(boot) => {
                let mut files: Vec<&Path> = vec![&boot.disk.file];
                files.extend(boot.dump_disk.iter().map(|disk| disk.file.as_path()));
                match &boot.firmware {
                    Firmware::Default => {}
                    Firmware::File(file) => files.push(file),
                    Firmware::Uefi { code, variables } => files.extend([&**code, &**variables]),
                }
                files
            }
        }
    }

    /// What the guest needs at least, if its image says so.
    pub fn hardware(&self) -> Option<Hardware> {
        match self {
            Self::Nt(_) => None,
            Self::Linux(linux) => Some(linux.hardware),
            Self::Disk(disk) => Some(disk.hardware),
        }
    }
}
