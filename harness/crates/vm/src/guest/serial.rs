//! COM1: the guest's log, line by line as it comes. A log that grows too long loses its
//! middle: the beginning and the end are kept, in memory and in the file.

mod kept;

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use analyzer::verdict::Hex64;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::net::unix::pipe::Receiver;
use tokio::sync::watch;

use kept::{Lines, LogFile};

/// The lines that the guest has written to COM1 so far.
#[derive(Clone)]
pub struct SerialLog {
    state: watch::Receiver<State>,
    source: Arc<Mutex<SerialReader>>,
}

/// Where the bytes come from.
struct SerialReader {
    file: File,
    /// Received, of a line that is not complete.
    pending: Vec<u8>,
    log: Option<LogFile>,
    sender: watch::Sender<State>,
}

#[derive(Default)]
struct State {
    lines: Lines,
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
    /// Reads `pipe` until it closes, in a task of its own, and writes what comes to `log`.
    ///
    /// # Errors
    /// There is no file descriptor left for it; `log` cannot be made.
    pub fn follow(pipe: Receiver, log: Option<&Path>) -> io::Result<Self> {
        let (sender, state) = watch::channel(State::default());
        let source = Arc::new(Mutex::new(SerialReader {
            file: pipe.as_fd().try_clone_to_owned()?.into(),
            pending: Vec::new(),
            log: log.map(LogFile::create).transpose()?,
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

    /// Reads what has been written and has not been read; of a guest that goes on writing, as much
    /// as can have waited.
    pub fn catch_up(&self) {
        let mut piece = [0; PIECE];
        let mut source = lock(&self.source);
        for _ in 0..=MAX_WAITING / PIECE {
            let got = source.file.read(&mut piece);
            match source.take(got, &piece) {
                Progress::More => {}
                Progress::Empty | Progress::Closed => break,
            }
        }
    }

    /// Reads what is left of a guest that has ended, and completes the log's file. Returns what is
    /// not whole about it, in words.
    pub fn finish(&self) -> Vec<String> {
        self.catch_up();
        let mut source = lock(&self.source);
        source.close();
        let mut words = Vec::new();
        if let Some(dropped) = self.state.borrow().lines.dropped() {
            words.push(format!(
                "the guest wrote more to COM1 than is kept: {dropped} lines between its beginning \
                 and its end were not looked at"
            ));
        }
        words.extend(source.log.take().and_then(LogFile::finish));
        words
    }

    /// What `wanted` finds among the lines that have been read.
    pub fn find<T>(&self, wanted: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.state.borrow().lines.find(&mut 0, wanted)
    }

    /// Waits for a line that `wanted` accepts, among those written already or to come. `None` if
    /// the log ends without one.
    pub async fn wait_for<T>(&mut self, wanted: impl Fn(&str) -> Option<T>) -> Option<T> {
        // Each line is looked at once, however often more come.
        let mut next = 0;
        let mut found = None;
        let look = |state: &State| {
            found = state.lines.find(&mut next, &wanted);
            found.is_some() || state.closed
        };
        self.state.wait_for(look).await.ok()?;
        found
    }

    /// The last `count` lines that are not empty.
    pub fn tail(&self, count: usize) -> Vec<String> {
        let state = self.state.borrow();
        let lines = state.lines.newest_first();
        let lines = lines.filter(|line| !line.trim().is_empty());
        let mut tail: Vec<String> = lines.take(count).map(str::to_owned).collect();
        tail.reverse();
        tail
    }
}

/// Bytes to read at a time.
const PIECE: usize = 4096;

/// More than can wait in a pipe.
const MAX_WAITING: usize = 4 << 20;

/// A line that is longer is taken for several.
const MAX_LINE: usize = 64 << 10;

enum Progress {
    More,
    Empty,
    Closed,
}

/// Whoever panicked while reading left nothing half done that matters.
fn lock(source: &Mutex<SerialReader>) -> MutexGuard<'_, SerialReader> {
    source.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SerialReader {
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
        if let Some(log) = &mut self.log {
            log.add(bytes);
        }
        self.pending.extend_from_slice(bytes);
        let end = match self.pending.iter().rposition(|&byte| byte == b'\n') {
            Some(end) => end + 1,
            None if self.pending.len() >= MAX_LINE => self.pending.len(),
            None => return,
        };
        let complete: Vec<u8> = self.pending.drain(..end).collect();
        let text = String::from_utf8_lossy(&complete);
        self.sender.send_modify(|state| {
            for line in text.lines() {
                state.lines.push(line.trim_end());
            }
        });
    }

    fn close(&mut self) {
        let last = std::mem::take(&mut self.pending);
        self.sender.send_modify(|state| {
            if !last.is_empty() {
                state.lines.push(&String::from_utf8_lossy(&last));
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
        let mut log = SerialLog::follow(ours, None).unwrap();
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

    /// A guest that writes without end: neither memory nor the file grows with it, and its first
    /// and last lines are there.
    #[tokio::test]
    async fn a_flood_is_cut_in_the_middle() {
        const LINES: usize = 400_000;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("serial.log");
        let (mut theirs, ours) = pipe::pipe().unwrap();
        let mut log = SerialLog::follow(ours, Some(&file)).unwrap();
        let flood = tokio::spawn(async move {
            theirs.write_all(b"watchdog: armed\n").await.unwrap();
            for number in 0..LINES {
                let line = format!("flood {number:08} ----------------------------------\n");
                theirs.write_all(line.as_bytes()).await.unwrap();
            }
            // A line without an end is no way around it.
            theirs.write_all(&vec![b'x'; 3 * MAX_LINE]).await.unwrap();
            theirs.write_all(b"\n*** the end\n").await.unwrap();
        });
        let end = |line: &str| (line == "*** the end").then_some(());
        assert_eq!(log.wait_for(end).await, Some(()));
        flood.await.unwrap();
        let first = |line: &str| (line == "watchdog: armed").then_some(());
        assert_eq!(log.find(first), Some(()));
        let middle = |line: &str| line.starts_with("flood 00200000").then_some(());
        assert_eq!(log.find(middle), None);
        assert_eq!(log.tail(1), ["*** the end"]);
        let words = log.finish();
        assert_eq!(words.len(), 2, "{words:?}");
        assert!(words[0].contains("lines between"), "{words:?}");
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.len() < 3 * kept::END, "{} bytes", text.len());
        assert!(text.starts_with("watchdog: armed\n") && text.ends_with("*** the end\n"));
        assert!(text.contains("bytes are missing here"), "no mark");
    }
}
