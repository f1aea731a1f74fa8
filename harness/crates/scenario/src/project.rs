//! Where things are: the project's folders.

use std::env;
use std::path::{Path, PathBuf};

/// The project whose scenarios and images are used.
#[derive(Clone, Debug)]
pub struct Project {
    root: PathBuf,
    store: Option<PathBuf>,
}

/// There is no project here.
#[derive(Debug, thiserror::Error)]
#[error(
    "no Stopcode project at {} or above it: no folder there has both `scenarios` and `images`",
    .0.display()
)]
pub struct NoProject(PathBuf);

impl Project {
    /// The project that `start` is in: the nearest folder at or above it with `scenarios/` and
    /// `images/`.
    ///
    /// # Errors
    /// There is none.
    pub fn find(start: &Path) -> Result<Self, NoProject> {
        start
            .ancestors()
            .find(|folder| folder.join("scenarios").is_dir() && folder.join("images").is_dir())
            .map(|root| Self {
                root: root.to_owned(),
                store: default_store(),
            })
            .ok_or_else(|| NoProject(start.to_owned()))
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn scenarios(&self) -> PathBuf {
        self.root.join("scenarios")
    }

    /// One folder per image, each with an `image.yaml`.
    pub fn images(&self) -> PathBuf {
        self.root.join("images")
    }

    /// The user's images, one folder each; `None` where no such folder can be named.
    pub fn image_store(&self) -> Option<&Path> {
        self.store.as_deref()
    }

    /// The same project with another folder for the user's images.
    pub fn with_image_store(self, store: PathBuf) -> Self {
        Self {
            store: Some(store),
            ..self
        }
    }

    /// One folder per test driver.
    pub fn test_drivers(&self) -> PathBuf {
        self.root.join("test-drivers")
    }

    /// Kept artefacts of runs.
    pub fn runs(&self) -> PathBuf {
        self.root.join("stopcode-runs")
    }

    /// The outcomes of earlier runs, if the user names no other file.
    pub fn history(&self) -> PathBuf {
        self.runs().join("history.sqlite")
    }

    /// What stopcode remembers between runs; may be deleted at any time.
    pub fn state(&self) -> PathBuf {
        self.root.join("target").join("stopcode")
    }
}

/// The image store: `$STOPCODE_IMAGES`, else `$XDG_DATA_HOME/stopcode/images`, by the XDG
/// base-directory specification. `None` where no such folder can be named.
fn default_store() -> Option<PathBuf> {
    store_in(|name| env::var_os(name).map(PathBuf::from))
}

fn store_in(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let set = |name| variable(name).filter(|path| !path.as_os_str().is_empty());
    if let Some(store) = set("STOPCODE_IMAGES") {
        return Some(store);
    }
    let data = set("XDG_DATA_HOME").filter(|folder| folder.is_absolute());
    let data = data.or_else(|| Some(set("HOME")?.join(".local/share")));
    data.map(|data| data.join("stopcode/images"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_store_is_where_the_variables_say() {
        let store = |variables: &[(&str, &str)]| {
            store_in(|name| {
                let set = variables.iter().find(|(set, _)| *set == name);
                set.map(|(_, value)| PathBuf::from(value))
            })
        };
        let home = ("HOME", "/home/u");
        let data = ("XDG_DATA_HOME", "/data");
        assert_eq!(
            store(&[home]),
            Some("/home/u/.local/share/stopcode/images".into())
        );
        assert_eq!(store(&[home, data]), Some("/data/stopcode/images".into()));
        let named = ("STOPCODE_IMAGES", "/i");
        assert_eq!(store(&[home, data, named]), Some("/i".into()));
        assert_eq!(
            store(&[home, ("XDG_DATA_HOME", "data"), ("STOPCODE_IMAGES", "")]),
            Some("/home/u/.local/share/stopcode/images".into())
        );
        assert_eq!(store(&[]), None);
    }

    #[test]
    fn is_found_from_below_and_not_from_beside() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("p");
        for sub in ["scenarios", "images", "harness/src"] {
            std::fs::create_dir_all(root.join(sub)).unwrap();
        }
        let found = Project::find(&root.join("harness/src")).unwrap();
        assert_eq!(found.root(), root);
        let error = Project::find(folder.path()).unwrap_err().to_string();
        assert!(error.contains(folder.path().to_str().unwrap()), "{error}");
    }
}
