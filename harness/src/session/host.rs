//! The checks of this machine before a session runs anything.

use std::io::{IsTerminal, stderr};
use std::num::NonZero;
use std::thread::available_parallelism;

use scenario::project::Project;
use vm::guest::HostFacts;
use vm::guest::accel::AccelChoice;
use vm::image::{Availability, Image};
use vm::plan::{Accelerator, HostChoices, new_seed};

use super::Failure;

/// A runtime on this very thread: QEMU processes are bound to the thread that starts them, and
/// this one lives as long as the process.
///
/// # Errors
/// The system has no more descriptors for it.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::infra(format!("cannot start: {error}")))
}

/// Makes an image ready to boot. Says so on a terminal while it is built.
///
/// # Errors
/// Something that it needs is not on this machine, or its build fails.
pub fn prepare(image: &Image) -> Result<(), Failure> {
    match image.availability() {
        Availability::Available => {
            // Usually a moment; the first time, a minute.
            let show = stderr().is_terminal();
            if show {
                eprint!("building {} ...", image.name);
            }
            let built = image.build().map_err(Failure::infra);
            if show {
                eprint!("\r\x1b[K");
            }
            built
        }
        Availability::Missing(reason) => Err(Failure::infra(format!(
            "image {} cannot be used here: {reason}",
            image.name
        ))),
    }
}

/// What executes the guests: what is `asked` for, or else what was `measured` as faster.
pub fn accelerator(asked: Option<Accelerator>, measured: &AccelChoice) -> AccelChoice {
    match asked {
        None => measured.clone(),
        Some(accelerator) => AccelChoice {
            accelerator,
            reason: "asked for".into(),
        },
    }
}

/// Measures the host, and chooses with `asked` what will execute a guest.
///
/// # Errors
/// There is no QEMU that works.
pub async fn host_choices(
    project: &Project,
    asked: Option<Accelerator>,
) -> Result<(HostChoices, AccelChoice), Failure> {
    let host = HostFacts::find(&project.state())
        .await
        .map_err(Failure::infra)?;
    let choice = accelerator(asked, &host.accel);
    let choices = HostChoices {
        accelerator: choice.accelerator,
        sandbox: host.sandbox,
        seed: new_seed(),
    };
    Ok((choices, choice))
}

/// Virtual machines at a time, if `asked` does not say: as many as the processors carry.
pub fn at_a_time(asked: Option<u16>) -> usize {
    match asked {
        Some(jobs) => jobs.into(),
        // A guest has two processors unless its scenario says otherwise.
        None => (available_parallelism().map_or(1, NonZero::get) / 2).max(1),
    }
}
