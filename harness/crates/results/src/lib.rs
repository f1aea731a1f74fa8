//! Results that outlive their run: one small file per test, in a folder that can be merged with
//! others and compared.
//!
//! ```text
//! DIR/runs/<run>.<image>.<shard>.json       who ran what, when, where         (RunInfo)
//! DIR/results/<run>/<test>.<attempt>.json   what one test did                 (Record)
//! DIR/files/<run>/<test>.<attempt>/…        what belongs to it: picture, log  (FileKind)
//! ```
//!
//! A result is written when its test has ended, whole or not at all; a runner that is killed loses
//! nothing that had ended. Which result it is follows from run, test and attempt alone, so that
//! merging is idempotent, in any order. What is read may have been cut short or made up by others:
//! it is checked, bounded, and reported by name where it is of no use.
//!
//! In the order of the flow:
//!
//! 1. [`report`]: reporters, which turn the events of a run into lines, JSON, JUnit, a summary, or
//!    this folder with its pages.
//! 2. [`Store`]: the folder; [`Record`] is one file of it.
//! 3. [`merge`], [`totals()`], [`diff()`]: what is done with folders.
//! 4. [`history`]: a database of outcomes, and the [`review`] of a run in its light.
//!
//! This crate starts nothing and judges nothing: outcomes are `runner`'s.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let dir = folder.path();
//! let store = results::Store::create(dir)?;
//! let (records, problems) = store.read_all();
//! let (runs, _) = store.read_runs();
//! assert!(problems.is_empty());
//! assert!(results::totals(&runs, &records).is_complete());
//! # Ok(())
//! # }
//! ```

mod diff;
mod disk;
mod files;
pub mod history;
mod merge;
mod record;
pub mod report;
pub mod review;
mod schema;
mod store;
mod totals;

pub use diff::{Change, Diff, OverallOutcome, Pace, Status, diff, standings};
pub use files::{FileKind, Gathered, KeptFile};
pub use merge::{MergeReport, merge};
pub use record::{
    Identity, NoRunId, RESULT_SCHEMA_VERSION, Record, RunHost, RunId, RunInfo, Timestamp,
};
pub use schema::schema;
pub use store::{Problem, Put, Store, StoreError};
pub use totals::{Totals, totals};

#[cfg(test)]
pub(crate) mod tests;
