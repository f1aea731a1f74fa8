//! What earlier runs did: a database of outcomes, and what it says of the newest run.
//!
//! `database` keeps one row per result, `review` (pure) compares a run with those before it: a
//! failure is new or known, a test is steady or flaky, and how its time and its dump's size went.

mod database;
mod review;
mod show;

pub use database::{History, HistoryError};
pub use review::{Past, review};
pub use show::{markdown, text};
