//! Whether an image can be used on this machine.

use std::env;
use std::path::{Path, PathBuf};

use super::{Boot, Firmware, Image, firmware};

/// Whether an image can be used here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Availability {
    /// Its files are there, or can be built.
    Available,
    /// It cannot be used, and why.
    Missing(String),
}

impl Image {
    /// Whether the image is on this machine: QEMU is installed, and its files exist or the tool
    /// that builds them does. Nothing is started and nothing is built.
    pub fn availability(&self) -> Availability {
        if let Some(missing) = missing_tool("qemu-system-x86_64") {
            return Availability::Missing(missing);
        }
        if let Some(missing) = self
            .build
            .iter()
            .find_map(|command| missing_tool(&command[0]))
        {
            return Availability::Missing(missing);
        }
        if let Boot::Disk(_) = self.boot
            && let Some(missing) = missing_tool("qemu-img")
        {
            return Availability::Missing(missing);
        }
        match self.absent_file() {
            Some(file) if !self.built_here => Availability::Missing(self.without(&file)),
            _ => Availability::Available,
        }
    }

    /// A file that it cannot boot without and that is not there.
    pub(super) fn absent_file(&self) -> Option<PathBuf> {
        let files = self.boot.files().into_iter();
        files
            .map(Path::to_owned)
            .find(|file| !file.is_file() || self.is_unresolved_firmware(file))
    }

    fn is_unresolved_firmware(&self, file: &Path) -> bool {
        matches!(&self.boot, Boot::Disk(disk) if match &disk.firmware {
            Firmware::Uefi { code, .. } | Firmware::File(code) => code == file && code.is_relative(),
            Firmware::Default => false,
        })
    }

    fn without(&self, file: &Path) -> String {
        if self.is_unresolved_firmware(file) {
            return format!(
                "the firmware {} is in none of {}: install the package ovmf (Debian), edk2-ovmf \
                 (Fedora, Arch)",
                file.display(),
                firmware::FOLDERS.join(", ")
            );
        }
        format!(
            "{} does not exist: the image is incomplete; build it again",
            file.display()
        )
    }
}

/// A line about `tool` if it is not in the search path, with how to get it.
pub fn missing_tool(tool: &str) -> Option<String> {
    match find_tool(tool) {
        Some(_) => None,
        None => Some(format!("{tool} is not installed: run ci/setup")),
    }
}

/// The first file called `tool` in `PATH`, or `tool` itself where it is a path.
pub fn find_tool(tool: &str) -> Option<PathBuf> {
    if tool.contains('/') {
        return Some(PathBuf::from(tool)).filter(|path| path.is_file());
    }
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(tool))
        .find(|path| path.is_file())
}
