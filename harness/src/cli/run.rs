//! `stopcode run`.

use std::cell::RefCell;
use std::io::{IsTerminal, stderr, stdout};
use std::num::NonZero;
use std::path::Path;
use std::thread::available_parallelism;
use std::time::Duration;

use results::report::{Folder, Human, Json, Junit, MarkdownSummary, Reporter};
use results::{RESULT_SCHEMA_VERSION, RunHost, RunId, RunInfo, Store, Timestamp};
use runner::artefacts::session_folder;
use runner::events::{Event, Summary};
use runner::run::{Context, Job, run_all};
use scenario::project::Project;
use scenario::select::{Selected, select};
use scenario::shell::shell_word;
use scenario::{DriverSpec, TestName};
use vm::driver;
use vm::guest::HostFacts;
use vm::guest::accel::AccelChoice;
use vm::image::{Availability, Image};
use vm::interrupt::Interrupt;
use vm::plan::Analyzer;
use vm::plan::{Accelerator, HostChoices, Plan, Refusal, make, new_seed, show};

use super::args::RunArgs;
use super::bundle::is_bundle;
use super::{AccelArg, Exit, Failure, MessageFormat, runtime, style};

/// How often the clocks on a terminal move.
const TICK: Duration = Duration::from_millis(250);
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
            // So that whoever merges knows that this slice has nothing to say.
            let session = session_folder(&project.runs());
            let info = run_info(
                args,
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
    let (_, exit) = carry_out(args, &image, project, &project.runs(), jobs)?;
    Ok(exit)
}

/// Makes jobs with what the host has, and carries them out. What is kept goes below `runs`. The exit
/// code also tells of a report that is not whole.
pub(super) fn carry_out(
    args: &RunArgs,
    image: &Image,
    project: &Project,
    runs: &Path,
    jobs: impl FnOnce(&AccelChoice, bool) -> Result<Vec<Job>, Failure>,
) -> Result<(Summary, Exit), Failure> {
    let runtime = runtime()?;
    let summary = runtime.block_on(async {
        let interrupt = Interrupt::on_signals(Exit::Interrupted.code().into())
            .map_err(|error| Failure::infra(format!("cannot listen for signals: {error}")))?;
        let state = project.state();
        let host = tokio::select! {
            host = HostFacts::find(&state) => host.map_err(Failure::infra)?,
            () = interrupt.wait() => {
                let summary = Summary { interrupted: true, ..Summary::default() };
                return Ok((summary, Exit::Interrupted));
            }
        };
        let accelerator = accelerator(args.accel, &host.accel);
        let jobs = jobs(&accelerator, host.sandbox)?;
        let at_a_time = at_a_time(args.jobs);
        let session = session_folder(runs);
        let mut reporters = vec![reporter(args.message_format)];
        if let Some(dir) = &args.report {
            let info = run_info(args, image, tests_of(&jobs), &accelerator, &session)?;
            let store = Store::create(dir).map_err(Failure::infra)?;
            let folder = Folder::begin(store, info).map_err(Failure::infra)?;
            reporters.push(Box::new(folder));
        }
        if let Some(file) = &args.junit {
            reporters.push(Box::new(Junit::new(file)));
        }
        if let Some(file) = &args.summary {
            reporters.push(Box::new(MarkdownSummary::new(file)));
        }
        let reporter = RefCell::new(reporters);
        let sink = |event: Event| reporter.borrow_mut().event(&event);
        sink(Event::RunStarted {
            image: image.name.clone(),
            tests: jobs.len(),
            jobs: at_a_time,
            accelerator: accelerator.clone(),
            warped: (jobs.iter())
                .flat_map(|job| &job.plan)
                .filter(|plan| plan.machine.warp_shift.is_some())
                .count(),
        });
        let context = Context {
            sink: &sink,
            session,
            keep: args.keep,
            interrupt,
        };
        let ticking = async {
            loop {
                tokio::time::sleep(TICK).await;
                reporter.borrow_mut().tick();
            }
        };
        let summary = tokio::select! {
            summary = run_all(&jobs, at_a_time, &context) => summary,
            never = ticking => never,
        };
        let troubles = reporter.borrow_mut().troubles();
        for trouble in &troubles {
            eprintln!("error: not in the report: {trouble}");
        }
        if let Some(dir) = &args.report {
            eprintln!("report: {}", dir.join("index.html").display());
        }
        let exit = match Exit::of(&summary) {
            Exit::Success if !troubles.is_empty() => Exit::Infrastructure,
            exit => exit,
        };
        Ok((summary, exit))
    });
    // An analysis that was interrupted need not be waited for.
    runtime.shutdown_timeout(Duration::ZERO);
    summary
}

/// The tests that jobs are of, each once.
fn tests_of(jobs: &[Job]) -> Vec<TestName> {
    let first = jobs.iter().filter(|job| job.attempt == 1);
    let test = |job: &Job| match &job.plan {
        Ok(plan) => plan.test.clone(),
        Err(refusal) => refusal.test.clone(),
    };
    first.map(test).collect()
}

/// What the report says of the run as a whole.
fn run_info(
    args: &RunArgs,
    image: &Image,
    tests: Vec<TestName>,
    accelerator: &AccelChoice,
    session: &Path,
) -> Result<RunInfo, Failure> {
    let run = match &args.run_id {
        Some(id) => id.clone(),
        None => {
            let name = session.file_name().unwrap_or_default().to_string_lossy();
            RunId::try_from(name.into_owned()).map_err(Failure::infra)?
        }
    };
    Ok(RunInfo {
        schema_version: RESULT_SCHEMA_VERSION,
        run,
        image: image.name.clone(),
        slice: (args.partition).map_or("all".to_owned(), |partition| partition.to_string()),
        accelerator: accelerator.clone(),
        started: Timestamp::now(),
        host: RunHost::this(),
        stopcode: env!("CARGO_PKG_VERSION").to_owned(),
        tests,
        repeat: args.repeat,
        jobs: at_a_time(args.jobs),
        finished: None,
        summary: None,
    })
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
                plan: plan(args, entry, image, host),
                attempt,
                rerun: rerun.clone(),
            });
        }
    }
    Ok(jobs)
}

fn plan(
    args: &RunArgs,
    entry: &Selected,
    image: &Image,
    host: HostChoices,
) -> Result<Plan, Refusal> {
    let plan = make(&entry.scenario, entry.variant, image, host)?;
    Ok(Plan {
        analyzers: args.analyzer.clone(),
        ..plan
    })
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
