//! An installation medium: what is on an ISO image, read without mounting it.
//!
//! Windows' media are UDF; their ISO 9660 part holds one text that says so. Media that people have
//! made again, and virtio-win's, are ISO 9660. UDF is read here (no kept crate reads it within
//! bounds), ISO 9660 by xorriso.

mod iso9660;
mod udf;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Bytes of a sector.
const SECTOR: u64 = 2048;

/// A file on a medium: pieces of the image, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extents(Vec<(u64, u64)>);

impl Extents {
    /// The file's length.
    pub fn len(&self) -> u64 {
        self.0
            .iter()
            .fold(0, |sum, (_, len)| sum.saturating_add(*len))
    }

    /// Whether the file is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What is wrong with an image.
#[derive(Debug, thiserror::Error)]
pub enum MediumError {
    /// It cannot be opened or read.
    #[error("cannot read {}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    /// It is no regular file.
    #[error("{} is not a file: give the ISO image itself", .0.display())]
    NotAFile(PathBuf),
    /// It has neither file system.
    #[error("{} is not an ISO image: it has neither an ISO 9660 nor a UDF volume", .0.display())]
    NotAnImage(PathBuf),
    /// It ends early.
    #[error(
        "{} is cut off: the volume has {wanted} bytes, the file {found}; download it again",
        path.display()
    )]
    Truncated {
        path: PathBuf,
        /// Bytes that its volume descriptor speaks of.
        wanted: u64,
        /// Bytes that it has.
        found: u64,
    },
    /// Its directories make no sense.
    #[error("{} is damaged: {why}; download it again", path.display())]
    Damaged { path: PathBuf, why: String },
    /// xorriso is needed for this one.
    #[error("{}: reading its ISO 9660 volume needs xorriso: run ci/setup", .0.display())]
    NoXorriso(PathBuf),
}

/// An ISO image.
pub struct Medium {
    path: PathBuf,
    file: File,
    tree: Tree,
}

enum Tree {
    Udf(udf::Volume),
    Iso9660(iso9660::Files),
}

impl Medium {
    /// Opens an image and checks that all of it is there.
    ///
    /// # Errors
    /// It cannot be read, is no ISO image, or is cut off.
    pub fn open(path: &Path) -> Result<Self, MediumError> {
        let io = |error| MediumError::Io {
            path: path.to_owned(),
            error,
        };
        let file = File::open(path).map_err(io)?;
        let about = file.metadata().map_err(io)?;
        if !about.is_file() {
            return Err(MediumError::NotAFile(path.to_owned()));
        }
        let damaged = |why| MediumError::Damaged {
            path: path.to_owned(),
            why,
        };
        let iso = iso9660::volume_size(&file).map_err(io)?;
        let udf = match udf::Volume::open(&file) {
            Ok(udf) => udf,
            // A file that ends before its descriptors do has lost its end.
            Err(udf::Trouble::Io(error)) if error.kind() == io::ErrorKind::UnexpectedEof => None,
            Err(udf::Trouble::Io(error)) => return Err(io(error)),
            Err(udf::Trouble::Nonsense(why)) => return Err(damaged(why)),
        };
        let wanted = iso.max(udf.as_ref().map(udf::Volume::size));
        let Some(wanted) = wanted else {
            return Err(MediumError::NotAnImage(path.to_owned()));
        };
        if wanted > about.len() {
            return Err(MediumError::Truncated {
                path: path.to_owned(),
                wanted,
                found: about.len(),
            });
        }
        let tree = match udf {
            Some(volume) => Tree::Udf(volume),
            None => Tree::Iso9660(iso9660::Files::list(path)?),
        };
        Ok(Self {
            path: path.to_owned(),
            file,
            tree,
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file at `path` (parts separated by `/`, upper and lower case alike).
    ///
    /// # Errors
    /// The directories make no sense.
    pub fn find(&self, path: &str) -> Result<Option<Extents>, MediumError> {
        match &self.tree {
            Tree::Udf(volume) => volume.find(&self.file, path).map_err(|e| self.trouble(e)),
            Tree::Iso9660(files) => Ok(files.find(path)),
        }
    }

    /// Names of the files and folders in folder `path`, None if there is no such folder.
    ///
    /// # Errors
    /// The directories make no sense.
    pub fn names(&self, path: &str) -> Result<Option<Vec<String>>, MediumError> {
        match &self.tree {
            Tree::Udf(volume) => volume.names(&self.file, path).map_err(|e| self.trouble(e)),
            Tree::Iso9660(files) => Ok(files.names(path)),
        }
    }

    /// Reads `buffer.len()` bytes of a file, from byte `at` of it.
    ///
    /// # Errors
    /// The file is shorter, or the image cannot be read.
    pub fn read(&self, file: &Extents, at: u64, buffer: &mut [u8]) -> io::Result<()> {
        read(&self.file, file, at, buffer)
    }

    fn trouble(&self, trouble: udf::Trouble) -> MediumError {
        let path = self.path.clone();
        match trouble {
            udf::Trouble::Io(error) => MediumError::Io { path, error },
            udf::Trouble::Nonsense(why) => MediumError::Damaged { path, why },
        }
    }
}

fn read(image: &File, file: &Extents, mut at: u64, mut buffer: &mut [u8]) -> io::Result<()> {
    for (start, len) in &file.0 {
        if buffer.is_empty() {
            break;
        }
        if at >= *len {
            at -= len;
            continue;
        }
        // No more than the buffer's length, so it fits in a usize.
        let here = (len - at).min(buffer.len() as u64) as usize;
        let (now, rest) = buffer.split_at_mut(here);
        let from = start.checked_add(at).ok_or(io::ErrorKind::InvalidData)?;
        image.read_exact_at(now, from)?;
        buffer = rest;
        at = 0;
    }
    match buffer.is_empty() {
        true => Ok(()),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

#[cfg(test)]
mod tests;
