//! The options of an image build.

use std::path::PathBuf;

use clap::ValueEnum;

use super::Version;

/// The kind of dump that Windows itself writes: `CrashDumpEnabled`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DumpKind {
    /// All of memory.
    Full,
    /// The kernel's memory.
    #[default]
    Kernel,
    /// 256 KiB or little more.
    Small,
    /// The kernel's memory, page file chosen by Windows.
    Automatic,
}

impl DumpKind {
    /// Its number in the registry.
    pub(crate) fn registry_value(self) -> u32 {
        match self {
            Self::Full => 1,
            Self::Kernel => 2,
            Self::Small => 3,
            Self::Automatic => 7,
        }
    }

    /// Its name, here and in `image.yaml`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Kernel => "kernel",
            Self::Small => "small",
            Self::Automatic => "automatic",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub name: String,
    /// Windows' installation medium.
    pub iso: PathBuf,
    /// virtio-win's drivers and guest agent.
    pub virtio_win: PathBuf,
    /// The version to plan for where no medium says it.
    pub version: Option<Version>,
    /// `NAME`, `DISPLAYNAME` or `EDITIONID` of the image in the WIM; None: the first of
    /// [`Version::editions`] that is there.
    pub edition: Option<String>,
    /// Language of Windows and of its Setup; None: what the medium has.
    pub language: Option<String>,
    /// A product key; None: the edition's setup key, if it has one.
    pub product_key: Option<String>,
    /// Memory, MiB.
    pub memory_mib: u32,
    /// Processors: cores of one socket, since desktop editions use at most two sockets.
    pub cpus: u8,
    /// Size of the system disk, GiB; None: the version's least.
    pub disk_gib: Option<u64>,
    /// The dump that Windows writes.
    pub dump: DumpKind,
    /// Whether it writes it to a disk of its own.
    pub dump_disk: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            name: "windows".into(),
            iso: PathBuf::new(),
            virtio_win: PathBuf::new(),
            version: None,
            edition: None,
            language: None,
            product_key: None,
            memory_mib: 4096,
            cpus: 2,
            disk_gib: None,
            dump: DumpKind::default(),
            dump_disk: false,
        }
    }
}
