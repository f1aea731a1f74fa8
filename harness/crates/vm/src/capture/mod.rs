//! Captures a guest's memory as a dump, and its screen as a picture.

mod survey;

use std::fs::{self, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use analyzer::{AnalyzeError, ConvertError, SymbolPath};
use nix::sys::statvfs::statvfs;
use qapi::qmp::DumpGuestMemoryFormat;
use tokio::time::sleep;

use crate::guest::{Overlay, Qmp, QmpError};
use crate::image::CaptureKind;
use crate::pickup::{ExtractOptions, ExtractedDump, PickUpError, pick_up};

pub use survey::survey;

/// How a guest that writes its own dump is waited for.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// Limit for the whole capture.
    whole: Duration,
    /// How long until it begins.
    beginning: Duration,
    /// How long it writes nothing once it is done.
    quiet: Duration,
    /// How often to look.
    look: Duration,
}

const PACE: Pace = Pace {
    whole: Duration::from_secs(900),
    beginning: Duration::from_secs(30),
    quiet: Duration::from_secs(8),
    look: Duration::from_millis(500),
};

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
    /// QEMU's ELF file of the guest's memory is no Windows dump, and did not become one.
    #[error("the guest's memory did not become a dump: {0}")]
    Convert(#[from] ConvertError),
    /// Windows' own dump could not be read.
    #[error(transparent)]
    PickUp(#[from] PickUpError),
    /// The image names no way to take one.
    #[error("the image names no way to take a dump")]
    NoWay,
    /// The guest did not come to an end with its own dump.
    #[error("the guest was still writing to its disk after {} s", .0.as_secs())]
    StillWriting(Duration),
    /// There is no dump on the guest's disk, or it cannot be read.
    #[error("the guest's disk: {0}")]
    GuestDisk(String),
    /// QEMU could not write it.
    #[error("the dump could not be taken: {0}")]
    Qmp(#[from] QmpError),
    /// The guest's memory cannot be read.
    #[error(transparent)]
    Analyze(#[from] AnalyzeError),
    /// The file could not be handled.
    #[error("cannot handle {}: {error}", path.display())]
    File { path: PathBuf, error: io::Error },
}

/// A dump that was taken.
#[derive(Debug)]
pub struct Captured {
    pub kind: CaptureKind,
    /// The ways that were tried before, and why they failed.
    pub failed: Vec<String>,
}

/// Writes a dump of a guest with `memory` bytes of RAM to `file`, replacing an older one:
/// the first of `kinds` that works. If none does, no partial file is left. A dump on the guest's own
/// disk is not among what this can take: see [`from_guest_disk`].
///
/// `symbols` are for guests that keep their debugger data block encoded.
///
/// # Errors
/// There is no space, or none of the ways works; then the last one's error.
pub async fn dump(
    qmp: &Qmp,
    kinds: &[CaptureKind],
    memory: u64,
    symbols: &SymbolPath,
    file: &Path,
) -> Result<Captured, CaptureError> {
    let mut failed: Vec<String> = Vec::new();
    let mut last = CaptureError::NoWay;
    for &kind in kinds {
        let taken = match kind {
            CaptureKind::WinDmp => written(qmp, DumpGuestMemoryFormat::win_dmp, memory, file).await,
            CaptureKind::ElfDump => converted(qmp, memory, symbols, file).await,
            CaptureKind::Elf => elf_file(qmp, memory, file).await,
            CaptureKind::GuestDisk => continue,
        };
        match taken {
            Ok(()) => return Ok(Captured { kind, failed }),
            // The others need as much.
            Err(error @ CaptureError::NoSpace { .. }) => return Err(error),
            Err(error) => {
                failed.push(format!("no dump by {}: {error}", kind.as_str()));
                last = error;
            }
        }
    }
    Err(last)
}

/// A guest that crashed was not shut down; whether its dump is whole is checked by itself.
const AS_IT_IS: ExtractOptions = ExtractOptions {
    format: None,
    as_it_is: true,
};

/// Copies the dump that Windows wrote to `disk` to `file`, replacing an older one; the guest is off.
/// Of several the large one is taken, else the newest. Blocks until done.
///
/// # Errors
/// There is none, or it cannot be read.
fn of_disk(disk: &Path, file: &Path) -> Result<ExtractedDump, CaptureError> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let temporary = tempfile::tempdir_in(folder).map_err(|error| failed(folder, error))?;
    let picked = pick_up(disk, temporary.path(), AS_IT_IS)?;
    // Minidumps are named by date and number, so that the last name is the newest.
    let is_large = |dump: &&ExtractedDump| dump.guest_path.ends_with("MEMORY.DMP");
    let dumps = || picked.dumps.iter();
    let newest = || dumps().max_by(|one, other| one.guest_path.cmp(&other.guest_path));
    let dump = dumps().find(is_large).or_else(newest);
    let dump = dump.ok_or(CaptureError::NoWay)?;
    fs::rename(&dump.file, file).map_err(|error| failed(file, error))?;
    Ok(dump.clone())
}

/// The guest's memory as an ELF file, converted.
async fn converted(
    qmp: &Qmp,
    memory: u64,
    symbols: &SymbolPath,
    file: &Path,
) -> Result<(), CaptureError> {
    let elf = file.with_extension("elf");
    elf_file(qmp, memory, &elf).await?;
    remove(file)?;
    let (from, symbols, to) = (elf.clone(), symbols.clone(), file.to_owned());
    let work = tokio::task::spawn_blocking(move || analyzer::convert(&from, &symbols, &to));
    let done = work
        .await
        .map_err(|panic| failed(file, io::Error::other(panic)));
    remove(&elf)?;
    done?.map(drop).map_err(CaptureError::from)
}

/// Writes the guest's memory to `file` as QEMU's ELF file.
///
/// # Errors
/// There is no space, or QEMU cannot take the dump.
pub async fn elf_file(qmp: &Qmp, memory: u64, file: &Path) -> Result<(), CaptureError> {
    written(qmp, DumpGuestMemoryFormat::elf, memory, file).await
}

/// Has QEMU write a dump.
async fn written(
    qmp: &Qmp,
    format: DumpGuestMemoryFormat,
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
    match qmp.dump(file, format).await {
        Ok(()) => fs::set_permissions(file, Permissions::from_mode(0o600))
            .map_err(|error| failed(file, error)),
        Err(error) => {
            remove(file)?;
            let full = matches!(&error, QmpError::Refused { message, .. } if is_no_space(message));
            Err(match full {
                true => no_space(free_space(folder).unwrap_or(0)),
                false => error.into(),
            })
        }
    }
}

/// Lets a stopped guest run on until it has written its own dump: it has begun to write to one of
/// its disks (`overlays`), and has then written nothing for a while. One that writes nothing at all
/// is given up soon.
///
/// # Errors
/// It does not come to an end; QEMU ends.
pub async fn let_write(qmp: &Qmp, overlays: &[Overlay]) -> Result<(), CaptureError> {
    let_write_at(qmp, overlays, PACE).await
}

async fn let_write_at(qmp: &Qmp, overlays: &[Overlay], pace: Pace) -> Result<(), CaptureError> {
    qmp.resume().await?;
    let end = Instant::now() + pace.whole;
    let (mut last, mut since) = (state_of(overlays), Instant::now());
    let mut quiet = pace.beginning;
    while Instant::now() < end {
        sleep(pace.look).await;
        let now = state_of(overlays);
        if now != last {
            (last, since) = (now, Instant::now());
            quiet = pace.quiet;
        } else if since.elapsed() >= quiet {
            return Ok(());
        }
    }
    Err(CaptureError::StillWriting(pace.whole))
}

/// Changes whenever a guest writes to one of its disks: QEMU writes to the file at once.
fn state_of(overlays: &[Overlay]) -> Vec<Option<(u64, SystemTime)>> {
    let state = |overlay: &Overlay| {
        let about = overlay.file.metadata().ok()?;
        Some((about.len(), about.modified().ok()?))
    };
    overlays.iter().map(state).collect()
}

/// Takes the dump that a guest wrote to one of its disks (not in use; the likeliest first). One that
/// was there before the guest ran is not of this run.
///
/// # Errors
/// There is none, or it cannot be read.
pub fn from_guest_disk(overlays: &[Overlay], file: &Path) -> Result<(), CaptureError> {
    let mut refused = Vec::new();
    for overlay in overlays {
        match of_disk(&overlay.file, file) {
            Ok(dump) if was_there(&dump, &overlay.below, file) => {
                remove(file)?;
                let path = &dump.guest_path;
                refused.push(format!("{path} was there before, and was not written anew"));
            }
            Ok(_) => return Ok(()),
            Err(error) => refused.push(error.to_string()),
        }
    }
    Err(CaptureError::GuestDisk(refused.join("; ")))
}

/// Bytes of a dump that tell it from any other: its header has the time of the stop.
const HEADER: u64 = 0x2000;

/// Whether the disk `below` has the same dump as `file`.
fn was_there(dump: &ExtractedDump, below: &Path, file: &Path) -> bool {
    let beginning = |file: &Path| {
        let mut bytes = Vec::new();
        let read = fs::File::open(file).and_then(|file| file.take(HEADER).read_to_end(&mut bytes));
        read.ok().map(|_| bytes)
    };
    let Ok(folder) = tempfile::tempdir_in(file.parent().unwrap_or(Path::new("."))) else {
        return false;
    };
    // What has no dump is the usual case.
    let Ok(before) = pick_up(below, folder.path(), AS_IT_IS) else {
        return false;
    };
    (before.dumps.iter()).any(|one| {
        let same_place = one.guest_path == dump.guest_path;
        same_place && beginning(&one.file).is_some_and(|old| Some(old) == beginning(file))
    })
}

/// QEMU passes on the system's message (ENOSPC, EDQUOT) and no number.
fn is_no_space(message: &str) -> bool {
    message.contains("No space left on device") || message.contains("Disk quota exceeded")
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
