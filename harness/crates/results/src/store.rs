//! A report folder: its files, and how they are written atomically.

use std::cmp::Ordering;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::disk::{list, make_dirs, read_json, write_whole};
use super::files::{self, FileKind, Gathered};
use super::record::{Identity, RESULT_SCHEMA_VERSION, Record, RunInfo};
use crate::review::Review;

/// What the history says of the folder's newest run.
const HISTORY: &str = "history.json";

/// A run with more results than this would take years.
const MAX_PLANNED: usize = 10_000_000;

/// A report folder.
#[derive(Clone, Debug)]
pub struct Store {
    dir: PathBuf,
}

/// A report folder that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    /// It is something else.
    #[error("{}: not a report folder (it has no `results` and no `runs`): give the DIR of a `stopcode run --report DIR`", .0.display())]
    NoReport(PathBuf),
    /// A record that cannot be written.
    #[error("the result of {which} cannot be written: {source}")]
    Unwritable {
        which: String,
        source: serde_json::Error,
    },
}

impl StoreError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}

/// A file in a report folder that is of no use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub file: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.reason)
    }
}

/// What became of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is new here.
    Added,
    /// One with the same identity was there, and stays.
    Duplicate,
    /// One with the same identity was there, and gave way (see `Record::preference`).
    Replaced,
}

impl Store {
    /// The report folder `dir`, made if it is not there. Only its owner can read it: verdicts and
    /// logs may say more of a driver than others should know.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn create(dir: &Path) -> Result<Self, StoreError> {
        for folder in ["results", "runs", "files"] {
            make_dirs(&dir.join(folder))?;
        }
        let dir = dir.canonicalize().map_err(StoreError::io(dir))?;
        Ok(Self { dir })
    }

    /// The report folder `dir`, which is there.
    ///
    /// # Errors
    /// It cannot be read, or is something else.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let found = dir.canonicalize().map_err(StoreError::io(dir))?;
        if !found.join("results").is_dir() && !found.join("runs").is_dir() {
            return Err(StoreError::NoReport(dir.to_owned()));
        }
        Ok(Self { dir: found })
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The record of a result.
    pub fn record_file(&self, which: &Identity) -> PathBuf {
        let folder = self.dir.join("results").join(which.run.as_str());
        folder.join(format!("{}.json", which.as_file_name()))
    }

    /// The folder of the files that belong to a result.
    pub fn files_of(&self, which: &Identity) -> PathBuf {
        let folder = self.dir.join("files").join(which.run.as_str());
        folder.join(which.as_file_name())
    }

    /// Writes a result whose files, if it names any, are there.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn put(&self, record: &Record) -> Result<Put, StoreError> {
        match self.place(record) {
            Put::Duplicate => Ok(Put::Duplicate),
            put => self.write_record(record).map(|()| put),
        }
    }

    /// Writes a result and its files, whole or not at all: the files first, so that a record never
    /// names one that is not there. The files of a result that stays are left alone.
    ///
    /// # Errors
    /// Something cannot be written.
    pub(crate) fn put_with(
        &self,
        mut record: Record,
        files: &[Gathered],
    ) -> Result<Put, StoreError> {
        let put = self.place(&record);
        if put == Put::Duplicate {
            return Ok(put);
        }
        let folder = self.files_of(&record.identity());
        for file in files {
            write_whole(&folder.join(file.kept.kind.file_name()), &file.bytes)?;
        }
        record.files = files.iter().map(|file| file.kept).collect();
        self.write_record(&record)?;
        for kind in FileKind::ALL {
            if !record.files.iter().any(|file| file.kind == kind) {
                // Of the one that gave way. What cannot be removed is named nowhere.
                let _ = fs::remove_file(folder.join(kind.file_name()));
            }
        }
        Ok(put)
    }

    /// What would become of a result.
    fn place(&self, record: &Record) -> Put {
        let which = record.identity();
        match read_json::<Record>(&self.record_file(&which)) {
            Ok(there) if there.identity() == which => match record.preference(&there) {
                Ordering::Greater => Put::Replaced,
                Ordering::Less | Ordering::Equal => Put::Duplicate,
            },
            // None, or of no use.
            Ok(_) | Err(_) => Put::Added,
        }
    }

    fn write_record(&self, record: &Record) -> Result<(), StoreError> {
        let which = record.identity();
        let mut text = serde_json::to_vec(record).map_err(|source| StoreError::Unwritable {
            which: which.to_string(),
            source,
        })?;
        text.push(b'\n');
        write_whole(&self.record_file(&which), &text)
    }

    /// Writes what a run is about, or that it has ended; the one that says more stays.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn put_run(&self, run: &RunInfo) -> Result<Put, StoreError> {
        let file = self.run_file(run);
        let put = match read_json::<RunInfo>(&file) {
            Ok(there) if run.preference(&there) != Ordering::Greater => return Ok(Put::Duplicate),
            Ok(_) => Put::Replaced,
            Err(_) => Put::Added,
        };
        let mut text = serde_json::to_vec_pretty(run).map_err(|source| StoreError::Unwritable {
            which: format!("run {}", run.run),
            source,
        })?;
        text.push(b'\n');
        write_whole(&file, &text)?;
        Ok(put)
    }

    /// Keeps what the history says of the newest run, for the folder's pages.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn put_review(&self, review: &Review) -> Result<(), StoreError> {
        let text = serde_json::to_vec_pretty(review).map_err(|source| StoreError::Unwritable {
            which: format!("run {}", review.run),
            source,
        })?;
        write_whole(&self.dir.join(HISTORY), &text)
    }

    /// What the history said, if it was asked.
    ///
    /// # Errors
    /// The file is of no use.
    pub(crate) fn read_review(&self) -> Result<Option<Review>, Problem> {
        let file = self.dir.join(HISTORY);
        if !file.exists() {
            return Ok(None);
        }
        match read_json(&file) {
            Ok(review) => Ok(Some(review)),
            Err(reason) => Err(Problem { file, reason }),
        }
    }

    /// Where it is written what a run is about.
    pub(crate) fn run_file(&self, run: &RunInfo) -> PathBuf {
        let name = format!("{}.{}.{}.json", run.run, run.image, run.shard());
        self.dir.join("runs").join(name.replace(['/', '\\'], "_"))
    }

    /// All results, in the order of their identities, and the files that are of no use.
    pub fn read_all(&self) -> (Vec<Record>, Vec<Problem>) {
        let (mut records, mut problems) = (Vec::new(), Vec::new());
        for folder in list(&self.dir.join("results"), &mut problems) {
            if !folder.is_dir() {
                continue;
            }
            for file in list(&folder, &mut problems) {
                match self.read_record(&file) {
                    Ok(record) => records.push(record),
                    Err(reason) => problems.push(Problem { file, reason }),
                }
            }
        }
        records.sort_by_cached_key(Record::identity);
        (records, problems)
    }

    /// What the runs were about, the first to begin first, and the files that are of no use.
    pub fn read_runs(&self) -> (Vec<RunInfo>, Vec<Problem>) {
        let (mut runs, mut problems) = (Vec::<RunInfo>::new(), Vec::new());
        for file in list(&self.dir.join("runs"), &mut problems) {
            let read = read_json::<RunInfo>(&file);
            match read.and_then(|run| check_run(&run).map(|()| run)) {
                Ok(run) => runs.push(run),
                Err(reason) => problems.push(Problem { file, reason }),
            }
        }
        runs.sort_by(|a, b| (a.started, &a.run).cmp(&(b.started, &b.run)));
        (runs, problems)
    }

    /// A record that is where it belongs.
    fn read_record(&self, file: &Path) -> Result<Record, String> {
        let record: Record = read_json(file)?;
        check_version(record.schema_version)?;
        let which = record.identity();
        if self.record_file(&which) != file {
            return Err(format!("it is named otherwise than what it holds: {which}"));
        }
        Ok(record)
    }

    /// The content of a file that belongs to a result; `None` if it has none of this kind.
    ///
    /// # Errors
    /// It cannot be read, or is too large for what it is.
    pub fn read_file(&self, record: &Record, kind: FileKind) -> Option<io::Result<Vec<u8>>> {
        record.files.iter().find(|file| file.kind == kind)?;
        let file = self.files_of(&record.identity()).join(kind.file_name());
        Some(files::read_kept(&file))
    }
}

/// Whoever reads counts what a run planned, so it must be countable.
fn check_run(run: &RunInfo) -> Result<(), String> {
    check_version(run.schema_version)?;
    let planned = run.tests.len().saturating_mul(run.repeat as usize);
    if planned > MAX_PLANNED {
        return Err(format!(
            "it plans {planned} results, more than the {MAX_PLANNED} that a run may have"
        ));
    }
    Ok(())
}

fn check_version(version: u32) -> Result<(), String> {
    if version == RESULT_SCHEMA_VERSION {
        return Ok(());
    }
    Err(format!(
        "version {version} of the format, this stopcode reads {RESULT_SCHEMA_VERSION}: use the stopcode that wrote it"
    ))
}
