//! The folder of a run: private, and kept or removed as `--keep` says.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use scenario::TestName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which runs' artefacts are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Keep {
    /// Those of every run.
    Always,
    /// Those of runs that did not pass.
    #[default]
    Failed,
    /// None.
    Never,
}

impl Keep {
    /// Whether a run's artefacts are kept.
    pub fn keeps(self, passed: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Failed => !passed,
            Self::Never => false,
        }
    }
}

/// Where the runs of this process go: `<runs>/<UTC time>-<pid>`.
pub fn session_folder(runs: &Path) -> PathBuf {
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let stamp: String = now.chars().filter(char::is_ascii_alphanumeric).collect();
    runs.join(format!("{stamp}-{}", std::process::id()))
}

/// The folder of one run, readable by its owner only: dumps hold everything a guest knew.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
}

/// What is in a run's folder; absent files are `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Artefacts {
    /// The folder.
    pub folder: PathBuf,
    /// The dump.
    pub dump: Option<PathBuf>,
    /// The dump taken while the guest hung.
    pub live_dump: Option<PathBuf>,
    /// What the display showed at the end.
    pub screenshot: Option<PathBuf>,
    /// What the guest wrote to COM1.
    pub serial_log: Option<PathBuf>,
    /// QEMU's own messages.
    pub qemu_log: Option<PathBuf>,
    /// The verdict as JSON.
    pub verdict: Option<PathBuf>,
    /// The verdict on the dump taken while the guest hung.
    pub live_verdict: Option<PathBuf>,
    /// The machine that ran.
    pub plan: Option<PathBuf>,
}

impl RunFolder {
    /// Makes the folder of a test's `attempt` (from 1) below `session`.
    ///
    /// # Errors
    /// It cannot be made, or is there already.
    pub fn create(session: &Path, test: &TestName, attempt: u32) -> io::Result<Self> {
        let mut name = test.as_file_name();
        if attempt > 1 {
            name.push_str(&format!(".{attempt}"));
        }
        let path = session.join(name);
        let named =
            |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        fs::create_dir_all(session).map_err(named)?;
        DirBuilder::new().mode(0o700).create(&path).map_err(named)?;
        // QEMU gets absolute paths, whatever its working directory.
        Ok(Self {
            path: path.canonicalize().map_err(named)?,
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the dump goes.
    pub fn dump(&self) -> PathBuf {
        self.path.join("memory.dmp")
    }

    /// Where a dump goes that is taken before the guest stops.
    pub fn live_dump(&self) -> PathBuf {
        self.path.join("memory-live.dmp")
    }

    /// Where that dump's verdict goes.
    pub fn live_verdict(&self) -> PathBuf {
        self.path.join("verdict-live.json")
    }

    /// Where a driver goes that was signed on its way into the guest.
    pub fn signed(&self, service: &str) -> PathBuf {
        self.path.join("signed").join(format!("{service}.sys"))
    }

    /// Where the picture of the display goes.
    pub fn screenshot(&self) -> PathBuf {
        self.path.join("screen.png")
    }

    /// Where the verdict goes.
    pub fn verdict(&self) -> PathBuf {
        self.path.join("verdict.json")
    }

    /// Where the plan goes.
    pub fn plan(&self) -> PathBuf {
        self.path.join("machine.json")
    }

    /// Removes the folder, or keeps it and says what is in it.
    pub fn finish(self, keep: bool) -> Option<Artefacts> {
        if keep {
            let there = |name: &str| Some(self.path.join(name)).filter(|path| path.is_file());
            return Some(Artefacts {
                dump: there("memory.dmp"),
                live_dump: there("memory-live.dmp"),
                screenshot: there("screen.png"),
                serial_log: there("serial.log"),
                qemu_log: there("qemu.log"),
                verdict: there("verdict.json"),
                live_verdict: there("verdict-live.json"),
                plan: there("machine.json"),
                folder: self.path,
            });
        }
        // What cannot be removed stays; reporting it would help no one.
        let _ = fs::remove_dir_all(&self.path);
        if let Some(session) = self.path.parent() {
            // Fails, as it should, while other runs' folders are there.
            let _ = fs::remove_dir(session);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use scenario::Variant;

    use super::*;

    #[test]
    fn folders_are_private_kept_or_gone() {
        let runs = tempfile::tempdir().unwrap();
        let session = session_folder(runs.path());
        let test = TestName::new("tiny", "hog", Variant::Fixed);
        let first = RunFolder::create(&session, &test, 1).unwrap();
        let second = RunFolder::create(&session, &test, 2).unwrap();
        assert!(second.path().ends_with("tiny.hog.fixed.2"));
        let mode = fs::metadata(first.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert!(RunFolder::create(&session, &test, 1).is_err());

        fs::write(first.dump(), "x").unwrap();
        let kept = first.finish(Keep::Failed.keeps(false)).unwrap();
        assert!(kept.dump.is_some() && kept.screenshot.is_none());
        assert!(second.finish(Keep::Failed.keeps(true)).is_none());
        assert!(session.is_dir());
        fs::remove_dir_all(&kept.folder).unwrap();
        let third = RunFolder::create(&session, &test, 3).unwrap();
        assert!(third.finish(Keep::Never.keeps(false)).is_none());
        assert!(!session.exists());
    }
}
