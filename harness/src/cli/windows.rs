//! `stopcode image build windows`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use scenario::MemorySize;
use scenario::project::Project;
use vm::guest::HostFacts;
use vm::image::Image;
use vm::interrupt::Interrupt;
use vm::plan::Accelerator;
use windows_image::store::{self, ImagePlace};
use windows_image::{BuildPlan, DumpKind, Host, MediumContents, Options, Version, host};

use super::AccelArg;
use super::image::save;
use crate::session::{Exit, Failure, accelerator, runtime};

/// How long the guest settles before it is saved: services that start late have started.
const SETTLE: Duration = Duration::from_secs(120);

/// What `windows` needs that other images do not.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Options of `windows`")]
pub struct WindowsArgs {
    /// Windows' installation medium, an ISO image.
    #[arg(long, value_name = "ISO")]
    pub iso: Option<PathBuf>,
    /// virtio-win's drivers and guest agent, an ISO image.
    #[arg(long, value_name = "ISO")]
    pub virtio_win: Option<PathBuf>,
    /// Name of the image [default: win10, win11, win2019, …].
    #[arg(long = "name", value_name = "NAME")]
    pub image_name: Option<String>,
    /// The version, for a dry run without a medium; else the medium must be of it.
    #[arg(long, value_enum, value_name = "VERSION")]
    pub windows: Option<Version>,
    /// Edition, as the medium names it [default: evaluation, else Enterprise or Standard].
    #[arg(long)]
    pub edition: Option<String>,
    /// Language, as de-DE [default: the medium's].
    #[arg(long)]
    pub language: Option<String>,
    /// Product key [default: none for evaluation, else the public setup key of the edition, which
    /// activates nothing].
    #[arg(long, value_name = "KEY")]
    pub product_key: Option<String>,
    /// Memory of the guest [default: 4G].
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    pub memory: Option<MemorySize>,
    /// Processors of the guest [default: 2].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub cpus: Option<u8>,
    /// Size of the system disk, GiB; it grows as it is filled [default: 64 for Windows 11, else 40].
    #[arg(long, value_name = "GIB", value_parser = clap::value_parser!(u64).range(20..=2048))]
    pub disk: Option<u64>,
    /// The dump that Windows itself writes [default: kernel].
    #[arg(long, value_enum)]
    pub dump: Option<DumpKind>,
    /// Have Windows write its dumps to a disk of their own.
    #[arg(long)]
    pub dump_disk: bool,
    /// UEFI firmware without Secure Boot, and its variables [default: where distributions put it].
    #[arg(long, num_args = 2, value_names = ["CODE", "VARIABLES"])]
    pub firmware: Option<Vec<PathBuf>>,
    /// What executes the guest.
    #[arg(
        long = "build-accel",
        value_enum,
        default_value_t,
        value_name = "ACCEL"
    )]
    pub accel: AccelArg,
    /// Limit of the installation, as 90m [default: 150m with KVM, 2days without].
    #[arg(long, value_parser = humantime::parse_duration, value_name = "TIME")]
    pub install_within: Option<Duration>,
    /// How long a booted guest is left to itself, before it is shut down and before it is saved
    /// [default: 2m with KVM, 20m without; 2m].
    #[arg(long, value_parser = humantime::parse_duration, value_name = "TIME")]
    pub settle: Option<Duration>,
    /// Replace the image if it exists, and begin a build anew that was interrupted.
    #[arg(long)]
    pub force: bool,
    /// Print what would be done, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
}

impl WindowsArgs {
    /// Whether any of them is given.
    pub(super) fn any(&self) -> bool {
        let none = Self::default();
        format!("{self:?}") != format!("{none:?}")
    }
}

fn memory(text: &str) -> Result<MemorySize, String> {
    let size = (text.strip_suffix('G').map(|number| (number, 1024)))
        .or_else(|| text.strip_suffix('M').map(|number| (number, 1)))
        .and_then(|(number, unit)| number.parse::<u32>().ok()?.checked_mul(unit));
    match size {
        Some(mib @ 1..=1_048_576) => Ok(MemorySize::from_mib(mib)),
        _ => Err("not a size such as 4G or 4096M".into()),
    }
}

/// A medium's absolute path: QEMU would take what stands before a colon for a protocol.
fn medium(given: Option<&Path>, placeholder: &str) -> PathBuf {
    let Some(given) = given else {
        return placeholder.into();
    };
    // It fails for an empty path only, which cannot be read either.
    std::path::absolute(given).unwrap_or_else(|_| given.to_owned())
}

/// The choices; the version may be known only later.
fn options(args: &WindowsArgs) -> Options {
    let defaults = Options::default();
    Options {
        name: args.image_name.clone().unwrap_or_default(),
        iso: medium(args.iso.as_deref(), "windows.iso"),
        virtio_win: medium(args.virtio_win.as_deref(), "virtio-win.iso"),
        version: args.windows,
        edition: args.edition.clone(),
        language: args.language.clone(),
        product_key: args.product_key.clone(),
        memory_mib: args
            .memory
            .map_or(defaults.memory_mib, |memory| memory.mib()),
        cpus: args.cpus.unwrap_or(defaults.cpus),
        disk_gib: args.disk,
        dump: args.dump.unwrap_or_default(),
        dump_disk: args.dump_disk,
    }
}

pub(super) fn build(project: &Project, args: &WindowsArgs) -> Result<Exit, Failure> {
    let mut options = options(args);
    let found = found(args, &options)?;
    if options.name.is_empty() {
        options.name = format!("win{}", found.version.id());
    }
    suits(&found, &options)?;
    let store = store::folder().map_err(Failure::usage)?;
    let place = ImagePlace::new(store, &options.name).map_err(Failure::usage)?;
    let runtime = runtime()?;
    let facts = runtime
        .block_on(HostFacts::find(&project.state()))
        .map_err(Failure::infra)?;
    let choice = accelerator(args.accel.accelerator(), &facts.accel);
    let firmware = match args.firmware.as_deref() {
        Some([code, variables]) => Some((code.clone(), variables.clone())),
        _ => host::find_firmware(),
    };
    let Some(firmware) = firmware else {
        return Err(Failure::infra(
            "no UEFI firmware is installed: apt-get install ovmf, or name it with --firmware",
        ));
    };
    for file in [&firmware.0, &firmware.1] {
        if !file.is_file() {
            return Err(Failure::usage(format!("{} is not a file", file.display())));
        }
    }
    let plan = BuildPlan {
        host: Host {
            machine: host::newest_machine().map_err(Failure::infra)?,
            accelerator: choice.accelerator,
            sandbox: facts.sandbox,
            firmware,
        },
        found,
        place,
        options,
        install_within: args.install_within,
        settle: args.settle,
    };
    if args.dry_run {
        print!("{}", windows_image::dry_run(&plan).map_err(Failure::infra)?);
        return Ok(Exit::Success);
    }
    plan.place.vacant(args.force).map_err(Failure::usage)?;
    host::check(plan.found.version, &plan.options, plan.place.store()).map_err(Failure::usage)?;
    let lock = plan.place.lock().map_err(Failure::infra)?;
    eprintln!("accelerator: {choice}");
    if plan.host.accelerator == Accelerator::Tcg {
        eprintln!(
            "warning: without KVM the installation takes {}",
            host::expected(Accelerator::Tcg)
        );
    }
    if args.force {
        store::discard(&plan.place).map_err(Failure::infra)?;
    }
    let built = runtime.block_on(async {
        let interrupt = Interrupt::on_signals(Exit::Interrupted.code().into())
            .map_err(|error| Failure::infra(format!("cannot listen for signals: {error}")))?;
        let mut tell = |line: &str| eprintln!("{line}");
        windows_image::build(&plan, &lock, &interrupt, &mut tell)
            .await
            .map_err(|error| match error.is_interrupt() {
                true => Failure::new(Exit::Interrupted, error),
                false => Failure::infra(error),
            })
    })?;
    println!("{}: built in {}", plan.options.name, built.display());
    // The image is whole and boots; the state only saves each run its boot.
    eprintln!(
        "saving the settled guest; if that fails, `stopcode image save {}` tries again",
        plan.options.name
    );
    let image = Image::load(project, &plan.options.name)?;
    save(project, &image, args.settle.unwrap_or(SETTLE), args.accel)
}

/// What the media hold; without media, in a dry run, what they usually do.
fn found(args: &WindowsArgs, options: &Options) -> Result<MediumContents, Failure> {
    match (&args.iso, &args.virtio_win, args.windows) {
        (Some(_), Some(_), _) => windows_image::examine(options).map_err(Failure::usage),
        (None, None, Some(version)) if args.dry_run => Ok(MediumContents::assumed(version)),
        (None, None, None) if args.dry_run => Err(Failure::usage(
            "a dry run without --iso and --virtio-win needs --windows VERSION",
        )),
        (None, ..) => Err(Failure::usage(
            "no --iso: Windows' installation medium, for example an evaluation ISO from \
             https://www.microsoft.com/evalcenter",
        )),
        (_, None, _) => Err(Failure::usage(
            "no --virtio-win: an ISO with drivers, from \
             https://fedorapeople.org/groups/virt/virtio-win/direct-downloads/stable-virtio/",
        )),
    }
}

/// Whether the version can do with the choices.
fn suits(found: &MediumContents, options: &Options) -> Result<(), Failure> {
    let version = found.version;
    let least = version.min_memory_mib();
    if options.memory_mib < least {
        return Err(Failure::usage(format!(
            "{version} needs at least {least} MiB of memory: --memory {least}M"
        )));
    }
    let least = version.min_disk_gib();
    match options.disk_gib {
        Some(disk) if disk < least => Err(Failure::usage(format!(
            "{version} needs a disk of at least {least} GiB: --disk {least}"
        ))),
        _ => Ok(()),
    }
}
