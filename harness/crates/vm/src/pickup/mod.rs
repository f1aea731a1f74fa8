//! Windows' own dumps, read from a guest's disk while the guest is off: `Windows\MEMORY.DMP` and
//! `Windows\Minidump\*.dmp` from NTFS. The disk is never written to.
//!
//! Everything on the disk is untrusted: the search for a file reads a bounded amount.

mod copy;
mod disk;
mod nbd;
mod ntfs;
mod volumes;
mod window;

use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use disk::Disk;
pub use disk::DiskFormat;
use ntfs::{Checks, Dump, DumpSearch, Volume};
use volumes::{FileSystem, volumes};

/// Why no dump was picked up. Each says what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PickUpError {
    /// The disk cannot be opened.
    #[error("cannot read {}: {source}. Check the path and its permissions", path.display())]
    Open {
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The name does not tell what it is, and guests can make a raw disk look like another format.
    #[error(
        "{} does not end in a disk format's name ({}); say which it is with --format",
        .0.display(), disk::known_names()
    )]
    UnknownFormat(PathBuf),
    /// The tool that reads it is not here.
    #[error("qemu-nbd, which reads {} disks, is not installed: run ci/setup (package qemu-utils)", .0)]
    NoQemuNbd(&'static str),
    /// QEMU does not read it.
    #[error(
        "qemu-nbd cannot read {}: {message}. If a guest still runs on it, stop that first",
        path.display()
    )]
    Qemu { path: PathBuf, message: String },
    /// No partition that Windows could be on.
    #[error("{} has no NTFS volume ({found}); name the disk that Windows starts from", path.display())]
    NoVolume { path: PathBuf, found: String },
    /// The disk ends before a partition does.
    #[error(
        "{} is truncated: its {volume} ends at byte {end}, the disk at {size}. Copy the disk again",
        path.display()
    )]
    Truncated {
        path: PathBuf,
        volume: String,
        /// Where it would end.
        end: u64,
        /// Bytes of the disk.
        size: u64,
    },
    /// BitLocker.
    #[error(
        "the {volume} of {} is encrypted by BitLocker. In the guest, switch it off (manage-bde -off \
         C:) and wait until it is decrypted, or write dumps to a disk that is not encrypted \
         (DedicatedDumpFile)",
        path.display()
    )]
    Encrypted { path: PathBuf, volume: String },
    /// Windows sleeps on it.
    #[error(
        "the {volume} of {} belongs to a hibernated Windows (fast startup hibernates, too): what is \
         on it may be old. Start the guest and shut it down (shutdown /s /t 0; powercfg /h off \
         prevents it), or read it as it is with --as-it-is",
        path.display()
    )]
    Hibernated { path: PathBuf, volume: String },
    /// It was not unmounted.
    #[error(
        "the {volume} of {} was not shut down cleanly ({how}): files on it may be incomplete. Start \
         the guest and shut it down, or read it as it is with --as-it-is",
        path.display()
    )]
    Dirty {
        path: PathBuf,
        volume: String,
        /// What tells.
        how: &'static str,
    },
    /// The file system makes no sense.
    #[error(
        "the {volume} of {} is damaged: {what}. Let Windows repair it (chkdsk /f), or copy the disk \
         again",
        path.display()
    )]
    Damaged {
        path: PathBuf,
        volume: String,
        /// What does not fit.
        what: String,
    },
    /// Windows left none.
    #[error("there is no Windows\\MEMORY.DMP and no Windows\\Minidump\\*.dmp on {}{hint}", path.display())]
    NoDump {
        path: PathBuf,
        /// Why that may be, and the remedy.
        hint: String,
    },
    /// The dump on the disk is not whole.
    #[error("{file} on {} is not whole: {what}", path.display())]
    Incomplete {
        path: PathBuf,
        /// The file in the guest.
        file: String,
        /// What is missing, and the remedy.
        what: String,
    },
    /// There is something where a dump should go.
    #[error("{} exists; name another folder, or remove it first", .0.display())]
    Exists(PathBuf),
    /// It could not be copied.
    #[error("cannot write {}: {source}. Nothing was left there", path.display())]
    Write {
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A dump that was picked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtractedDump {
    /// Where it was in the guest, from the volume's root.
    pub guest_path: String,
    /// Where it is now.
    pub file: PathBuf,
    /// Bytes.
    pub size: u64,
}

/// What an extraction came to.
#[derive(Debug, Default)]
pub struct Extraction {
    /// What was copied, the large one first.
    pub dumps: Vec<ExtractedDump>,
    /// Why others were not.
    pub refused: Vec<PickUpError>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct ExtractOptions {
    /// The disk's format; by its name if `None`.
    pub format: Option<DiskFormat>,
    /// Whether to read volumes that are hibernated or were not shut down.
    pub as_it_is: bool,
}

/// Copies the dumps that Windows left on `disk` into `folder`, which is made where it is missing.
/// Blocks until done.
///
/// # Errors
/// See [`PickUpError`]; of a dump that could not be copied nothing is left.
pub fn pick_up(
    disk: &Path,
    folder: &Path,
    wanted: ExtractOptions,
) -> Result<Extraction, PickUpError> {
    let mut opened = Disk::open(disk, wanted.format)?;
    let size = opened.size();
    let all = volumes(&mut opened, size).map_err(|source| PickUpError::Open {
        path: disk.to_owned(),
        source,
    })?;
    let checks = match wanted.as_it_is {
        true => Checks::None,
        false => Checks::All,
    };
    let mut obstacle = None;
    let mut seen = Vec::new();
    let mut hint = String::new();
    for volume in all {
        let place = VolumeOnDisk {
            disk,
            volume: volume.name(),
        };
        match volume.file_system {
            FileSystem::Ntfs => {}
            FileSystem::BitLocker => {
                obstacle.get_or_insert(place.encrypted());
                continue;
            }
            FileSystem::Other => {
                seen.push(volume.name());
                continue;
            }
            FileSystem::BeyondTheEnd => {
                obstacle.get_or_insert(PickUpError::Truncated {
                    path: disk.to_owned(),
                    volume: volume.name(),
                    end: volume.end(),
                    size,
                });
                continue;
            }
        }
        let mut ntfs = match Volume::open(&mut opened, &volume, &place) {
            Ok(ntfs) => ntfs,
            Err(error) => {
                obstacle.get_or_insert(error);
                continue;
            }
        };
        match ntfs.dumps(checks) {
            Ok(DumpSearch::Dumps(dumps)) => {
                return copied(&mut ntfs, &dumps, folder);
            }
            Ok(DumpSearch::None(why)) if hint.is_empty() => hint = why,
            Ok(DumpSearch::None(_) | DumpSearch::NotWindows) => {}
            Err(error) => {
                obstacle.get_or_insert(error);
            }
        }
        seen.push(volume.name());
    }
    Err(match obstacle {
        // A volume that could not be read may be the one.
        Some(obstacle) if hint.is_empty() => obstacle,
        _ if seen.is_empty() => PickUpError::NoVolume {
            path: disk.to_owned(),
            found: "it has no partitions and no file system".to_owned(),
        },
        _ if hint.is_empty() => PickUpError::NoVolume {
            path: disk.to_owned(),
            found: format!("there is no Windows on {}", seen.join(", ")),
        },
        _ => PickUpError::NoDump {
            path: disk.to_owned(),
            hint,
        },
    })
}

/// Copies what can be copied; an error if that is nothing.
fn copied<D: Read + Seek>(
    volume: &mut Volume<'_, D>,
    dumps: &[Dump],
    folder: &Path,
) -> Result<Extraction, PickUpError> {
    let mut picked = Extraction::default();
    for dump in dumps {
        match copy::dump(volume, dump, folder) {
            Ok(dump) => picked.dumps.push(dump),
            Err(error) => picked.refused.push(error),
        }
    }
    if picked.dumps.is_empty() && !picked.refused.is_empty() {
        return Err(picked.refused.swap_remove(0));
    }
    Ok(picked)
}

/// A volume of a disk, for messages.
#[derive(Clone, Debug)]
struct VolumeOnDisk<'d> {
    disk: &'d Path,
    volume: String,
}

impl VolumeOnDisk<'_> {
    fn encrypted(&self) -> PickUpError {
        PickUpError::Encrypted {
            path: self.disk.to_owned(),
            volume: self.volume.clone(),
        }
    }

    fn damaged(&self, what: impl ToString) -> PickUpError {
        PickUpError::Damaged {
            path: self.disk.to_owned(),
            volume: self.volume.clone(),
            what: what.to_string(),
        }
    }

    fn dirty(&self, how: &'static str) -> PickUpError {
        PickUpError::Dirty {
            path: self.disk.to_owned(),
            volume: self.volume.clone(),
            how,
        }
    }

    fn hibernated(&self) -> PickUpError {
        PickUpError::Hibernated {
            path: self.disk.to_owned(),
            volume: self.volume.clone(),
        }
    }

    fn incomplete(&self, file: &str, what: String) -> PickUpError {
        PickUpError::Incomplete {
            path: self.disk.to_owned(),
            file: file.to_owned(),
            what,
        }
    }
}
