//! `stopcode repro`.

use std::cell::Cell;
use std::io::{IsTerminal, stderr, stdout};
use std::path::Path;
use std::time::Duration;

use repro::bundle::{self, ENDING};
use repro::draft::{DraftStep, ScenarioDraft};
use repro::events::{Event, Listener};
use repro::folder::Workshop;
use repro::hunt::Setup;
use repro::lines::{Human, Json};
use repro::pack::{Packing, pack};
use repro::result::HuntResult;
use repro::tally::{Enough, HuntLimits};
use repro::target::Target;
use repro::wanted::WantedCrash;
use runner::artefacts::{Keep, session_folder};
use runner::run::{Context, one_line};
use scenario::project::Project;
use vm::guest::HostFacts;
use vm::image::Image;
use vm::interrupt::Interrupt;
use vm::plan::{HostChoices, new_seed};

use super::MessageFormat;
use super::args::ReproArgs;
use super::symbols::symbol_path;
use crate::session::job::{Job, of_scenario, own_drivers, proposed};
use crate::session::{Exit, Failure, accelerator, at_a_time, prepare, runtime};

/// Without a match, a rate above this is ruled out before giving up.
const DEFAULT_CERTAINTY: f64 = 0.03;

pub(super) fn repro(project: &Project, args: &ReproArgs) -> Result<Exit, Failure> {
    check_bundle(args)?;
    let image = Image::load(project, &args.image)?;
    let symbols = symbol_path(&args.symbols)?;
    let given = own_drivers(&args.driver, &args.symbols.symbols)?;
    let wanted = WantedCrash::read(&args.wanted, &symbols).map_err(Failure::usage)?;
    let target = Target::of(&wanted.verdict).map_err(Failure::usage)?;
    if args.scenario.is_some() {
        // A scenario may need drivers that are built with the image.
        prepare(&image)?;
    }
    let mut job = match &args.scenario {
        Some(name) => of_scenario(project, &image, name, &wanted)?,
        None => proposed(&wanted, given, &image)?,
    };
    job.notes.splice(0..0, wanted.notes.iter().cloned());
    job.notes.extend(target.caveats(&wanted.verdict));
    if args.scenario.is_none() {
        prepare(&image)?;
    }
    let folder = session_folder(&project.runs());
    let workshop = Workshop::create(&folder, &job.drivers)
        .and_then(|workshop| workshop.write(&job.draft).map(|()| workshop))
        .map_err(|error| Failure::infra(format!("cannot make the folder of the runs: {error}")))?;

    let runtime = runtime()?;
    let exit = runtime.block_on(hunt(
        project, args, &image, &wanted, &target, &job, &workshop,
    ));
    // An analysis that was interrupted need not be waited for.
    runtime.shutdown_timeout(Duration::ZERO);
    exit
}

async fn hunt(
    project: &Project,
    args: &ReproArgs,
    image: &Image,
    wanted: &WantedCrash,
    target: &Target,
    job: &Job,
    workshop: &Workshop,
) -> Result<Exit, Failure> {
    let interrupt = Interrupt::on_signals(Exit::Interrupted.code().into())
        .map_err(|error| Failure::infra(format!("cannot listen for signals: {error}")))?;
    let state = project.state();
    let host = tokio::select! {
        host = HostFacts::find(&state) => host.map_err(Failure::infra)?,
        () = interrupt.wait() => return Ok(Exit::Interrupted),
    };
    let listener = listener(args.message_format);
    let seed = args.seed.unwrap_or_else(new_seed);
    let scenario = workshop.scenario();
    listener.hear(&Event::Begins {
        signature: target.signature(),
        verdict: &one_line(&wanted.verdict),
        scenario: &scenario,
        steps: &steps(&job.draft),
        notes: &job.notes,
        seed,
    });
    let setup = Setup {
        target,
        scenario: &scenario,
        image,
        host: HostChoices {
            accelerator: accelerator(args.accel.accelerator(), &host.accel).accelerator,
            sandbox: host.sandbox,
            seed,
        },
        context: Context {
            sink: &|_| {},
            session: workshop.runs(),
            keep: Keep::Always,
            interrupt,
        },
        jobs: at_a_time(args.jobs),
        seed,
        listener: &*listener,
        begun: Cell::new(0),
    };
    let result = setup
        .hunt(&job.draft, !args.no_perturb, limits(args))
        .await
        .map_err(|error| Failure::infra(format!("{} cannot run this: {error}", image.name)))?;
    let exit = exit(&result);
    listener.hear(&Event::Ended {
        result: &result,
        reproduced: exit == Exit::Success,
    });
    afterwards(args, &setup, wanted, workshop, result).await?;
    Ok(match setup.context.interrupt.is_set() {
        true => Exit::Interrupted,
        false => exit,
    })
}

/// What is made of the first run that showed the crash.
async fn afterwards(
    args: &ReproArgs,
    setup: &Setup<'_>,
    wanted: &WantedCrash,
    workshop: &Workshop,
    result: HuntResult,
) -> Result<(), Failure> {
    let Some(mut reproduction) = result.first else {
        return Ok(());
    };
    let mut rate = result.tally.rate();
    if args.minimise {
        let minimised = setup.minimise(reproduction).await.map_err(Failure::infra)?;
        setup.listener.hear(&Event::Minimised(&minimised));
        rate = minimised.rate;
        reproduction = minimised.reproduction;
        workshop
            .write(&reproduction.trial.draft)
            .map_err(|error| Failure::infra(format!("the scenario cannot be written: {error}")))?;
        setup.listener.hear(&Event::Wrote {
            what: "Scenario",
            file: setup.scenario,
            command: None,
        });
    }
    let Some(file) = &args.bundle else {
        return Ok(());
    };
    let contents = pack(
        &reproduction,
        &Packing {
            wanted: &wanted.verdict,
            signature: setup.target.signature(),
            image: setup.image,
            drivers: &workshop.drivers(),
            host: setup.host,
            tally: &result.tally,
            rate,
            name: &file.file_name().unwrap_or_default().to_string_lossy(),
        },
    )
    .map_err(Failure::infra)?;
    let command = contents.manifest.command.clone();
    bundle::write(file, contents)
        .map_err(|error| Failure::infra(format!("the bundle cannot be written: {error}")))?;
    setup.listener.hear(&Event::Wrote {
        what: "Bundle",
        file,
        command: Some(&command),
    });
    Ok(())
}

/// A bundle that could not be written should not cost hours of runs.
fn check_bundle(args: &ReproArgs) -> Result<(), Failure> {
    let Some(file) = &args.bundle else {
        return Ok(());
    };
    let shown = file.display();
    if !shown.to_string().ends_with(ENDING) {
        return Err(Failure::usage(format!(
            "--bundle {shown}: its name must end in {ENDING}"
        )));
    }
    if file.exists() {
        return Err(Failure::usage(format!(
            "--bundle {shown} exists: name another"
        )));
    }
    let folder = file.parent().filter(|folder| *folder != Path::new(""));
    match folder.is_none_or(Path::is_dir) {
        true => Ok(()),
        false => Err(Failure::usage(format!(
            "--bundle {shown}: its folder does not exist"
        ))),
    }
}

/// How the process ends after a hunt.
fn exit(result: &HuntResult) -> Exit {
    match result.enough {
        None => Exit::Interrupted,
        Some(Enough::Matches) => Exit::Success,
        Some(Enough::Hopeless) => Exit::Infrastructure,
        Some(_) if result.tally.runs() == 0 => Exit::Infrastructure,
        Some(_) => Exit::ExpectationFailed,
    }
}

fn limits(args: &ReproArgs) -> HuntLimits {
    let limited = args.within.is_some() || args.max_runs.is_some();
    HuntLimits {
        matches: args.until_matches,
        runs: args.max_runs,
        time: args.within,
        certainty: (args.certainty).or_else(|| (!limited).then_some(DEFAULT_CERTAINTY)),
    }
}

/// What a draft does, in one line.
fn steps(draft: &ScenarioDraft) -> String {
    let steps: Vec<String> = draft.steps.iter().map(DraftStep::title).collect();
    let guest = &draft.guest;
    let verifier = if draft.verifier.is_some() {
        ", Driver Verifier"
    } else {
        ""
    };
    format!(
        "{}; {} processors, {}{verifier}",
        steps.join(", "),
        guest.cpus,
        guest.memory
    )
}

fn listener(format: MessageFormat) -> Box<dyn Listener> {
    match format {
        MessageFormat::Json => Box::new(Json::new(stdout())),
        MessageFormat::Human => {
            let progress = stderr().is_terminal().then(stderr);
            Box::new(Human::new(stdout(), progress))
        }
    }
}
