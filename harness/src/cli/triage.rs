//! `stopcode triage`: many dumps and logs.

use std::fs;
use std::io::{IsTerminal, stderr};
use std::num::NonZero;
use std::path::Path;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use triage::{Journal, Progress, Summary};
use vm::interrupt::Interrupt;

use super::MessageFormat;
use super::args::TriageArgs;
use super::symbols::symbol_path;
use crate::session::{Exit, Failure, runtime};

/// How often progress is shown on a terminal, and elsewhere.
const ON_TERMINAL: Duration = Duration::from_millis(250);
const ELSEWHERE: Duration = Duration::from_secs(30);

pub(super) fn triage(args: &TriageArgs) -> Result<Exit, Failure> {
    let files = triage::find(&args.paths).map_err(Failure::usage)?;
    if files.is_empty() {
        let message =
            "no dumps and no logs there; name files to have them read whatever they are called";
        return Err(Failure::new(Exit::NothingMatched, message));
    }
    let symbols = symbol_path(&args.symbols)?;
    let mut journal = match &args.journal {
        None => None,
        Some(path) => {
            let opened = Journal::open(path);
            Some(opened.map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?)
        }
    };
    let processors = available_parallelism().map_or(1, NonZero::get);
    let jobs = args.jobs.map_or(processors, usize::from);
    let all = files.len();
    let (rows, interrupted) = runtime()?.block_on(async {
        let interrupt = Interrupt::on_signals(Exit::Interrupted.code().into())
            .map_err(|error| Failure::infra(format!("cannot listen for signals: {error}")))?;
        let stop = interrupt.clone();
        let work = tokio::task::spawn_blocking(move || {
            let mut shown = Shown::default();
            let journal = journal.as_mut();
            let stop = || stop.is_set();
            let rows = triage::analyze(&files, &symbols, jobs, journal, &stop, |now| {
                shown.show(now)
            });
            shown.clear();
            rows
        });
        let rows = work.await.map_err(Failure::infra)?;
        let rows =
            rows.map_err(|error| Failure::infra(format!("cannot write the journal: {error}")))?;
        Ok::<_, Failure>((rows, interrupt.is_set()))
    })?;
    let left = all - rows.len();
    let summary = Summary::of(rows);
    if let Some(path) = &args.csv {
        write(path, &triage::csv(&summary))?;
    }
    if let Some(path) = &args.html {
        write(path, &triage::page(&summary))?;
    }
    match args.message_format {
        MessageFormat::Human => print!("{}", triage::table(&summary)),
        MessageFormat::Json => {
            let json = serde_json::to_string_pretty(&summary).map_err(Failure::infra)?;
            println!("{json}");
        }
    }
    if interrupted {
        eprintln!("interrupted: {left} of {all} files were not analyzed");
        return Ok(Exit::Interrupted);
    }
    Ok(Exit::Success)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text)
        .map_err(|error| Failure::infra(format!("cannot write {}: {error}", path.display())))
}

/// Progress on standard error.
#[derive(Default)]
struct Shown {
    /// When the first line could have been shown, and when the last was.
    began: Option<Instant>,
    last: Option<Instant>,
}

impl Shown {
    fn show(&mut self, now: Progress) {
        let began = *self.began.get_or_insert_with(Instant::now);
        let terminal = stderr().is_terminal();
        let pause = if terminal { ON_TERMINAL } else { ELSEWHERE };
        if self.last.unwrap_or(began).elapsed() < pause {
            return;
        }
        self.last = Some(Instant::now());
        let fresh = (now.done - now.reused) as f64;
        let rate = fresh / began.elapsed().as_secs_f64();
        let Progress {
            done, failed, all, ..
        } = now;
        let text =
            format!("{done} of {all} files, {failed} could not be analyzed, {rate:.0} a second");
        match terminal {
            true => eprint!("\r\x1b[K{text}"),
            false => eprintln!("{text}"),
        }
    }

    fn clear(&self) {
        if self.last.is_some() && stderr().is_terminal() {
            eprint!("\r\x1b[K");
        }
    }
}
