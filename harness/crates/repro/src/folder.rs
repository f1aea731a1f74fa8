//! The folder of a hunt: the scenario, its drivers, and the runs that are kept.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::draft::{DraftDriver, ScenarioDraft};

/// A driver on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriverFile {
    pub name: String,
    pub sys: PathBuf,
    /// Its symbols, if they are there.
    pub pdb: Option<PathBuf>,
}

impl DriverFile {
    /// As drafts name it.
    pub fn draft(&self) -> DraftDriver {
        DraftDriver {
            name: self.name.clone(),
            symbols: self.pdb.is_some(),
        }
    }
}

/// The folder of a hunt.
#[derive(Debug)]
pub struct Workshop {
    path: PathBuf,
}

impl Workshop {
    /// Makes the folder at `path`, for its owner only, with copies of `drivers`: what is hunted with
    /// does not change while the hunt goes on.
    ///
    /// # Errors
    /// It is there already, or cannot be written to.
    pub fn create(path: &Path, drivers: &[DriverFile]) -> io::Result<Self> {
        let named = |path: &Path, error: io::Error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        };
        let workshop = Self {
            path: path.to_owned(),
        };
        let folder = workshop.drivers();
        (DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder))
        .map_err(|error| named(&folder, error))?;
        for driver in drivers {
            let copy = |from: &Path, ending: &str| {
                let to = folder.join(format!("{}.{ending}", driver.name));
                fs::copy(from, &to).map_err(|error| named(from, error))
            };
            copy(&driver.sys, "sys")?;
            if let Some(pdb) = &driver.pdb {
                copy(pdb, "pdb")?;
            }
        }
        Ok(workshop)
    }

    /// Writes a scenario.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, draft: &ScenarioDraft) -> io::Result<()> {
        fs::write(self.scenario(), draft.to_yaml())
    }

    /// The scenario's file. Its drivers are named relative to its folder.
    pub fn scenario(&self) -> PathBuf {
        self.path.join("scenario.yaml")
    }

    pub fn drivers(&self) -> PathBuf {
        self.path.join("drivers")
    }

    /// The runs that are kept.
    pub fn runs(&self) -> PathBuf {
        self.path.join("runs")
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}
