//! Images by their content: `tinynt@4f1d…`, the same bytes on every machine that has that name.
//!
//! `publish` puts an image's files into a folder that other machines can read, each under the
//! SHA-256 of its content, and a manifest that lists them. The manifest's own SHA-256 is the image's
//! reference. `fetch` brings the image onto this machine, from such a folder or over HTTP, and checks
//! every byte. What is there already is not copied again.

mod fetch;
mod publish;

use std::fmt::{self, Display};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use fetch::{Origin, fetch};
pub use publish::{Published, publish};

/// The version of [`Manifest`] that is written and read.
const FORMAT: u32 = 1;

/// The folder of the image store with images by their content.
pub(super) const FOLDER: &str = ".content";

/// The description of an image, as a file of the image.
const DESCRIPTION: &str = "image.yaml";

/// SHA-256 of some bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash([u8; 32]);

impl Hash {
    /// Of `bytes`.
    fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Of a file, with its size.
    fn of_file(file: &Path) -> io::Result<(Self, u64)> {
        copy(&mut File::open(file)?, &mut io::sink())
    }
}

impl Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0.iter()).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a SHA-256: 64 hex digits");
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let mut hash = [0; 32];
        for (byte, digits) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = str::from_utf8(digits).map_err(|_| wrong())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
        }
        Ok(Self(hash))
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// An image by its content: `name@sha256-of-its-manifest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub name: String,
    /// SHA-256 of its manifest.
    pub hash: Hash,
}

impl Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.hash)
    }
}

impl FromStr for Reference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, hash) = (text.split_once('@'))
            .ok_or_else(|| format!("`{text}`: write NAME@HASH, as `image publish` prints it"))?;
        Ok(Self {
            name: name.to_owned(),
            hash: hash.parse()?,
        })
    }
}

impl Reference {
    /// The folder of the image on this machine, once it has been fetched to `store`.
    pub fn folder(&self, store: &Path) -> PathBuf {
        store
            .join(FOLDER)
            .join("images")
            .join(self.hash.to_string())
    }
}

/// What an image consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: u32,
    name: String,
    /// Sorted by path.
    files: Vec<Entry>,
}

/// A file of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// Relative to the image's folder, with `/`.
    path: String,
    size: u64,
    sha256: Hash,
    /// When it was last written, seconds since 1970, where a saved state depends on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    written: Option<u64>,
}

impl Manifest {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Reads a manifest that may be anybody's: its paths stay below the image's folder.
    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let manifest: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if manifest.format != FORMAT {
            return Err(format!(
                "it is of format {}, this stopcode reads {FORMAT}",
                manifest.format
            ));
        }
        for entry in &manifest.files {
            let mut parts = Path::new(&entry.path).components();
            if entry.path.is_empty() || !parts.all(|part| matches!(part, Component::Normal(_))) {
                return Err(format!("the path `{}` leaves the image", entry.path));
            }
        }
        if !(manifest.files.iter()).any(|entry| entry.path == DESCRIPTION) {
            return Err(format!("it lists no {DESCRIPTION}"));
        }
        Ok(manifest)
    }
}

/// An image cannot be published or fetched.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// A file or folder of this machine.
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    /// An image with a file that is not below its folder has no content of its own.
    #[error("{} is not below {}: the image cannot be published with it", file.display(), base.display())]
    Outside {
        file: PathBuf,
        /// The image's folder, or the project's.
        base: PathBuf,
    },
    /// The origin lacks something.
    #[error("{what}: {why}; was {reference} published there?")]
    Absent {
        /// The file or address.
        what: String,
        /// What the origin says.
        why: String,
        reference: Box<Reference>,
    },
    /// Bytes that are not what their name says.
    #[error("{what} is damaged: its SHA-256 is {found}, not {wanted}; publish the image again")]
    Damaged {
        /// The file or address.
        what: String,
        /// The hash of what is there.
        found: Hash,
        /// What it should be.
        wanted: Hash,
    },
    /// A manifest that cannot be used.
    #[error("{what} is not the manifest of {reference}: {why}")]
    Manifest {
        /// The file or address.
        what: String,
        reference: Box<Reference>,
        why: String,
    },
    /// No folder to put images into.
    #[error("no folder for images: set STOPCODE_IMAGES")]
    NoStore,
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> ContentError {
    let path = path.to_owned();
    |error| ContentError::Io { path, error }
}

/// Copies all there is, and says what it was.
fn copy(from: &mut dyn Read, to: &mut dyn Write) -> io::Result<(Hash, u64)> {
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut size = 0;
    loop {
        let length = match from.read(&mut buffer) {
            Ok(0) => return Ok((Hash(digest.finalize().into()), size)),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        digest.update(&buffer[..length]);
        to.write_all(&buffer[..length])?;
        size += length as u64;
    }
}

#[cfg(test)]
mod tests;
