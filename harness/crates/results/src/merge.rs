//! Several report folders become one.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::files::{self, Gathered};
use super::record::Record;
use super::store::{Problem, Put, Store, StoreError};

/// What came of a merge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MergeReport {
    /// Results that were not there before.
    pub added: usize,
    /// Results that were there already, or came twice; one of each stayed.
    pub duplicates: usize,
    /// Of those, how many took the place of the one that was there.
    pub replaced: usize,
    /// What is of no use and was passed over.
    pub problems: Vec<Problem>,
}

/// Copies the results of `inputs` into the report folder `into`, which is made if it is not there
/// and may be one of them. A result that is there already is not copied again; of two with one
/// identity, `Record::preference` chooses, so the order of the inputs does not matter.
///
/// It may be interrupted at any point: `into` is a sound report folder then, and merging again
/// completes it.
///
/// # Errors
/// An input is no report folder, or `into` cannot be written. Files of inputs that are of no use
/// are no error; the report names them.
pub fn merge(inputs: &[PathBuf], into: &Path) -> Result<MergeReport, StoreError> {
    let sources: Vec<Store> = (inputs.iter())
        .map(|dir| Store::open(dir))
        .collect::<Result<_, _>>()?;
    let target = Store::create(into)?;
    let mut report = MergeReport::default();
    for source in sources {
        if source.dir() == target.dir() {
            continue;
        }
        let (runs, problems) = source.read_runs();
        report.problems.extend(problems);
        for run in runs {
            target.put_run(&run)?;
        }
        let (records, problems) = source.read_all();
        report.problems.extend(problems);
        for record in records {
            match copy(&source, &target, record, &mut report.problems)? {
                Put::Added => report.added += 1,
                Put::Duplicate => report.duplicates += 1,
                Put::Replaced => {
                    report.duplicates += 1;
                    report.replaced += 1;
                }
            }
        }
    }
    Ok(report)
}

/// Copies a result with its files.
fn copy(
    source: &Store,
    target: &Store,
    record: Record,
    problems: &mut Vec<Problem>,
) -> Result<Put, StoreError> {
    let which = record.identity();
    let (mut files, mut missing) = (Vec::new(), Vec::new());
    for kept in &record.files {
        let file = source.files_of(&which).join(kept.kind.file_name());
        match files::read_kept(&file) {
            Ok(bytes) => files.push(Gathered { kept: *kept, bytes }),
            Err(error) => missing.push(Problem {
                file,
                reason: format!("{error}; its result is taken without it"),
            }),
        }
    }
    let put = target.put_with(record, &files)?;
    if put != Put::Duplicate {
        problems.append(&mut missing);
    }
    Ok(put)
}
