//! A session: the tests of one command, from the probe of the host to the reports and the exit
//! code. Its arguments are plain data; the command line parses them.

mod check;
mod exit;
mod host;
pub mod job;
mod needs;

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use results::report::{Folder, Junit, MarkdownSummary, Reporter};
use results::{RESULT_SCHEMA_VERSION, RunHost, RunId, RunInfo, Store, Timestamp};
use runner::artefacts::{Keep, session_folder};
use runner::events::{Event, Summary};
use runner::run::{Context, Job, run_all};
use scenario::TestName;
use scenario::project::Project;
use vm::guest::HostFacts;
use vm::guest::accel::AccelChoice;
use vm::image::Image;
use vm::interrupt::Interrupt;
use vm::plan::Accelerator;

pub use check::check;
pub use exit::{Exit, Failure};
pub use host::{accelerator, at_a_time, host_choices, prepare, runtime};
pub use needs::{Missing, Needs, needs};

/// How often the clocks on a terminal move.
const TICK: Duration = Duration::from_millis(250);

/// What a session does beside its jobs.
#[derive(Clone, Debug)]
pub struct Options {
    /// What executes the guests; `None`: what is faster on this host.
    pub accelerator: Option<Accelerator>,
    /// Virtual machines at a time, at least 1.
    pub at_a_time: usize,
    /// Whose artefacts are kept.
    pub keep: Keep,
    /// How often each test is run, as the report is told.
    pub repeat: u32,
    /// Which slice of the tests this is, as the report is told: `1of4`, or `all`.
    pub slice: String,
    /// What identifies the run in its report; `None`: time and process.
    pub run_id: Option<RunId>,
    /// The folder that the results are kept in.
    pub report: Option<PathBuf>,
    /// The file for JUnit's XML.
    pub junit: Option<PathBuf>,
    /// The file for a short Markdown page.
    pub summary: Option<PathBuf>,
}

/// Makes jobs with what the host has, and carries them out. `lines` shows them as they go; what is
/// kept goes below `runs`. The exit code also tells of a report that is not whole.
///
/// # Errors
/// The host has no QEMU, a reporter's file cannot be written, or there are no jobs to be made.
pub fn carry_out(
    options: &Options,
    lines: Box<dyn Reporter>,
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
        let accelerator = accelerator(options.accelerator, &host.accel);
        let jobs = jobs(&accelerator, host.sandbox)?;
        let session = session_folder(runs);
        let mut reporters = vec![lines];
        if let Some(dir) = &options.report {
            let info = run_info(options, image, tests_of(&jobs), &accelerator, &session)?;
            let store = Store::create(dir).map_err(Failure::infra)?;
            let folder = Folder::begin(store, info).map_err(Failure::infra)?;
            reporters.push(Box::new(folder));
        }
        if let Some(file) = &options.junit {
            reporters.push(Box::new(Junit::new(file)));
        }
        if let Some(file) = &options.summary {
            reporters.push(Box::new(MarkdownSummary::new(file)));
        }
        let reporter = RefCell::new(reporters);
        let sink = |event: Event| reporter.borrow_mut().event(&event);
        sink(Event::RunStarted {
            image: image.name.clone(),
            tests: jobs.len(),
            jobs: options.at_a_time,
            accelerator: accelerator.clone(),
            warped: (jobs.iter())
                .flat_map(|job| &job.plan)
                .filter(|plan| plan.machine.warp_shift.is_some())
                .count(),
        });
        let context = Context {
            sink: &sink,
            session,
            keep: options.keep,
            interrupt,
        };
        let ticking = async {
            loop {
                tokio::time::sleep(TICK).await;
                reporter.borrow_mut().tick();
            }
        };
        let summary = tokio::select! {
            summary = run_all(&jobs, options.at_a_time, &context) => summary,
            never = ticking => never,
        };
        let troubles = reporter.borrow_mut().troubles();
        for trouble in &troubles {
            eprintln!("error: not in the report: {trouble}");
        }
        if let Some(dir) = &options.report {
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
///
/// # Errors
/// The session's folder has a name that identifies no run.
pub fn run_info(
    options: &Options,
    image: &Image,
    tests: Vec<TestName>,
    accelerator: &AccelChoice,
    session: &Path,
) -> Result<RunInfo, Failure> {
    let run = match &options.run_id {
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
        slice: options.slice.clone(),
        accelerator: accelerator.clone(),
        started: Timestamp::now(),
        host: RunHost::this(),
        stopcode: env!("CARGO_PKG_VERSION").to_owned(),
        tests,
        repeat: options.repeat,
        jobs: options.at_a_time,
        finished: None,
        summary: None,
    })
}
