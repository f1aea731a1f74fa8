//! A guest's disk, opened for reading only: a raw one as a file, others through qemu-nbd.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::prctl;
use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::PickUpError;
use super::nbd::NbdDisk;

/// How long qemu-nbd may take to listen; it takes some 20 ms.
const PATIENCE: Duration = Duration::from_secs(20);

/// A disk format, by the names that QEMU knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum DiskFormat {
    /// The disk's bytes.
    Raw,
    /// QEMU's.
    Qcow2,
    /// VirtualBox's.
    Vdi,
    /// Hyper-V's.
    Vhdx,
    /// VirtualPC's and Hyper-V's older one.
    Vpc,
    /// VMware's.
    Vmdk,
}

impl DiskFormat {
    const EXTENSIONS: [(&str, Self); 9] = [
        ("qcow2", Self::Qcow2),
        ("qcow", Self::Qcow2),
        ("raw", Self::Raw),
        ("img", Self::Raw),
        ("dd", Self::Raw),
        ("vdi", Self::Vdi),
        ("vhdx", Self::Vhdx),
        ("vhd", Self::Vpc),
        ("vmdk", Self::Vmdk),
    ];

    fn of_name(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        let mut known = Self::EXTENSIONS.into_iter();
        known
            .find(|(name, _)| *name == extension)
            .map(|(_, format)| format)
    }

    /// QEMU's name for it.
    fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Qcow2 => "qcow2",
            Self::Vdi => "vdi",
            Self::Vhdx => "vhdx",
            Self::Vpc => "vpc",
            Self::Vmdk => "vmdk",
        }
    }
}

pub(super) fn known_names() -> String {
    let names = DiskFormat::EXTENSIONS.map(|(name, _)| format!(".{name}"));
    names.join(", ")
}

pub(super) enum Disk {
    Raw(File, u64),
    /// The disk, and the process that serves it.
    Served(
        NbdDisk,
        #[expect(dead_code, reason = "it serves for as long as it is kept")] Server,
    ),
}

impl Disk {
    /// Opens a disk of `format`, else of the format that its name says. Its content is never asked:
    /// a guest could make it say anything, another file of the host's as its base included.
    pub(super) fn open(path: &Path, format: Option<DiskFormat>) -> Result<Self, PickUpError> {
        let io = |source| PickUpError::Open {
            path: path.to_owned(),
            source,
        };
        let mut file = File::open(path).map_err(io)?;
        if file.metadata().map_err(io)?.is_dir() {
            return Err(io(io::ErrorKind::IsADirectory.into()));
        }
        let format = format.or_else(|| DiskFormat::of_name(path));
        match format.ok_or_else(|| PickUpError::UnknownFormat(path.to_owned()))? {
            DiskFormat::Raw => {
                // A block device's length is where its end is.
                let size = file.seek(SeekFrom::End(0)).map_err(io)?;
                Ok(Self::Raw(file, size))
            }
            format => {
                let server = Server::start(path, format)?;
                let disk = server.connect(path)?;
                Ok(Self::Served(disk, server))
            }
        }
    }

    /// Bytes of the disk.
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Raw(_, size) => *size,
            Self::Served(disk, _) => disk.size(),
        }
    }
}

impl Read for Disk {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Raw(file, _) => file.read(buf),
            Self::Served(disk, _) => disk.read(buf),
        }
    }
}

impl Seek for Disk {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Raw(file, _) => file.seek(to),
            Self::Served(disk, _) => disk.seek(to),
        }
    }
}

/// A qemu-nbd that serves one disk on a socket in a private folder. Dropping it ends it.
pub(super) struct Server {
    process: Child,
    folder: TempDir,
}

impl Server {
    fn start(path: &Path, format: DiskFormat) -> Result<Self, PickUpError> {
        let io = |source| PickUpError::Open {
            path: path.to_owned(),
            source,
        };
        let folder = TempDir::new().map_err(io)?;
        let messages = File::create(folder.path().join("messages")).map_err(io)?;
        let mut command = Command::new("qemu-nbd");
        command
            .args(["--read-only", "--persistent", "--shared=1", "--format"])
            .arg(format.as_str())
            .arg("--socket")
            .arg(folder.path().join("socket"))
            .arg("--")
            .arg(path.canonicalize().map_err(io)?)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(messages);
        // SAFETY: between fork and exec only prctl is called, which is async-signal-safe.
        unsafe {
            command.pre_exec(|| prctl::set_pdeathsig(Signal::SIGKILL).map_err(io::Error::from));
        }
        match command.spawn() {
            Ok(process) => Ok(Self { process, folder }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(PickUpError::NoQemuNbd(format.as_str()))
            }
            Err(error) => Err(io(error)),
        }
    }

    /// Waits until it listens, or ends.
    fn connect(&self, path: &Path) -> Result<NbdDisk, PickUpError> {
        let socket = self.folder.path().join("socket");
        let refused = |message: String| PickUpError::Qemu {
            path: path.to_owned(),
            message,
        };
        let patience = Instant::now() + PATIENCE;
        loop {
            if let Ok(stream) = UnixStream::connect(&socket) {
                let limit = stream.set_read_timeout(Some(PATIENCE));
                let disk = limit.and_then(|()| NbdDisk::connect(stream));
                return disk.map_err(|error| refused(error.to_string()));
            }
            let output = std::fs::read(self.folder.path().join("messages")).unwrap_or_default();
            let output = String::from_utf8_lossy(&output);
            if self.has_ended() || Instant::now() > patience {
                let message = output.trim().trim_start_matches("qemu-nbd: ");
                return Err(refused(match message {
                    "" => "it does not answer".to_owned(),
                    message => message.replace('\n', "; "),
                }));
            }
            sleep(Duration::from_millis(5));
        }
    }

    fn has_ended(&self) -> bool {
        let pid = self.process.id();
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let state = stat
            .rsplit_once(") ")
            .map(|(_, rest)| rest.starts_with('Z'));
        state.unwrap_or(true)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
