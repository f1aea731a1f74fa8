//! Against a scripted monitor that answers as QEMU 7.2 was seen to.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use super::*;

/// A monitor that makes the file and then answers `answer`.
async fn monitor(answer: &'static str) -> Qmp {
    let (ours, theirs) = UnixStream::pair().unwrap();
    tokio::spawn(async move {
        let (read, mut write) = theirs.into_split();
        let mut lines = BufReader::new(read).lines();
        let greeting = r#"{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7},
            "package": ""}, "capabilities": ["oob"]}}"#;
        let greeting = greeting.replace('\n', "");
        write
            .write_all(format!("{greeting}\r\n").as_bytes())
            .await
            .unwrap();
        while let Some(line) = lines.next_line().await.unwrap() {
            let command: serde_json::Value = serde_json::from_str(&line).unwrap();
            let mut body = r#""return": {}"#;
            if command["execute"] == "dump-guest-memory" {
                assert_eq!(command["arguments"]["format"], "win-dmp");
                let file = command["arguments"]["protocol"].as_str().unwrap();
                let file = file.strip_prefix("file:").unwrap();
                fs::write(file, "half a dump").unwrap();
                fs::set_permissions(file, Permissions::from_mode(0o400)).unwrap();
                body = answer;
            }
            let body = body.replace('\n', "");
            let id = &command["id"];
            write
                .write_all(format!("{{{body}, \"id\": {id}}}\r\n").as_bytes())
                .await
                .unwrap();
        }
    });
    Qmp::connect(ours).await.unwrap().0
}

async fn win_dmp(qmp: &Qmp, memory: u64, file: &Path) -> Result<Captured, CaptureError> {
    let symbols = SymbolPath::default();
    dump(qmp, &[CaptureKind::WinDmp], memory, &symbols, file).await
}

fn mode(file: &Path) -> u32 {
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn an_old_dump_is_replaced_and_the_new_one_can_be_removed_by_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("memory.dmp");
    fs::write(&file, "old").unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o400)).unwrap();
    let qmp = monitor(r#""return": {}"#).await;
    win_dmp(&qmp, 1, &file).await.unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "half a dump");
    assert_eq!(mode(&file), 0o600);
}

#[tokio::test]
async fn a_disk_that_fills_up_leaves_no_partial_dump() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("memory.dmp");
    let words = r#""error": {"class": "GenericError",
        "desc": "dump: failed to save memory: No space left on device"}"#;
    let qmp = monitor(words).await;
    let error = win_dmp(&qmp, 1, &file).await.unwrap_err();
    assert!(matches!(error, CaptureError::NoSpace { .. }), "{error}");
    assert!(!file.exists());
}

#[tokio::test]
async fn a_dump_that_cannot_fit_is_not_begun() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("memory.dmp");
    let qmp = monitor("unused").await;
    let error = win_dmp(&qmp, u64::MAX, &file).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("no space for the dump: it needs 17592186044415 MiB in"),
        "{text}"
    );
    assert!(!file.exists());
}

#[tokio::test]
async fn a_refusal_is_quoted() {
    let folder = tempfile::tempdir().unwrap();
    let words = r#""error": {"class": "GenericError",
        "desc": "win-dump: invalid vmcoreinfo note size"}"#;
    let qmp = monitor(words).await;
    let file = folder.path().join("memory.dmp");
    let error = win_dmp(&qmp, 1, &file).await.unwrap_err().to_string();
    assert!(
        error.contains("dump-guest-memory: win-dump: invalid vmcoreinfo"),
        "{error}"
    );
    assert!(!file.exists());
}
