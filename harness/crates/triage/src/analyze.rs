//! Files → rows, several at a time.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use analyzer::SymbolPath;

use crate::{Crash, Journal, Outcome, Row};

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Files with a row, those of the journal included.
    pub done: usize,
    /// Of those, the ones that the journal had.
    pub reused: usize,
    /// Of those, the ones that could not be analyzed.
    pub failed: usize,
    pub all: usize,
}

/// Analyzes `files`, `jobs` at a time; one row each, in the order of `files`. Once `stop` gives
/// true, no further file is begun and the rows so far are given.
///
/// # Errors
/// If the journal cannot be written.
pub fn analyze(
    files: &[PathBuf],
    symbols: &SymbolPath,
    jobs: usize,
    mut journal: Option<&mut Journal>,
    stop: &(dyn Fn() -> bool + Sync),
    mut progress: impl FnMut(Progress),
) -> io::Result<Vec<Row>> {
    let mut rows: Vec<Option<Row>> = files
        .iter()
        .map(|file| journal.as_ref()?.row(file).cloned())
        .collect();
    let todo: Vec<usize> = (0..files.len())
        .filter(|&index| rows[index].is_none())
        .collect();
    let mut state = Progress {
        done: files.len() - todo.len(),
        reused: files.len() - todo.len(),
        failed: rows.iter().flatten().filter(|row| row.is_failed()).count(),
        all: files.len(),
    };
    progress(state);
    let next = AtomicUsize::new(0);
    // A failed write ends the work as an interruption does.
    let broken = AtomicBool::new(false);
    let (sender, receiver) = mpsc::channel();
    let mut trouble = Ok(());
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, todo.len().max(1)) {
            let sender = sender.clone();
            let (next, broken, todo) = (&next, &broken, &todo);
            scope.spawn(move || {
                loop {
                    if stop() || broken.load(Ordering::Relaxed) {
                        return;
                    }
                    let Some(&index) = todo.get(next.fetch_add(1, Ordering::Relaxed)) else {
                        return;
                    };
                    if sender.send((index, row(&files[index], symbols))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (index, row) in receiver {
            if let Some(journal) = journal.as_mut().filter(|_| trouble.is_ok()) {
                trouble = journal.add(&row);
                broken.store(trouble.is_err(), Ordering::Relaxed);
            }
            state.done += 1;
            state.failed += usize::from(row.is_failed());
            rows[index] = Some(row);
            progress(state);
        }
    });
    trouble?;
    Ok(rows.into_iter().flatten().collect())
}

/// The row of one file. A bug in the analyzer costs this row alone.
fn row(path: &Path, symbols: &SymbolPath) -> Row {
    let verdicts = catch_unwind(AssertUnwindSafe(|| analyzer::analyze_file(path, symbols)));
    let outcome = match verdicts {
        Ok(Ok(verdicts)) => Outcome::Crashes(verdicts.iter().map(Crash::of).collect()),
        Ok(Err(error)) => Outcome::Failed(error.to_string()),
        Err(_) => {
            Outcome::Failed("the analyzer failed on it: this is a bug of Stopcode".to_owned())
        }
    };
    Row::new(path, outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "BugCheck D1, {8, 2, 0, fffff80011223344}\n\
        Probably caused by : foo.sys ( foo!Bar+10 )\n";

    fn files(folder: &Path) -> Vec<PathBuf> {
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        vec![
            write("a.txt", LOG),
            write("b.dmp", "PAGEDU64 and no more"),
            write("c.txt", LOG),
        ]
    }

    #[test]
    fn a_broken_file_is_a_row_and_the_order_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        let mut last = None;
        let symbols = SymbolPath::default();
        let rows = analyze(&files, &symbols, 2, None, &|| false, |now| last = Some(now)).unwrap();
        let paths: Vec<_> = rows.iter().map(|row| &row.path).collect();
        assert_eq!(paths, files.iter().collect::<Vec<_>>());
        assert_eq!(rows[0].crashes()[0].stop, "0xD1");
        assert!(
            matches!(rows[1].outcome, Outcome::Failed(_)),
            "{:?}",
            rows[1]
        );
        let all = Progress {
            done: 3,
            reused: 0,
            failed: 1,
            all: 3,
        };
        assert_eq!(last, Some(all));
    }

    #[test]
    fn what_the_journal_has_is_not_analyzed_again() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        let symbols = SymbolPath::default();
        let path = folder.path().join("journal");
        let mut journal = Journal::open(&path).unwrap();
        analyze(
            &files[..2],
            &symbols,
            1,
            Some(&mut journal),
            &|| false,
            |_| (),
        )
        .unwrap();
        let mut first = None;
        let mut journal = Journal::open(&path).unwrap();
        let rows = analyze(&files, &symbols, 1, Some(&mut journal), &|| false, |now| {
            first.get_or_insert(now);
        });
        assert_eq!(rows.unwrap().len(), 3);
        assert_eq!(first.map(|first| first.reused), Some(2));
    }

    #[test]
    fn an_interruption_gives_what_there_is() {
        let folder = tempfile::tempdir().unwrap();
        let symbols = SymbolPath::default();
        let rows = analyze(&files(folder.path()), &symbols, 2, None, &|| true, |_| ()).unwrap();
        assert!(rows.is_empty());
    }
}
