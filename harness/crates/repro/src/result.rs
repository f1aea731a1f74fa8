//! The results of a hunt and of a minimisation.

use std::time::Duration;

use runner::events::TestReport;

use super::bandit::Learned;
use super::draft::ScenarioDraft;
use super::perturb::{Change, Perturbation};
use super::tally::{Enough, Tally};

/// One run: what it varies, and its seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// The scenario, as varied.
    pub draft: ScenarioDraft,
    pub perturbation: Perturbation,
    /// Seed of the guest's address-space randomisation.
    pub seed: u64,
}

/// A run that showed the crash.
#[derive(Clone, Debug)]
pub struct Reproduction {
    pub trial: Trial,
    /// Its report.
    pub report: TestReport,
}

/// The result of a hunt.
#[derive(Debug, Default)]
pub struct HuntResult {
    pub tally: Tally,
    /// How each level of each factor did, if any was varied.
    pub learned: Vec<Learned>,
    /// The changes that helped most.
    pub best: Vec<Change>,
    /// The first run that showed the crash; its artefacts are kept.
    pub first: Option<Reproduction>,
    /// Why it ended; `None`: interrupted.
    pub enough: Option<Enough>,
    /// The last run that could not be carried out: why not.
    pub last_infra: Option<String>,
    /// Wall time.
    pub elapsed: Duration,
}

/// The result of a minimisation.
#[derive(Debug)]
pub struct Minimised {
    /// The last run that showed the crash.
    pub reproduction: Reproduction,
    /// What could be taken away.
    pub dropped: Vec<String>,
    pub kept: Vec<String>,
    /// Runs that were made.
    pub runs: u32,
    /// Runs for each candidate.
    pub tries: u32,
    /// Whether one run decides.
    pub repeatable: bool,
    /// The rate that what is left may be taken to have.
    pub rate: f64,
}
