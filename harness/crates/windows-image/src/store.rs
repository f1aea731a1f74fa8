//! The image store: where a built image goes, and how concurrent builds are kept apart.
//!
//! `$STOPCODE_IMAGES`, else `$XDG_DATA_HOME/stopcode/images`, else `~/.local/share/stopcode/images`.
//! An image is a folder with an `image.yaml`. It is built in a folder beside it whose name begins
//! with a dot, and renamed when it is whole: a half-built image is never taken for one.

use std::env;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use super::description::FORMAT;

/// An image cannot be put into the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No home folder either.
    #[error("no folder for images: set STOPCODE_IMAGES")]
    NoFolder,
    /// A name that is no file name.
    #[error("`{0}` is not a valid image name: letters, digits, `-`, `_` and `.`, not first")]
    Name(String),
    /// It is there.
    #[error("image {name} exists ({}); --force builds it anew{older}", folder.display())]
    Exists {
        name: String,
        folder: PathBuf,
        /// What speaks for building it anew.
        older: String,
    },
    /// Another process builds it.
    #[error("image {0} is being built by another stopcode; wait for it")]
    Busy(String),
    /// A file or folder could not be made.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        error: io::Error,
    },
}

/// The image store's folder.
///
/// # Errors
/// The environment names none.
pub fn folder() -> Result<PathBuf, StoreError> {
    let set = |name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(folder) = set("STOPCODE_IMAGES") {
        return std::path::absolute(&folder).map_err(|error| StoreError::Io {
            path: folder,
            error,
        });
    }
    let data = set("XDG_DATA_HOME")
        .filter(|data| data.is_absolute())
        .or_else(|| Some(set("HOME")?.join(".local/share")));
    Ok(data.ok_or(StoreError::NoFolder)?.join("stopcode/images"))
}

/// Where one image is, and is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImagePlace {
    store: PathBuf,
    name: String,
}

/// While it is held, no other process builds the image.
pub struct BuildLock {
    _lock: Flock<File>,
}

impl ImagePlace {
    /// The place of image `name`.
    ///
    /// # Errors
    /// The name is no file name.
    pub fn new(store: PathBuf, name: &str) -> Result<Self, StoreError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || name.starts_with('.') || name.len() > 64 || !name.chars().all(plain) {
            return Err(StoreError::Name(name.to_owned()));
        }
        Ok(Self {
            store,
            name: name.to_owned(),
        })
    }

    pub fn store(&self) -> &Path {
        &self.store
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole image.
    pub fn image(&self) -> PathBuf {
        self.store.join(&self.name)
    }

    /// Where it is built.
    pub fn workshop(&self) -> PathBuf {
        self.store.join(format!(".building-{}", self.name))
    }

    /// Checks that the image is not there, or may be replaced.
    ///
    /// # Errors
    /// It is there.
    pub fn vacant(&self, force: bool) -> Result<(), StoreError> {
        let folder = self.image();
        if force || !folder.exists() {
            return Ok(());
        }
        let older = match built_format(&folder) {
            Some(format) if format < FORMAT => {
                format!(
                    ", which it needs: it was built by an older stopcode (format {format}, now {FORMAT})"
                )
            }
            Some(_) => String::new(),
            None => ", which it needs: its image.yaml is missing or says no format".into(),
        };
        Err(StoreError::Exists {
            name: self.name.clone(),
            folder,
            older,
        })
    }

    /// Takes the lock.
    ///
    /// # Errors
    /// Somebody has it, or it cannot be made.
    pub fn lock(&self) -> Result<BuildLock, StoreError> {
        let path = self.store.join(format!(".lock-{}", self.name));
        let io = |error| StoreError::Io {
            path: path.clone(),
            error,
        };
        fs::create_dir_all(&self.store).map_err(io)?;
        let file = File::create(&path).map_err(io)?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => Ok(BuildLock { _lock: lock }),
            Err((_, Errno::EWOULDBLOCK)) => Err(StoreError::Busy(self.name.clone())),
            Err((_, errno)) => Err(io(errno.into())),
        }
    }

    /// Makes the workshop the image; what was there before goes.
    ///
    /// # Errors
    /// A folder cannot be renamed; the image is then what it was.
    pub fn publish(&self, _lock: &BuildLock) -> Result<(), StoreError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |error| StoreError::Io { path, error }
        };
        let (image, old) = (self.image(), self.store.join(format!(".old-{}", self.name)));
        remove(&old).map_err(io(&old))?;
        let replaces = image.exists();
        if replaces {
            fs::rename(&image, &old).map_err(io(&image))?;
        }
        if let Err(error) = fs::rename(self.workshop(), &image) {
            if replaces {
                let _ = fs::rename(&old, &image);
            }
            return Err(io(&image)(error));
        }
        // It is out of the way; if it cannot be removed now, the next build removes it.
        let _ = remove(&old);
        Ok(())
    }
}

/// Removes what an unfinished build has left.
///
/// # Errors
/// It cannot be removed.
pub fn discard(place: &ImagePlace) -> Result<(), StoreError> {
    let workshop = place.workshop();
    remove(&workshop).map_err(|error| StoreError::Io {
        path: workshop,
        error,
    })
}

/// Removes a folder, if it is there.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// `format` in an image's description.
pub(crate) fn built_format(image: &Path) -> Option<u32> {
    #[derive(serde::Deserialize)]
    struct Format {
        format: u32,
    }
    let text = fs::read_to_string(image.join("image.yaml")).ok()?;
    Some(serde_yaml::from_str::<Format>(&text).ok()?.format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_appears_whole_or_not_at_all() {
        let store = tempfile::tempdir().unwrap();
        let place = ImagePlace::new(store.path().join("s"), "win11").unwrap();
        place.vacant(false).unwrap();
        let lock = place.lock().unwrap();
        assert!(matches!(place.lock(), Err(StoreError::Busy(_))));
        assert!(place.publish(&lock).is_err());
        fs::create_dir_all(place.workshop()).unwrap();
        fs::write(place.workshop().join("image.yaml"), "format: 1\n").unwrap();
        assert!(!place.image().exists());
        place.publish(&lock).unwrap();
        assert!(place.image().join("image.yaml").is_file());
        drop(lock);
        place.lock().unwrap();

        let error = place.vacant(false).unwrap_err().to_string();
        assert!(
            error.contains("--force builds it anew") && !error.contains("older"),
            "{error}"
        );
        fs::write(place.image().join("image.yaml"), "format: 0\n").unwrap();
        let error = place.vacant(false).unwrap_err().to_string();
        assert!(error.contains("format 0, now 1"), "{error}");
        place.vacant(true).unwrap();

        let lock = place.lock().unwrap();
        fs::create_dir_all(place.workshop()).unwrap();
        place.publish(&lock).unwrap();
        assert!(!place.image().join("image.yaml").exists());
    }

    #[test]
    fn names_stay_in_the_store() {
        for name in ["", ".", "..", "a/b", ".hidden", "a b", &"x".repeat(65)] {
            assert!(ImagePlace::new("/s".into(), name).is_err(), "{name}");
        }
        ImagePlace::new("/s".into(), "win-11_24h2.a").unwrap();
    }
}
