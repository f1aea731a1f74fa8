//! Arguments of `stopcode image`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use scenario::Hypervisor;
use vm::image::content::Reference;
use vm::pickup::DiskFormat;

use super::AccelArg;

/// What `stopcode image` can do.
#[derive(Subcommand, Debug)]
pub enum ImageCommand {
    /// List the images and whether they can be used here.
    List,
    /// Build what has changed of an image; or, with `windows`, make one from an installation medium.
    Build {
        /// The image, or `windows`.
        #[arg(default_value = "tinynt")]
        name: String,
        /// What `windows` needs.
        #[command(flatten)]
        windows: Box<crate::cli::windows::WindowsArgs>,
    },
    /// Boot an image from its disk, let it settle, and save it: runs then go on from there.
    Save {
        /// The image.
        name: String,
        /// How long it settles once its agent answers.
        #[arg(long, value_name = "TIME", default_value = "60s", value_parser = humantime::parse_duration)]
        settle: std::time::Duration,
        /// What executes the guest; runs go on from the state with the same only.
        #[arg(long, value_enum, default_value_t)]
        accel: AccelArg,
    },
    /// Copy the dumps that Windows left on a guest's disk: Windows\MEMORY.DMP and
    /// Windows\Minidump\*.dmp. The guest must be off; its disk is only read.
    PickUp {
        /// The disk: qcow2, raw, vhdx, vmdk, vdi or vhd.
        #[arg(value_name = "DISK")]
        disk: PathBuf,
        /// Where the dumps go; what is there is not replaced.
        #[arg(short, long, value_name = "FOLDER", default_value = ".")]
        output: PathBuf,
        /// The disk's format [default: what its name ends in].
        #[arg(long, value_enum)]
        format: Option<DiskFormat>,
        /// Read the disk also if Windows hibernates on it or was not shut down.
        #[arg(long)]
        as_it_is: bool,
    },
    /// Put an image into a folder that other machines read, by its content, and print the name that
    /// it has from then on: `tinynt@4f1d…`.
    Publish {
        /// The image.
        name: String,
        /// The folder, such as one of a shared file system or of a web server.
        #[arg(long, value_name = "FOLDER")]
        to: PathBuf,
    },
    /// Fetch an image by its content onto this machine, and check every byte. Then
    /// `stopcode run --image NAME@HASH` runs on it, and builds nothing.
    Fetch {
        /// What `publish` printed.
        #[arg(value_name = "NAME@HASH")]
        reference: Reference,
        /// Where it was published to.
        #[arg(long, value_name = "FOLDER|URL")]
        from: String,
    },
    /// Build an image, boot it, and say what it can do: its agent, its settings, its symbols,
    /// whether its watchdogs are armed, and how it is seen to stop and captured. The guest is made
    /// to stop; nothing of that is kept.
    Check {
        /// The image.
        #[arg(default_value = "tinynt")]
        name: String,
        /// Whether the guest sees that it is virtual, as a scenario's `hypervisor`.
        #[arg(long, value_enum, default_value_t)]
        hypervisor: HypervisorArg,
        /// What executes the guest.
        #[arg(long, value_enum, default_value_t)]
        accel: AccelArg,
    },
}

/// Whether the guest can tell that it is virtual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum HypervisorArg {
    /// It can.
    #[default]
    Visible,
    /// It cannot: Windows arms its DPC watchdog only then.
    Hidden,
}

impl From<HypervisorArg> for Hypervisor {
    fn from(asked: HypervisorArg) -> Self {
        match asked {
            HypervisorArg::Visible => Self::Visible,
            HypervisorArg::Hidden => Self::Hidden,
        }
    }
}
