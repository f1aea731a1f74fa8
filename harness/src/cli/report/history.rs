//! `stopcode report history`.

use std::path::{Path, PathBuf};

use results::Store;
use results::history::{self, History, HistoryError};
use results::report::html;

use super::{exit, read, tell};
use crate::cli::args::DiffFormat;
use crate::cli::project;
use crate::session::{Exit, Failure};

pub(super) fn history(
    dirs: &[PathBuf],
    database: Option<&Path>,
    format: DiffFormat,
) -> Result<Exit, Failure> {
    let mut problems = Vec::new();
    let mut records = Vec::new();
    for dir in dirs {
        records.extend(read(dir, &mut problems)?);
    }
    let file = match database {
        Some(file) => file.to_owned(),
        None => project()?.history(),
    };
    let newest = records.iter().max_by_key(|record| record.finished);
    let Some(newest) = newest.map(|record| record.run.to_string()) else {
        tell(&problems);
        return Err(Failure::usage("no results there"));
    };
    let review = || -> Result<_, HistoryError> {
        let mut history = History::open(&file)?;
        history.record(&records)?;
        Ok(history::review(&history.past()?, &newest).unwrap_or_default())
    };
    let review = review().map_err(Failure::infra)?;
    for dir in dirs {
        let store = Store::open(dir).map_err(Failure::usage)?;
        if store
            .read_runs()
            .0
            .iter()
            .any(|info| info.run.as_str() == newest)
        {
            store.put_review(&review).map_err(Failure::infra)?;
            problems.extend(html::render(&store).problems);
        }
    }
    match format {
        DiffFormat::Human => print!("{}", history::text(&review)),
        DiffFormat::Markdown => print!("{}", history::markdown(&review)),
        DiffFormat::Json => {
            let text = serde_json::to_string_pretty(&review).map_err(Failure::infra)?;
            println!("{text}");
        }
    }
    tell(&problems);
    let found = match review.new_failures.is_empty() && review.known_failures.is_empty() {
        true => Exit::Success,
        false => Exit::ExpectationFailed,
    };
    Ok(exit(&problems, found))
}
