//! Guest images: data that says how to start one, how to reach its agent, what can be captured,
//! where its symbols are and how it is built.

mod availability;
mod build;
mod raw;
#[cfg(test)]
pub(crate) use raw::tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::project::Project;
use crate::scenario::LoadError;

pub(crate) use availability::find_tool;
pub use availability::{Availability, missing_tool};
pub use build::BuildError;

/// A guest image, read from `images/<name>/image.yaml`. All paths are absolute.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// Its name; the first part of a test's name.
    pub name: String,
    /// One sentence about it.
    pub summary: String,
    /// How QEMU starts it.
    pub boot: Boot,
    /// How to talk to it.
    pub agent: AgentSpec,
    /// Ways to get a dump out of it, best first.
    pub captures: Vec<CaptureKind>,
    /// Folders with PDBs.
    pub symbols: Vec<PathBuf>,
    /// Folder with the test drivers built for it.
    pub drivers: PathBuf,
    /// Commands that build it, run in the project's folder; empty if it is not built here.
    pub build: Vec<Vec<String>>,
    /// The project it belongs to.
    pub root: PathBuf,
}

/// How QEMU starts an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Boot {
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
    /// For `clock: warp`: each instruction takes 2 to this power nanoseconds of guest time.
    pub warp_shift: u8,
}

/// How to reach the guest agent.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentSpec {
    /// Name of the virtio-serial port.
    pub port: String,
    /// If its agent also works in lockstep with the host: the I/O port at which guest time stops.
    /// Taken under `clock: warp`.
    pub lockstep_gate: Option<u16>,
    /// Folder in the guest that drivers are copied to; it exists.
    pub stage: String,
    /// How long booting may take, wall time.
    pub ready_within: Duration,
}

/// A way to get a dump out of a stopped guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaptureKind {
    /// QEMU's `dump-guest-memory` in format win-dmp: a Windows full dump.
    WinDmp,
    /// The same in format elf, converted to a Windows dump; needs nothing of the guest.
    ElfDump,
    /// The dump that Windows itself wrote to its disk, read once the guest is off.
    GuestDisk,
}

impl CaptureKind {
    /// The name as `image.yaml` has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WinDmp => "win-dmp",
            Self::ElfDump => "elf-dump",
            Self::GuestDisk => "guest-disk",
        }
    }
}

impl Image {
    /// Reads the image called `name`.
    ///
    /// # Errors
    /// There is no such image, or its `image.yaml` is wrong.
    pub fn load(project: &Project, name: &str) -> Result<Self, ImageError> {
        let file = project.images().join(name).join("image.yaml");
        if !file.is_file() {
            return Err(ImageError::Unknown {
                name: name.to_owned(),
                known: Self::names(project),
            });
        }
        let text = std::fs::read_to_string(&file).map_err(|error| LoadError::Io {
            path: file.clone(),
            error,
        })?;
        raw::parse(&file, &text, project.root(), name)
            .map_err(|error| LoadError::Scenario(Box::new(error)).into())
    }

    /// Names of the images of a project, sorted.
    pub fn names(project: &Project) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(project.images())
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.path().join("image.yaml").is_file())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        names
    }

    /// The driver and the symbols built for test driver `name` (a twin's name ends in `-fixed`).
    pub fn test_driver(&self, name: &str) -> (PathBuf, PathBuf) {
        (
            self.drivers.join(format!("{name}.sys")),
            self.drivers.join(format!("{name}.pdb")),
        )
    }

    /// Every file that QEMU needs to start it.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let fw_cfg = self.boot.fw_cfg.iter().map(|(_, file)| file.as_path());
        std::iter::once(self.boot.kernel.as_path()).chain(fw_cfg)
    }
}

/// An image cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// No `images/<name>/image.yaml`.
    #[error("no image `{name}`; there is: {}", known.join(", "))]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// Its `image.yaml` is wrong.
    #[error(transparent)]
    Load(#[from] LoadError),
}
