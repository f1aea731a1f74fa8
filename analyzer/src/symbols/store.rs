//! Symbol stores: the layout of symbol servers and their caches. (`name/KEY/name`, below a folder
//! of the name's first two letters where the store's root holds `index2.txt`; `name` may be
//! compressed as `nam_`, or `file.ptr` may say where it is.)

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use cab::Cabinet;
use tempfile::NamedTempFile;

use super::id::PdbId;

/// The largest PDBs (of browsers) are a few GiB.
pub(super) const MAX_FILE: u64 = 4 << 30;
/// A longer `file.ptr` is invalid.
const MAX_POINTER: u64 = 4096;

/// Files of a store that may hold the PDB, the uncompressed one first.
pub(super) fn candidates(root: &Path, id: &PdbId) -> Vec<PathBuf> {
    let Some(name) = id.file_name() else {
        return Vec::new();
    };
    let folder = match root.join("index2.txt").is_file() {
        true => root.join(name.chars().take(2).collect::<String>()),
        false => root.to_owned(),
    };
    let entry = folder.join(name).join(id.store_key());
    let found = [entry.join(name), entry.join(compressed_name(name))];
    let pointed = pointed_file(&entry.join("file.ptr"));
    // Volatility's tables are in a folder with the PDB's name.
    let tables = ["json.xz", "json"].map(|extension| {
        let file = format!("{}-{}.{extension}", id.guid_text(), id.age);
        folder.join(name).join(file)
    });
    found
        .into_iter()
        .chain(pointed)
        .chain(tables)
        .filter(|path| path.is_file())
        .collect()
}

/// Path of a downloaded PDB.
pub(super) fn place(root: &Path, id: &PdbId) -> Option<PathBuf> {
    let name = id.file_name()?;
    Some(root.join(name).join(id.store_key()).join(name))
}

/// `ntkrnlmp.pd_`
pub(super) fn compressed_name(name: &str) -> String {
    let mut compressed = name.to_owned();
    compressed.pop();
    compressed.push('_');
    compressed
}

fn pointed_file(pointer: &Path) -> Option<PathBuf> {
    let mut text = String::new();
    let file = File::open(pointer).ok()?;
    file.take(MAX_POINTER).read_to_string(&mut text).ok()?;
    let text = text.trim();
    // `MSG:` says why there is none; a bare path is the old form.
    match text.strip_prefix("MSG:") {
        Some(_) => None,
        None => Some(PathBuf::from(text.strip_prefix("PATH:").unwrap_or(text))),
    }
}

/// Whether a file's first bytes are those of a cabinet.
pub(super) fn is_cabinet(path: &Path) -> bool {
    let mut magic = [0; 4];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut magic));
    read.is_ok() && &magic == b"MSCF"
}

/// Extracts the only file of a cabinet to `to`.
///
/// # Errors
/// Damage, or more than [`MAX_FILE`].
pub(super) fn extract(cabinet: impl Read + Seek, to: &mut dyn Write) -> io::Result<()> {
    // The cabinet is untrusted: the crate may panic.
    let extracted = catch_unwind(AssertUnwindSafe(|| {
        let mut cabinet = Cabinet::new(cabinet)?;
        let mut folders = cabinet.folder_entries();
        let file = folders.find_map(|folder| folder.file_entries().next());
        let name = file.map(|file| file.name().to_owned());
        let name = name.ok_or_else(|| io::Error::other("the cabinet is empty"))?;
        let length = io::copy(&mut cabinet.read_file(&name)?.take(MAX_FILE + 1), to)?;
        match length > MAX_FILE {
            true => Err(io::Error::other("the cabinet's file is too long")),
            false => Ok(()),
        }
    }));
    extracted.unwrap_or_else(|_| Err(io::Error::other("the cabinet is damaged")))
}

/// Writes a file atomically: `write` fills a temporary file, `check` accepts it, then it is
/// renamed.
///
/// # Errors
/// The reason, also `check`'s.
pub(super) fn keep(
    place: &Path,
    write: impl FnOnce(&mut File) -> Result<(), String>,
    check: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<(), String> {
    let cannot = |error: io::Error| format!("{} cannot be written: {error}", place.display());
    let folder = place.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(cannot)?;
    let mut file = NamedTempFile::new_in(folder).map_err(cannot)?;
    let kept = write(file.as_file_mut()).and_then(|()| check(file.path()));
    if let Err(reason) = kept {
        drop(file);
        // Removes the folder only if it is empty.
        let _ = fs::remove_dir(folder);
        let _ = folder.parent().map(fs::remove_dir);
        return Err(reason);
    }
    file.persist(place).map_err(|error| cannot(error.error))?;
    Ok(())
}
