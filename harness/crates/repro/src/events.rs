//! The events of a hunt, as data. [`lines`](super::lines) prints them.

use std::path::Path;

use runner::events::TestReport;

use super::class::RunClass;
use super::perturb::Perturbation;
use super::result::{HuntResult, Minimised};
use super::tally::Tally;

pub enum Event<'h> {
    Begins {
        /// The signature that is wanted.
        signature: &'h str,
        /// The verdict in short.
        verdict: &'h str,
        scenario: &'h Path,
        /// What is done and with what, in short.
        steps: &'h str,
        /// What people should know, a sentence each.
        notes: &'h [String],
        /// The seed that repeats everything that is drawn, 16 hex digits.
        seed: u64,
    },
    /// A run has ended.
    Run {
        report: &'h TestReport,
        class: &'h RunClass,
        perturbation: &'h Perturbation,
        tally: &'h Tally,
        /// Whether its artefacts are kept.
        kept: bool,
    },
    /// A candidate of the minimisation was tried.
    Tried {
        /// What it leaves out.
        title: &'h str,
        /// Whether the crash still came.
        dropped: bool,
        /// How often, in how many runs.
        matched: u32,
        runs: u32,
    },
    /// The minimisation has ended.
    Minimised(&'h Minimised),
    /// The hunt has ended.
    Ended {
        /// The result.
        result: &'h HuntResult,
        /// Whether it came as often as wanted.
        reproduced: bool,
    },
    /// A file was written.
    Wrote {
        what: &'h str,
        file: &'h Path,
        /// The command that uses it.
        command: Option<&'h str>,
    },
}

/// Receives the events. Output that cannot be written is lost; the hunt goes on.
pub trait Listener {
    /// Handles one event.
    fn hear(&self, event: &Event<'_>);
}
