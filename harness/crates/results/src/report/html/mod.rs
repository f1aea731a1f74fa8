//! A report folder as pages that need nothing but themselves: no server, no network, no other file.
//!
//! Everything that a guest, a dump or another machine wrote is hostile: maud escapes text and
//! attributes, `markdown` passes no markup on, and a policy in each page forbids connections and
//! any script but ours.

mod chart;
mod chip;
mod history;
mod index;
mod link;
mod markdown;
mod matrix;
mod overview;
mod page;
mod sections;
mod shell;
mod timeline;
mod verdict;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use shell::shell;

use super::whole::write_beside;
use crate::{Identity, Problem, Record, RunInfo, Store};

#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// The page to begin with.
    pub index: PathBuf,
    pub index_bytes: usize,
    /// How many pages there are beside it.
    pub pages: usize,
    /// What could not be read or written.
    pub problems: Vec<Problem>,
}

/// Writes the pages of all results in a report folder: `index.html`, and one for each result below
/// `pages/`.
pub fn render(store: &Store) -> Rendered {
    let (records, mut problems) = store.read_all();
    let (runs, of_runs) = store.read_runs();
    problems.extend(of_runs);
    let mut rendered = Rendered {
        index: store.dir().join("index.html"),
        ..Rendered::default()
    };
    let write = |file: PathBuf, text: String, problems: &mut Vec<Problem>| {
        let written = write_beside(&file, text.as_bytes());
        if let Err(error) = &written {
            problems.push(Problem {
                file,
                reason: error.to_string(),
            });
        }
        usize::from(written.is_ok())
    };
    let mut by_test: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in &records {
        let test = record.report.test.as_str();
        by_test.entry(test).or_default().push(record);
    }
    for record in &records {
        let others = by_test
            .get(record.report.test.as_str())
            .map_or(&[][..], Vec::as_slice);
        let page = page::page(store, record, run_of(&runs, record), others);
        let file = page_file(store, &record.identity());
        rendered.pages += write(file, page.into_string(), &mut problems);
    }
    let review = store.read_review().unwrap_or_else(|problem| {
        problems.push(problem);
        None
    });
    let text = index::index(&records, &runs, review.as_ref(), &problems).into_string();
    rendered.index_bytes = text.len();
    write(rendered.index.clone(), text, &mut problems);
    rendered.problems = problems;
    rendered
}

fn page_file(store: &Store, which: &Identity) -> PathBuf {
    let folder = store.dir().join("pages").join(which.run.as_str());
    folder.join(format!("{}.html", which.as_file_name()))
}

/// The part of a run in which a result was made.
fn run_of<'r>(runs: &'r [RunInfo], record: &Record) -> Option<&'r RunInfo> {
    let of_run = |run: &&RunInfo| run.run == record.run && run.image == record.report.test.image();
    (runs.iter().filter(of_run))
        .find(|run| run.tests.contains(&record.report.test))
        .or(runs.iter().find(of_run))
}

#[cfg(test)]
mod tests;
