//! `stopcode run`.

use std::cell::RefCell;
use std::io::{IsTerminal, stderr, stdout};
use std::num::NonZero;
use std::path::Path;
use std::thread::available_parallelism;
use std::time::Duration;

use super::args::RunArgs;
use super::bundle::is_bundle;
use super::{AccelArg, Exit, Failure, MessageFormat, Selected, runtime, select, shell_word, style};
use crate::artefacts::session_folder;
use crate::driver;
use crate::events::{Event, Summary};
use crate::guest::HostFacts;
use crate::guest::accel::AccelChoice;
use crate::image::{Availability, Image};
use crate::plan::{Accelerator, HostChoices, make, new_seed, show};
use crate::project::Project;
use crate::report::{Human, Json, Reporter};
use crate::run::{Context, Interrupt, Job, run_all};
use crate::scenario::DriverSpec;

/// The bundle that is to be run, if one is.
pub(super) fn bundle(args: &RunArgs) -> Result<Option<&Path>, Failure> {
    match args.filters.as_slice() {
        [only] if is_bundle(only) => Ok(Some(Path::new(only))),
        filters if filters.iter().any(|filter| is_bundle(filter)) => {
            Err(Failure::usage("a bundle is run alone: name nothing else"))
        }
        _ => Ok(None),
    }
}

pub(super) fn run(project: &Project, args: &RunArgs) -> Result<Exit, Failure> {
    let image = Image::load(project, &args.image)?;
    let mut selected = select(project, &image.name, &args.filters)?;
    if let Some(partition) = args.partition {
        let mut index = 0..;
        selected.retain(|_| index.next().is_some_and(|index| partition.contains(index)));
    }
    if selected.is_empty() {
        let message = match args.filters.as_slice() {
            [] => "no test in this partition".to_owned(),
            filters => format!(
                "no test matches {}: see `stopcode list`",
                filters.join(", ")
            ),
        };
        return Err(Failure::new(Exit::NothingMatched, message));
    }
    check_own_drivers(&selected)?;
    if args.dry_run {
        return dry_run(project, args, &image, &selected);
    }
    prepare(&image)?;
    let jobs =
        |accelerator: &AccelChoice, sandbox| jobs(args, &image, &selected, accelerator, sandbox);
    let summary = carry_out(args, &image, project, &project.runs(), jobs)?;
    Ok(Exit::of(&summary))
}

/// Makes jobs with what the host has, and carries them out. What is kept goes below `runs`.
pub(super) fn carry_out(
    args: &RunArgs,
    image: &Image,
    project: &Project,
    runs: &Path,
    jobs: impl FnOnce(&AccelChoice, bool) -> Result<Vec<Job>, Failure>,
) -> Result<Summary, Failure> {
    let runtime = runtime()?;
    let summary = runtime.block_on(async {
        let interrupt = Interrupt::on_signals(Exit::Interrupted.code().into())
            .map_err(|error| Failure::infra(format!("cannot listen for signals: {error}")))?;
        let state = project.state();
        let host = tokio::select! {
            host = HostFacts::find(&state) => host.map_err(Failure::infra)?,
            () = interrupt.wait() => return Ok(Summary { interrupted: true, ..Summary::default() }),
        };
        let accelerator = accelerator(args.accel, &host.accel);
        let jobs = jobs(&accelerator, host.sandbox)?;
        let at_a_time = at_a_time(args.jobs);
        let reporter = RefCell::new(reporter(args.message_format));
        let sink = |event: Event| reporter.borrow_mut().event(&event);
        sink(Event::RunStarted {
            image: image.name.clone(),
            tests: jobs.len(),
            jobs: at_a_time,
            accelerator,
            warped: (jobs.iter())
                .flat_map(|job| &job.plan)
                .filter(|plan| plan.machine.warp_shift.is_some())
                .count(),
        });
        let context = Context {
            sink: &sink,
            session: session_folder(runs),
            keep: args.keep,
            interrupt,
        };
        Ok(run_all(&jobs, at_a_time, &context).await)
    });
    // An analysis that was interrupted need not be waited for.
    runtime.shutdown_timeout(Duration::ZERO);
    summary
}

/// Prints what would be done, and does nothing of it: no image is built, no accelerator measured
/// unless one must be chosen.
fn dry_run(
    project: &Project,
    args: &RunArgs,
    image: &Image,
    selected: &[Selected],
) -> Result<Exit, Failure> {
    let (choice, sandbox) = match args.accel {
        AccelArg::Auto => {
            let facts = runtime()?.block_on(HostFacts::find(&project.state()));
            let facts = facts.map_err(Failure::infra)?;
            (facts.accel, facts.sandbox)
        }
        asked => (accelerator(asked, &AccelChoice::unmeasured()), true),
    };
    for job in jobs(args, image, selected, &choice, sandbox)? {
        match &job.plan {
            Ok(plan) => print!("{}", show(plan)),
            Err(refusal) => println!("{}\n  skip: {refusal}", refusal.test),
        }
    }
    Ok(Exit::Success)
}

/// Driver files that the user names are input: a wrong one is found before anything is built.
fn check_own_drivers(selected: &[Selected]) -> Result<(), Failure> {
    for entry in selected {
        for driver in &entry.scenario.drivers {
            if let DriverSpec::File { path, .. } = driver {
                driver::check(path).map_err(Failure::usage)?;
            }
        }
    }
    Ok(())
}

/// Makes an image ready to boot.
pub(super) fn prepare(image: &Image) -> Result<(), Failure> {
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

pub(super) fn accelerator(asked: AccelArg, measured: &AccelChoice) -> AccelChoice {
    let asked_for = |accelerator| AccelChoice {
        accelerator,
        reason: "asked for".into(),
    };
    match asked {
        AccelArg::Auto => measured.clone(),
        AccelArg::Kvm => asked_for(Accelerator::Kvm),
        AccelArg::Tcg => asked_for(Accelerator::Tcg),
    }
}

fn jobs(
    args: &RunArgs,
    image: &Image,
    selected: &[Selected],
    accelerator: &AccelChoice,
    sandbox: bool,
) -> Result<Vec<Job>, Failure> {
    let mut jobs = Vec::new();
    for entry in selected {
        let mut rerun = format!("stopcode run {}", shell_word(&entry.argument));
        if args.image != "tinynt" {
            rerun.push_str(&format!(" --image {}", shell_word(&args.image)));
        }
        if let Some(seed) = args.seed {
            rerun.push_str(&format!(" --seed {seed:x}"));
        }
        rerun.push_str(&format!(
            " --accel {} --keep always",
            accelerator.accelerator.as_str()
        ));
        for attempt in 1..=args.repeat {
            let host = HostChoices {
                accelerator: accelerator.accelerator,
                sandbox,
                seed: args.seed.unwrap_or_else(new_seed),
            };
            jobs.push(Job {
                plan: make(&entry.scenario, entry.variant, image, host),
                attempt,
                rerun: rerun.clone(),
            });
        }
    }
    Ok(jobs)
}

pub(super) fn at_a_time(asked: Option<u16>) -> usize {
    match asked {
        Some(jobs) => jobs.into(),
        // A guest has two processors unless its scenario says otherwise.
        None => (available_parallelism().map_or(1, NonZero::get) / 2).max(1),
    }
}

fn reporter(format: MessageFormat) -> Box<dyn Reporter> {
    match format {
        MessageFormat::Json => Box::new(Json::new(stdout())),
        MessageFormat::Human => {
            let progress = stderr().is_terminal().then(stderr);
            Box::new(Human::new(stdout(), progress, style::stdout_colour()))
        }
    }
}
