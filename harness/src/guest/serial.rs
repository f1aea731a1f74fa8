//! COM1: the guest's log, line by line as it comes.

use analyzer::verdict::Hex64;
use serde::Serialize;
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::sync::watch;

/// The lines that the guest has written to COM1 so far.
#[derive(Clone)]
pub struct SerialLog {
    state: watch::Receiver<State>,
}

#[derive(Default)]
struct State {
    lines: Vec<String>,
    closed: bool,
}

/// The stop that a guest announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StopLine {
    /// Stop code.
    pub code: u32,
    /// P1 to P4.
    pub parameters: [Hex64; 4],
}

impl SerialLog {
    /// Reads `stream` until it closes, in a task of its own.
    pub fn follow(mut stream: UnixStream) -> Self {
        let (sender, state) = watch::channel(State::default());
        tokio::spawn(async move {
            let mut pending = Vec::new();
            while matches!(stream.read_buf(&mut pending).await, Ok(1..)) {
                if let Some(end) = pending.iter().rposition(|&byte| byte == b'\n') {
                    let complete: Vec<u8> = pending.drain(..=end).collect();
                    let text = String::from_utf8_lossy(&complete).into_owned();
                    sender.send_modify(|state| {
                        state
                            .lines
                            .extend(text.lines().map(|line| line.trim_end().to_owned()));
                    });
                }
            }
            sender.send_modify(|state| {
                if !pending.is_empty() {
                    state
                        .lines
                        .push(String::from_utf8_lossy(&pending).into_owned());
                }
                state.closed = true;
            });
        });
        Self { state }
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
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mut log = SerialLog::follow(ours);
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
