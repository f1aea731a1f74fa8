//! The QEMU process.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getpid, getppid, pipe2};
use tokio::net::UnixStream;
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command};

use super::agent::Link;
use super::disks::DiskError;
use super::lockstep::Lockstep;
use super::qmp::QmpError;
use crate::plan::{AgentChannel, AgentLink, Channels, Machine, RunFiles, qemu_args};

/// The program that is started.
pub const QEMU: &str = "qemu-system-x86_64";

/// Bytes of COM1's output that may wait for us: all of it, as guest time must not wait.
const SERIAL_ROOM: i32 = 1 << 20;

/// Our ends of what QEMU inherits.
pub(super) struct Sockets {
    pub qmp: UnixStream,
    pub agent: Link,
    pub serial: Receiver,
    /// The file descriptor, in QEMU, of the state that it is to go on from.
    pub state: Option<RawFd>,
}

/// A QEMU process. It is killed when this is dropped, and by the kernel when stopcode dies.
pub struct Qemu {
    child: Child,
    log: PathBuf,
}

/// QEMU did not start, or ended on its own.
#[derive(Debug, thiserror::Error)]
pub enum QemuError {
    /// The program is not there.
    #[error("{QEMU} is not installed: run ci/setup")]
    NotInstalled,
    /// It could not be started.
    #[error("cannot start {QEMU}: {0}")]
    Start(io::Error),
    #[error("QEMU ended ({status}){}", detail(.message))]
    Ended {
        status: String,
        /// The last it wrote to its standard error.
        message: String,
    },
    /// Its monitor misbehaved.
    #[error("QEMU's monitor: {0}")]
    Monitor(QmpError),
    /// Its disks could not be made.
    #[error(transparent)]
    Disks(#[from] DiskError),
}

fn detail(message: &str) -> String {
    if message.is_empty() {
        String::new()
    } else {
        format!(": {message}")
    }
}

impl Qemu {
    /// Starts QEMU with one end of each channel.
    pub(super) fn spawn(
        machine: &Machine,
        folder: &Path,
        environment: &[(&str, &Path)],
    ) -> Result<(Self, Sockets), QemuError> {
        let (qmp, qmp_theirs) = pair()?;
        let (serial, serial_theirs) = output_pipe()?;
        let mut inherited = Vec::new();
        let (agent, agent_channel) = match &machine.agent {
            AgentLink::Serial(port) => {
                let (ours, theirs) = pair()?;
                let socket = theirs.as_raw_fd();
                inherited.push(theirs);
                (Link::Stream(ours), AgentChannel::Serial { port, socket })
            }
            AgentLink::Lockstep(port) => {
                let (ours, theirs) = Lockstep::new(*port).map_err(QemuError::Start)?;
                let channel = AgentChannel::Lockstep {
                    port: *port,
                    mailbox: theirs.mailbox.as_raw_fd(),
                    gate: theirs.gate.as_raw_fd(),
                };
                inherited.extend([theirs.mailbox, theirs.gate]);
                (Link::Lockstep(ours), channel)
            }
        };
        let channels = Channels {
            qmp: qmp_theirs.as_raw_fd(),
            agent: agent_channel,
            serial: serial_theirs.as_raw_fd(),
        };
        // Opened by us and inherited: QEMU confined by its sandbox could start no `cat` for it.
        let state = match machine.saved_state() {
            Some(state) => {
                let file: OwnedFd = File::open(&state.file).map_err(QemuError::Start)?.into();
                let fd = file.as_raw_fd();
                inherited.push(file);
                Some(fd)
            }
            None => None,
        };
        let args = qemu_args(machine, channels, &RunFiles::new(folder));
        inherited.extend([qmp_theirs, serial_theirs]);
        let mut command = Command::new(QEMU);
        command.args(args).envs(environment.iter().copied());
        let qemu = Self::launch(command, inherited, folder)?;
        let sockets = Sockets {
            qmp,
            agent,
            serial,
            state,
        };
        Ok((qemu, sockets))
    }

    /// Starts the process with its messages in `qemu.log` of `folder`.
    fn launch(
        mut command: Command,
        inherited: Vec<OwnedFd>,
        folder: &Path,
    ) -> Result<Self, QemuError> {
        let log = folder.join("qemu.log");
        let stderr = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&log)
            .map_err(QemuError::Start)?;
        let child = spawn_bound(command.stderr(stderr), inherited)?;
        Ok(Self { child, log })
    }

    /// Process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits until the process ends and says how it did.
    pub async fn death(&mut self) -> QemuError {
        match self.child.wait().await {
            Ok(status) => QemuError::Ended {
                status: describe(status),
                message: last_words(&self.log),
            },
            Err(error) => QemuError::Start(error),
        }
    }

    /// Ends the process now. What it wrote to files stays: QEMU does not buffer it.
    pub async fn kill(mut self) {
        // Failure means that it has ended already.
        let _ = self.child.kill().await;
    }

    /// Starts QEMU with arguments of the caller's and an agent on a virtio-serial port. `folder`
    /// receives `qemu.log`.
    pub(super) fn spawn_with(
        arguments: impl FnOnce(Channels<'_>) -> Vec<std::ffi::OsString>,
        port: &str,
        folder: &Path,
    ) -> Result<(Self, Sockets), QemuError> {
        let (qmp, qmp_theirs) = pair()?;
        let (agent, agent_theirs) = pair()?;
        let (serial, serial_theirs) = output_pipe()?;
        let args = arguments(Channels {
            qmp: qmp_theirs.as_raw_fd(),
            agent: AgentChannel::Serial {
                port,
                socket: agent_theirs.as_raw_fd(),
            },
            serial: serial_theirs.as_raw_fd(),
        });
        let inherited = vec![qmp_theirs, agent_theirs, serial_theirs];
        let mut command = Command::new(QEMU);
        command.args(args);
        let qemu = Self::launch(command, inherited, folder)?;
        let sockets = Sockets {
            qmp,
            agent: Link::Stream(agent),
            serial,
            state: None,
        };
        Ok((qemu, sockets))
    }
}

/// Starts `command` bound to the calling thread: killed with it, deaf to the terminal's Ctrl-C,
/// and with `inherited` open (they are closed here).
pub(super) fn spawn_bound(
    command: &mut Command,
    inherited: Vec<OwnedFd>,
) -> Result<Child, QemuError> {
    let parent = getpid();
    let spawned = {
        let command = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .process_group(0)
            .kill_on_drop(true);
        // SAFETY: the closure runs between fork and exec, where only async-signal-safe calls are
        // allowed; prctl, getppid and fcntl are, and nothing here allocates.
        unsafe {
            command.pre_exec(move || prepare_child(parent, &inherited));
        }
        command.spawn()
    };
    spawned.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => QemuError::NotInstalled,
        _ => QemuError::Start(error),
    })
}

/// In the child, before exec.
fn prepare_child(parent: Pid, inherited: &[OwnedFd]) -> io::Result<()> {
    set_pdeathsig(Signal::SIGKILL)?;
    // If the parent died before the line above, no signal will come.
    if getppid() != parent {
        return Err(io::Error::from_raw_os_error(nix::libc::ESRCH));
    }
    for fd in inherited {
        fcntl(fd, FcntlArg::F_SETFD(FdFlag::empty()))?;
    }
    Ok(())
}

/// A connected pair; ours is ready for tokio, theirs for inheritance.
fn pair() -> Result<(UnixStream, OwnedFd), QemuError> {
    let make = || -> io::Result<_> {
        let (ours, theirs) = StdUnixStream::pair()?;
        ours.set_nonblocking(true)?;
        Ok((UnixStream::from_std(ours)?, OwnedFd::from(theirs)))
    };
    make().map_err(QemuError::Start)
}

/// A pipe: our end to read from, and theirs.
fn output_pipe() -> Result<(Receiver, OwnedFd), QemuError> {
    let make = || -> io::Result<_> {
        let (ours, theirs) = pipe2(OFlag::O_CLOEXEC)?;
        // A user may have used up what the system allows; the usual room is enough for most.
        let _ = fcntl(&theirs, FcntlArg::F_SETPIPE_SZ(SERIAL_ROOM));
        Ok((Receiver::from_owned_fd(ours)?, theirs))
    };
    make().map_err(QemuError::Start)
}

fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;

    match status.signal() {
        Some(signal) => match Signal::try_from(signal) {
            Ok(signal) => format!("killed by {signal}"),
            Err(_) => format!("killed by signal {signal}"),
        },
        None => status.to_string(),
    }
}

/// The end of QEMU's messages, on one line.
fn last_words(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .collect();
    lines[lines.len().saturating_sub(3)..].join(" / ")
}
