//! Publishes an image into a folder that other machines read.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use tempfile::NamedTempFile;
use walkdir::WalkDir;

use super::{ContentError, DESCRIPTION, Entry, FORMAT, Hash, Manifest, Reference, at, copy};
use crate::image::raw::OUR_DRIVERS;
use crate::image::{Boot, Home, Image, description_of};

/// What publishing an image did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The image's name from now on.
    pub reference: Reference,
    /// How many files it has.
    pub files: usize,
    /// Bytes of all of them.
    pub size: u64,
    /// Bytes that were not there yet.
    pub added: u64,
}

/// Puts `image`, which lives at `home` and is whole, into the folder `to`. Safe to repeat, and to do
/// from several machines at once.
///
/// # Errors
/// A file is not below the image's folder, or cannot be read or written.
pub fn publish(image: &Image, home: &Home, to: &Path) -> Result<Published, ContentError> {
    let blobs = to.join("blobs");
    let manifests = to.join("images");
    for folder in [&blobs, &manifests] {
        fs::create_dir_all(folder).map_err(at(folder))?;
    }
    let (mut size, mut added, mut there) = (0, 0, HashSet::new());
    let mut entries = Vec::new();
    for (path, file) in files_of(image, home)? {
        let (sha256, length) = Hash::of_file(&file).map_err(at(&file))?;
        size += length;
        if there.insert(sha256) {
            added += put_blob(&file, sha256, &blobs)?;
        }
        entries.push(Entry {
            path,
            size: length,
            sha256,
            written: written(image, &file)?,
        });
    }
    let manifest = Manifest {
        format: FORMAT,
        name: image.name.clone(),
        files: entries,
    };
    let bytes = manifest.to_bytes();
    let reference = Reference {
        name: manifest.name,
        hash: Hash::of(&bytes),
    };
    // Last, so that a reader of the manifest finds all blobs.
    let file = manifests.join(format!("{}.json", reference.hash));
    put(&mut bytes.as_slice(), &manifests, &file)?;
    Ok(Published {
        reference,
        files: manifest.files.len(),
        size,
        added,
    })
}

/// The files of an image, by their path in it.
fn files_of(image: &Image, home: &Home) -> Result<BTreeMap<String, PathBuf>, ContentError> {
    let base = home.base(&image.root);
    let mut files = BTreeMap::from([(DESCRIPTION.to_owned(), home.description())]);
    let mut add = |file: &Path| {
        let path = file.strip_prefix(base).ok().and_then(Path::to_str);
        let path = path.ok_or_else(|| ContentError::Outside {
            file: file.to_owned(),
            base: base.to_owned(),
        })?;
        files.insert(path.to_owned(), file.to_owned());
        Ok(())
    };
    for file in image.boot.files() {
        // Firmware that a distribution brings is found again by its name.
        if file.starts_with(base) {
            add(file)?;
        }
    }
    let ours = image.root.join(OUR_DRIVERS);
    for folder in image.symbols.iter().filter(|folder| **folder != ours) {
        below(folder)?.iter().try_for_each(|file| add(file))?;
    }
    if let Some(signing) = &image.signing {
        add(&signing.certificate)?;
        add(&signing.key)?;
    }
    if let Boot::Disk(disk) = &image.boot
        && let Some(state) = &disk.state
        && let Ok(about) = &state.about
    {
        let beside = |name: &String| state.file.with_file_name(name);
        let mut parts = vec![state.file.clone(), description_of(&state.file)];
        parts.extend(about.disks.iter().map(|disk| beside(&disk.file)));
        parts.extend(about.variables.iter().map(beside));
        parts.iter().try_for_each(|file| add(file))?;
    }
    // Where the drivers are is told by the description, or they are the project's.
    for file in below(&image.drivers)? {
        match file.strip_prefix(&ours) {
            Ok(rest) if let Some(rest) = rest.to_str() => {
                files.insert(format!("{OUR_DRIVERS}/{rest}"), file.clone());
            }
            _ => {
                let path = file.strip_prefix(base).ok().and_then(Path::to_str);
                let path = path.ok_or_else(|| ContentError::Outside {
                    file: file.clone(),
                    base: base.to_owned(),
                })?;
                files.insert(path.to_owned(), file.clone());
            }
        }
    }
    Ok(files)
}

fn below(folder: &Path) -> Result<Vec<PathBuf>, ContentError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries = WalkDir::new(folder).sort_by_file_name().into_iter();
    let entries = entries.collect::<Result<Vec<_>, _>>();
    let entries = entries.map_err(|error| at(folder)(error.into()))?;
    let files = entries.into_iter().filter(|one| one.file_type().is_file());
    Ok(files.map(walkdir::DirEntry::into_path).collect())
}

/// When a disk was written, if a saved state says which one it belongs to.
fn written(image: &Image, file: &Path) -> Result<Option<u64>, ContentError> {
    let Boot::Disk(disk) = &image.boot else {
        return Ok(None);
    };
    let dump_disk = disk.dump_disk.as_ref().map(|disk| disk.file.as_path());
    if disk.state.is_none() || (disk.disk.file != file && dump_disk != Some(file)) {
        return Ok(None);
    }
    let modified = file.metadata().and_then(|about| about.modified());
    let since = modified.map_err(at(file))?.duration_since(UNIX_EPOCH);
    Ok(since.ok().map(|since| since.as_secs()))
}

/// Bytes that were added.
fn put_blob(file: &Path, hash: Hash, blobs: &Path) -> Result<u64, ContentError> {
    let blob = blobs.join(hash.to_string());
    let size = file.metadata().map_err(at(file))?.len();
    if blob.metadata().is_ok_and(|about| about.len() == size) {
        return Ok(0);
    }
    let found = put(&mut File::open(file).map_err(at(file))?, blobs, &blob)?;
    if found != hash {
        let error = io::Error::other("it changed while it was read");
        return Err(at(file)(error));
    }
    Ok(size)
}

/// Writes `to`, a file in `folder`, whole or not at all.
fn put(from: &mut dyn io::Read, folder: &Path, to: &Path) -> Result<Hash, ContentError> {
    let mut temporary = NamedTempFile::new_in(folder).map_err(at(folder))?;
    let (hash, _) = copy(from, &mut temporary).map_err(at(to))?;
    readable(temporary.as_file()).map_err(at(to))?;
    temporary.as_file().sync_all().map_err(at(to))?;
    (temporary.persist(to)).map_err(|error| at(to)(error.error))?;
    Ok(hash)
}

/// Readable for all, writable for none.
fn readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    file.set_permissions(fs::Permissions::from_mode(0o444))
}
