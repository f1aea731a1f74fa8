//! Atomic writes and bounded reads of files.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::files::{self, MAX_FILE};
use super::store::{Problem, StoreError};

/// Files whose names begin so are being written; readers skip them.
const UNFINISHED: &str = ".unfinished-";

/// What is in a folder, in the order of the names, but for what is being written.
pub(super) fn list(folder: &Path, problems: &mut Vec<Problem>) -> Vec<PathBuf> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            problems.push(Problem {
                file: folder.to_owned(),
                reason: error.to_string(),
            });
            return Vec::new();
        }
    };
    let mut found: Vec<PathBuf> = (entries.filter_map(Result::ok))
        .filter(|entry| !entry.file_name().to_string_lossy().starts_with(UNFINISHED))
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}

/// Reads a file of a bounded size as JSON.
pub(super) fn read_json<T: DeserializeOwned>(file: &Path) -> Result<T, String> {
    let (source, length) = files::open_regular(file).map_err(|error| error.to_string())?;
    if length > MAX_FILE {
        return Err(format!(
            "{length} bytes are more than the {MAX_FILE} of a result"
        ));
    }
    let mut bytes = Vec::new();
    (source.take(MAX_FILE).read_to_end(&mut bytes)).map_err(|error| error.to_string())?;
    serde_json::from_slice(&bytes).map_err(|error| match error.is_eof() {
        true => format!("it is cut short ({error})"),
        false => format!("it is not a file of a report: {error}"),
    })
}

/// Writes a file beside its place and renames it, so that no reader ever sees half of it, a power
/// failure included.
pub(super) fn write_whole(file: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let folder = file.parent().unwrap_or(Path::new("."));
    make_dirs(folder)?;
    let write = || -> io::Result<()> {
        let mut temporary = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .permissions(fs::Permissions::from_mode(0o600))
            .tempfile_in(folder)?;
        temporary.write_all(bytes)?;
        temporary.as_file().sync_all()?;
        temporary.persist(file)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(StoreError::io(file))
}

/// A folder and those above it; only the owner can read what is new.
pub(super) fn make_dirs(folder: &Path) -> Result<(), StoreError> {
    let mut builder = DirBuilder::new();
    let made = builder.recursive(true).mode(0o700).create(folder);
    made.map_err(StoreError::io(folder))
}
