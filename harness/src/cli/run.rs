//! `stopcode run`.

use std::io::{IsTerminal, stderr, stdout};
use std::path::Path;

use results::Store;
use results::report::{Human, Json, Reporter};
use runner::artefacts::session_folder;
use runner::run::Job;
use scenario::DriverSpec;
use scenario::project::Project;
use scenario::select::{Selected, select};
use scenario::shell::shell_word;
use vm::driver;
use vm::guest::HostFacts;
use vm::guest::accel::AccelChoice;
use vm::image::Image;
use vm::plan::{Analyzer, HostChoices, PlanOptions, make, new_seed, show};

use super::args::RunArgs;
use super::bundle::is_bundle;
use super::{MessageFormat, style};
use crate::session::{
    Exit, Failure, Options, accelerator, at_a_time, carry_out, prepare, run_info, runtime,
};

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
    let any = !selected.is_empty();
    if let Some(partition) = args.partition {
        let mut index = 0..;
        selected.retain(|_| index.next().is_some_and(|index| partition.contains(index)));
    }
    if selected.is_empty() {
        if let Some(dir) = args.report.as_ref().filter(|_| any) {
            // So that a merge knows that this slice is complete and empty.
            let session = session_folder(&project.runs());
            let info = run_info(
                &options(args),
                &image,
                Vec::new(),
                &AccelChoice::unmeasured(),
                &session,
            )?;
            let store = Store::create(dir).map_err(Failure::infra)?;
            store.put_run(&info).map_err(Failure::infra)?;
        }
        let message = match args.filters.as_slice() {
            _ if any => "no test in this partition".to_owned(),
            [] => "there is no scenario".to_owned(),
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
    let (_, exit) = carry_out(
        &options(args),
        reporter(args.message_format),
        &image,
        project,
        &project.runs(),
        jobs,
    )?;
    Ok(exit)
}

/// Prints what would be done, and does none of it: no image is built, no accelerator measured
/// unless one must be chosen.
fn dry_run(
    project: &Project,
    args: &RunArgs,
    image: &Image,
    selected: &[Selected],
) -> Result<Exit, Failure> {
    let (choice, sandbox) = match args.accel.accelerator() {
        None => {
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

fn jobs(
    args: &RunArgs,
    image: &Image,
    selected: &[Selected],
    accelerator: &AccelChoice,
    sandbox: bool,
) -> Result<Vec<Job>, Failure> {
    let options = PlanOptions {
        analyzers: args.analyzer.clone(),
        ..PlanOptions::default()
    };
    let mut jobs = Vec::new();
    for entry in selected {
        let mut rerun = format!("stopcode run {}", shell_word(&entry.argument));
        if args.image != "tinynt" {
            rerun.push_str(&format!(" --image {}", shell_word(&args.image)));
        }
        if let Some(seed) = args.seed {
            rerun.push_str(&format!(" --seed {seed:x}"));
        }
        if args.analyzer != [Analyzer::Builtin] {
            let asked: Vec<String> = args.analyzer.iter().map(ToString::to_string).collect();
            rerun.push_str(&format!(" --analyzer {}", shell_word(&asked.join(","))));
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
                plan: make(&entry.scenario, entry.variant, image, host, &options),
                attempt,
                rerun: rerun.clone(),
            });
        }
    }
    Ok(jobs)
}

/// The session that the arguments ask for.
pub(super) fn options(args: &RunArgs) -> Options {
    Options {
        accelerator: args.accel.accelerator(),
        at_a_time: at_a_time(args.jobs),
        keep: args.keep,
        repeat: args.repeat,
        slice: (args.partition).map_or("all".to_owned(), |partition| partition.to_string()),
        run_id: args.run_id.clone(),
        report: args.report.clone(),
        junit: args.junit.clone(),
        summary: args.summary.clone(),
    }
}

/// What shows the runs as they go.
pub(super) fn reporter(format: MessageFormat) -> Box<dyn Reporter> {
    match format {
        MessageFormat::Json => Box::new(Json::new(stdout())),
        MessageFormat::Human => {
            let progress = stderr().is_terminal().then(stderr);
            Box::new(Human::new(stdout(), progress, style::stdout_colour()))
        }
    }
}
