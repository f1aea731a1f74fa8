//! Runs an untrusted program with limits on its time and its output.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::time::timeout;

/// A built-in verdict has some 50 KB.
const MAX_OUTPUT: u64 = 16 << 20;

/// Of what a program complains about, the beginning is read and the last line quoted.
const MAX_COMPLAINT: u64 = 64 << 10;

/// A command as a shell takes it, with the dump as its last argument.
pub(super) fn shell(line: &str, dump: &Path, symbols: &[PathBuf]) -> Command {
    let mut command = Command::new("sh");
    let places: Vec<_> = symbols
        .iter()
        .map(|place| place.to_string_lossy())
        .collect();
    command
        .args(["-c", &format!("{line} \"$@\""), "sh"])
        .arg(dump)
        .env("STOPCODE_SYMBOLS", places.join(":"));
    command
}

/// Ends a process and its children when it goes.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // They may have ended.
            let _ = killpg(leader, Signal::SIGKILL);
        }
    }
}

/// What the command prints.
///
/// # Errors
/// In words, with the last line of its complaints.
pub(super) async fn output(mut command: Command, limit: Duration) -> Result<Vec<u8>, String> {
    let name = command
        .as_std()
        .get_program()
        .to_string_lossy()
        .into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("{name} cannot be started: {error}"))?;
    let group = child.id().and_then(|id| i32::try_from(id).ok());
    let _group = Group(group.map(Pid::from_raw));
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let whole = async {
        let read = tokio::join!(bounded(stdout, MAX_OUTPUT), bounded(stderr, MAX_COMPLAINT));
        let (text, complaint) = read;
        if text.len() as u64 > MAX_OUTPUT {
            return Err(format!("it prints more than {MAX_OUTPUT} bytes"));
        }
        let status = child.wait().await.map_err(|error| error.to_string())?;
        let complaint = String::from_utf8_lossy(&complaint);
        let last = complaint.lines().rfind(|line| !line.trim().is_empty());
        let detail = last.map_or_else(String::new, |line| format!(": {}", line.trim()));
        match (status.success(), text.is_empty()) {
            (false, _) => Err(format!("it failed with {status}{detail}")),
            (true, true) => Err(format!("it printed nothing{detail}")),
            (true, false) => Ok(text),
        }
    };
    match timeout(limit, whole).await {
        Ok(result) => result,
        Err(_) => Err(format!("it was not done after {} s", limit.as_secs_f64())),
    }
}

/// What comes, up to one byte more than `most`; the rest is not read.
async fn bounded(source: Option<impl AsyncRead + Unpin>, most: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(source) = source {
        // What could be read before an error is what there is.
        let _ = source.take(most + 1).read_to_end(&mut bytes).await;
    }
    bytes
}
