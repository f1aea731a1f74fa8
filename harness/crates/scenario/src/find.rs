//! Finding scenario files and the drivers that exist.

use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::{Scenario, ScenarioError, parse};

/// All scenarios of a folder, sorted by name.
#[derive(Debug, Default)]
pub struct Catalogue {
    pub scenarios: Vec<Scenario>,
}

/// A scenario could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Its text is wrong.
    #[error(transparent)]
    Scenario(Box<ScenarioError>),
    /// The file could not be read.
    #[error("{}: {error}", path.display())]
    Io {
        path: PathBuf,
        error: std::io::Error,
    },
    /// Two files give their scenario the same name.
    #[error("{} and {} are both named `{name}`", first.display(), second.display())]
    SameName {
        name: String,
        /// One file.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
}

impl Catalogue {
    /// Reads every `*.yaml` below `folder`.
    ///
    /// # Errors
    /// The first file that is unreadable or wrong, or two scenarios of the same name.
    pub fn load(folder: &Path, known_drivers: &[String]) -> Result<Self, LoadError> {
        let mut scenarios: Vec<Scenario> = Vec::new();
        for entry in WalkDir::new(folder).sort_by_file_name() {
            let entry = entry.map_err(|error| LoadError::Io {
                path: folder.to_owned(),
                error: error.into(),
            })?;
            let is_yaml = entry.path().extension().is_some_and(|ext| ext == "yaml");
            if !entry.file_type().is_file() || !is_yaml {
                continue;
            }
            let scenario = load_file(entry.path(), known_drivers)?;
            if let Some(other) = scenarios.iter().find(|other| other.name == scenario.name) {
                return Err(LoadError::SameName {
                    name: scenario.name,
                    first: other.file.clone(),
                    second: scenario.file,
                });
            }
            scenarios.push(scenario);
        }
        scenarios.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { scenarios })
    }
}

/// Reads one scenario file.
///
/// # Errors
/// The file is unreadable, or its text is wrong.
pub(crate) fn load_file(path: &Path, known_drivers: &[String]) -> Result<Scenario, LoadError> {
    let text = fs::read_to_string(path).map_err(|error| LoadError::Io {
        path: path.to_owned(),
        error,
    })?;
    parse(&from_here(path), &text, known_drivers)
        .map_err(|error| LoadError::Scenario(Box::new(error)))
}

/// The path as seen from the current directory: shorter in messages.
fn from_here(path: &Path) -> PathBuf {
    let here = std::env::current_dir().ok();
    let below = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    below.unwrap_or_else(|| path.to_owned())
}

impl Catalogue {
    /// Reads one scenario file, wherever it is.
    ///
    /// # Errors
    /// The file is unreadable, or its text is wrong.
    pub fn load_one(path: &Path, known_drivers: &[String]) -> Result<Scenario, LoadError> {
        load_file(path, known_drivers)
    }
}

/// Names of the test drivers: the folders of `test-drivers/` that hold a source of their name.
pub fn known_drivers(test_drivers: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(test_drivers)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| test_drivers.join(name).join(format!("{name}.c")).is_file())
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "name: NAME\nsummary: s\ndrivers: [d]\nsteps: [{start: d}]\nwithin: 1s\n\
                        expect: no-crash\n";

    #[test]
    fn finds_yaml_files_in_sub_folders_and_rejects_doubles() {
        let folder = tempfile::tempdir().unwrap();
        let known = ["d".to_owned()];
        fs::create_dir(folder.path().join("sub")).unwrap();
        fs::write(folder.path().join("b.yaml"), TEXT.replace("NAME", "b")).unwrap();
        fs::write(folder.path().join("sub/a.yaml"), TEXT.replace("NAME", "a")).unwrap();
        fs::write(folder.path().join("README.md"), "no scenario").unwrap();
        let names = |catalogue: Catalogue| -> Vec<String> {
            catalogue.scenarios.into_iter().map(|s| s.name).collect()
        };
        let found = Catalogue::load(folder.path(), &known).unwrap();
        assert_eq!(names(found), ["a", "b"]);

        fs::write(folder.path().join("sub/c.yaml"), TEXT.replace("NAME", "a")).unwrap();
        let error = Catalogue::load(folder.path(), &known).unwrap_err();
        assert!(error.to_string().contains("both named `a`"), "{error}");
    }

    #[test]
    fn a_driver_is_a_folder_with_its_source() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["hog", "include"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("hog/hog.c"), "").unwrap();
        assert_eq!(known_drivers(folder.path()), ["hog"]);
    }
}
