//! `stopcode image`.

mod content;

use std::path::Path;
use std::time::Duration;

use scenario::project::Project;
use vm::guest::save_state;
use vm::image::{Availability, Image};
use vm::pickup::{ExtractOptions, PickUpError, pick_up};

use super::{AccelArg, ImageCommand, project};
use crate::session::{Exit, Failure, check, host_choices, prepare, runtime};

/// The name that stands for all images of Windows: what is built then has a name of its own.
const WINDOWS: &str = "windows";

pub(super) fn image(command: &ImageCommand) -> Result<Exit, Failure> {
    match command {
        ImageCommand::PickUp {
            disk,
            output,
            format,
            as_it_is,
        } => {
            let wanted = ExtractOptions {
                format: *format,
                as_it_is: *as_it_is,
            };
            pick_up_from(disk, output, wanted)
        }
        ImageCommand::List => list(&project()?),
        ImageCommand::Build { name, windows } if name == WINDOWS => {
            super::windows::build(&project()?, windows)
        }
        ImageCommand::Build { name, windows } => {
            if windows.any() {
                return Err(Failure::usage(format!(
                    "image {name} is built from its own sources: these options are for \
                     `stopcode image build windows`"
                )));
            }
            let image = Image::load(&project()?, name)?;
            if image.build.is_empty() {
                return Err(Failure::usage(format!("image {name} is not built here")));
            }
            prepare(&image)?;
            println!("{name}: built");
            Ok(Exit::Success)
        }
        ImageCommand::Save {
            name,
            settle,
            accel,
        } => {
            let project = project()?;
            let image = Image::load(&project, name)?;
            prepare(&image)?;
            save(&project, &image, *settle, *accel)
        }
        ImageCommand::Publish { name, to } => content::publish(&project()?, name, to),
        ImageCommand::Fetch { reference, from } => content::fetch(&project()?, reference, from),
        ImageCommand::Check {
            name,
            hypervisor,
            accel,
        } => {
            let project = project()?;
            let image = Image::load(&project, name)?;
            prepare(&image)?;
            check(
                &project,
                &image,
                (*hypervisor).into(),
                accel.accelerator(),
                &mut |what, found| println!("{what:<12} {found}"),
            )
        }
    }
}

fn pick_up_from(disk: &Path, folder: &Path, wanted: ExtractOptions) -> Result<Exit, Failure> {
    let picked = pick_up(disk, folder, wanted).map_err(|error| match error {
        PickUpError::Write { .. } | PickUpError::NoQemuNbd(_) => Failure::infra(error),
        _ => Failure::usage(error),
    })?;
    for dump in picked.dumps {
        let size = dump.size >> 20;
        println!("{}: {} ({size} MiB)", dump.file.display(), dump.guest_path);
    }
    for error in picked.refused {
        eprintln!("warning: {error}");
    }
    Ok(Exit::Success)
}

fn list(project: &Project) -> Result<Exit, Failure> {
    for name in Image::names(project) {
        // One that is wrong must not hide the others.
        let image = match Image::load(project, &name) {
            Ok(image) => image,
            Err(error) => {
                println!("{name}  unusable: {error}");
                continue;
            }
        };
        let state = match image.availability() {
            Availability::Available => "available".to_owned(),
            Availability::Missing(reason) => format!("missing: {reason}"),
        };
        println!("{name}  {state}\n    {}", image.summary);
    }
    Ok(Exit::Success)
}

/// Boots an image and saves it as it is once it has settled.
pub(super) fn save(
    project: &Project,
    image: &Image,
    settle: Duration,
    accel: AccelArg,
) -> Result<Exit, Failure> {
    let saved = runtime()?.block_on(async {
        let (host, accelerator) = host_choices(project, accel.accelerator()).await?;
        println!("accelerator  {accelerator}");
        save_state(image, host, settle)
            .await
            .map_err(Failure::infra)
    })?;
    let size = saved.about.map_or(0, |about| about.size);
    println!("saved        {} ({} MiB)", saved.file.display(), size >> 20);
    Ok(Exit::Success)
}
