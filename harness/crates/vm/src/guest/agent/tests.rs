//! The agent against a scripted peer: what a guest may do wrong, on a real socket.

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::unix::OwnedWriteHalf;

use super::*;

const SHORT: Duration = Duration::from_millis(200);

struct Peer {
    requests: tokio::io::Lines<BufReader<tokio::net::unix::OwnedReadHalf>>,
    answers: OwnedWriteHalf,
}

impl Peer {
    fn pair() -> (Agent, Self) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (read, answers) = theirs.into_split();
        let requests = BufReader::new(read).lines();
        (Agent::new(ours), Self { requests, answers })
    }

    /// Takes a request, which must be `command`, and returns its arguments.
    async fn takes(&mut self, command: &str) -> serde_json::Value {
        // The sentinel before a sync is not UTF-8; this peer reads it as part of no line.
        let line = self.requests.next_line().await.unwrap().unwrap();
        let mut request: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(request["execute"], command);
        request["arguments"].take()
    }

    async fn says(&mut self, text: impl AsRef<[u8]>) {
        self.answers.write_all(text.as_ref()).await.unwrap();
    }
}

#[tokio::test]
async fn sync_skips_leftovers_and_old_answers() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let mut agent = Agent::new(ours);
    agent.next_sync = 7;
    theirs
        .write_all(b"{\"return\": {}}\nhalf a li\xff{\"return\": 6}\n\xff{\"ret")
        .await
        .unwrap();
    theirs.write_all(b"urn\": 7}\n").await.unwrap();
    agent.sync(SHORT).await.unwrap();
    assert!(agent.buffer.is_empty());
}

#[tokio::test]
async fn silence_ends_at_the_deadline_and_a_closed_channel_at_once() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut agent = Agent::new(ours);
    let started = Instant::now();
    assert!(matches!(
        agent.sync(SHORT).await,
        Err(AgentError::Silent { .. })
    ));
    assert!(started.elapsed() >= SHORT);
    drop(theirs);
    assert!(matches!(agent.sync(SHORT).await, Err(AgentError::Closed)));
}

#[tokio::test]
async fn a_file_is_written_in_chunks() {
    let (mut agent, mut peer) = Peer::pair();
    let bytes: Vec<u8> = (0..CHUNK + 10).map(|i| i as u8).collect();
    let sent = bytes.clone();
    let guest = tokio::spawn(async move {
        let open = peer.takes("guest-file-open").await;
        assert_eq!(open["path"], r"C:\Stopcode\x.sys");
        peer.says("{\"return\": 1000}\n").await;
        let mut lengths = Vec::new();
        for length in [CHUNK, 10] {
            let write = peer.takes("guest-file-write").await;
            assert_eq!(write["handle"], 1000);
            lengths.push(write["buf-b64"].as_str().unwrap().len());
            peer.says(format!(
                "{{\"return\": {{\"count\": {length}, \"eof\": false}}}}\n"
            ))
            .await;
        }
        peer.takes("guest-file-close").await;
        peer.says("{\"return\": {}}\n").await;
        lengths
    });
    agent.write_file(r"C:\Stopcode\x.sys", &sent).await.unwrap();
    assert_eq!(guest.await.unwrap(), [CHUNK.div_ceil(3) * 4, 16]);
}

#[tokio::test]
async fn a_short_write_is_an_error() {
    let (mut agent, mut peer) = Peer::pair();
    tokio::spawn(async move {
        peer.takes("guest-file-open").await;
        peer.says("{\"return\": 1}\n").await;
        peer.takes("guest-file-write").await;
        peer.says("{\"return\": {\"count\": 2, \"eof\": false}}\n")
            .await;
    });
    let error = agent
        .write_file("x", b"three")
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("2 of 5 bytes"), "{error}");
}

#[tokio::test]
async fn exec_polls_until_the_program_ends() {
    let (mut agent, mut peer) = Peer::pair();
    tokio::spawn(async move {
        let exec = peer.takes("guest-exec").await;
        assert_eq!(exec["path"], "sc.exe");
        assert_eq!(exec["arg"], serde_json::json!(["start", "hog"]));
        assert_eq!(exec["capture-output"], true);
        peer.says("{\"return\": {\"pid\": 4}}\n").await;
        peer.takes("guest-exec-status").await;
        peer.says("{\"return\": {\"exited\": false}}\n").await;
        assert_eq!(peer.takes("guest-exec-status").await["pid"], 4);
        // "missing x\r\n" in base64.
        peer.says(
            "{\"return\": {\"exited\": true, \"exitcode\": 127, \"out-data\": \"bWlzc2luZyB4DQo=\"}}\n",
        )
        .await;
    });
    let output = agent
        .exec("sc.exe", &["start", "hog"], PATIENCE)
        .await
        .unwrap();
    assert_eq!((output.code, output.text.as_str()), (127, "missing x"));
}

#[tokio::test]
async fn a_program_that_never_ends_and_a_refusal_are_told_apart() {
    let (mut agent, mut peer) = Peer::pair();
    tokio::spawn(async move {
        peer.takes("guest-exec").await;
        peer.says("{\"error\": {\"class\": \"GenericError\", \"desc\": \"file not found\"}}\n")
            .await;
        peer.takes("guest-exec").await;
        peer.says("{\"return\": {\"pid\": 4}}\n").await;
        loop {
            peer.takes("guest-exec-status").await;
            peer.says("{\"return\": {\"exited\": false}}\n").await;
        }
    });
    let error = agent
        .exec("no.exe", &[], SHORT)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("refused guest-exec: file not found"),
        "{error}"
    );
    let error = agent
        .exec("sc.exe", &["start", "x"], SHORT)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("did not answer for `sc.exe start x`"),
        "{error}"
    );
}

#[tokio::test]
async fn nonsense_is_named() {
    let (mut agent, mut peer) = Peer::pair();
    tokio::spawn(async move {
        for nonsense in ["hello\n", "{}\n", "{\"return\": \"x\"}\n"] {
            peer.takes("guest-exec").await;
            peer.says(nonsense).await;
        }
    });
    for _ in 0..3 {
        let error = agent.exec("x", &[], SHORT).await.unwrap_err();
        assert!(matches!(error, AgentError::Nonsense { .. }), "{error}");
    }
}
