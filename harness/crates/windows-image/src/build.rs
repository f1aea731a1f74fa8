//! Carries out a plan, phase by phase.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use vm::driver::{SignError, Signer};
use vm::image::find_tool;
use vm::interrupt::Interrupt;

use super::description::Description;
use super::install;
use super::install_error::InstallError;
use super::plan::{self, BuildPlan, Phase};
use super::progress::Progress;
use super::script;
use super::store::{self, BuildLock, StoreError};

/// An image could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Sign(#[from] SignError),
    #[error(transparent)]
    Install(#[from] InstallError),
    /// A tool is not there.
    #[error("{0} is not installed: run ci/setup")]
    NoTool(String),
    #[error("`{command}` failed: {message}")]
    Tool { command: String, message: String },
    /// A file cannot be written.
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
}

impl BuildError {
    /// Whether the user ended it.
    pub fn is_interrupt(&self) -> bool {
        matches!(self, Self::Install(InstallError::Interrupted { .. }))
    }
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> BuildError {
    let path = path.to_owned();
    move |error| BuildError::Io { path, error }
}

/// Builds the image. `tell` is given a line at each turn. The caller holds the lock, and has
/// checked that the image is not there or may be replaced.
///
/// Must be called on a thread that lives until it is done (see [`vm::guest::Guest::start`]).
///
/// # Errors
/// A phase fails; what was done before it is kept, and the next build goes on with it.
pub async fn build(
    plan: &BuildPlan,
    lock: &BuildLock,
    interrupt: &Interrupt,
    tell: &mut dyn FnMut(&str),
) -> Result<PathBuf, BuildError> {
    let folder = plan.place.workshop();
    let mut progress = match Progress::recall(plan) {
        Some(progress) => progress,
        None => {
            store::remove(&folder).map_err(io_at(&folder))?;
            fs::create_dir_all(&folder).map_err(io_at(&folder))?;
            Progress::new(plan)
        }
    };
    for phase in Phase::ALL {
        if progress.is_done(phase) {
            tell(&format!("{}: done before", phase.name()));
            continue;
        }
        tell(&format!("{}: {}", phase.name(), phase.about()));
        let started = Instant::now();
        match phase {
            Phase::Answers => answers(plan)?,
            Phase::Install => {
                empty_machine(plan)?;
                install::install(plan, interrupt, tell).await?;
            }
            Phase::Settle => install::settle(plan, interrupt, tell).await?,
            Phase::Publish => publish(plan, lock)?,
        }
        if phase != Phase::Publish {
            (progress.finish(phase, &folder)).map_err(io_at(&folder))?;
        }
        let took =
            humantime::format_duration(std::time::Duration::from_secs(started.elapsed().as_secs()));
        tell(&format!("{}: done after {took}", phase.name()));
    }
    Ok(plan.place.image())
}

/// The certificate, and the answer disc.
fn answers(plan: &BuildPlan) -> Result<(), BuildError> {
    let disc = plan.file(plan::DISC);
    store::remove(&disc).map_err(io_at(&disc))?;
    let scripts = disc.join("stopcode");
    fs::create_dir_all(&scripts).map_err(io_at(&scripts))?;
    let [certificate, key] = [plan::CERTIFICATE, plan::KEY].map(|name| plan.file(name));
    let signer = Signer::create(&certificate, &key, &plan.options.name)?;
    signer.export(&scripts.join("test.cer"))?;
    let write = |path: PathBuf, text: &str| fs::write(&path, text).map_err(io_at(&path));
    let answer = plan.answer().document();
    let answer = answer.map_err(io_at(&disc))?;
    write(disc.join("autounattend.xml"), &answer)?;
    let script = script::setup_cmd(plan.found.version, &plan.options);
    write(scripts.join("setup.cmd"), &script)?;
    let disc_file = plan.file(plan::ANSWERS);
    match fs::remove_file(&disc_file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(io_at(&disc_file)(error));
        }
        _ => {}
    }
    run(&plan.disc_command())
}

/// Empty disks, and firmware as it is delivered.
fn empty_machine(plan: &BuildPlan) -> Result<(), BuildError> {
    let (code, variables) = &plan.host.firmware;
    for (from, name) in [(code, plan::FIRMWARE), (variables, plan::VARIABLES)] {
        let to = plan.file(name);
        let bytes = fs::read(from).map_err(io_at(from))?;
        // Written anew rather than copied: a copy would be as read-only as the original.
        fs::write(&to, bytes).map_err(io_at(&to))?;
    }
    plan.disk_commands()
        .iter()
        .try_for_each(|command| run(command))
}

fn publish(plan: &BuildPlan, lock: &BuildLock) -> Result<(), BuildError> {
    let file = plan.file("image.yaml");
    let text = Description::of(plan).text();
    let text = text.map_err(|error| io_at(&file)(io::Error::other(error)))?;
    // What made the image is of no use any more, and the answer disc is large enough.
    let folder = plan.place.workshop();
    Progress::forget(&folder);
    for name in [plan::ANSWERS, plan::SCREEN] {
        let _ = fs::remove_file(plan.file(name));
    }
    // The disks were written without waiting for the host's disk; now it counts.
    for name in [plan::DISK, plan::DUMP_DISK, plan::VARIABLES] {
        if let Ok(disk) = fs::File::open(plan.file(name)) {
            disk.sync_all().map_err(io_at(&plan.file(name)))?;
        }
    }
    fs::write(&file, text).map_err(io_at(&file))?;
    Ok(plan.place.publish(lock)?)
}

fn run(command: &[OsString]) -> Result<(), BuildError> {
    let shown: Vec<_> = command.iter().map(|word| word.to_string_lossy()).collect();
    let Some((tool, args)) = command.split_first() else {
        return Ok(());
    };
    if find_tool(&tool.to_string_lossy()).is_none() {
        return Err(BuildError::NoTool(shown[0].to_string()));
    }
    let output = Command::new(tool)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .map_err(io_at(Path::new(tool)))?;
    if output.status.success() {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&output.stderr);
    Err(BuildError::Tool {
        command: shown.join(" "),
        message: message.trim().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::ImagePlace;
    use crate::{Host, MediumContents, Options, Version};
    use vm::plan::Accelerator;

    fn plan(store: &Path, dump_disk: bool) -> BuildPlan {
        let options = Options {
            name: "win11".into(),
            dump_disk,
            ..Options::default()
        };
        BuildPlan {
            found: MediumContents::assumed(Version::Windows11),
            host: Host {
                machine: "pc-q35-7.2".into(),
                accelerator: Accelerator::Kvm,
                sandbox: true,
                firmware: ("code.fd".into(), "vars.fd".into()),
            },
            place: ImagePlace::new(store.to_owned(), &options.name).unwrap(),
            options,
            install_within: None,
            settle: None,
        }
    }

    #[test]
    fn what_is_published_is_described_and_has_no_scaffolding() {
        let store = tempfile::tempdir().unwrap();
        let plan = plan(store.path(), true);
        let lock = plan.place.lock().unwrap();
        fs::create_dir_all(plan.place.workshop()).unwrap();
        let kept = [
            plan::DISK,
            plan::DUMP_DISK,
            plan::FIRMWARE,
            plan::VARIABLES,
            plan::CERTIFICATE,
        ];
        for name in kept.into_iter().chain([plan::ANSWERS, plan::SCREEN]) {
            fs::write(plan.file(name), name).unwrap();
        }
        let mut progress = Progress::new(&plan);
        progress
            .finish(Phase::Answers, &plan.place.workshop())
            .unwrap();
        assert!(Progress::recall(&plan).unwrap().is_done(Phase::Answers));

        publish(&plan, &lock).unwrap();
        let mut names: Vec<String> = (fs::read_dir(plan.place.image()).unwrap())
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let mut expected: Vec<String> = kept.map(str::to_owned).into();
        expected.push("image.yaml".into());
        expected.sort();
        assert_eq!(names, expected);
        assert!(!plan.place.workshop().exists());
        assert_eq!(store::built_format(&plan.place.image()), Some(1));

        // What readers of the store rely on.
        let text = fs::read_to_string(plan.place.image().join("image.yaml")).unwrap();
        let read: serde_json::Value = serde_yaml::from_str(&text).unwrap();
        let at = |pointer: &str| {
            read.pointer(pointer)
                .unwrap_or_else(|| panic!("{pointer}: {text}"))
        };
        assert_eq!(at("/os"), "windows");
        assert_eq!(at("/boot/disk/bus"), "ahci");
        assert_eq!(at("/boot/dump-disk/file"), "dump.qcow2");
        assert_eq!(at("/boot/memory"), "4096M");
        assert_eq!(at("/agent/ready-within"), "600s");
        assert_eq!(at("/agent/stage"), r"C:\Stopcode");
        assert_eq!(at("/signing/key"), "test.key");
        assert_eq!(at("/crash/dump"), "kernel");
        for file in [
            "/boot/firmware",
            "/boot/variables",
            "/boot/disk/file",
            "/signing/certificate",
        ] {
            let file = at(file).as_str().unwrap();
            assert!(plan.place.image().join(file).is_file(), "{file}");
        }
    }

    #[test]
    fn other_choices_begin_anew() {
        let store = tempfile::tempdir().unwrap();
        let plan = plan(store.path(), false);
        fs::create_dir_all(plan.place.workshop()).unwrap();
        assert_eq!(Progress::recall(&plan), None);
        let mut progress = Progress::new(&plan);
        progress
            .finish(Phase::Install, &plan.place.workshop())
            .unwrap();
        assert_eq!(Progress::recall(&plan), Some(progress));
        assert_eq!(Progress::recall(&self::plan(store.path(), true)), None);
    }
}
