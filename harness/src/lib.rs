//! `stopcode`: boots a guest, makes a driver crash it, captures the dump and checks why it crashed.
//!
//! The crates below, in the order of the flow:
//! `scenario` (what to do, and the expected outcome) → `vm` (image, plan, the running guest, its
//! dump) → `analyzer` (the dump's verdict) → `runner` (one run: verdict × expectation → outcome) →
//! `results` (what outlives the run, and reports) → `repro` (many runs, to see a crash again that
//! was seen elsewhere). `windows-image` makes images of Windows for `vm`.
//!
//! This crate only puts them together: [`session`] carries out the runs of one command, [`cli`] is
//! the command line. What it finds out, it prints; a program that wants the data uses the crates.
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     harness::cli::main().into()
//! }
//! ```

pub mod cli;
pub mod session;
