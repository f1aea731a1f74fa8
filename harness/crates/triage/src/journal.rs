//! Rows on disk, so that work that was interrupted goes on.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::Row;

/// A row with more crashes than a log can have.
const MAX_LINE: u64 = 16 << 20;

/// A file of rows, one JSON object a line. The first line names the program's version: another
/// version may judge otherwise, so its rows are not used.
#[derive(Debug)]
pub struct Journal {
    file: File,
    rows: HashMap<PathBuf, Row>,
}

impl Journal {
    /// Opens or makes the journal at `path`. Lines that are no rows (the last one, if the program
    /// was killed) are passed over.
    ///
    /// # Errors
    /// If the file can be neither opened nor made, or is not a journal.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(path)?;
        let version = concat!("stopcode triage ", env!("CARGO_PKG_VERSION"));
        let mut reader = BufReader::new(&mut file);
        let first = line(&mut reader)?;
        let mut rows = HashMap::new();
        if first.as_deref() == Some(version) {
            while let Some(text) = line(&mut reader)? {
                if let Ok(row) = serde_json::from_str::<Row>(&text) {
                    rows.insert(row.path.clone(), row);
                }
            }
            let end = file.seek(SeekFrom::End(0))?;
            if end > 0 {
                // A line that was cut ends here, so that the next row has a line of its own.
                writeln!(file)?;
            }
        } else {
            let other = first.is_some_and(|first| !first.starts_with("stopcode triage "));
            if other {
                let message = "is not a journal of `stopcode triage`";
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            }
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            writeln!(file, "{version}")?;
        }
        Ok(Self { file, rows })
    }

    /// The row of `path`, if the file has not changed since.
    pub fn row(&self, path: &Path) -> Option<&Row> {
        self.rows.get(path).filter(|row| row.is_current())
    }

    /// Adds a row.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add(&mut self, row: &Row) -> io::Result<()> {
        let mut text = serde_json::to_string(row)?;
        text.push('\n');
        self.file.write_all(text.as_bytes())
    }
}

/// The next line, without its end; `None` at the end of the file.
fn line(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    if reader.take(MAX_LINE).read_until(b'\n', &mut bytes)? == 0 {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(Some(text.trim_end().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Outcome;

    #[test]
    fn rows_are_found_again_until_their_file_changes() {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("journal");
        let dump = folder.path().join("one.dmp");
        std::fs::write(&dump, b"PAGE").unwrap();
        let row = Row::new(&dump, Outcome::Failed("cut short".into()));
        Journal::open(&journal).unwrap().add(&row).unwrap();
        assert_eq!(Journal::open(&journal).unwrap().row(&dump), Some(&row));
        std::fs::write(&dump, b"PAGEDU64").unwrap();
        assert_eq!(Journal::open(&journal).unwrap().row(&dump), None);
    }

    #[test]
    fn a_line_that_was_cut_loses_only_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let dump = folder.path().join("one.dmp");
        std::fs::write(&dump, b"PAGE").unwrap();
        let row = Row::new(&dump, Outcome::Crashes(Vec::new()));
        Journal::open(&path).unwrap().add(&row).unwrap();
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, [&whole[..], b"{\"path\":\"tw"].concat()).unwrap();
        Journal::open(&path).unwrap().add(&row).unwrap();
        let again = Journal::open(&path).unwrap();
        assert_eq!(again.row(&dump), Some(&row));
    }

    #[test]
    fn a_file_that_is_something_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        std::fs::write(&path, b"my notes\n").unwrap();
        assert!(Journal::open(&path).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"my notes\n");
    }
}
