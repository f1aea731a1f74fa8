//! Saving a guest that has booted and settled, so that runs can start from that state.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use scenario::{Clock, GuestSpec, Hypervisor};
use tokio::time::{sleep, timeout};

use super::disks::{self, Failure};
use super::qemu::{QEMU, QemuError};
use super::{AgentError, Guest, QmpError};
use crate::image::{
    AboutState, Boot, Disk, DiskBoot, Firmware, Image, STATE_FORMAT, SavedDisk, SavedState,
    crc32_of, description_of, fingerprint as fingerprint_of,
};
use crate::plan::{Accelerator, HostChoices, Machine, RunFiles, fingerprint, machine};

/// The environment variable that tells QEMU's shell where the state goes: a path in a command
/// would need quoting.
const STATE_FILE: &str = "STOPCODE_STATE_FILE";

/// How long QEMU has to close the disks.
const QUIT_PATIENCE: Duration = Duration::from_secs(60);

/// A guest could not be saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// Only guests on a disk are worth it: the others boot in moments.
    #[error("image {0} boots from no disk: there is nothing to save")]
    NoDisk(String),
    /// The image has no `boot.state`.
    #[error("image {0} names no file for its state (`boot.state`)")]
    NoFile(String),
    /// QEMU did not start.
    #[error(transparent)]
    Qemu(#[from] QemuError),
    /// The guest did not boot.
    #[error("the guest did not boot: {0}")]
    Agent(#[from] AgentError),
    /// QEMU could not write the state.
    #[error("the state could not be written: {0}")]
    Qmp(#[from] QmpError),
    /// A file could not be handled.
    #[error("{}: {message}", file.display())]
    File { file: PathBuf, message: String },
}

/// Boots `image` with the processors and memory that it names, lets it settle for `settle` once its
/// agent answers, and saves it in the file of its `boot.state`, with its disks beside it. An older
/// state is replaced; if this fails, the image is left without one.
///
/// Must be called on a thread that lives until it is done (see [`Guest::start`]).
///
/// # Errors
/// The guest does not boot, or files cannot be written.
pub async fn save_state(
    image: &Image,
    host: HostChoices,
    settle: Duration,
) -> Result<SavedState, SaveError> {
    let Boot::Disk(boot) = &image.boot else {
        return Err(SaveError::NoDisk(image.name.clone()));
    };
    let state = boot.state.as_ref();
    let file = &state
        .ok_or_else(|| SaveError::NoFile(image.name.clone()))?
        .file;
    // QEMU starts a shell, which its sandbox would not let it.
    let host = HostChoices {
        sandbox: false,
        ..host
    };
    let spec = GuestSpec {
        cpus: boot.hardware.cpus,
        memory: boot.hardware.memory,
        hypervisor: Hypervisor::Visible,
        clock: Clock::Host,
    };
    let machine = machine(&spec, image, host).cold("it is being saved".into());
    let description = description_of(file);
    remove(&description)?;

    let folder = file.parent().unwrap_or(Path::new("."));
    let work = tempfile::Builder::new()
        .prefix(".saving-")
        .tempdir_in(folder)
        .map_err(|error| failed(folder, error))?;
    let unfinished = work.path().join("state");
    save(image, &machine, settle, work.path(), &unfinished).await?;

    let about = keep(&machine, boot, work.path(), &unfinished, file)?;
    let text = serde_json::to_vec_pretty(&about).map_err(|error| failed(&description, error))?;
    // Last: without it, there is no state.
    fs::write(&description, text).map_err(|error| failed(&description, error))?;
    Ok(SavedState::find(file.clone()))
}

/// Leaves the state in `unfinished`, and the disks in `work`.
async fn save(
    image: &Image,
    machine: &Machine,
    settle: Duration,
    work: &Path,
    unfinished: &Path,
) -> Result<(), SaveError> {
    let environment = [(STATE_FILE, unfinished)];
    let mut guest = Guest::start_as_is(machine, work, &environment).await?;
    let settled = async {
        guest.agent.sync(image.agent.ready_within).await?;
        sleep(settle).await;
        guest.agent.sync(image.agent.ready_within).await
    };
    tokio::select! {
        settled = settled => settled?,
        death = guest.qemu.death() => return Err(death.into()),
    }
    guest.qmp.stop().await?;
    guest.qmp.save(&format!("cat > \"${STATE_FILE}\"")).await?;
    guest.qmp.quit().await?;
    if timeout(QUIT_PATIENCE, guest.qemu.death()).await.is_err() {
        return Err(QmpError::Silent {
            command: "quit",
            after: QUIT_PATIENCE,
        }
        .into());
    }
    // They are wanted. (Not `forget`: what else they hold is to be dropped.)
    if let Some(disks) = guest.disks.take() {
        disks.keep();
    }
    Ok(())
}

/// Moves what was saved beside the image and describes it.
fn keep(
    machine: &Machine,
    boot: &DiskBoot,
    work: &Path,
    unfinished: &Path,
    file: &Path,
) -> Result<AboutState, SaveError> {
    let files = RunFiles::new(work);
    let beside = |suffix: &str| {
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(suffix);
        file.with_file_name(name)
    };
    let mut disks = Vec::new();
    let golden = [
        Some((&boot.disk, files.disk(), ".disk.qcow2")),
        (boot.dump_disk.as_ref()).map(|disk| (disk, files.dump_disk(), ".dump.qcow2")),
    ];
    for (golden, overlay, suffix) in golden.into_iter().flatten() {
        let kept = beside(suffix);
        rebase(&overlay, golden, file)?;
        rename(&overlay, &kept)?;
        let (golden_size, golden_written) =
            fingerprint_of(&golden.file).map_err(|error| failed(&golden.file, error))?;
        disks.push(SavedDisk {
            file: name_of(&kept),
            golden_size,
            golden_written,
        });
    }
    let variables = match boot.firmware {
        Firmware::Uefi { .. } => {
            let kept = beside(".variables.fd");
            rename(&files.variables(), &kept)?;
            Some(name_of(&kept))
        }
        Firmware::Default | Firmware::File(_) => None,
    };
    let read = |error| failed(unfinished, error);
    let about = AboutState {
        format: STATE_FORMAT,
        arguments: fingerprint(machine),
        qemu: qemu_version(),
        host_cpu: (machine.accelerator == Accelerator::Kvm)
            .then(host_cpu)
            .flatten(),
        size: unfinished.metadata().map_err(read)?.len(),
        crc32: crc32_of(unfinished).map_err(read)?,
        disks,
        variables,
    };
    rename(unfinished, file)?;
    Ok(about)
}

/// Names the golden disk without its folder where it lies beside the state, so that the image may
/// be moved.
fn rebase(overlay: &Path, golden: &Disk, file: &Path) -> Result<(), SaveError> {
    let (Some(name), true) = (
        golden.file.file_name(),
        golden.file.parent() == file.parent(),
    ) else {
        return Ok(());
    };
    let args = ["rebase", "-u", "-f", "qcow2", "-F", "qcow2", "-b"].map(Path::new);
    let rebased = disks::qemu_img(&[&args, &[Path::new(name), overlay][..]].concat());
    rebased.map_err(|error| match error {
        Failure::Start(error) => failed(Path::new("qemu-img"), error),
        Failure::Message(message) => failed(overlay, message),
    })
}

fn name_of(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn rename(from: &Path, to: &Path) -> Result<(), SaveError> {
    fs::rename(from, to).map_err(|error| failed(to, error))
}

fn remove(file: &Path) -> Result<(), SaveError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(file, error)),
        _ => Ok(()),
    }
}

fn failed(file: &Path, error: impl ToString) -> SaveError {
    SaveError::File {
        file: file.to_owned(),
        message: error.to_string(),
    }
}

/// What QEMU says it is; for people.
fn qemu_version() -> String {
    let output = Command::new(QEMU).arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let text = text.unwrap_or_default();
    text.lines().next().unwrap_or("unknown").to_owned()
}

/// The model of the host's processor.
pub(super) fn host_cpu() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
