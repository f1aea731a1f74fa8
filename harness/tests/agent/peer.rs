//! The real agent as a process, and a channel to it that does what a virtual machine's may do.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Mutex, watch};

/// Where the agent is; Debian has it where only root's search path leads.
pub fn find_agent() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|folder| folder.join("qemu-ga"))
        .find(|file| file.is_file())
}

/// `qemu-ga`, listening on a socket in a folder of its own. Killed when this is dropped.
pub struct RealAgent {
    child: Child,
    folder: TempDir,
}

impl RealAgent {
    pub fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let child = Command::new(find_agent().unwrap())
            .args(["-m", "unix-listen", "-p"])
            .arg(folder.path().join("socket"))
            .arg("-t")
            .arg(folder.path())
            .arg("-f")
            .arg(folder.path().join("pid"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, folder }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub async fn connect(&self) -> UnixStream {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            match UnixStream::connect(self.folder.path().join("socket")).await {
                Ok(stream) => return stream,
                Err(error) => assert!(Instant::now() < end, "qemu-ga does not listen: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().try_into().unwrap());
        kill(pid, signal).unwrap();
    }
}

impl Drop for RealAgent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A channel that passes on a few bytes at a time, in both directions.
pub struct Proxy {
    /// The end for the client.
    pub ours: UnixStream,
    /// How many bytes of answers have passed.
    pub passed: watch::Receiver<usize>,
}

impl Proxy {
    pub fn new(agent: UnixStream, piece: usize) -> Self {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (count, passed) = watch::channel(0);
        let (from_us, to_us) = theirs.into_split();
        let (from_agent, to_agent) = agent.into_split();
        tokio::spawn(pass_on(from_us, to_agent, piece, None));
        tokio::spawn(pass_on(from_agent, to_us, piece, Some(count)));
        Self { ours, passed }
    }
}

/// A channel that outlives the agent at its other end, as a virtual machine's port does.
pub struct Lasting {
    to_us: Arc<Mutex<OwnedWriteHalf>>,
    to_agent: Arc<Mutex<Option<OwnedWriteHalf>>>,
}

impl Lasting {
    /// The channel, and the end for the client.
    pub fn new() -> (Self, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (mut from_us, to_us) = theirs.into_split();
        let to_agent = Arc::new(Mutex::new(None::<OwnedWriteHalf>));
        let lasting = Self {
            to_us: Arc::new(Mutex::new(to_us)),
            to_agent: Arc::clone(&to_agent),
        };
        tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = from_us.read(&mut buffer).await {
                if let Some(agent) = to_agent.lock().await.as_mut() {
                    // Lost if the agent is gone.
                    let _ = agent.write_all(&buffer[..length]).await;
                }
            }
        });
        (lasting, ours)
    }

    /// Puts another agent at the other end.
    pub async fn connect_to(&self, agent: UnixStream) {
        let (mut from_agent, to_agent) = agent.into_split();
        *self.to_agent.lock().await = Some(to_agent);
        let to_us = Arc::clone(&self.to_us);
        tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = from_agent.read(&mut buffer).await {
                to_us
                    .lock()
                    .await
                    .write_all(&buffer[..length])
                    .await
                    .unwrap();
            }
        });
    }

    /// Says something in the agent's name.
    pub async fn inject(&self, bytes: &[u8]) {
        self.to_us.lock().await.write_all(bytes).await.unwrap();
    }
}

async fn pass_on(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    piece: usize,
    count: Option<watch::Sender<usize>>,
) {
    let mut buffer = vec![0; piece];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
        if let Some(count) = &count {
            count.send_modify(|passed| *passed += length);
        }
        tokio::task::yield_now().await;
    }
}
