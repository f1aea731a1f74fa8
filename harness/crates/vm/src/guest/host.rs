//! What this host can do, measured once and remembered until it reboots or QEMU changes.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::process::Command;
use tokio::time::timeout;

use super::accel::{self, AccelChoice};
use super::qemu::{QEMU, QemuError, spawn_bound};
use crate::image::find_tool;

/// Facts about the host that plans depend on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostFacts {
    /// What should execute guests, and why.
    pub accel: AccelChoice,
    /// Whether QEMU can confine itself with `-sandbox`.
    pub sandbox: bool,
}

/// The remembered facts, with what they hold for.
#[derive(Serialize, Deserialize)]
struct Remembered {
    holds_for: String,
    facts: HostFacts,
}

impl HostFacts {
    /// Measures, or takes what was measured before in this boot with this QEMU. `state` is where
    /// to remember it; not being able to is no error.
    ///
    /// # Errors
    /// QEMU is not installed or does not run at all.
    pub async fn find(state: &Path) -> Result<Self, QemuError> {
        let qemu = find_tool(QEMU).ok_or(QemuError::NotInstalled)?;
        let key = key(&qemu).map_err(QemuError::Start)?;
        let file = state.join("host.json");
        if let Some(facts) = recall(&file, &key) {
            return Ok(facts);
        }
        let facts = Self {
            accel: accel::measure().await?,
            sandbox: has_sandbox().await?,
        };
        let _ = remember(state, &file, key, &facts);
        Ok(facts)
    }
}

/// Changes when the machine reboots, QEMU is replaced, or access to /dev/kvm does.
fn key(qemu: &Path) -> io::Result<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
    let about = fs::metadata(qemu)?;
    let kvm = fs::File::options().read(true).write(true).open("/dev/kvm");
    Ok(format!(
        "{} {} {} {} kvm {}",
        boot.trim(),
        qemu.display(),
        about.size(),
        about.mtime(),
        kvm.is_ok()
    ))
}

fn recall(file: &Path, key: &str) -> Option<HostFacts> {
    let text = fs::read(file).ok()?;
    let remembered: Remembered = serde_json::from_slice(&text).ok()?;
    (remembered.holds_for == key).then_some(remembered.facts)
}

fn remember(state: &Path, file: &PathBuf, holds_for: String, facts: &HostFacts) -> io::Result<()> {
    let remembered = Remembered {
        holds_for,
        facts: facts.clone(),
    };
    fs::create_dir_all(state)?;
    // Written beside and renamed, so that a reader never sees half of it.
    let temporary = tempfile::NamedTempFile::new_in(state)?;
    serde_json::to_writer_pretty(&temporary, &remembered)?;
    temporary.persist(file)?;
    Ok(())
}

/// QEMU refuses `-sandbox` at once if it was built without.
async fn has_sandbox() -> Result<bool, QemuError> {
    let mut command = Command::new(QEMU);
    command
        .args(["-nodefaults", "-no-user-config", "-display", "none"])
        .args(["-machine", "none", "-sandbox", "on", "-S"])
        .args(["-chardev", "null,id=m", "-mon", "chardev=m"])
        .stderr(Stdio::null());
    let mut child = spawn_bound(&mut command, Vec::new())?;
    // Still running after a while means that it accepted the option; a refusal takes 20 ms.
    let refused = timeout(Duration::from_millis(300), child.wait())
        .await
        .is_ok();
    let _ = child.kill().await;
    Ok(!refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Accelerator;

    #[test]
    fn facts_are_recalled_for_the_same_key_only() {
        let state = tempfile::tempdir().unwrap();
        let file = state.path().join("host.json");
        let facts = HostFacts {
            accel: AccelChoice {
                accelerator: Accelerator::Tcg,
                reason: "why".into(),
            },
            sandbox: true,
        };
        assert_eq!(recall(&file, "boot 1"), None);
        remember(state.path(), &file, "boot 1".into(), &facts).unwrap();
        assert_eq!(recall(&file, "boot 1"), Some(facts));
        assert_eq!(recall(&file, "boot 2"), None);
        fs::write(&file, "{").unwrap();
        assert_eq!(recall(&file, "boot 1"), None);
    }
}
