//! Which files are meant.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// Suffixes of files in a folder that are taken for dumps or logs. Other files in a folder are
/// taken if they begin like a dump.
const SUFFIXES: [&str; 5] = ["dmp", "mdmp", "hdmp", "log", "txt"];

/// The first bytes of Windows' crash dumps and of ELF files.
const STARTS: [&[u8]; 3] = [b"PAGEDU", b"PAGEDUMP", b"\x7fELF"];

/// A path that was asked for and cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {source}", path.display())]
pub struct NotFound {
    path: PathBuf,
    source: io::Error,
}

/// The files among `paths` and in the folders among them, each once, in the order of the paths and
/// of the names in a folder. Links in folders are not followed.
///
/// # Errors
/// If one of `paths` is not there. Folders below it that cannot be read are left out.
pub fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, NotFound> {
    let mut found = Vec::new();
    for path in paths {
        let about = fs::metadata(path).map_err(|source| NotFound {
            path: path.clone(),
            source,
        })?;
        if !about.is_dir() {
            found.push(path.clone());
            continue;
        }
        let tree = WalkDir::new(path).sort_by_file_name();
        let files = tree.into_iter().filter_map(Result::ok);
        let files = files.filter(|entry| entry.file_type().is_file());
        found.extend(
            files
                .map(walkdir::DirEntry::into_path)
                .filter(|file| is_meant(file)),
        );
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|path| seen.insert(path.clone()));
    Ok(found)
}

fn is_meant(file: &Path) -> bool {
    let suffix = file.extension().and_then(|suffix| suffix.to_str());
    if suffix.is_some_and(|suffix| {
        SUFFIXES
            .iter()
            .any(|known| known.eq_ignore_ascii_case(suffix))
    }) {
        return true;
    }
    let mut start = [0; 8];
    let read = File::open(file).and_then(|mut file| file.read(&mut start));
    read.is_ok_and(|length| {
        STARTS
            .iter()
            .any(|known| start[..length].starts_with(known))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_its_dumps_and_logs_and_a_file_itself() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, bytes).unwrap();
            path
        };
        let dump = write("a/one.DMP", b"");
        let bare = write("a/two", b"PAGEDU64");
        let log = write("b/paste.txt", b"BugCheck");
        let other = write("b/picture.png", b"\x89PNG");
        let of_folder = find(&[folder.path().to_owned()]).unwrap();
        assert_eq!(of_folder, [dump.clone(), bare, log]);
        assert_eq!(
            find(&[other.clone(), dump.clone(), other.clone()]).unwrap(),
            [other, dump]
        );
        let missing = find(&[folder.path().join("c")]).unwrap_err();
        assert!(missing.to_string().contains("cannot read"), "{missing}");
    }
}
