//! Choosing what executes the guest, by measuring.
//!
//! The existence of /dev/kvm proves little: inside some virtual machines it runs kernel code a
//! thousand times slower than QEMU's translator, or dies at the first INT3. So both run the same
//! small workload, and KVM is taken only if it finishes no later.

use std::fmt;
use std::fs::File;
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::time::timeout;

use super::probe_image;
use super::qemu::{QEMU, QemuError, spawn_bound};
use crate::plan::Accelerator;

/// TCG needs 0.1 s for the workload on an idle machine; this much means that something is wrong.
const TCG_LIMIT: Duration = Duration::from_secs(20);

/// An accelerator and why it was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccelChoice {
    pub accelerator: Accelerator,
    pub reason: String,
}

impl AccelChoice {
    /// The one that works everywhere, for where nothing is started.
    pub fn unmeasured() -> Self {
        Self {
            accelerator: Accelerator::Tcg,
            reason: "not measured".into(),
        }
    }
}

impl fmt::Display for AccelChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.accelerator.as_str(), self.reason)
    }
}

/// How an accelerator did.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Measured {
    Finished(Duration),
    TooSlow(Duration),
    Broken(String),
}

/// Measures and chooses. Takes at most twice as long as TCG needs for the workload (0.1 s).
///
/// # Errors
/// QEMU is not installed, or not even TCG runs the workload.
pub(crate) async fn measure() -> Result<AccelChoice, QemuError> {
    if let Err(error) = File::options().read(true).write(true).open("/dev/kvm") {
        return Ok(AccelChoice {
            accelerator: Accelerator::Tcg,
            reason: format!("/dev/kvm: {error}"),
        });
    }
    let tcg = run_workload(Accelerator::Tcg, TCG_LIMIT).await?;
    let limit = match &tcg {
        Measured::Finished(took) => *took,
        Measured::TooSlow(limit) => *limit,
        Measured::Broken(message) => {
            return Err(QemuError::Ended {
                status: "in the accelerator probe".into(),
                message: message.clone(),
            });
        }
    };
    let kvm = run_workload(Accelerator::Kvm, limit).await?;
    Ok(choose(&tcg, &kvm))
}

fn choose(tcg: &Measured, kvm: &Measured) -> AccelChoice {
    let seconds = |time: &Duration| format!("{:.2} s", time.as_secs_f64());
    let tcg = match tcg {
        Measured::Finished(took) => format!("TCG took {}", seconds(took)),
        _ => "TCG was slow, too".to_owned(),
    };
    match kvm {
        Measured::Finished(took) => AccelChoice {
            accelerator: Accelerator::Kvm,
            reason: format!("measured: KVM took {}, {tcg}", seconds(took)),
        },
        Measured::TooSlow(limit) => AccelChoice {
            accelerator: Accelerator::Tcg,
            reason: format!("measured: {tcg}, KVM was not done after {}", seconds(limit)),
        },
        Measured::Broken(message) => AccelChoice {
            accelerator: Accelerator::Tcg,
            reason: format!("measured: {tcg}, KVM failed: {message}"),
        },
    }
}

/// Runs the workload once; the time counts from the start of the process.
async fn run_workload(accelerator: Accelerator, limit: Duration) -> Result<Measured, QemuError> {
    let mut image = tempfile::NamedTempFile::new().map_err(QemuError::Start)?;
    image
        .write_all(&probe_image::image())
        .map_err(QemuError::Start)?;
    let mut command = Command::new(QEMU);
    command
        .args(["-nodefaults", "-no-user-config", "-display", "none"])
        .args([
            "-machine", "q35", "-cpu", "max", "-m", "16M", "-nic", "none",
        ])
        .args(["-accel", accelerator.as_str()])
        .args(["-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-bios"])
        .arg(image.path())
        .stderr(Stdio::piped());
    let started = Instant::now();
    let mut child = spawn_bound(&mut command, Vec::new())?;
    match timeout(limit, child.wait()).await {
        Err(_) => {
            let _ = child.kill().await;
            Ok(Measured::TooSlow(limit))
        }
        Ok(Err(error)) => Err(QemuError::Start(error)),
        Ok(Ok(status)) if status.code() == Some(probe_image::EXIT_DONE) => {
            Ok(Measured::Finished(started.elapsed()))
        }
        Ok(Ok(status)) => {
            let mut message = String::new();
            if let Some(mut stderr) = child.stderr.take() {
                let _ = stderr.read_to_string(&mut message).await;
            }
            Ok(Measured::Broken(
                complaint(&message).unwrap_or_else(|| status.to_string()),
            ))
        }
    }
}

/// The line of QEMU's messages that tells most: an error rather than the abort it leads to.
fn complaint(message: &str) -> Option<String> {
    let lines = || {
        message
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
    };
    let line = lines()
        .find(|line| line.contains("error"))
        .or(lines().next_back())?;
    Some(
        line.strip_prefix("qemu-system-x86_64: ")
            .unwrap_or(line)
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kvm_must_finish_and_be_no_slower() {
        let second = Duration::from_secs(1);
        let tcg = Measured::Finished(second);
        let chosen = |kvm: Measured| choose(&tcg, &kvm);
        assert_eq!(
            chosen(Measured::Finished(second / 2)).accelerator,
            Accelerator::Kvm
        );
        let slow = chosen(Measured::TooSlow(second));
        assert_eq!(slow.accelerator, Accelerator::Tcg);
        assert!(slow.reason.contains("not done after 1.00 s"), "{slow}");
        let broken = chosen(Measured::Broken("KVM internal error".into()));
        assert_eq!(broken.accelerator, Accelerator::Tcg);
        assert!(
            broken
                .to_string()
                .contains("KVM failed: KVM internal error"),
            "{broken}"
        );
    }

    /// Real QEMU: the workload must end by itself, and far from the limit.
    #[tokio::test]
    async fn tcg_runs_the_workload() {
        let measured = run_workload(Accelerator::Tcg, TCG_LIMIT).await.unwrap();
        assert!(matches!(measured, Measured::Finished(_)), "{measured:?}");
    }
    #[test]
    fn the_error_is_quoted_rather_than_the_abort() {
        let message =
            "qemu-system-x86_64: error: failed to set MSR 0x10a\nkvm.c: Assertion failed.\n";
        assert_eq!(
            complaint(message).as_deref(),
            Some("error: failed to set MSR 0x10a")
        );
        assert_eq!(complaint("a\n b \n\n").as_deref(), Some("b"));
        assert_eq!(complaint(""), None);
    }
}
