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
                let is_elf = command["arguments"]["format"] == "elf";
                let file = command["arguments"]["protocol"].as_str().unwrap();
                let file = file.strip_prefix("file:").unwrap();
                fs::write(file, "half a dump").unwrap();
                fs::set_permissions(file, Permissions::from_mode(0o400)).unwrap();
                body = if is_elf { body } else { answer };
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

async fn take(qmp: &Qmp, kinds: &[CaptureKind], file: &Path) -> Result<Captured, CaptureError> {
    dump(qmp, kinds, 1, &SymbolPath::default(), file).await
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
    let message = r#""error": {"class": "GenericError",
        "desc": "dump: failed to save memory: No space left on device"}"#;
    let qmp = monitor(message).await;
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

/// QEMU refuses win-dmp where the guest has no driver for it.
#[tokio::test]
async fn the_first_way_that_works_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("memory.dmp");
    let message = r#""error": {"class": "GenericError", "desc": "win-dump: no"}"#;
    let qmp = monitor(message).await;
    let kinds = [
        CaptureKind::WinDmp,
        CaptureKind::Elf,
        CaptureKind::GuestDisk,
    ];
    let taken = take(&qmp, &kinds, &file).await.unwrap();
    assert_eq!(taken.kind, CaptureKind::Elf);
    assert_eq!(taken.failed.len(), 1);
    assert!(
        taken.failed[0].starts_with("no dump by win-dmp: "),
        "{:?}",
        taken.failed
    );
    assert!(file.exists());
    let error = take(&qmp, &kinds[2..], &file).await.unwrap_err();
    assert!(matches!(error, CaptureError::NoWay), "{error}");
}

/// What a guest writes shows in the overlay, and its rest, too. (Wall time: file times cannot be
/// paused.)
#[tokio::test]
async fn a_guest_gets_time_to_write_its_own_dump() {
    let folder = tempfile::tempdir().unwrap();
    let overlay = folder.path().join("disk.qcow2");
    fs::write(&overlay, "").unwrap();
    let qmp = monitor("unused").await;
    let pace = Pace {
        whole: Duration::from_secs(20),
        beginning: Duration::from_millis(400),
        quiet: Duration::from_millis(250),
        look: Duration::from_millis(10),
    };
    let file = overlay.clone();
    let writing = tokio::spawn(async move {
        for length in 1..8 {
            sleep(Duration::from_millis(100)).await;
            fs::write(&file, vec![0; length]).unwrap();
        }
    });
    let overlays = [Overlay {
        file: overlay,
        below: folder.path().join("golden.qcow2"),
    }];
    let_write_at(&qmp, &overlays, pace).await.unwrap();
    assert!(writing.is_finished(), "given up while it was writing");
    // One that writes nothing is given up, and one that never ends, too.
    let_write_at(&qmp, &overlays, pace).await.unwrap();
    let hurry = Pace {
        whole: Duration::from_millis(50),
        ..pace
    };
    let error = let_write_at(&qmp, &overlays, hurry).await.unwrap_err();
    assert!(matches!(error, CaptureError::StillWriting(_)), "{error}");
}

#[tokio::test]
async fn a_refusal_is_quoted() {
    let folder = tempfile::tempdir().unwrap();
    let message = r#""error": {"class": "GenericError",
        "desc": "win-dump: invalid vmcoreinfo note size"}"#;
    let qmp = monitor(message).await;
    let file = folder.path().join("memory.dmp");
    let error = win_dmp(&qmp, 1, &file).await.unwrap_err().to_string();
    assert!(
        error.contains("dump-guest-memory: win-dump: invalid vmcoreinfo"),
        "{error}"
    );
    assert!(!file.exists());
}
