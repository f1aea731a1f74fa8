//! Errors of the analysis.
//!
//! An error means that the file cannot be analyzed at all. Anything less becomes an
//! [`Unknown`](crate::verdict::Unknown) in the verdict.

mod log;

use std::io;
use std::path::{Path, PathBuf};

pub use log::LogError;

/// Each message names the file, the cause and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnalyzeError {
    /// The file could not be opened or read.
    #[error("cannot read {}: {source}. Check the path and its permissions", path.display())]
    Io {
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },

    /// The file does not start with a crash-dump header.
    #[error(
        "{} is not a Windows crash dump: {found}. A dump starts with `PAGEDU64`; give the file \
         that the crash wrote (MEMORY.DMP, a minidump, or QEMU's dump-guest-memory)",
        path.display()
    )]
    NotADump {
        path: PathBuf,
        /// What it looks like instead.
        found: String,
    },

    /// The file is neither a dump nor a log with a crash.
    #[error("{}: {source}", path.display())]
    Log { path: PathBuf, source: LogError },

    /// The file is shorter than its header requires.
    #[error(
        "{} is truncated: its header describes {expected} bytes, the file has {actual}. Capture \
         or copy the dump again and check the free space on the disk",
        path.display()
    )]
    Truncated {
        path: PathBuf,
        /// Size by the header, in bytes.
        expected: u64,
        /// Size of the file, in bytes.
        actual: u64,
    },

    /// The header contradicts itself.
    #[error("{} is damaged: {what}. Capture or copy the dump again", path.display())]
    Corrupt { path: PathBuf, what: String },
}

impl AnalyzeError {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn corrupt(path: &Path, what: impl Into<String>) -> Self {
        Self::Corrupt {
            path: path.to_owned(),
            what: what.into(),
        }
    }
}
