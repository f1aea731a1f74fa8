//! The part `boot` of an `image.yaml`, for each kind of image.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use scenario::{MemorySize, ScenarioError, Source};
use serde::Deserialize;

use crate::image::{Bus, Disk, DiskBoot, Firmware, Hardware, LinuxBoot, NtBoot, SavedState};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawNt {
    machine: String,
    firmware: String,
    kernel: String,
    #[serde(default)]
    fw_cfg: BTreeMap<String, String>,
    modules: Option<RawModules>,
    seed: Option<String>,
    scheduling: Option<String>,
    warp_shift: Option<u8>,
}

/// An instruction takes a microsecond: busy loops of minutes end soon, and a boot takes seconds.
const DEFAULT_WARP_SHIFT: u8 = 10;

/// QEMU's own limit.
const MAX_WARP_SHIFT: u8 = 10;

/// In-box modules: handed over as `<prefix>/<NN>-<file>`, in load order.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawModules {
    prefix: String,
    folder: String,
    order: Vec<String>,
}

/// QEMU takes fw_cfg names of at most this many bytes.
const FW_CFG_NAME_MAX: usize = 55;

impl RawNt {
    pub(super) fn check(self, source: &Source, base: &Path) -> Result<NtBoot, ScenarioError> {
        let warp_shift = self.warp_shift.unwrap_or(DEFAULT_WARP_SHIFT);
        if warp_shift > MAX_WARP_SHIFT {
            let message = format!("a warp shift of {warp_shift}");
            let label = format!("at most {MAX_WARP_SHIFT}");
            return Err(source.error("boot.warp-shift", message, label, None));
        }
        let mut fw_cfg: Vec<_> = (self.fw_cfg.iter())
            .map(|(name, file)| (name.clone(), base.join(file)))
            .collect();
        if let Some(modules) = &self.modules {
            for (number, file) in modules.order.iter().enumerate() {
                let name = format!("{}/{number:02}-{file}", modules.prefix);
                if name.len() > FW_CFG_NAME_MAX {
                    let message =
                        format!("the fw_cfg name {name} has more than {FW_CFG_NAME_MAX} bytes");
                    let path = format!("boot.modules.order[{number}]");
                    return Err(source.error(&path, message, "too long", None));
                }
                fw_cfg.push((name, base.join(&modules.folder).join(file)));
            }
        }
        Ok(NtBoot {
            machine: self.machine,
            firmware: self.firmware,
            kernel: base.join(self.kernel),
            fw_cfg,
            seed: self.seed,
            scheduling: self.scheduling,
            warp_shift,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawLinux {
    machine: String,
    kernel: String,
    initrd: String,
    command_line: String,
    memory: MemorySize,
    cpus: u8,
}

impl RawLinux {
    pub(super) fn check(self, source: &Source, base: &Path) -> Result<LinuxBoot, ScenarioError> {
        Ok(LinuxBoot {
            hardware: hardware(source, self.memory, self.cpus)?,
            machine: self.machine,
            kernel: base.join(self.kernel),
            initrd: base.join(self.initrd),
            command_line: self.command_line,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawDiskBoot {
    machine: String,
    firmware: Option<String>,
    variables: Option<String>,
    disk: RawDisk,
    dump_disk: Option<RawDisk>,
    memory: MemorySize,
    cpus: u8,
    state: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDisk {
    file: String,
    bus: Bus,
}

impl RawDiskBoot {
    pub(super) fn check(self, source: &Source, base: &Path) -> Result<DiskBoot, ScenarioError> {
        let disks = [
            Some(("boot.disk.bus", &self.disk)),
            self.dump_disk
                .as_ref()
                .map(|disk| ("boot.dump-disk.bus", disk)),
        ];
        for (path, disk) in disks.into_iter().flatten() {
            if disk.bus == Bus::Ahci && !self.machine.contains("q35") {
                let message = format!("{} has no SATA controller", self.machine);
                let label = "ahci needs a q35 machine";
                let message = format!("{message}: {label}");
                return Err(source.error(path, message, label, None));
            }
        }
        let firmware = match (self.firmware, self.variables) {
            (None, None) => Firmware::Default,
            (Some(file), None) => Firmware::File(firmware_file(base, &file)),
            (Some(code), Some(variables)) => Firmware::Uefi {
                code: firmware_file(base, &code),
                variables: base.join(variables),
            },
            (None, Some(_)) => {
                let message = "UEFI variables without the UEFI firmware that they are of";
                return Err(source.error("boot.variables", message, "no `firmware`", None));
            }
        };
        let disk = |raw: RawDisk| Disk {
            file: base.join(raw.file),
            bus: raw.bus,
        };
        Ok(DiskBoot {
            hardware: hardware(source, self.memory, self.cpus)?,
            machine: self.machine,
            firmware,
            disk: disk(self.disk),
            dump_disk: self.dump_disk.map(disk),
            state: self.state.map(|file| SavedState::find(base.join(file))),
        })
    }
}

/// A path, or the name of a file that lies beside the image, or a name that is looked for elsewhere.
fn firmware_file(base: &Path, text: &str) -> PathBuf {
    let beside = base.join(text);
    if text.contains('/') || beside.is_file() {
        beside
    } else {
        text.into()
    }
}

fn hardware(source: &Source, memory: MemorySize, cpus: u8) -> Result<Hardware, ScenarioError> {
    if !(1..=64).contains(&cpus) {
        let message = format!("{cpus} processors");
        return Err(source.error("boot.cpus", message, "from 1 to 64", None));
    }
    if memory.mib() == 0 {
        return Err(source.error("boot.memory", "no memory", "more than 0", None));
    }
    Ok(Hardware { memory, cpus })
}
