//! Keeps runs from writing to the image: overlays on its disks, a copy of its UEFI variables.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::save::host_cpu;
use crate::image::{Disk, Firmware, SavedState, fingerprint};
use crate::plan::{Beginning, Machine, RunFiles, Start};

/// A run's disks cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// qemu-img cannot be started.
    #[error("cannot run qemu-img: {0}")]
    Start(io::Error),
    /// qemu-img failed: the disk under the overlay is missing or damaged, or there is no space.
    #[error("no overlay on {}: {message}", golden.display())]
    Overlay {
        /// The disk under it.
        golden: PathBuf,
        message: String,
    },
    /// The UEFI variables cannot be copied.
    #[error("cannot copy {}: {error}", file.display())]
    Variables {
        /// The file with the variables.
        file: PathBuf,
        error: io::Error,
    },
    /// The disks of a saved guest are not what they were.
    #[error("{0}")]
    Saved(String),
}

/// The disks of a run. Dropping it removes them: they are of no use without the guest.
#[derive(Debug)]
pub struct RunDisks {
    files: RunFiles,
    /// What the overlays lie on: the system's disk, then the one for dumps.
    below: Vec<PathBuf>,
    kept: bool,
}

/// An overlay (qcow2), and the disk (qcow2) that it lies on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlay {
    /// What the guest wrote to.
    pub file: PathBuf,
    /// What was there before.
    pub below: PathBuf,
}

impl RunDisks {
    /// The overlays, the one with the guest's dumps first.
    pub fn overlays(&self) -> Vec<Overlay> {
        let files = [self.files.disk(), self.files.dump_disk()];
        let pairs = files.into_iter().zip(&self.below).rev();
        pairs
            .map(|(file, below)| Overlay {
                file,
                below: below.clone(),
            })
            .collect()
    }

    /// Leaves them where they are.
    pub(super) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for RunDisks {
    fn drop(&mut self) {
        if !self.kept {
            remove(&self.files);
        }
    }
}

fn remove(files: &RunFiles) {
    for file in [files.disk(), files.dump_disk(), files.variables()] {
        // A missing file need not be removed; other errors cannot be handled here.
        let _ = fs::remove_file(file);
    }
}

/// Makes the disks that `machine` needs; `None` if it has none. If it fails, none is left.
///
/// # Errors
/// A disk below is missing, damaged or has changed; there is no space.
pub(super) fn prepare(machine: &Machine, files: &RunFiles) -> Result<Option<RunDisks>, DiskError> {
    let Start::Disk {
        firmware,
        disk,
        dump_disk,
        from,
    } = &machine.start
    else {
        return Ok(None);
    };
    remove(files);
    // Whatever fails from here on removes what there is.
    let mut disks = RunDisks {
        files: files.clone(),
        below: Vec::new(),
        kept: false,
    };
    let golden: Vec<&Disk> = [Some(disk), dump_disk.as_ref()]
        .into_iter()
        .flatten()
        .collect();
    let below = match from {
        Beginning::ColdBoot(_) => golden.iter().map(|disk| disk.file.clone()).collect(),
        Beginning::Saved(state) => saved_disks(state, &golden)?,
    };
    for (below, overlay) in below.iter().zip([files.disk(), files.dump_disk()]) {
        create_overlay(below, &overlay)?;
    }
    disks.below = below;
    if let Firmware::Uefi { variables, .. } = firmware {
        let variables = match from {
            Beginning::ColdBoot(_) => variables.clone(),
            Beginning::Saved(state) => saved_variables(state)?,
        };
        copy(&variables, &files.variables())?;
    }
    Ok(Some(disks))
}

fn create_overlay(below: &Path, overlay: &Path) -> Result<(), DiskError> {
    let failed = |message: String| DiskError::Overlay {
        golden: below.to_owned(),
        message,
    };
    // qemu-img takes a missing file for a reason to guess; and what it is given must be absolute.
    let below = (below.canonicalize()).map_err(|error| failed(error.to_string()))?;
    let args = ["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b"].map(Path::new);
    qemu_img(&[&args, &[&*below, overlay][..]].concat()).map_err(|error| match error {
        Failure::Start(error) => DiskError::Start(error),
        Failure::Message(message) => failed(message),
    })
}

/// What is wrong with a run of qemu-img.
pub(super) enum Failure {
    /// It could not be started.
    Start(io::Error),
    Message(String),
}

/// Runs qemu-img to its end.
pub(super) fn qemu_img(args: &[&Path]) -> Result<(), Failure> {
    let output = Command::new("qemu-img")
        .args(args)
        .stdin(Stdio::null())
        .output()
        .map_err(Failure::Start)?;
    if output.status.success() {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = message
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .collect();
    let message = lines.join(" / ");
    Err(Failure::Message(
        message
            .strip_prefix("qemu-img: ")
            .unwrap_or(&message)
            .to_owned(),
    ))
}

/// What is wrong with the disks that a guest is on, for one that did not boot: QEMU takes what is
/// missing of a disk for zeros. `None` if nothing is found. Blocks until done.
pub fn damage(machine: &Machine) -> Option<String> {
    let Start::Disk {
        disk, dump_disk, ..
    } = &machine.start
    else {
        return None;
    };
    let mut disks = [Some(disk), dump_disk.as_ref()].into_iter().flatten();
    disks.find_map(|disk| {
        let mut check = Command::new("qemu-img");
        check.args(["check", "-q", "-f", "qcow2"]).arg(&disk.file);
        let output = check.stdin(Stdio::null()).output().ok()?;
        // 1: not completed, 2: damaged. (3: it is larger than it need be.)
        if !matches!(output.status.code(), Some(1 | 2)) {
            return None;
        }
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        let first = message.lines().next().unwrap_or("no words").trim();
        Some(format!(
            "{} is damaged (qemu-img check: {first}): copy or build the image again",
            disk.file.display()
        ))
    })
}

fn copy(from: &Path, to: &Path) -> Result<(), DiskError> {
    let copied = fs::read(from).and_then(|bytes| fs::write(to, bytes));
    copied.map_err(|error| DiskError::Variables {
        file: from.to_owned(),
        error,
    })
}

/// The disks of a saved guest, if their backing disks have not changed since.
fn saved_disks(state: &SavedState, golden: &[&Disk]) -> Result<Vec<PathBuf>, DiskError> {
    let about = (state.about.as_ref()).map_err(|why| DiskError::Saved(why.clone()))?;
    if let (Some(then), Some(now)) = (&about.host_cpu, host_cpu())
        && *then != now
    {
        let message = format!("the guest was saved on another processor: {then}, not {now}");
        return Err(DiskError::Saved(message));
    }
    if about.disks.len() != golden.len() {
        let count = about.disks.len();
        let message = format!(
            "the saved guest has {count} disks, the image {}",
            golden.len()
        );
        return Err(DiskError::Saved(message));
    }
    let folder = state.file.parent().unwrap_or(Path::new("."));
    let pairs = about.disks.iter().zip(golden);
    pairs
        .map(|(saved, golden)| {
            let file = &golden.file;
            let now = fingerprint(file)
                .map_err(|error| DiskError::Saved(format!("{}: {error}", file.display())))?;
            if now != (saved.golden_size, saved.golden_written) {
                let message = format!("{} was changed since the guest was saved", file.display());
                return Err(DiskError::Saved(message));
            }
            Ok(folder.join(&saved.file))
        })
        .collect()
}

fn saved_variables(state: &SavedState) -> Result<PathBuf, DiskError> {
    let about = (state.about.as_ref()).map_err(|why| DiskError::Saved(why.clone()))?;
    let folder = state.file.parent().unwrap_or(Path::new("."));
    match &about.variables {
        Some(name) => Ok(folder.join(name)),
        None => Err(DiskError::Saved(
            "the guest was saved without its UEFI variables".into(),
        )),
    }
}

/// With the real qemu-img.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{AboutState, Boot, Image, STATE_FORMAT, SavedDisk};
    use crate::plan::machine;
    use crate::testing::image::windows;
    use crate::testing::plan::HOST;
    use scenario::{Clock, GuestSpec, Hypervisor, MemorySize};

    const SPEC: GuestSpec = GuestSpec {
        cpus: 2,
        memory: MemorySize::from_mib(128),
        hypervisor: Hypervisor::Visible,
        clock: Clock::Host,
    };

    /// A Windows image with empty disks in `folder`.
    fn image(folder: &Path) -> Image {
        let mut image = windows();
        let Boot::Disk(boot) = &mut image.boot else {
            panic!();
        };
        boot.disk.file = folder.join("golden, of 1.qcow2");
        boot.dump_disk.as_mut().unwrap().file = folder.join("dumps.qcow2");
        boot.firmware = Firmware::Uefi {
            code: folder.join("code.fd"),
            variables: folder.join("vars.fd"),
        };
        boot.state = None;
        fs::write(folder.join("vars.fd"), "variables").unwrap();
        for disk in [&boot.disk, boot.dump_disk.as_ref().unwrap()] {
            let args = ["create", "-q", "-f", "qcow2"].map(Path::new);
            let made = qemu_img(&[&args, &[&*disk.file, Path::new("1M")][..]].concat());
            assert!(made.is_ok());
        }
        image
    }

    #[test]
    fn overlays_come_and_go_and_what_is_under_them_stays() {
        let (store, run) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let image = image(store.path());
        let machine = machine(&SPEC, &image, HOST);
        let files = RunFiles::new(run.path());
        let disks = prepare(&machine, &files).unwrap().unwrap();
        let overlays = disks.overlays();
        let made: Vec<&Path> = overlays.iter().map(|one| &*one.file).collect();
        assert_eq!(made, [files.dump_disk(), files.disk()]);
        assert_eq!(overlays[0].below, store.path().join("dumps.qcow2"));
        assert_eq!(fs::read(files.variables()).unwrap(), b"variables");
        let overlay = fs::read(files.disk()).unwrap();
        let below = b"golden, of 1.qcow2";
        assert!(overlay.windows(below.len()).any(|part| part == below));
        drop(disks);
        assert_eq!(fs::read_dir(run.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_disk_that_is_gone_or_no_disk_leaves_nothing_half_made() {
        let (store, run) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let image = image(store.path());
        let machine = machine(&SPEC, &image, HOST);
        let error = || {
            let error = prepare(&machine, &RunFiles::new(run.path())).unwrap_err();
            assert_eq!(fs::read_dir(run.path()).unwrap().count(), 0);
            error.to_string()
        };
        let dumps = store.path().join("dumps.qcow2");
        fs::write(&dumps, b"no disk").unwrap();
        let message = error();
        assert!(
            message.starts_with("no overlay on ") && message.contains("dumps.qcow2"),
            "{message}"
        );
        fs::remove_file(&dumps).unwrap();
        let message = error();
        assert!(message.contains("No such file"), "{message}");
        fs::remove_file(store.path().join("vars.fd")).unwrap();
        fs::copy(store.path().join("golden, of 1.qcow2"), &dumps).unwrap();
        let message = error();
        assert!(
            message.starts_with("cannot copy ") && message.contains("vars.fd"),
            "{message}"
        );
    }

    #[test]
    fn a_saved_guest_needs_the_disks_that_it_had() {
        let store = tempfile::tempdir().unwrap();
        let image = image(store.path());
        let Boot::Disk(boot) = &image.boot else {
            panic!();
        };
        let golden = [&boot.disk, boot.dump_disk.as_ref().unwrap()];
        let saved = |disk: &Disk| {
            let (golden_size, golden_written) = fingerprint(&disk.file).unwrap();
            SavedDisk {
                file: "settled.disk".into(),
                golden_size,
                golden_written,
            }
        };
        let mut about = AboutState {
            format: STATE_FORMAT,
            arguments: Vec::new(),
            qemu: String::new(),
            host_cpu: None,
            size: 0,
            crc32: 0,
            disks: golden.iter().map(|disk| saved(disk)).collect(),
            variables: None,
        };
        let disks = |about: &AboutState| {
            let state = SavedState {
                file: store.path().join("settled.state"),
                about: Ok(about.clone()),
            };
            saved_disks(&state, &golden).map_err(|error| error.to_string())
        };
        let overlays = disks(&about).unwrap();
        assert_eq!(overlays[0], store.path().join("settled.disk"));
        about.disks[1].golden_written += 1;
        let message = disks(&about).unwrap_err();
        assert!(
            message.ends_with("dumps.qcow2 was changed since the guest was saved"),
            "{message}"
        );
        about.disks.pop();
        assert_eq!(
            disks(&about).unwrap_err(),
            "the saved guest has 1 disks, the image 2"
        );
        about.host_cpu = Some("another".into());
        let message = disks(&about).unwrap_err();
        assert!(message.contains("saved on another processor"), "{message}");
    }
}
