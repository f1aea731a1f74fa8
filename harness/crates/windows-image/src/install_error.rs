//! What can go wrong while the guest runs.

use std::path::PathBuf;
use std::time::Duration;

use vm::guest::{AgentError, QemuError, QmpError};

/// The guest did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// QEMU did not start, or ended.
    #[error("{during}: {error}")]
    Qemu {
        during: &'static str,
        error: QemuError,
    },
    #[error("{during}: QEMU's monitor: {error}")]
    Monitor {
        during: &'static str,
        error: QmpError,
    },
    /// QEMU could not read or write the guest's disk.
    #[error("{during}: {message}")]
    Disk {
        during: &'static str,
        /// What failed, and the remedy.
        message: String,
    },
    /// Time is up.
    #[error("{during} was not done within {}: {state}; {seen}", humantime::format_duration(*.after))]
    TooLong {
        during: &'static str,
        /// How long it had.
        after: Duration,
        /// How far it was.
        state: String,
        /// Where the screen is.
        seen: Seen,
    },
    /// The set-up script said that it failed.
    #[error("the set-up script failed in step `{step}` with exit code {code}; {seen}")]
    Script {
        step: String,
        /// As Windows wrote it.
        code: String,
        /// Where the screen is.
        seen: Seen,
    },
    /// The guest stopped with a blue screen, or switched itself off too early.
    #[error("{during}: {what}, {state}; {seen}")]
    Ended {
        during: &'static str,
        what: &'static str,
        /// How far it was.
        state: String,
        /// Where the screen is.
        seen: Seen,
    },
    /// The agent does not do what it should.
    #[error("{during}: {error}; {seen}")]
    Agent {
        during: &'static str,
        error: AgentError,
        /// Where the screen is.
        seen: Seen,
    },
    /// Test signing is off.
    #[error(
        "Windows started without test signing, so no driver under test would load: is Secure Boot \
         on in the firmware that was given?"
    )]
    NoTestSigning,
    /// The user ended it.
    #[error("interrupted; the same command goes on with {during}")]
    Interrupted { during: &'static str },
}

#[derive(Clone, Debug)]
pub struct Seen(pub(super) PathBuf);

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.is_file() {
            true => write!(f, "its screen is in {}", self.0.display()),
            false => f.write_str("there is no picture of its screen"),
        }
    }
}
