//! What belongs to a result beside its record: a closed set of small files with fixed names, so that
//! a record that others wrote cannot name a path.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest file that is taken whole.
pub(super) const MAX_FILE: u64 = 16 << 20;

/// Of a log that is longer than this, the beginning and the end are taken.
const MAX_LOG: u64 = 1 << 20;

/// How much of a long log is its beginning.
const LOG_HEAD: u64 = 256 << 10;

/// A kind of file that belongs to a result.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// What the display showed at the end.
    Screen,
    /// What the guest wrote to COM1.
    Serial,
    /// QEMU's own messages.
    QemuLog,
    /// The machine that ran.
    Machine,
    /// The verdict as JSON.
    Verdict,
    /// The verdict on the dump taken while the guest hung.
    LiveVerdict,
    /// The verdict's reasoning, step by step.
    Walkthrough,
}

impl FileKind {
    /// All of them, in the order of a page.
    pub const ALL: [Self; 7] = [
        Self::Screen,
        Self::Serial,
        Self::QemuLog,
        Self::Machine,
        Self::Verdict,
        Self::LiveVerdict,
        Self::Walkthrough,
    ];

    /// The name of the file in a result's folder; where a run leaves one, it has the same.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Screen => "screen.png",
            Self::Serial => "serial.log",
            Self::QemuLog => "qemu.log",
            Self::Machine => "machine.json",
            Self::Verdict => "verdict.json",
            Self::LiveVerdict => "verdict-live.json",
            Self::Walkthrough => "walkthrough.md",
        }
    }

    const fn is_log(self) -> bool {
        matches!(self, Self::Serial | Self::QemuLog)
    }
}

/// A file in a result's folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeptFile {
    /// What it is.
    pub kind: FileKind,
    /// Its size.
    pub bytes: u64,
    /// Whether the middle of a long log was left out.
    #[serde(default)]
    pub shortened: bool,
}

/// A file that is to belong to a result.
#[derive(Clone, Debug)]
pub struct Gathered {
    pub kept: KeptFile,
    pub bytes: Vec<u8>,
}

impl Gathered {
    /// A file that is taken whole.
    pub fn whole(kind: FileKind, bytes: Vec<u8>) -> Self {
        let kept = KeptFile {
            kind,
            bytes: bytes.len() as u64,
            shortened: false,
        };
        Self { kept, bytes }
    }

    /// What is in a run's `folder` of what belongs to a result, bounded, and what of it cannot be
    /// taken. What is not there is not missed.
    pub(crate) fn from_folder(folder: &Path) -> (Vec<Self>, Vec<String>) {
        let (mut files, mut troubles) = (Vec::new(), Vec::new());
        for kind in FileKind::ALL {
            let file = folder.join(kind.file_name());
            match read_bounded(kind, &file) {
                // QEMU rarely has anything to say.
                Ok((bytes, _)) if bytes.is_empty() && kind == FileKind::QemuLog => {}
                Ok((bytes, shortened)) => {
                    let mut gathered = Self::whole(kind, bytes);
                    gathered.kept.shortened = shortened;
                    files.push(gathered);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => troubles.push(format!("{}: {error}", file.display())),
            }
        }
        (files, troubles)
    }
}

/// The content of a file in a report folder.
///
/// # Errors
/// It cannot be read, is no regular file, or is too large.
pub(super) fn read_kept(file: &Path) -> io::Result<Vec<u8>> {
    let (source, length) = open_regular(file)?;
    read_whole(source, length)
}

fn read_whole(source: File, length: u64) -> io::Result<Vec<u8>> {
    if length > MAX_FILE {
        return Err(io::Error::other(format!(
            "{length} bytes are more than the {MAX_FILE} that are taken"
        )));
    }
    let mut bytes = Vec::new();
    source.take(MAX_FILE).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The content of a file of this kind that a run left, bounded: of a long log the beginning and
/// the end.
///
/// # Errors
/// It cannot be read, is no regular file, or is too large for what it is.
fn read_bounded(kind: FileKind, file: &Path) -> io::Result<(Vec<u8>, bool)> {
    let (mut source, length) = open_regular(file)?;
    if kind.is_log() && length > MAX_LOG {
        let mut bytes = Vec::new();
        (&mut source).take(LOG_HEAD).read_to_end(&mut bytes)?;
        let left_out = length - MAX_LOG;
        let message = format!("\n[… {left_out} bytes are left out here …]\n");
        bytes.extend_from_slice(message.as_bytes());
        source.seek(SeekFrom::Start(LOG_HEAD + left_out))?;
        source.take(MAX_LOG - LOG_HEAD).read_to_end(&mut bytes)?;
        return Ok((bytes, true));
    }
    read_whole(source, length).map(|bytes| (bytes, false))
}

/// Opens a file that is one: no link out of the folder, no pipe that never ends.
pub(super) fn open_regular(file: &Path) -> io::Result<(File, u64)> {
    let flags = nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK;
    let source = (File::options().read(true))
        .custom_flags(flags)
        .open(file)?;
    let about = source.metadata()?;
    if !about.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    Ok((source, about.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_logs_keep_both_ends() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("serial.log");
        let mut text = b"first".to_vec();
        text.resize(3 << 20, b'.');
        text.extend_from_slice(b"last");
        std::fs::write(&file, &text).unwrap();
        let (bytes, shortened) = read_bounded(FileKind::Serial, &file).unwrap();
        assert!(shortened && bytes.len() < (1 << 20) + 100);
        assert!(bytes.starts_with(b"first") && bytes.ends_with(b"last"));
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("[… 2097156 bytes are left out here …]"));
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("screen.png");
        std::os::unix::fs::symlink("/etc/hostname", &link).unwrap();
        assert!(read_bounded(FileKind::Screen, &link).is_err());
        assert!(read_bounded(FileKind::Screen, folder.path()).is_err());
        let large = folder.path().join("large");
        File::create(&large).unwrap().set_len(MAX_FILE + 1).unwrap();
        assert!(read_bounded(FileKind::Verdict, &large).is_err());
    }
}
