//! Checks that an installed guest is set up as planned.

use std::time::{Duration, Instant};

use qapi::qmp::Event;
use tokio::time::sleep;
use vm::guest::{Agent, AgentError, QmpEvents};
use vm::watch::disk_failure;

use super::check_plan::{TEST_SIGNING, put_questions};
use super::install::{BLUE_SCREEN, OFF};
use super::plan::Timeouts;

/// An installed image is not as it should be.
pub(super) enum Unfit {
    /// Drivers under test would not load.
    NoTestSigning,
    /// The agent does not answer.
    Agent(AgentError),
}

/// Waits for the agent, puts the questions, lets the guest settle, and asks it to shut down.
pub(super) async fn ask(
    agent: &mut Agent,
    limits: Timeouts,
    started: Instant,
    tell: &mut dyn FnMut(&str),
) -> Result<(), Unfit> {
    agent.sync(limits.ready).await.map_err(Unfit::Agent)?;
    let after = started.elapsed().as_secs();
    tell(&format!("settle: the agent answers after {after} s"));
    for (question, good) in put_questions(agent).await.map_err(Unfit::Agent)? {
        let answer = if good { "yes" } else { "no" };
        tell(&format!("settle: {}: {answer}", question.what));
        if !good && question.what == TEST_SIGNING {
            return Err(Unfit::NoTestSigning);
        }
    }
    sleep(limits.settle).await;
    // The agent may be gone before it can say how this ended.
    let _ = agent
        .exec("shutdown.exe", &["/s", "/t", "0"], Duration::from_secs(20))
        .await;
    Ok(())
}

/// What happens to a guest that should be waiting for questions.
pub(super) enum Unexpected {
    /// It is no longer there.
    Ended(&'static str),
    /// Its disk fails on the host.
    Disk(String),
}

/// Waits for something unexpected; None if QEMU has ended.
pub(super) async fn unexpected(events: &mut QmpEvents) -> Option<Unexpected> {
    loop {
        match events.recv().await? {
            Event::SHUTDOWN { .. } => return Some(Unexpected::Ended(OFF)),
            Event::GUEST_PANICKED { .. } => return Some(Unexpected::Ended(BLUE_SCREEN)),
            event => {
                if let Some(message) = disk_failure(&event) {
                    return Some(Unexpected::Disk(message));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::UnixStream;

    use super::*;

    /// QEMU holds such a guest, and says nothing else.
    #[tokio::test]
    async fn a_disk_that_is_full_on_the_host_ends_the_wait() {
        let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
        for (event, data) in [
            ("RESUME", json!({})),
            (
                "BLOCK_IO_ERROR",
                json!({"device": "disk", "operation": "write", "action": "stop", "nospace": true,
                       "reason": "No space left on device"}),
            ),
        ] {
            let time = json!({"seconds": 1, "microseconds": 2});
            let event = json!({"event": event, "data": data, "timestamp": time});
            sender.send(serde_json::from_value(event).unwrap()).unwrap();
        }
        let Some(Unexpected::Disk(message)) = unexpected(&mut events).await else {
            panic!();
        };
        assert!(message.starts_with("no space on the host"), "{message}");
        drop(sender);
        assert!(unexpected(&mut events).await.is_none());
    }

    /// Answers as qemu-ga on Windows would: `options` is what the kernel was started with. Returns
    /// the programs that were started.
    async fn fake_agent(stream: UnixStream, options: &'static str) -> Vec<String> {
        let (reader, mut writer) = stream.into_split();
        let mut reader = BufReader::new(reader);
        let mut started = Vec::new();
        let mut line = Vec::new();
        while let Ok(1..) = reader.read_until(b'\n', &mut line).await {
            let text: Vec<u8> = line.drain(..).filter(|&byte| byte != 0xFF).collect();
            let request: Value = serde_json::from_slice(&text).unwrap();
            let arguments = &request["arguments"];
            let (answer, first) = match request["execute"].as_str().unwrap() {
                "guest-sync-delimited" => (json!({"return": arguments["id"]}), &b"\xFF"[..]),
                "guest-exec" => {
                    let message = format!("{} {}", arguments["path"], arguments["arg"]);
                    if message.contains("sc.exe") {
                        let error = json!({"class": "GenericError", "desc": "not found"});
                        (json!({"error": error}), &b""[..])
                    } else {
                        started.push(message);
                        (json!({"return": {"pid": started.len()}}), &b""[..])
                    }
                }
                _ => {
                    let asked_for_options = started.last().unwrap().contains("SystemStartOptions");
                    let out = if asked_for_options { options } else { "" };
                    let status = json!({"exited": true, "exitcode": 0, "out-data": out});
                    (json!({"return": status}), &b""[..])
                }
            };
            let answer = [first, answer.to_string().as_bytes(), b"\n"].concat();
            if writer.write_all(&answer).await.is_err() {
                break;
            }
        }
        started
    }

    async fn asked(options: &'static str) -> (Result<(), Unfit>, Vec<String>, Vec<String>) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let peer = tokio::spawn(fake_agent(theirs, options));
        let limits = Timeouts {
            install: Duration::ZERO,
            ready: Duration::from_secs(10),
            settle: Duration::ZERO,
            keys: Duration::ZERO,
        };
        let mut progress = Vec::new();
        let result = {
            let mut agent = Agent::new(ours);
            let mut tell = |line: &str| progress.push(line.to_owned());
            ask(&mut agent, limits, Instant::now(), &mut tell).await
        };
        (result, progress, peer.await.unwrap())
    }

    #[tokio::test]
    async fn a_fit_guest_is_asked_to_shut_down() {
        // base64 of "TESTSIGNING".
        let (result, progress, started) = asked("VEVTVFNJR05JTkc=").await;
        assert!(result.is_ok());
        assert!(
            progress.contains(&"settle: test signing: yes".to_owned()),
            "{progress:?}"
        );
        assert!(
            progress.contains(&"settle: fwcfg: no".to_owned()),
            "{progress:?}"
        );
        assert!(
            started.last().unwrap().contains("shutdown.exe"),
            "{started:?}"
        );
    }

    #[tokio::test]
    async fn one_without_test_signing_is_refused() {
        let (result, _, started) = asked("").await;
        assert!(matches!(result, Err(Unfit::NoTestSigning)));
        assert!(
            !started.iter().any(|message| message.contains("shutdown")),
            "{started:?}"
        );
    }
}
