//! `stopcode image`.

mod content;

use std::path::Path;
use std::time::{Duration, Instant};

use super::run::{accelerator, prepare};
use super::{AccelArg, Exit, Failure, ImageCommand, project, runtime};
use crate::artefacts::{RunFolder, session_folder};
use crate::guest::{Agent, Guest, HostFacts, save_state};
use crate::image::{Availability, Image, Os};
use crate::pickup::{PickUpError, Wanted, pick_up};
use crate::plan::{HostChoices, machine, new_seed};
use crate::project::Project;
use crate::scenario::{Clock, GuestSpec, Hypervisor, MemorySize, TestName, Variant};
use crate::windows::put_questions;

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
            let wanted = Wanted {
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

/// Measures the host, and prints what will execute the guest.
async fn host_choices(project: &Project, accel: AccelArg) -> Result<HostChoices, Failure> {
    let host = HostFacts::find(&project.state())
        .await
        .map_err(Failure::infra)?;
    let choice = accelerator(accel, &host.accel);
    println!("accelerator  {choice}");
    Ok(HostChoices {
        accelerator: choice.accelerator,
        sandbox: host.sandbox,
        seed: new_seed(),
    })
}

/// Boots an image and saves it as it is once it has settled.
pub(super) fn save(
    project: &Project,
    image: &Image,
    settle: Duration,
    accel: AccelArg,
) -> Result<Exit, Failure> {
    let saved = runtime()?.block_on(async {
        let host = host_choices(project, accel).await?;
        save_state(image, host, settle)
            .await
            .map_err(Failure::infra)
    })?;
    let size = saved.about.map_or(0, |about| about.size);
    println!("saved        {} ({} MiB)", saved.file.display(), size >> 20);
    Ok(Exit::Success)
}

/// Boots an image and asks it what it is.
fn check(project: &Project, image: &Image, accel: AccelArg) -> Result<Exit, Failure> {
    let least = image.boot.hardware();
    let spec = GuestSpec {
        cpus: least.map_or(2, |least| least.cpus),
        memory: least.map_or(MemorySize::from_mib(128), |least| least.memory),
        hypervisor: Hypervisor::Visible,
        clock: Clock::Host,
    };
    let test = TestName::new(&image.name, "image-check", Variant::Buggy);
    let folder = RunFolder::create(&session_folder(&project.runs()), &test, 1)
        .map_err(|error| Failure::infra(format!("cannot make a folder: {error}")))?;
    let checked = runtime()?.block_on(async {
        let host = host_choices(project, accel).await?;
        let started = Instant::now();
        let mut guest = Guest::start(&machine(&spec, image, host), folder.path())
            .await
            .map_err(Failure::infra)?;
        if let Some(why) = &guest.cold {
            println!("state        booted cold: {why}");
        }
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
                let asked = match image.os {
                    Os::Windows => ask_windows(&mut guest.agent).await,
                    Os::TinyNt | Os::Linux => Ok(()),
                };
                guest.qemu.kill().await;
                asked
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

/// Asks a Windows guest what runs need of it, and prints each answer.
async fn ask_windows(agent: &mut Agent) -> Result<(), Failure> {
    let answers = put_questions(agent).await.map_err(Failure::infra)?;
    for (question, good) in &answers {
        match good {
            true => println!("{:<20} yes", question.what),
            false => println!("{:<20} NO: {}", question.what, question.without),
        }
    }
    let bad = answers.iter().filter(|(_, good)| !good).count();
    match bad {
        0 => Ok(()),
        _ => Err(Failure::infra(format!(
            "{bad} of {} answers are not as they should be; `stopcode image build windows` sets \
             all of it",
            answers.len()
        ))),
    }
}
