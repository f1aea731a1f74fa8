//! Guest images: data that says how to start one, how to reach its agent, what can be captured,
//! where its symbols are and how it is built.

mod availability;
mod boot;
mod build;
pub mod content;
mod firmware;
mod limits;
mod raw;
mod state;
mod store;
#[cfg(any(test, feature = "testing"))]
pub(crate) use raw::parse;

use std::path::PathBuf;
use std::time::Duration;

use scenario::LoadError;
use scenario::project::Project;

pub use availability::{Availability, find_tool, missing_tool};
pub use boot::{Boot, Bus, Disk, DiskBoot, Firmware, Hardware, LinuxBoot, NtBoot, Os};
pub use build::BuildError;
pub use state::{
    AboutState, STATE_FORMAT, SavedDisk, SavedState, crc32_of, description_of, fingerprint,
};
pub use store::Home;

/// A guest image, read from its `image.yaml`. All paths are absolute.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// Its name; the first part of a test's name.
    pub name: String,
    /// One sentence about it.
    pub summary: String,
    /// What runs in it.
    pub os: Os,
    /// How QEMU starts it.
    pub boot: Boot,
    /// Whether its kernel writes on COM1 what drivers say, its stop, and whether its watchdogs are
    /// armed.
    pub debug_output_on_com1: bool,
    /// How to talk to it.
    pub agent: AgentSpec,
    /// Ways to take a dump, best first.
    pub captures: Vec<CaptureKind>,
    /// Folders with PDBs.
    pub symbols: Vec<PathBuf>,
    /// More places with symbols, as `_NT_SYMBOL_PATH` writes them (`srv*…`).
    pub symbol_path: Vec<String>,
    /// Folder with the test drivers built for it.
    pub drivers: PathBuf,
    /// What its drivers are signed with, if they must be.
    pub signing: Option<Signing>,
    /// What the guest itself writes when it stops.
    pub own_dump: Option<OwnDump>,
    /// Commands that build it, or what it needs, run in the project's folder.
    pub build: Vec<Vec<String>>,
    /// Whether those commands make the files that it boots from.
    pub built_here: bool,
    /// The project it is used in.
    pub root: PathBuf,
}

/// A certificate that the guest trusts for test drivers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signing {
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// The dump that Windows writes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnDump {
    /// None.
    None,
    /// All memory.
    Full,
    /// The kernel's memory.
    Kernel,
    /// A minidump.
    Small,
    /// The kernel's memory, with a page file that Windows sizes.
    Automatic,
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
    /// QEMU's `dump-guest-memory` in format win-dmp: a Windows full dump. Needs a driver in the
    /// guest (fwcfg) on Windows.
    WinDmp,
    /// The same in format elf (all memory and the processors' registers), made a Windows dump;
    /// needs nothing of the guest.
    ElfDump,
    /// The same file as QEMU writes it, for guests that are not NT.
    Elf,
    /// What the guest itself writes to its disk, read there once it is done. Tried last, whatever
    /// its place: QEMU ends for it.
    GuestDisk,
}

impl CaptureKind {
    /// As images write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WinDmp => "win-dmp",
            Self::ElfDump => "elf-dump",
            Self::Elf => "elf",
            Self::GuestDisk => "guest-disk",
        }
    }
}

impl Image {
    /// Reads the image called `name`, or one by its content (`name@hash`).
    ///
    /// # Errors
    /// There is no such image, or two, or its `image.yaml` is wrong.
    pub fn load(project: &Project, name: &str) -> Result<Self, ImageError> {
        Self::load_with_home(project, name).map(|(image, _)| image)
    }

    /// The same, with where it is.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_with_home(project: &Project, name: &str) -> Result<(Self, Home), ImageError> {
        let (name, home) = match name.contains('@') {
            true => store::find_content(project, name)?,
            false => (name.to_owned(), store::find(project, name)?),
        };
        let file = home.description();
        let text = std::fs::read_to_string(&file).map_err(|error| LoadError::Io {
            path: file.clone(),
            error,
        })?;
        let mut image = raw::parse(&file, &text, project.root(), &home, &name)
            .map_err(|error| LoadError::Scenario(Box::new(error)))?;
        firmware::resolve(&mut image);
        Ok((image, home))
    }

    /// Names of the images of a project and of the store, sorted.
    pub fn names(project: &Project) -> Vec<String> {
        store::names(project)
    }

    /// The driver and the symbols built for test driver `name` (a twin's name ends in `-fixed`).
    pub fn test_driver(&self, name: &str) -> (PathBuf, PathBuf) {
        (
            self.drivers.join(format!("{name}.sys")),
            self.drivers.join(format!("{name}.pdb")),
        )
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
    /// The project has one, and the store another.
    #[error(
        "two images are called `{name}`: {} and {}; rename the folder of one of them and the name in it",
        ours.display(), stored.display()
    )]
    Ambiguous {
        name: String,
        /// The project's description.
        ours: PathBuf,
        /// The store's.
        stored: PathBuf,
    },
    /// No image by its content.
    #[error("{0}")]
    Content(String),
    /// Its `image.yaml` is wrong.
    #[error(transparent)]
    Load(#[from] LoadError),
}
