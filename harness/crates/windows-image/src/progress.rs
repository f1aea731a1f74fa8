//! The progress of a build, kept in its folder so that an interrupted build can resume.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::plan::{BuildPlan, Phase};

/// The file, in the folder where the image is built.
const FILE: &str = "progress.json";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What the build depends on.
    fingerprint: String,
    done: Vec<Phase>,
}

impl Progress {
    /// Nothing is done.
    pub fn new(plan: &BuildPlan) -> Self {
        Self {
            fingerprint: plan.fingerprint(),
            done: Vec::new(),
        }
    }

    /// What an earlier build of the same plan has done; None if there was none, or if it was of
    /// other media or choices, or if its file cannot be read: then everything is done again.
    pub fn recall(plan: &BuildPlan) -> Option<Self> {
        let text = fs::read(plan.file(FILE)).ok()?;
        let progress: Self = serde_json::from_slice(&text).ok()?;
        (progress.fingerprint == plan.fingerprint()).then_some(progress)
    }

    /// Whether a phase is done.
    pub(crate) fn is_done(&self, phase: Phase) -> bool {
        self.done.contains(&phase)
    }

    /// Notes that a phase is done.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(&mut self, phase: Phase, folder: &Path) -> std::io::Result<()> {
        self.done.push(phase);
        // Written beside and renamed, so that it is never half of one.
        let temporary = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer_pretty(&temporary, self)?;
        temporary.persist(folder.join(FILE))?;
        Ok(())
    }

    /// Removes the note from an image that is whole.
    pub fn forget(folder: &Path) {
        // If it stays, it does no harm: nothing reads it there.
        let _ = fs::remove_file(folder.join(FILE));
    }
}
