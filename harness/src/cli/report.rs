//! `stopcode report`: works with saved results.

mod history;

use std::path::{Path, PathBuf};

use results::report::{Junit, MarkdownSummary, Reporter, diff_markdown, diff_text, html};
use results::{Problem, Record, RunInfo, Store, StoreError, Totals};
use runner::events::Event;

use super::MessageFormat;
use super::args::{DiffFormat, ReportCommand};
use crate::session::{Exit, Failure};

pub(super) fn report(command: &ReportCommand) -> Result<Exit, Failure> {
    match command {
        ReportCommand::Merge { inputs, into } => merge(inputs, into),
        ReportCommand::Show {
            dir,
            junit,
            summary,
            message_format,
        } => {
            let mut reporters: Vec<Box<dyn Reporter>> = Vec::new();
            if let Some(file) = junit {
                reporters.push(Box::new(Junit::new(file)));
            }
            if let Some(file) = summary {
                reporters.push(Box::new(MarkdownSummary::new(file)));
            }
            show(dir, reporters, *message_format)
        }
        ReportCommand::History {
            dirs,
            database,
            message_format,
        } => history::history(dirs, database.as_deref(), *message_format),
        ReportCommand::Html { dir } => html(dir),
        ReportCommand::Diff {
            before,
            after,
            message_format,
        } => diff(before, after, *message_format),
    }
}

/// What is passed over makes the exit code that of infrastructure: not all is there.
fn merge(inputs: &[PathBuf], into: &Path) -> Result<Exit, Failure> {
    let merged = results::merge(inputs, into).map_err(|error| failure(error, inputs))?;
    tell(&merged.problems);
    let rendered = html::render(&Store::open(into).map_err(Failure::infra)?);
    let unwritten = (rendered.problems.iter())
        .find(|problem| !merged.problems.contains(problem) && problem.file.ends_with("index.html"));
    if let Some(problem) = unwritten {
        return Err(Failure::infra(problem));
    }
    let folders = if inputs.len() == 1 {
        "folder"
    } else {
        "folders"
    };
    println!(
        "{} {folders} merged into {}: {} results added, {} duplicates, {} problems",
        inputs.len(),
        into.display(),
        merged.added,
        merged.duplicates,
        merged.problems.len(),
    );
    Ok(exit(&merged.problems, Exit::Success))
}

/// Tells reporters of results as if they came now.
fn replay(runs: &[RunInfo], records: &[Record], totals: &Totals, to: &mut dyn Reporter) {
    if let Some(run) = runs.first() {
        to.event(&Event::RunStarted {
            image: run.image.clone(),
            tests: records.len(),
            jobs: run.jobs,
            accelerator: run.accelerator.clone(),
            warped: 0,
        });
    }
    for record in records {
        to.event(&Event::TestFinished(Box::new(record.report.clone())));
    }
    to.event(&Event::RunFinished(totals.summary));
}

/// Exits as a run with these results would.
fn show(
    dir: &Path,
    mut reporters: Vec<Box<dyn Reporter>>,
    format: MessageFormat,
) -> Result<Exit, Failure> {
    let store = Store::open(dir).map_err(Failure::usage)?;
    let (runs, mut problems) = store.read_runs();
    let (records, found) = store.read_all();
    problems.extend(found);
    let totals = results::totals(&runs, &records);
    replay(&runs, &records, &totals, &mut reporters);
    let troubles = reporters.troubles();
    for trouble in &troubles {
        eprintln!("error: {trouble}");
    }
    match format {
        MessageFormat::Json => {
            let text = serde_json::to_string_pretty(&totals).map_err(Failure::infra)?;
            println!("{text}");
        }
        MessageFormat::Human => {
            let sum = &totals.summary;
            println!(
                "{} tests run: {} passed, {} failed, {} infrastructure, {} skipped",
                sum.run, sum.passed, sum.failed, sum.infra, sum.skipped
            );
            for missing in totals.absent.iter().chain(&totals.silent) {
                println!("missing: {missing}");
            }
        }
    }
    tell(&problems);
    let found = match Exit::of(&totals.summary) {
        Exit::Success if !totals.is_complete() || !troubles.is_empty() => Exit::Infrastructure,
        exit => exit,
    };
    Ok(exit(&problems, found))
}

fn html(dir: &Path) -> Result<Exit, Failure> {
    let store = Store::open(dir).map_err(Failure::usage)?;
    let rendered = html::render(&store);
    tell(&rendered.problems);
    println!(
        "{}: {} pages",
        dir.join("index.html").display(),
        rendered.pages
    );
    Ok(exit(&rendered.problems, Exit::Success))
}

fn diff(before: &Path, after: &Path, format: DiffFormat) -> Result<Exit, Failure> {
    let mut problems = Vec::new();
    let before = read(before, &mut problems)?;
    let after = read(after, &mut problems)?;
    let diff = results::diff(&before, &after);
    match format {
        DiffFormat::Human => print!("{}", diff_text(&diff)),
        DiffFormat::Markdown => print!("{}", diff_markdown(&diff)),
        DiffFormat::Json => {
            let text = serde_json::to_string_pretty(&diff).map_err(Failure::infra)?;
            println!("{text}");
        }
    }
    tell(&problems);
    let found = match diff.is_worse() {
        true => Exit::ExpectationFailed,
        false => Exit::Success,
    };
    Ok(exit(&problems, found))
}

fn read(dir: &Path, problems: &mut Vec<Problem>) -> Result<Vec<Record>, Failure> {
    let store = Store::open(dir).map_err(Failure::usage)?;
    let (records, found) = store.read_all();
    problems.extend(found);
    Ok(records)
}

fn tell(problems: &[Problem]) {
    for problem in problems {
        eprintln!("error: passed over: {problem}");
    }
}

fn exit(problems: &[Problem], otherwise: Exit) -> Exit {
    match (problems.is_empty(), otherwise) {
        (false, Exit::Success) => Exit::Infrastructure,
        (_, exit) => exit,
    }
}

/// An input that is no report folder is wrong input; else the machine is at fault.
fn failure(error: StoreError, inputs: &[PathBuf]) -> Failure {
    match &error {
        StoreError::NoReport(_) => Failure::usage(error),
        StoreError::Io { path, .. } if inputs.contains(path) => Failure::usage(error),
        _ => Failure::infra(error),
    }
}
