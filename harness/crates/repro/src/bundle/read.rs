//! Unpacks a bundle. It is untrusted: only plain files below the folder are created, up to a limit,
//! and a truncated or damaged archive is detected before anything is run.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use tar::{Archive, Entry, EntryType};
use zstd::stream::read::Decoder;

use super::EVIDENCE;
use super::manifest::{FORMAT, MANIFEST, Manifest};

/// How much is taken from an archive.
#[derive(Clone, Copy, Debug)]
pub struct ArchiveLimits {
    /// Files and folders.
    pub entries: usize,
    /// Bytes that are written.
    pub written: u64,
    /// Bytes that are decompressed, with what is not written.
    pub read: u64,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self {
            entries: 1000,
            written: 1 << 30,
            read: 64 << 30,
        }
    }
}

/// A manifest is some KiB.
const MOST_MANIFEST: u64 = 4 << 20;

/// 128 MiB, what `zstd` itself takes without being asked; else an archive could ask for gigabytes.
const MOST_WINDOW_LOG: u32 = 27;

/// A file cannot be used as a bundle.
#[derive(Debug, thiserror::Error)]
#[error("{} {problem}", file.display())]
pub struct BundleError {
    file: PathBuf,
    problem: Problem,
}

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("cannot be opened: {0}")]
    Open(io::Error),
    #[error("is cut off or damaged ({0}): get it again")]
    Damaged(io::Error),
    #[error("is not a bundle: its first file is not {MANIFEST}")]
    NoManifest,
    #[error("has a {MANIFEST} that cannot be read: {0}")]
    Manifest(String),
    #[error(
        "is of format {0}, where this stopcode reads format {FORMAT}: use the version that wrote it"
    )]
    Format(u32),
    #[error("holds {what} `{path}`, which no bundle of ours has: it was not unpacked")]
    Hostile { what: &'static str, path: String },
    #[error("holds more than {0}, and more than a bundle needs: it was not unpacked")]
    TooMuch(String),
    #[error("lacks {0}")]
    Missing(String),
    #[error("cannot be unpacked: {0}")]
    Write(io::Error),
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        match error.get_ref().is_some_and(|inner| inner.is::<Beyond>()) {
            true => Self::TooMuch("so many bytes".into()),
            false => Self::Damaged(error),
        }
    }
}

/// The limit of a [`Bounded`] reader.
#[derive(Debug, thiserror::Error)]
#[error("more than can be read")]
struct Beyond;

/// A reader that fails beyond a limit: `take` would look like the end.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.left =
            (self.left.checked_sub(length as u64)).ok_or_else(|| io::Error::other(Beyond))?;
        Ok(length)
    }
}

/// Unpacks what repeats the crash of the bundle `file` into the empty folder `into`, and reads all of
/// it: its checksum is at its end.
///
/// # Errors
/// It cannot be used; what was unpacked must not be, either.
pub fn unpack(file: &Path, into: &Path, limits: ArchiveLimits) -> Result<Manifest, BundleError> {
    unpack_from(file, into, limits).map_err(|problem| BundleError {
        file: file.to_owned(),
        problem,
    })
}

fn unpack_from(file: &Path, into: &Path, limits: ArchiveLimits) -> Result<Manifest, Problem> {
    let opened = File::open(file).map_err(Problem::Open)?;
    if opened.metadata().map_err(Problem::Open)?.is_dir() {
        return Err(Problem::Open(io::ErrorKind::IsADirectory.into()));
    }
    let mut decoder = Decoder::with_buffer(BufReader::new(opened))?;
    decoder.window_log_max(MOST_WINDOW_LOG)?;
    let bounded = Bounded {
        inner: decoder,
        left: limits.read,
    };
    let mut archive = Archive::new(bounded);
    let mut seen = BTreeSet::new();
    let mut manifest = None;
    let mut left = limits.written;
    // Raw: names in entries of their own, which may be of any length, are not looked at, and their
    // kinds are refused below.
    for entry in archive.entries()?.raw(true) {
        let mut entry = entry?;
        if seen.len() >= limits.entries {
            return Err(Problem::TooMuch(format!("{} files", limits.entries)));
        }
        let path = plain_path(&entry)?;
        let name = path.to_string_lossy().into_owned();
        if !seen.insert(name.clone()) {
            return Err(hostile("a second file", &name));
        }
        if manifest.is_none() {
            manifest = Some(first(&name, &mut entry)?);
            continue;
        }
        if name.starts_with(EVIDENCE) {
            continue;
        }
        left = (left.checked_sub(entry.size()))
            .ok_or_else(|| Problem::TooMuch(format!("{} MiB", limits.written >> 20)))?;
        extract(&mut entry, &into.join(&path))?;
    }
    // What follows the last file, up to the checksum.
    io::copy(&mut archive.into_inner(), &mut io::sink())?;
    let manifest = manifest.ok_or(Problem::NoManifest)?;
    let needed = manifest
        .files
        .keys()
        .filter(|name| !name.starts_with(EVIDENCE));
    if let Some(missing) = needed.into_iter().find(|name| !seen.contains(*name)) {
        return Err(Problem::Missing(missing.clone()));
    }
    Ok(manifest)
}

/// The manifest, which must be the first file.
fn first(name: &str, entry: &mut impl Read) -> Result<Manifest, Problem> {
    #[derive(serde::Deserialize)]
    struct Head {
        format: u32,
    }

    if name != MANIFEST {
        return Err(Problem::NoManifest);
    }
    let mut text = Vec::new();
    entry.take(MOST_MANIFEST + 1).read_to_end(&mut text)?;
    if text.len() as u64 > MOST_MANIFEST {
        return Err(Problem::TooMuch(format!(
            "{} MiB of {MANIFEST}",
            MOST_MANIFEST >> 20
        )));
    }
    let wrong = |error: serde_json::Error| Problem::Manifest(error.to_string());
    let head: Head = serde_json::from_slice(&text).map_err(wrong)?;
    if head.format != FORMAT {
        return Err(Problem::Format(head.format));
    }
    serde_json::from_slice(&text).map_err(wrong)
}

/// A path that stays below the folder, of a plain file.
fn plain_path<R: Read>(entry: &Entry<'_, R>) -> Result<PathBuf, Problem> {
    let name = entry.path_bytes();
    let shown = || String::from_utf8_lossy(&name).escape_debug().to_string();
    let what = match entry.header().entry_type() {
        EntryType::Regular => None,
        EntryType::Directory => Some("a folder"),
        EntryType::Symlink | EntryType::Link => Some("a link"),
        _ => Some("a special file"),
    };
    if let Some(what) = what {
        return Err(hostile(what, &shown()));
    }
    let path = std::str::from_utf8(&name).map_err(|_| hostile("the name", &shown()))?;
    let parts = Path::new(path).components();
    let plain = parts
        .clone()
        .all(|word| matches!(word, Component::Normal(_)));
    // Also what this system reads in another way than it is written: `a//b`, `a/.`.
    let same = parts.collect::<PathBuf>().as_os_str() == path;
    match plain && same && !path.is_empty() && !path.contains(['\\', '\0']) {
        true => Ok(path.into()),
        false => Err(hostile("the path", &shown())),
    }
}

fn hostile(what: &'static str, path: &str) -> Problem {
    let path = path.chars().take(100).collect();
    Problem::Hostile { what, path }
}

fn extract(entry: &mut impl Read, to: &Path) -> Result<(), Problem> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(Problem::Write)?;
    }
    // New: nothing that is there is written to or followed.
    let mut file =
        (OpenOptions::new().write(true).create_new(true).open(to)).map_err(Problem::Write)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let length = entry.read(&mut buffer)?;
        if length == 0 {
            return Ok(());
        }
        io::Write::write_all(&mut file, &buffer[..length]).map_err(Problem::Write)?;
    }
}

#[cfg(test)]
mod tests;
