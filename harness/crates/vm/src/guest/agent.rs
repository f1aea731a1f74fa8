//! The guest agent (QGA): messages of the crate `qapi`, framing of our own.
//!
//! The framing is ours because a guest may die or fall silent at any byte. qapi's client has no
//! way back from an answer that never came or came late; `guest-sync-delimited` is made for it,
//! and its 0xFF marker is not JSON.

use std::io;
use std::time::Duration;

use qapi::Execute;
use qapi::qga::{self, QgaCommand};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::lockstep::Lockstep;

/// Marks the start of the answer to `guest-sync-delimited`, and flushes the agent's parser.
const SENTINEL: u8 = 0xFF;

/// How long the agent may take for one command. Generous: hosts are busy, TCG is slow.
const PATIENCE: Duration = Duration::from_secs(20);

/// Bytes of a file per `guest-file-write`.
const CHUNK: usize = 48 << 10;

/// An answer longer than this is not an answer (guest-exec returns at most 16 MiB, in base64).
const MAX_ANSWER: usize = 64 << 20;

/// How long, of wall time, one that works in lockstep may take for a program: its guest may spend
/// minutes of its own time in an endless loop.
const LOCKSTEP_PATIENCE: Duration = Duration::from_secs(120);

/// The longest pause between two looks at a program. In lockstep it is guest time, which may pass
/// a thousand times as fast.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_LOCKSTEP_PAUSE: Duration = Duration::from_secs(1);

/// Before anything is done in lockstep, QEMU gets this much wall time to finish what booting has
/// begun, and the guest this much of its own to come to rest.
const QEMU_SETTLES: Duration = Duration::from_millis(150);
const GUEST_IDLES: Duration = Duration::from_secs(1);

/// What carries the messages.
pub(super) enum Link {
    /// A virtio-serial port.
    Stream(UnixStream),
    /// Shared memory. Guest time passes only while we wait for the agent.
    Lockstep(Lockstep),
}

/// The agent in the guest.
pub struct Agent {
    link: Link,
    /// Received and not yet used.
    buffer: Vec<u8>,
    next_sync: u32,
    /// In lockstep: nothing of the boot is under way any more.
    settled: bool,
}

/// What a program wrote and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecOutput {
    /// Exit code; for `sc.exe` the Win32 error.
    pub code: i64,
    /// Standard output and error, one after the other.
    pub text: String,
    /// Whether the agent gave only their beginnings: it keeps 16 MiB of each.
    pub truncated: bool,
}

/// The agent could not do it.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The channel is closed: QEMU has ended.
    #[error("the channel to the guest agent was closed")]
    Closed,
    /// No answer: the guest is not up, hangs, or has stopped.
    #[error("the guest agent did not answer {what} within {} s", .after.as_secs())]
    Silent {
        what: String,
        /// How long it had.
        after: Duration,
    },
    #[error("the guest agent refused {command}: {message}")]
    Refused {
        command: &'static str,
        message: String,
    },
    /// It answered nonsense.
    #[error("the guest agent's answer to {command} makes no sense: {why}")]
    Nonsense { command: &'static str, why: String },
    #[error("the channel to the guest agent failed: {0}")]
    Io(io::Error),
}

impl From<io::Error> for AgentError {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
        match error.kind() {
            BrokenPipe | ConnectionReset | UnexpectedEof => Self::Closed,
            _ => Self::Io(error),
        }
    }
}

impl Agent {
    /// An agent behind `stream`. Call [`Agent::sync`] first.
    pub fn new(stream: UnixStream) -> Self {
        Self::over(Link::Stream(stream))
    }

    pub(super) fn over(link: Link) -> Self {
        Self {
            link,
            buffer: Vec::new(),
            next_sync: 1,
            settled: false,
        }
    }

    /// Waits until the agent answers, and drops whatever was left over on the channel.
    ///
    /// # Errors
    /// It does not answer in time, or the channel is closed.
    pub async fn sync(&mut self, within: Duration) -> Result<(), AgentError> {
        if self.guest_time().is_some() {
            let synced = timeout(within, self.sync_in_lockstep()).await;
            return synced.unwrap_or_else(|_| {
                Err(AgentError::Silent {
                    what: "guest-sync-delimited".into(),
                    after: within,
                })
            });
        }
        let deadline = Instant::now() + within;
        // One request at a time would do if none were ever lost; a guest that opens the port
        // late, or resets it, may lose one. Answers to earlier requests are skipped by their id.
        let mut pause = Duration::from_secs(2);
        loop {
            let id = i64::from(self.next_sync);
            self.next_sync += 1;
            let next_try = deadline.min(Instant::now() + pause);
            match timeout_at(next_try, self.sync_once(id)).await {
                Ok(done) => return done,
                Err(_) if Instant::now() >= deadline => {
                    return Err(AgentError::Silent {
                        what: "guest-sync-delimited".into(),
                        after: within,
                    });
                }
                Err(_) => pause *= 2,
            }
        }
    }

    /// Nothing is lost in lockstep: one request is enough, and a second would be one too many.
    async fn sync_in_lockstep(&mut self) -> Result<(), AgentError> {
        if !self.settled {
            // Programming devices makes QEMU rebuild its memory map, and some 50 ms later free the
            // old one, for which it interrupts whatever processor is executing. That must happen
            // while the guest stands still, or soon after, while it has nothing to do: between two
            // busy processors it would show which of them was first.
            self.pause(Duration::ZERO).await?;
            sleep(QEMU_SETTLES).await;
            self.pause(GUEST_IDLES).await?;
            self.settled = true;
        }
        self.next_sync += 1;
        self.sync_once(i64::from(self.next_sync)).await
    }

    async fn sync_once(&mut self, id: i64) -> Result<(), AgentError> {
        self.link.write_all(&[SENTINEL]).await?;
        self.send(&qga::guest_sync_delimited { id }).await?;
        loop {
            let line = self.line().await?;
            let Some(start) = line.iter().rposition(|&byte| byte == SENTINEL) else {
                continue;
            };
            if matches!(parse::<i64>("guest-sync-delimited", &line[start + 1..]), Ok(got) if got == id)
            {
                return Ok(());
            }
        }
    }

    /// Whether the agent answers within `within`.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&mut self, within: Duration) -> Result<(), AgentError> {
        self.execute(qga::guest_ping {}, within).await.map(drop)
    }

    /// If the agent works in lockstep: the guest's time since it was switched on.
    pub fn guest_time(&self) -> Option<Duration> {
        match &self.link {
            Link::Stream(_) => None,
            Link::Lockstep(lockstep) => Some(lockstep.guest_time()),
        }
    }

    /// Lets `time` pass: guest time in lockstep, which then may never end, else wall time.
    ///
    /// # Errors
    /// The channel is closed.
    pub async fn pause(&mut self, time: Duration) -> Result<(), AgentError> {
        match &mut self.link {
            Link::Stream(_) => sleep(time).await,
            Link::Lockstep(lockstep) => lockstep.run_on(time).await?,
        }
        Ok(())
    }

    /// Gives the agent up. A guest in lockstep runs freely from now on.
    pub fn let_go(&mut self) {
        if let Link::Lockstep(lockstep) = &mut self.link {
            lockstep.let_go();
        }
    }

    /// What the guest says it is.
    ///
    /// # Errors
    /// The agent refuses or does not answer.
    pub async fn os_name(&mut self) -> Result<String, AgentError> {
        let os = self.execute(qga::guest_get_osinfo {}, PATIENCE).await?;
        let name = os
            .pretty_name
            .or(os.name)
            .unwrap_or_else(|| "unnamed".into());
        Ok(match os.kernel_release {
            Some(release) => format!("{name}, kernel {release}"),
            None => name,
        })
    }

    /// Writes a file in the guest.
    ///
    /// # Errors
    /// The agent refuses or does not answer.
    pub async fn write_file(&mut self, path: &str, bytes: &[u8]) -> Result<(), AgentError> {
        let open = qga::guest_file_open {
            mode: Some("wb".into()),
            path: path.to_owned(),
        };
        let handle = self.execute(open, PATIENCE).await?;
        for chunk in bytes.chunks(CHUNK) {
            let write = qga::guest_file_write {
                count: None,
                buf_b64: chunk.to_vec(),
                handle,
            };
            let written = self.execute(write, PATIENCE).await?;
            if written.count != chunk.len() as i64 {
                return Err(AgentError::Nonsense {
                    command: "guest-file-write",
                    why: format!("{} of {} bytes written", written.count, chunk.len()),
                });
            }
        }
        self.execute(qga::guest_file_close { handle }, PATIENCE)
            .await?;
        Ok(())
    }

    /// Runs a program to its end and returns its output. `within` is wall time, or guest time in
    /// lockstep.
    ///
    /// # Errors
    /// The agent refuses (no such program), or the program does not end `within`.
    pub async fn exec(
        &mut self,
        program: &str,
        args: &[&str],
        within: Duration,
    ) -> Result<ExecOutput, AgentError> {
        let patience = match self.guest_time() {
            None => within,
            Some(_) => LOCKSTEP_PATIENCE,
        };
        let deadline = Instant::now() + patience;
        let guest_deadline = self.guest_time().map(|now| now + within);
        let longest_pause = match guest_deadline {
            None => LONGEST_PAUSE,
            Some(_) => LONGEST_LOCKSTEP_PAUSE,
        };
        let exec = qga::guest_exec {
            arg: Some(args.iter().map(|arg| (*arg).to_owned()).collect()),
            capture_output: Some(qga::GuestExecCaptureOutput::flag(true)),
            env: None,
            input_data: None,
            path: program.to_owned(),
        };
        let pid = self.execute(exec, patience).await?.pid;
        let mut pause = Duration::from_millis(1);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let silent = || AgentError::Silent {
                what: format!("for `{program} {}`", args.join(" ")),
                after: within,
            };
            if left.is_zero() || guest_deadline.is_some_and(|end| self.guest_time() >= Some(end)) {
                return Err(silent());
            }
            let status = self.execute(qga::guest_exec_status { pid }, left).await?;
            if status.exited {
                let cut = [status.out_truncated, status.err_truncated];
                let mut text = decode(status.out_data);
                text.push_str(&decode(status.err_data));
                return Ok(ExecOutput {
                    code: status.exitcode.unwrap_or(-1),
                    text: text.trim().to_owned(),
                    truncated: cut.contains(&Some(true)),
                });
            }
            self.pause(pause).await?;
            pause = (pause * 2).min(longest_pause);
        }
    }

    async fn execute<C: QgaCommand>(
        &mut self,
        command: C,
        within: Duration,
    ) -> Result<C::Ok, AgentError> {
        let talk = async {
            self.send(&command).await?;
            let line = self.line().await?;
            parse(C::NAME, &line)
        };
        match timeout(within, talk).await {
            Ok(answer) => answer,
            Err(_) => Err(AgentError::Silent {
                what: C::NAME.into(),
                after: within,
            }),
        }
    }

    async fn send<C: QgaCommand>(&mut self, command: &C) -> Result<(), AgentError> {
        let mut line = serde_json::to_vec(&Execute::<&C, u32>::from(command))
            .map_err(|error| AgentError::Io(error.into()))?;
        line.push(b'\n');
        Ok(self.link.write_all(&line).await?)
    }

    /// The next line, without its end. Cancel-safe: what has arrived stays in the buffer.
    async fn line(&mut self) -> Result<Vec<u8>, AgentError> {
        let mut searched = 0;
        loop {
            if let Some(at) = self.buffer[searched..]
                .iter()
                .position(|&byte| byte == b'\n')
            {
                let rest = self.buffer.split_off(searched + at + 1);
                let mut line = std::mem::replace(&mut self.buffer, rest);
                line.pop();
                return Ok(line);
            }
            searched = self.buffer.len();
            if searched > MAX_ANSWER {
                return Err(AgentError::Nonsense {
                    command: "a command",
                    why: format!("more than {} MiB without a line end", MAX_ANSWER >> 20),
                });
            }
            if self.link.read_buf(&mut self.buffer).await? == 0 {
                return Err(AgentError::Closed);
            }
        }
    }
}

impl Link {
    async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stream(stream) => stream.write_all(bytes).await,
            Self::Lockstep(lockstep) => lockstep.write_all(bytes).await,
        }
    }

    /// Cancel-safe. 0: the channel is closed.
    async fn read_buf(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        match self {
            Self::Stream(stream) => stream.read_buf(buffer).await,
            Self::Lockstep(lockstep) => lockstep.read_buf(buffer).await,
        }
    }
}

/// Guest output is in the guest's code page; only its ASCII part is safe to assume.
fn decode(bytes: Option<Vec<u8>>) -> String {
    String::from_utf8_lossy(&bytes.unwrap_or_default()).replace("\r\n", "\n")
}

/// Takes an answer apart.
fn parse<T: for<'de> Deserialize<'de>>(
    command: &'static str,
    line: &[u8],
) -> Result<T, AgentError> {
    #[derive(Deserialize)]
    struct Refusal {
        desc: String,
    }
    #[derive(Deserialize)]
    struct Answer {
        #[serde(rename = "return")]
        value: Option<serde_json::Value>,
        error: Option<Refusal>,
    }
    let nonsense = |why: String| AgentError::Nonsense { command, why };
    let answer: Answer =
        serde_json::from_slice(line).map_err(|error| nonsense(error.to_string()))?;
    match (answer.value, answer.error) {
        (_, Some(refusal)) => Err(AgentError::Refused {
            command,
            message: refusal.desc,
        }),
        (Some(value), None) => {
            serde_json::from_value(value).map_err(|error| nonsense(error.to_string()))
        }
        (None, None) => Err(nonsense("neither `return` nor `error`".into())),
    }
}

#[cfg(test)]
mod tests;
