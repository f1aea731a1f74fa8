//! The database: SQLite, one row per result.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use runner::events::Outcome;
use rusqlite::{Connection, OpenFlags, params};

use super::review::Past;
use crate::Record;
use crate::review::Status;

/// Says in the file's header that it is ours: "Stop".
const APPLICATION: i32 = 0x5374_6F70;

/// The version of the tables.
const VERSION: i32 = 1;

/// Another process that writes is waited for that long.
const BUSY: Duration = Duration::from_secs(20);

const TABLES: &str = "
CREATE TABLE outcomes (
    run        TEXT NOT NULL,
    test       TEXT NOT NULL,
    attempt    INTEGER NOT NULL,
    finished   INTEGER NOT NULL,  -- milliseconds since 1970
    status     TEXT NOT NULL,     -- passed, failed, infra, skipped
    trouble    TEXT,              -- what was wrong, in one line
    signature  TEXT,              -- of the verdict
    seconds    REAL NOT NULL,
    dump_bytes INTEGER,
    PRIMARY KEY (run, test, attempt)
) WITHOUT ROWID;
CREATE INDEX outcomes_by_test ON outcomes (test, finished);
";

/// The outcomes of many runs.
#[derive(Debug)]
pub struct History {
    file: PathBuf,
    connection: Connection,
}

/// The database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// It cannot be opened, read or written.
    #[error("the history {}: {source}", file.display())]
    Database {
        file: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// It is damaged, or something else.
    #[error(
        "the history {} cannot be read: {why}. No result is lost: they are in the report folders. \
         Move the file away; `stopcode report history DIR...` makes a new one of them",
        file.display()
    )]
    Unusable {
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Its folder cannot be made.
    #[error("{}: {source}", folder.display())]
    Folder {
        folder: PathBuf,
        source: std::io::Error,
    },
}

impl History {
    /// The history in `file`, which is made if it is not there. A file that is damaged or something
    /// else is left as it is.
    ///
    /// # Errors
    /// It cannot be read or made.
    pub fn open(file: &Path) -> Result<Self, HistoryError> {
        if let Some(folder) = file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            std::fs::create_dir_all(folder).map_err(|source| HistoryError::Folder {
                folder: folder.to_owned(),
                source,
            })?;
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let failed = |source| failure(file, source);
        let mut connection = Connection::open_with_flags(file, flags).map_err(failed)?;
        connection.busy_timeout(BUSY).map_err(failed)?;
        prepare(&mut connection)
            .map_err(failed)?
            .map_err(|why| HistoryError::Unusable {
                file: file.to_owned(),
                why,
            })?;
        Ok(Self {
            file: file.to_owned(),
            connection,
        })
    }

    /// Takes results in, all or none. One that is there is only replaced by one that was carried
    /// out where it was not; so taking the same results in again changes nothing. Returns how many
    /// are new.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn record(&mut self, records: &[Record]) -> Result<usize, HistoryError> {
        insert(&mut self.connection, records).map_err(|source| failure(&self.file, source))
    }

    /// All results, the first to end first.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn past(&self) -> Result<Vec<Past>, HistoryError> {
        select(&self.connection).map_err(|source| failure(&self.file, source))
    }
}

fn failure(file: &Path, source: rusqlite::Error) -> HistoryError {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};

    let file = file.to_owned();
    match source.sqlite_error_code() {
        Some(DatabaseCorrupt | NotADatabase) => HistoryError::Unusable {
            file,
            why: source.to_string(),
        },
        _ => HistoryError::Database { file, source },
    }
}

/// Makes the tables, or says why those that are there are of no use.
fn prepare(connection: &mut Connection) -> rusqlite::Result<Result<(), String>> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let pragma = |name: &str| {
        transaction.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i32>(0))
    };
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let tables: u32 =
        transaction.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    match (application, version, tables) {
        (0, 0, 0) => {
            transaction.execute_batch(TABLES)?;
            transaction.execute_batch(&format!(
                "PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};"
            ))?;
        }
        (APPLICATION, VERSION, _) => {}
        (APPLICATION, other, _) => {
            return Ok(Err(format!(
                "its tables are of version {other}, this stopcode knows {VERSION}"
            )));
        }
        _ => return Ok(Err("it is a database of something else".to_owned())),
    }
    let check: String = transaction.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if check != "ok" {
        return Ok(Err(check));
    }
    transaction.commit()?;
    Ok(Ok(()))
}

fn insert(connection: &mut Connection, records: &[Record]) -> rusqlite::Result<usize> {
    let transaction = connection.transaction()?;
    let mut new = 0;
    {
        let count = "SELECT count(*) FROM outcomes WHERE run = ?1 AND test = ?2 AND attempt = ?3";
        let mut count = transaction.prepare(count)?;
        let mut put = transaction.prepare(
            "INSERT INTO outcomes VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT DO UPDATE SET finished = excluded.finished, status = excluded.status,
                 trouble = excluded.trouble, signature = excluded.signature,
                 seconds = excluded.seconds, dump_bytes = excluded.dump_bytes
             WHERE outcomes.status = 'infra' AND excluded.status <> 'infra'",
        )?;
        for record in records {
            let report = &record.report;
            let (run, test) = (record.run.as_str(), report.test.as_str());
            let there: u32 =
                count.query_row(params![run, test, report.attempt], |row| row.get(0))?;
            new += usize::from(there == 0);
            let (status, trouble) = status_of(&report.outcome);
            let since = (record.finished.time()).duration_since(SystemTime::UNIX_EPOCH);
            let verdict = report.verdict.as_ref();
            put.execute(params![
                run,
                test,
                report.attempt,
                i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(i64::MAX),
                status.as_str(),
                trouble,
                verdict.map(|verdict| verdict.signature.as_str()),
                report.seconds,
                report
                    .dump_bytes
                    .and_then(|bytes| i64::try_from(bytes).ok()),
            ])?;
        }
    }
    transaction.commit()?;
    Ok(new)
}

/// How an outcome is written, and what was wrong.
fn status_of(outcome: &Outcome) -> (Status, Option<String>) {
    match outcome {
        Outcome::Passed => (Status::Passed, None),
        Outcome::Skipped { reason } => (Status::Skipped, Some(reason.clone())),
        Outcome::Infra { reason } => (Status::Infra, Some(reason.clone())),
        Outcome::Failed { mismatches } => {
            let one = |m: &runner::expect::Mismatch| {
                format!("{}: expected {}, was {}", m.field, m.expected, m.actual)
            };
            let all: Vec<String> = mismatches.iter().map(one).collect();
            (Status::Failed, Some(all.join("; ")))
        }
    }
}

fn select(connection: &Connection) -> rusqlite::Result<Vec<Past>> {
    let mut query = connection.prepare(
        "SELECT run, test, attempt, finished, status, trouble, signature, seconds, dump_bytes
         FROM outcomes ORDER BY finished, run, test, attempt",
    )?;
    let rows = query.query_map([], |row| {
        let status: String = row.get(4)?;
        Ok(Past {
            run: row.get(0)?,
            test: row.get(1)?,
            attempt: row.get(2)?,
            finished_ms: row.get(3)?,
            // What others wrote into the table is no result.
            status: Status::parse(&status).unwrap_or(Status::Infra),
            trouble: row.get(5)?,
            signature: row.get(6)?,
            seconds: row.get(7)?,
            dump_bytes: row
                .get::<_, Option<i64>>(8)?
                .and_then(|bytes| u64::try_from(bytes).ok()),
        })
    })?;
    rows.collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::tests::{failed, record};

    #[test]
    fn what_is_taken_in_twice_is_there_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new/history.sqlite");
        let infra = record("night", "tiny::hog", 1, Outcome::infra("no QEMU"));
        let good = record("night", "tiny::hog", 2, Outcome::Passed);
        let mut history = History::open(&file).unwrap();
        assert_eq!(history.record(std::slice::from_ref(&infra)).unwrap(), 1);
        assert_eq!(history.record(&[good.clone(), good.clone()]).unwrap(), 0);
        drop(history);
        let mut history = History::open(&file).unwrap();
        assert_eq!(history.record(&[infra]).unwrap(), 0);
        let bad = record("later", "tiny::hog", 3, failed());
        assert_eq!(history.record(&[bad]).unwrap(), 1);
        let past = history.past().unwrap();
        let read: Vec<_> = (past.iter())
            .map(|past| (past.run.as_str(), past.status))
            .collect();
        assert_eq!(read, [("night", Status::Passed), ("later", Status::Failed)]);
        assert!(
            past[1]
                .trouble
                .as_ref()
                .unwrap()
                .starts_with("cause: expected")
        );
        assert_eq!(past[0].dump_bytes, good.report.dump_bytes);
    }

    #[test]
    fn what_is_no_history_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("h.sqlite");
        for content in [
            "no database at all, but long enough to have had a header of one hundred bytes, more or less ...",
            "SQLite format 3\0 and then nothing of the kind that follows in a file of SQLite's, but words, words, words.",
        ] {
            fs::write(&file, content).unwrap();
            let error = History::open(&file).unwrap_err().to_string();
            assert!(error.contains("No result is lost"), "{error}");
            assert_eq!(fs::read_to_string(&file).unwrap(), content);
        }
        fs::remove_file(&file).unwrap();
        let other = Connection::open(&file).unwrap();
        other.execute_batch("CREATE TABLE mine (x)").unwrap();
        drop(other);
        let error = History::open(&file).unwrap_err().to_string();
        assert!(error.contains("of something else"), "{error}");
    }

    #[test]
    fn a_damaged_history_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("h.sqlite");
        let mut history = History::open(&file).unwrap();
        let many: Vec<_> = (0..400)
            .map(|n| record(&format!("run-{n}"), "tiny::hog", n, Outcome::Passed))
            .collect();
        history.record(&many).unwrap();
        drop(history);
        let mut bytes = fs::read(&file).unwrap();
        let length = bytes.len();
        bytes[length / 2..].fill(0x5A);
        fs::write(&file, &bytes).unwrap();
        let read = History::open(&file).and_then(|history| history.past());
        let error = read.unwrap_err().to_string();
        assert!(
            error.contains("cannot be read") && error.contains("Move the file away"),
            "{error}"
        );
        assert_eq!(fs::read(&file).unwrap(), bytes);
    }
}
