//! A copy of the project that a test may change.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use scenario::project::Project;
use tempfile::TempDir;
use vm::image::Image;

/// What a guest, its drivers and its scenarios are made of, and what was built of them.
const PARTS: [&str; 4] = ["images", "test-drivers", "scenarios", "target/guest"];

/// The copy; removed when dropped.
pub struct ProjectCopy {
    folder: TempDir,
}

impl ProjectCopy {
    /// Builds `image` in the project, and copies both. What is not changed afterwards is not built
    /// again.
    pub fn new(image: &str) -> Result<Self, String> {
        let project = Project::find(Path::new(env!("CARGO_MANIFEST_DIR")));
        let project = project.map_err(|error| error.to_string())?;
        let original = Image::load(&project, image).map_err(|error| error.to_string())?;
        original.build().map_err(|error| error.to_string())?;
        let folder = TempDir::new().map_err(|error| error.to_string())?;
        fs::create_dir(folder.path().join("target")).map_err(|error| error.to_string())?;
        for part in PARTS {
            // Make compares times, so they must be copied, too.
            let status = Command::new("cp")
                .arg("-a")
                .args([project.root().join(part), folder.path().join(part)])
                .status()
                .map_err(|error| format!("cannot run cp: {error}"))?;
            if !status.success() {
                return Err(format!("cp -a {part} failed ({status})"));
            }
        }
        Ok(Self { folder })
    }

    /// A file or folder of the copy.
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// The copy as a project.
    pub fn project(&self) -> Result<Project, String> {
        Project::find(self.folder.path()).map_err(|error| error.to_string())
    }

    /// The copy's image, built.
    pub fn built(&self, image: &str) -> Result<Image, String> {
        let image = Image::load(&self.project()?, image).map_err(|error| error.to_string())?;
        image.build().map_err(|error| error.to_string())?;
        Ok(image)
    }
}
