//! Fetches an image from a folder or a server.

use std::fmt::{self, Display};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use analyzer::{Fetch, FetchError};
use nix::fcntl::{Flock, FlockArg};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::{ContentError, Entry, FOLDER, Hash, Manifest, Reference, at, copy};
use crate::symbols;

/// Largest manifest that is read.
const MANIFEST_MAX: usize = 64 << 20;

/// Where images were published to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A folder of this machine, such as a shared file system.
    Folder(PathBuf),
    /// The address of such a folder, `http://` or `https://`.
    Server(String),
}

impl From<&str> for Origin {
    fn from(text: &str) -> Self {
        if text.starts_with("http://") || text.starts_with("https://") {
            Self::Server(text.trim_end_matches('/').to_owned())
        } else {
            Self::Folder(text.into())
        }
    }
}

impl Origin {
    fn at(&self, folder: &str, file: &str) -> OriginFile<'_> {
        OriginFile {
            origin: self,
            path: format!("{folder}/{file}"),
        }
    }
}

/// A file of an origin.
struct OriginFile<'o> {
    origin: &'o Origin,
    path: String,
}

impl Display for OriginFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.origin {
            Origin::Folder(folder) => write!(f, "{}", folder.join(&self.path).display()),
            Origin::Server(address) => write!(f, "{address}/{}", self.path),
        }
    }
}

impl OriginFile<'_> {
    fn read(&self, to: &mut Hashing<'_>) -> Result<(), String> {
        match self.origin {
            Origin::Folder(folder) => File::open(folder.join(&self.path))
                .and_then(|mut file| io::copy(&mut file, to))
                .map(drop)
                .map_err(|error| error.to_string()),
            Origin::Server(_) => {
                let answer = symbols::servers().fetch(&self.to_string(), to);
                answer.map_err(|error| match error {
                    FetchError::NotFound => "the server does not have it".to_owned(),
                    other => other.to_string(),
                })
            }
        }
    }
}

/// Writes, counts and hashes, up to a limit: a server may send anything.
struct Hashing<'w> {
    to: &'w mut dyn Write,
    digest: Sha256,
    left: u64,
}

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = bytes.len() as u64;
        self.left = (self.left.checked_sub(length))
            .ok_or_else(|| io::Error::other("it is larger than it should be"))?;
        self.to.write_all(bytes)?;
        self.digest.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Brings the image `reference` from `origin` to `store`, and says where it is. All of its files are
/// checked, those that were there as well; damaged ones are brought again. Each file appears whole
/// or not at all, and so does the image. Other processes that fetch meanwhile wait.
///
/// # Errors
/// The origin does not have the image, or has a damaged one; or this machine cannot keep it.
pub fn fetch(
    reference: &Reference,
    origin: &Origin,
    store: &Path,
) -> Result<PathBuf, ContentError> {
    let content = store.join(FOLDER);
    let (blobs, images) = (content.join("blobs"), content.join("images"));
    for folder in [&blobs, &images] {
        fs::create_dir_all(folder).map_err(at(folder))?;
    }
    let lock = content.join("lock");
    let file = File::create(&lock).map_err(at(&lock))?;
    let _lock =
        Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, errno)| at(&lock)(errno.into()))?;
    let manifest = manifest(reference, origin)?;
    for entry in &manifest.files {
        bring(entry, reference, origin, &blobs)?;
    }
    let folder = reference.folder(store);
    if folder.exists() {
        mend(&manifest, &blobs, &folder)?;
        return Ok(folder);
    }
    let fresh = tempfile::Builder::new()
        .prefix(".fetching-")
        .tempdir_in(&images)
        .map_err(at(&images))?;
    for entry in &manifest.files {
        place(entry, &blobs, fresh.path())?;
    }
    fs::rename(fresh.path(), &folder).map_err(at(&folder))?;
    Ok(folder)
}

fn manifest(reference: &Reference, origin: &Origin) -> Result<Manifest, ContentError> {
    let place = origin.at("images", &format!("{}.json", reference.hash));
    let mut bytes = Vec::new();
    let found = receive(&place, &mut bytes, MANIFEST_MAX as u64, reference)?;
    same(&place, found, reference.hash)?;
    let unusable = |why| ContentError::Manifest {
        what: place.to_string(),
        reference: Box::new(reference.clone()),
        why,
    };
    let manifest = Manifest::parse(&bytes).map_err(unusable)?;
    if manifest.name != reference.name {
        return Err(unusable(format!("it is of `{}`", manifest.name)));
    }
    Ok(manifest)
}

fn same(place: &OriginFile<'_>, found: Hash, wanted: Hash) -> Result<(), ContentError> {
    if found == wanted {
        return Ok(());
    }
    Err(ContentError::Damaged {
        what: place.to_string(),
        found,
        wanted,
    })
}

fn receive(
    place: &OriginFile<'_>,
    to: &mut dyn Write,
    limit: u64,
    reference: &Reference,
) -> Result<Hash, ContentError> {
    let mut hashing = Hashing {
        to,
        digest: Sha256::new(),
        left: limit,
    };
    (place.read(&mut hashing)).map_err(|why| ContentError::Absent {
        what: place.to_string(),
        why,
        reference: Box::new(reference.clone()),
    })?;
    Ok(Hash(hashing.digest.finalize().into()))
}

/// Makes sure that a file's content is on this machine.
fn bring(
    entry: &Entry,
    reference: &Reference,
    origin: &Origin,
    blobs: &Path,
) -> Result<(), ContentError> {
    let blob = blobs.join(entry.sha256.to_string());
    if blob.exists() {
        let (found, _) = Hash::of_file(&blob).map_err(at(&blob))?;
        if found == entry.sha256 {
            return Ok(());
        }
    }
    let place = origin.at("blobs", &entry.sha256.to_string());
    let mut temporary = NamedTempFile::new_in(blobs).map_err(at(blobs))?;
    let found = receive(&place, &mut temporary, entry.size, reference)?;
    same(&place, found, entry.sha256)?;
    let done = (temporary.as_file()).set_permissions(fs::Permissions::from_mode(0o444));
    done.map_err(at(&blob))?;
    temporary.as_file().sync_all().map_err(at(&blob))?;
    (temporary.persist(&blob)).map_err(|error| at(&blob)(error.error))?;
    Ok(())
}

/// Replaces what is damaged of an image that is there. The rest is left alone: guests may run on it.
fn mend(manifest: &Manifest, blobs: &Path, folder: &Path) -> Result<(), ContentError> {
    for entry in &manifest.files {
        let file = folder.join(&entry.path);
        let blob = blobs.join(entry.sha256.to_string());
        if is_same_file(&file, &blob) || is_intact(&file, entry) {
            continue;
        }
        let fresh = tempfile::tempdir_in(folder).map_err(at(folder))?;
        place(entry, blobs, fresh.path())?;
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent).map_err(at(parent))?;
        }
        fs::rename(fresh.path().join(&entry.path), &file).map_err(at(&file))?;
    }
    Ok(())
}

/// The blob has just been checked.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let identity = |file: &Path| file.metadata().ok().map(|about| (about.dev(), about.ino()));
    identity(one).is_some_and(|one| Some(one) == identity(other))
}

fn is_intact(file: &Path, entry: &Entry) -> bool {
    let is = |(hash, size)| hash == entry.sha256 && size == entry.size;
    Hash::of_file(file).is_ok_and(is)
}

/// Puts a file into an image's folder: another name of the same content where the file system can,
/// but for one whose time matters.
fn place(entry: &Entry, blobs: &Path, folder: &Path) -> Result<(), ContentError> {
    let blob = blobs.join(entry.sha256.to_string());
    let file = folder.join(&entry.path);
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent).map_err(at(parent))?;
    }
    if entry.written.is_none() && fs::hard_link(&blob, &file).is_ok() {
        return Ok(());
    }
    let mut to = File::create(&file).map_err(at(&file))?;
    let mut from = File::open(&blob).map_err(at(&blob))?;
    copy(&mut from, &mut to).map_err(at(&file))?;
    if let Some(written) = entry.written {
        let time = UNIX_EPOCH + Duration::from_secs(written);
        to.set_modified(time).map_err(at(&file))?;
    }
    (to.set_permissions(fs::Permissions::from_mode(0o444))).map_err(at(&file))
}
