//! Where images are: the project's own, and those that a user has built or been given.

use std::path::{Path, PathBuf};

use scenario::project::Project;

use super::ImageError;
use super::content::Reference;

/// The folder of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Home {
    /// A recipe of the project: its paths are relative to the project.
    Project(PathBuf),
    /// An image in the store: its paths are relative to its own folder.
    Store(PathBuf),
    /// An image by its content, which needs no building: its paths are relative to its own folder.
    Content(PathBuf),
}

impl Home {
    /// The file that describes the image.
    pub fn description(&self) -> PathBuf {
        let (Self::Project(folder) | Self::Store(folder) | Self::Content(folder)) = self;
        folder.join("image.yaml")
    }

    /// What its paths are relative to, in the project at `project`.
    pub(super) fn base<'p>(&'p self, project: &'p Path) -> &'p Path {
        match self {
            Self::Project(_) => project,
            Self::Store(folder) | Self::Content(folder) => folder,
        }
    }
}

/// The names of all images, sorted.
pub(super) fn names(project: &Project) -> Vec<String> {
    let mut names = names_in(&project.images());
    names.extend(project.image_store().into_iter().flat_map(names_in));
    names.sort();
    names.dedup();
    names
}

fn names_in(folder: &Path) -> Vec<String> {
    (std::fs::read_dir(folder).into_iter().flatten().flatten())
        .filter(|entry| entry.path().join("image.yaml").is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

/// Where the image called `name` is.
pub(super) fn find(project: &Project, name: &str) -> Result<Home, ImageError> {
    // A name is one path component: nothing outside the two folders can be named.
    let plain = !name.is_empty() && !name.starts_with('.') && !name.contains('/');
    let ours = Home::Project(project.images().join(name));
    let stored = (project.image_store()).map(|store| Home::Store(store.join(name)));
    let mut found = [Some(ours), stored].into_iter().flatten();
    let mut found: Vec<Home> = match plain {
        true => found.filter(|home| home.description().is_file()).collect(),
        false => found.by_ref().take(0).collect(),
    };
    match (found.pop(), found.pop()) {
        (Some(home), None) => Ok(home),
        (Some(stored), Some(ours)) => Err(ImageError::Ambiguous {
            name: name.to_owned(),
            ours: ours.description(),
            stored: stored.description(),
        }),
        (None, _) => Err(ImageError::Unknown {
            name: name.to_owned(),
            known: names(project),
        }),
    }
}

/// Where the image with the given content is, and its name.
pub(super) fn find_content(project: &Project, text: &str) -> Result<(String, Home), ImageError> {
    let reference: Reference = text.parse().map_err(ImageError::Content)?;
    let store = project.image_store();
    let folder = store.map(|store| reference.folder(store));
    match folder.filter(|folder| folder.is_dir()) {
        Some(folder) => Ok((reference.name, Home::Content(folder))),
        None => Err(ImageError::Content(format!(
            "{reference} is not on this machine: stopcode image fetch {reference} --from FOLDER|URL"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_the_projects_and_the_stores() {
        let (root, store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for folder in ["scenarios", "images"] {
            std::fs::create_dir(root.path().join(folder)).unwrap();
        }
        let project = Project::find(root.path()).unwrap();
        let project = project.with_image_store(store.path().to_owned());
        let describe = |folder: &Path| {
            std::fs::create_dir(folder).unwrap();
            std::fs::write(folder.join("image.yaml"), "").unwrap();
        };
        describe(&root.path().join("images/ours"));
        describe(&store.path().join("win11"));
        assert_eq!(names(&project), ["ours", "win11"]);
        let home = find(&project, "win11").unwrap();
        assert_eq!(home, Home::Store(store.path().join("win11")));
        for name in ["", ".", "..", "../images/ours", "other"] {
            let error = find(&project, name).unwrap_err().to_string();
            assert!(error.contains("there is: ours, win11"), "{error}");
        }
        describe(&store.path().join("ours"));
        let error = find(&project, "ours").unwrap_err().to_string();
        assert!(error.contains("two images are called `ours`"), "{error}");
    }
}
