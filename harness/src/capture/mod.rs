//! Taking what a guest leaves behind: the dump of its memory, and what its screen shows.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::sys::statvfs::statvfs;
use qapi::qmp::DumpGuestMemoryFormat;

use crate::guest::{Qmp, QmpError};
use crate::image::CaptureKind;

/// The dump could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The disk is full, or would be.
    #[error(
        "no space for the dump: it needs {} MiB in {}, where {} MiB are free",
        needed >> 20, folder.display(), free >> 20
    )]
    NoSpace {
        /// Where it should go.
        folder: PathBuf,
        /// Bytes that the dump takes.
        needed: u64,
        /// Bytes that are free there.
        free: u64,
    },
    /// QEMU could not write it.
    #[error("the dump could not be taken: {0}")]
    Qmp(#[from] QmpError),
    /// The file could not be handled.
    #[error("cannot handle {}: {error}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

/// Writes a dump of a guest with `memory` bytes of RAM to `file`, replacing an older one. If it
/// fails, no partial file is left.
///
/// # Errors
/// There is no space, or QEMU cannot take the dump.
pub async fn dump(
    qmp: &Qmp,
    kind: CaptureKind,
    memory: u64,
    file: &Path,
) -> Result<(), CaptureError> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let free = free_space(folder).map_err(|error| failed(folder, error))?;
    let no_space = |free| CaptureError::NoSpace {
        folder: folder.to_owned(),
        needed: memory,
        free,
    };
    // Starting to write would only fail later, and leave other runs without space meanwhile.
    if free < memory {
        return Err(no_space(free));
    }
    // QEMU creates dumps with mode 0400 and cannot open an old one for writing.
    remove(file)?;
    let format = match kind {
        CaptureKind::WinDmp => DumpGuestMemoryFormat::win_dmp,
    };
    match qmp.dump(file, format).await {
        Ok(()) => fs::set_permissions(file, Permissions::from_mode(0o600))
            .map_err(|error| failed(file, error)),
        Err(error) => {
            remove(file)?;
            let full = matches!(&error, QmpError::Refused { words, .. } if is_no_space(words));
            Err(match full {
                true => no_space(free_space(folder).unwrap_or(0)),
                false => error.into(),
            })
        }
    }
}

/// QEMU passes on the system's message (ENOSPC, EDQUOT) and no number.
fn is_no_space(words: &str) -> bool {
    words.contains("No space left on device") || words.contains("Disk quota exceeded")
}

/// Bytes that this user may still write in `folder`.
fn free_space(folder: &Path) -> io::Result<u64> {
    let about = statvfs(folder)?;
    Ok(about.blocks_available() * about.fragment_size())
}

fn remove(file: &Path) -> Result<(), CaptureError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(file, error)),
        _ => Ok(()),
    }
}

fn failed(path: &Path, error: io::Error) -> CaptureError {
    CaptureError::File {
        path: path.to_owned(),
        error,
    }
}

#[cfg(test)]
mod tests;
