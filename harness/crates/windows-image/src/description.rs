//! `image.yaml` of a stored image. Its paths are relative to the folder that it is in.

use serde::Serialize;

use super::plan::{self, BuildPlan};
use super::script::STAGE;

/// Of what is written here; an image with a lower one must be built anew.
pub const FORMAT: u32 = 1;

/// The agent's virtio-serial port.
pub(crate) const AGENT_PORT: &str = "org.qemu.guest_agent.0";

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Description {
    format: u32,
    name: String,
    summary: String,
    os: &'static str,
    boot: Boot,
    agent: Agent,
    captures: Vec<&'static str>,
    symbols: Vec<&'static str>,
    signing: Signing,
    crash: Crash,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Boot {
    machine: String,
    firmware: &'static str,
    variables: &'static str,
    disk: Disk,
    #[serde(skip_serializing_if = "Option::is_none")]
    dump_disk: Option<Disk>,
    memory: String,
    cpus: u8,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Disk {
    file: &'static str,
    bus: &'static str,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Agent {
    port: &'static str,
    stage: &'static str,
    ready_within: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Signing {
    certificate: &'static str,
    key: &'static str,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Crash {
    dump: &'static str,
}

impl Description {
    /// Of the image that a plan builds.
    pub fn of(plan: &BuildPlan) -> Self {
        let options = &plan.options;
        Self {
            format: FORMAT,
            name: options.name.clone(),
            summary: format!(
                "{} (build {}), built by `stopcode image build windows`.",
                plan.found.image.name, plan.found.image.build
            ),
            os: "windows",
            boot: Boot {
                machine: plan.host.machine.clone(),
                firmware: plan::FIRMWARE,
                variables: plan::VARIABLES,
                // On AHCI: dumps are written by Windows' own driver, not by a foreign one.
                disk: Disk {
                    file: plan::DISK,
                    bus: "ahci",
                },
                dump_disk: options.dump_disk.then_some(Disk {
                    file: plan::DUMP_DISK,
                    bus: "ahci",
                }),
                memory: format!("{}M", options.memory_mib),
                cpus: options.cpus,
                // Saved last; until it is there, runs boot.
                state: plan::STATE,
            },
            agent: Agent {
                port: AGENT_PORT,
                stage: STAGE,
                ready_within: format!("{}s", plan.limits().ready.as_secs()),
            },
            captures: vec!["win-dmp", "elf-dump", "guest-disk"],
            symbols: vec!["srv*"],
            signing: Signing {
                certificate: plan::CERTIFICATE,
                key: plan::KEY,
            },
            crash: Crash {
                dump: options.dump.as_str(),
            },
        }
    }

    /// The file's text.
    ///
    /// # Errors
    /// Never in practice: it is written to memory.
    pub fn text(&self) -> Result<String, serde_yaml::Error> {
        serde_yaml::to_string(self)
    }
}
