//! COM1: the guest's log, line by line as it comes.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use analyzer::verdict::Hex64;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::net::unix::pipe::Receiver;
use tokio::sync::watch;

/// The lines that the guest has written to COM1 so far.
#[derive(Clone)]
pub struct SerialLog {
    state: watch::Receiver<State>,
    source: Arc<Mutex<Source>>,
}

/// Where the bytes come from.
struct Source {
    file: File,
    /// Received, of a line that is not complete.
    pending: Vec<u8>,
    sender: watch::Sender<State>,
}

#[derive(Default)]
struct State {
    lines: Vec<String>,
    closed: bool,
}

/// The stop that a guest announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StopLine {
    /// Stop code.
    pub code: u32,
    /// P1 to P4.
    pub parameters: [Hex64; 4],
}

impl SerialLog {
    /// Reads `pipe` until it closes, in a task of its own.
    ///
    /// # Errors
    /// There is no file descriptor left for it.
    pub fn follow(pipe: Receiver) -> io::Result<Self> {
        let (sender, state) = watch::channel(State::default());
        let source = Arc::new(Mutex::new(Source {
            file: pipe.as_fd().try_clone_to_owned()?.into(),
            pending: Vec::new(),
            sender,
        }));
        let follower = Arc::clone(&source);
        tokio::spawn(async move {
            while pipe.readable().await.is_ok() {
                let mut piece = [0; PIECE];
                let mut source = lock(&follower);
                let got = pipe.try_read(&mut piece);
                if let Progress::Closed = source.take(got, &piece) {
                    break;
                }
            }
        });
        Ok(Self { state, source })
    }

    /// Reads what has been written and has not been read.
    pub fn catch_up(&self) {
        let mut piece = [0; PIECE];
        let mut source = lock(&self.source);
        loop {
            let got = source.file.read(&mut piece);
            match source.take(got, &piece) {
                Progress::More => {}
                Progress::Empty | Progress::Closed => break,
            }
        }
    }

    /// What `wanted` finds among the lines that have been read.
    pub fn find<T>(&self, wanted: impl Fn(&str) -> Option<T>) -> Option<T> {
        let state = self.state.borrow();
        state.lines.iter().find_map(|line| wanted(line))
    }

    /// Waits for a line that `wanted` accepts, among those written already or to come. `None` if
    /// the log ends without one.
    pub async fn wait_for<T>(&mut self, wanted: impl Fn(&str) -> Option<T>) -> Option<T> {
        let find = |state: &State| state.lines.iter().find_map(|line| wanted(line));
        let state = self
            .state
            .wait_for(|state| state.closed || find(state).is_some())
            .await
            .ok()?;
        find(&state)
    }

    /// The last `count` lines that are not empty.
    pub fn tail(&self, count: usize) -> Vec<String> {
        let state = self.state.borrow();
        let lines = state.lines.iter().filter(|line| !line.trim().is_empty());
        let mut tail: Vec<String> = lines.rev().take(count).cloned().collect();
        tail.reverse();
        tail
    }
}

/// Bytes to read at a time.
const PIECE: usize = 4096;

enum Progress {
    More,
    Empty,
    Closed,
}

/// Whoever panicked while reading left nothing half done that matters.
fn lock(source: &Mutex<Source>) -> MutexGuard<'_, Source> {
    source.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Source {
    /// Takes what came of a read into `piece`.
    fn take(&mut self, got: io::Result<usize>, piece: &[u8]) -> Progress {
        match got {
            Ok(length @ 1..) => {
                self.add(&piece[..length]);
                Progress::More
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Progress::Empty,
            Err(error) if error.kind() == ErrorKind::Interrupted => Progress::More,
            Ok(_) | Err(_) => {
                self.close();
                Progress::Closed
            }
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
        if let Some(end) = self.pending.iter().rposition(|&byte| byte == b'\n') {
            let complete: Vec<u8> = self.pending.drain(..=end).collect();
            let text = String::from_utf8_lossy(&complete);
            let lines = text.lines().map(|line| line.trim_end().to_owned());
            self.sender.send_modify(|state| state.lines.extend(lines));
        }
    }

    fn close(&mut self) {
        let last = std::mem::take(&mut self.pending);
        self.sender.send_modify(|state| {
            if !last.is_empty() {
                let last = String::from_utf8_lossy(&last).into_owned();
                state.lines.push(last);
            }
            state.closed = true;
        });
    }
}

/// Reads `*** STOP: 0x000000D1 (0x…,0x…,0x…,0x…)` as Windows' blue screens write it.
pub fn stop_line(line: &str) -> Option<StopLine> {
    let rest = line.split_once("*** STOP:")?.1;
    let (code, rest) = rest.split_once('(')?;
    let (parameters, _) = rest.split_once(')')?;
    let code: Hex64 = code.trim().parse().ok()?;
    let parameters: Vec<Hex64> = parameters
        .split(',')
        .map(|parameter| parameter.parse().ok())
        .collect::<Option<_>>()?;
    Some(StopLine {
        code: u32::try_from(code.0).ok()?,
        parameters: parameters.try_into().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::net::unix::pipe;

    use super::*;

    #[test]
    fn reads_stop_lines_and_nothing_else() {
        let stop = stop_line("*** STOP: 0x000000D1 (0xFFFF,0x2, 0x0,0xFFFFF80112345678)").unwrap();
        assert_eq!(stop.code, 0xD1);
        assert_eq!(stop.parameters[3].0, 0xFFFF_F801_1234_5678);
        for line in [
            "",
            "*** STOP:",
            "*** STOP: 0xD1 (1,2,3)",
            "*** STOP: 0x1FFFFFFFF (1,2,3,4)",
        ] {
            assert_eq!(stop_line(line), None, "{line}");
        }
    }

    #[tokio::test]
    async fn lines_arrive_whole_and_the_last_one_without_an_end() {
        let (mut theirs, ours) = pipe::pipe().unwrap();
        let mut log = SerialLog::follow(ours).unwrap();
        theirs.write_all(b"one\r\nhog: do").await.unwrap();
        theirs.write_all(b"ne\nrest").await.unwrap();
        let done = |line: &str| (line == "hog: done").then_some(());
        assert_eq!(log.wait_for(done).await, Some(()));
        drop(theirs);
        assert_eq!(
            log.wait_for(|line| (line == "never").then_some(())).await,
            None
        );
        assert_eq!(log.tail(2), ["hog: done", "rest"]);
    }
}
