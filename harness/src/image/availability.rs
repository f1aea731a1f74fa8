//! Whether an image can be used on this machine.

use std::env;
use std::path::PathBuf;

use super::Image;

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
        let absent = self.files().find(|file| !file.is_file());
        match absent {
            Some(file) if self.build.is_empty() => {
                Availability::Missing(format!("{} does not exist", file.display()))
            }
            _ => Availability::Available,
        }
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
pub(crate) fn find_tool(tool: &str) -> Option<PathBuf> {
    if tool.contains('/') {
        return Some(PathBuf::from(tool)).filter(|path| path.is_file());
    }
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(tool))
        .find(|path| path.is_file())
}
