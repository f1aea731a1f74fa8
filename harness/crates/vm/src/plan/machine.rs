//! The virtual machine of a run.

use std::path::PathBuf;

use scenario::{Clock, GuestSpec, Hypervisor};
use serde::Serialize;

use super::cpu::cpu;
use super::qemu_args::fingerprint;
use super::{Accelerator, HostChoices};
use crate::image::{Boot, Disk, Firmware, Hardware, Image, SavedState};

/// The virtual machine of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Machine {
    /// QEMU machine type.
    pub machine: String,
    /// What executes the guest's instructions.
    pub accelerator: Accelerator,
    pub cpus: u8,
    /// RAM in MiB.
    pub memory_mib: u32,
    /// The processor, as QEMU's `-cpu` takes it.
    pub cpu: String,
    /// Whether the guest can announce its stop with all parameters through Hyper-V's crash
    /// registers.
    pub crash_registers: bool,
    /// If guest time follows the instructions executed: 2 to this power nanoseconds for each.
    pub warp_shift: Option<u8>,
    pub start: Start,
    /// How the agent is reached.
    pub agent: AgentLink,
    /// Whether QEMU can be confined by `-sandbox`.
    pub sandbox: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// An NT kernel, by its loader.
    Nt {
        /// Firmware, as QEMU's `-bios` takes it.
        firmware: String,
        /// What `-kernel` loads.
        kernel: PathBuf,
        /// Files for the guest, by fw_cfg name.
        fw_cfg: Vec<(String, PathBuf)>,
        /// fw_cfg name and value of the seed for the guest's address-space randomisation.
        seed: Option<(String, u64)>,
        /// fw_cfg name of the seed for the moments at which the guest's kernel preempts and delays,
        /// and its value where it shall.
        scheduling: Option<(String, Option<u64>)>,
    },
    /// A Linux kernel.
    Linux {
        kernel: PathBuf,
        /// Its initial RAM disk.
        initrd: PathBuf,
        /// Its command line.
        command_line: String,
    },
    /// A disk.
    Disk {
        firmware: Firmware,
        /// The disk with the system.
        disk: Disk,
        /// A disk for the guest's dumps.
        dump_disk: Option<Disk>,
        /// From where the guest begins.
        from: Beginning,
    },
}

/// From where a guest on a disk begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Beginning {
    /// From the firmware on. If its image has a saved state, why not from there.
    ColdBoot(Option<String>),
    /// From a saved state.
    Saved(#[serde(serialize_with = "file_of")] SavedState),
}

fn file_of<S: serde::Serializer>(state: &SavedState, serializer: S) -> Result<S::Ok, S::Error> {
    state.file.serialize(serializer)
}

/// How the agent is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgentLink {
    /// Through the virtio-serial port of this name. Guest time passes while the host thinks.
    Serial(String),
    /// Through shared memory, in lockstep: at this I/O port the guest, its clock included, stands
    /// still until the host has decided what comes next.
    Lockstep(u16),
}

impl Machine {
    /// fw_cfg name and value of the seed for the guest's address-space randomisation.
    pub fn seed(&self) -> Option<&(String, u64)> {
        match &self.start {
            Start::Nt { seed, .. } => seed.as_ref(),
            Start::Linux { .. } | Start::Disk { .. } => None,
        }
    }

    /// Has the guest's kernel preempt and delay at moments that `seed` determines, if it can.
    pub(super) fn schedule(&mut self, seed: u64) {
        if let Start::Nt {
            scheduling: Some((_, value)),
            ..
        } = &mut self.start
        {
            *value = Some(seed);
        }
    }

    /// The saved state to start from, if any.
    pub(crate) fn saved_state(&self) -> Option<&SavedState> {
        match &self.start {
            Start::Disk {
                from: Beginning::Saved(state),
                ..
            } => Some(state),
            _ => None,
        }
    }

    /// If its image has a saved state and it does not go on from it: why not.
    pub(crate) fn why_cold(&self) -> Option<&str> {
        match &self.start {
            Start::Disk {
                from: Beginning::ColdBoot(why),
                ..
            } => why.as_deref(),
            _ => None,
        }
    }

    /// The same machine, booted from the firmware on for this reason.
    pub fn cold(&self, reason: String) -> Self {
        let mut machine = self.clone();
        if let Start::Disk { from, .. } = &mut machine.start {
            *from = Beginning::ColdBoot(Some(reason));
        }
        machine
    }
}

/// The machine of a run that has no scenario, such as a check of the image.
///
/// A guest on a disk follows the host's clock, also where `clock: warp` is asked for: its time
/// passes as fast as ours, and limits in guest time stay what they are.
pub fn machine(guest: &GuestSpec, image: &Image, host: HostChoices) -> Machine {
    let warp_shift = match (&image.boot, guest.clock) {
        (Boot::Nt(nt), Clock::Warp) => Some(nt.warp_shift),
        _ => None,
    };
    // Only the translator can count instructions.
    let accelerator = warp_shift.map_or(host.accelerator, |_| Accelerator::Tcg);
    let hidden = guest.hypervisor == Hypervisor::Hidden;
    let least = image.boot.hardware();
    let cpu = cpu(image.os, accelerator, hidden);
    let mut machine = Machine {
        machine: image.boot.machine().to_owned(),
        accelerator,
        warp_shift,
        cpus: guest.cpus,
        memory_mib: memory_mib(guest, least),
        crash_registers: cpu.crash_registers,
        cpu: cpu.model,
        start: start(&image.boot, host.seed),
        agent: match (warp_shift, image.agent.lockstep_gate) {
            (Some(_), Some(gate)) => AgentLink::Lockstep(gate),
            _ => AgentLink::Serial(image.agent.port.clone()),
        },
        sandbox: host.sandbox,
    };
    if let Boot::Disk(disk) = &image.boot
        && let Some(state) = &disk.state
    {
        let beginning = beginning(&machine, state);
        if let Start::Disk { from, .. } = &mut machine.start {
            *from = beginning;
        }
    }
    machine
}

/// A scenario says what the bundled guest needs; others need more.
fn memory_mib(guest: &GuestSpec, least: Option<Hardware>) -> u32 {
    let asked = guest.memory.mib();
    least.map_or(asked, |least| asked.max(least.memory.mib()))
}

fn start(boot: &Boot, seed: u64) -> Start {
    match boot {
        Boot::Nt(nt) => Start::Nt {
            firmware: nt.firmware.clone(),
            kernel: nt.kernel.clone(),
            fw_cfg: nt.fw_cfg.clone(),
            seed: nt.seed.clone().map(|name| (name, seed)),
            scheduling: nt.scheduling.clone().map(|name| (name, None)),
        },
        Boot::Linux(linux) => Start::Linux {
            kernel: linux.kernel.clone(),
            initrd: linux.initrd.clone(),
            command_line: linux.command_line.clone(),
        },
        Boot::Disk(disk) => Start::Disk {
            firmware: disk.firmware.clone(),
            disk: disk.disk.clone(),
            dump_disk: disk.dump_disk.clone(),
            from: Beginning::ColdBoot(None),
        },
    }
}

/// A state fits if QEMU would be started with the same arguments.
fn beginning(machine: &Machine, state: &SavedState) -> Beginning {
    let about = match &state.about {
        Ok(about) => about,
        Err(why) => return Beginning::ColdBoot(Some(format!("no saved state: {why}"))),
    };
    let ours = fingerprint(machine);
    match first_difference(&about.arguments, &ours) {
        None => Beginning::Saved(state.clone()),
        Some((theirs, ours)) => Beginning::ColdBoot(Some(format!(
            "the saved state is of another machine: {theirs} instead of {ours}"
        ))),
    }
}

/// Where two command lines differ, each with the option that the word belongs to.
fn first_difference(theirs: &[String], ours: &[String]) -> Option<(String, String)> {
    let count = theirs.len().max(ours.len());
    let at = (0..count).find(|&at| theirs.get(at) != ours.get(at))?;
    let show = |line: &[String]| match (at.checked_sub(1).and_then(|at| line.get(at)), line.get(at))
    {
        (_, None) => "nothing".to_owned(),
        (Some(option), Some(word)) if option.starts_with('-') && !word.starts_with('-') => {
            format!("`{option} {word}`")
        }
        (_, Some(word)) => format!("`{word}`"),
    };
    Some((show(theirs), show(ours)))
}
