//! Many dumps and logs at once.
//!
//! ```text
//! paths ──► files ──► one row each ──► groups, machines ──► table, JSON, CSV, page
//! ```
//!
//! 1. [`find()`]: which files of a tree are dumps or logs.
//! 2. [`analyze()`]: a [`Row`] for each, several at a time. A file that cannot be analyzed is a row
//!    that says why. With a [`Journal`], a later call goes on where an earlier one ended.
//! 3. [`Summary::of`]: rows of one bug are a [`Group`]; rows of one machine show what only several
//!    dumps prove ([`Repeated`]).
//! 4. [`table`], [`csv`], [`page`]: the same for a terminal, a spreadsheet and a browser.
//!
//! A row holds a few hundred bytes; nothing else of a file is kept, so memory does not grow with
//! the dumps.

mod analyze;
mod csv;
mod find;
mod group;
mod journal;
mod memory;
mod page;
mod row;
mod table;

pub use analyze::{Progress, analyze};
pub use csv::csv;
pub use find::{NotFound, find};
pub use group::{Group, Summary};
pub use journal::Journal;
pub use memory::Repeated;
pub use page::page;
pub use row::{Crash, Outcome, Row};
pub use table::table;
