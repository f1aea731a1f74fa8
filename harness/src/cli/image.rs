//! `stopcode image`.

use std::path::Path;
use std::time::Instant;

use super::run::{accelerator, prepare};
use super::{AccelArg, Exit, Failure, ImageCommand, project, runtime};
use crate::artefacts::{RunFolder, session_folder};
use crate::guest::{Guest, HostFacts};
use crate::image::{Availability, Image};
use crate::pickup::{PickUpError, Wanted, pick_up};
use crate::plan::{HostChoices, machine, new_seed};
use crate::project::Project;
use crate::scenario::{Clock, GuestSpec, Hypervisor, MemorySize, TestName, Variant};

pub(super) fn image(command: &ImageCommand) -> Result<Exit, Failure> {
    match command {
        ImageCommand::PickUp {
            disk,
            output,
            format,
            as_it_is,
        } => {
            let wanted = Wanted {
                format: *format,
                as_it_is: *as_it_is,
            };
            pick_up_from(disk, output, wanted)
        }
        ImageCommand::List => list(&project()?),
        ImageCommand::Build { name } => {
            let image = Image::load(&project()?, name)?;
            if image.build.is_empty() {
                return Err(Failure::usage(format!("image {name} is not built here")));
            }
            prepare(&image)?;
            println!("{name}: built");
            Ok(Exit::Success)
        }
        ImageCommand::Check { name, accel } => {
            let project = project()?;
            let image = Image::load(&project, name)?;
            prepare(&image)?;
            check(&project, &image, *accel)
        }
    }
}

fn pick_up_from(disk: &Path, folder: &Path, wanted: Wanted) -> Result<Exit, Failure> {
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
        let image = Image::load(project, &name)?;
        let state = match image.availability() {
            Availability::Available => "available".to_owned(),
            Availability::Missing(reason) => format!("missing: {reason}"),
        };
        println!("{name}  {state}\n    {}", image.summary);
    }
    Ok(Exit::Success)
}

/// Boots an image and asks it what it is.
fn check(project: &Project, image: &Image, accel: AccelArg) -> Result<Exit, Failure> {
    let spec = GuestSpec {
        cpus: 2,
        memory: MemorySize::from_mib(128),
        hypervisor: Hypervisor::Visible,
        clock: Clock::Host,
    };
    let test = TestName::new(&image.name, "image-check", Variant::Buggy);
    let folder = RunFolder::create(&session_folder(&project.runs()), &test, 1)
        .map_err(|error| Failure::infra(format!("cannot make a folder: {error}")))?;
    let checked = runtime()?.block_on(async {
        let host = HostFacts::find(&project.state())
            .await
            .map_err(Failure::infra)?;
        let choice = accelerator(accel, &host.accel);
        println!("accelerator  {choice}");
        let host = HostChoices {
            accelerator: choice.accelerator,
            sandbox: host.sandbox,
            seed: new_seed(),
        };
        let started = Instant::now();
        let mut guest = Guest::start(&machine(&spec, image, host), folder.path())
            .await
            .map_err(Failure::infra)?;
        let ready = tokio::select! {
            ready = guest.agent.sync(image.agent.ready_within) => ready.map_err(|e| e.to_string()),
            death = guest.qemu.death() => Err(death.to_string()),
        };
        let name = match ready {
            Ok(()) => {
                println!(
                    "agent        ready after {:.3} s",
                    started.elapsed().as_secs_f64()
                );
                guest
                    .agent
                    .os_name()
                    .await
                    .map_err(|error| error.to_string())
            }
            Err(error) => Err(error),
        };
        match name {
            Ok(name) => {
                println!("guest        {name}");
                guest.qemu.kill().await;
                Ok(())
            }
            Err(error) => {
                let said = guest.serial.tail(5).join("\n  ");
                Err(Failure::infra(format!(
                    "{error}; last lines on COM1:\n  {said}"
                )))
            }
        }
    });
    folder.finish(false);
    checked.map(|()| Exit::Success)
}
