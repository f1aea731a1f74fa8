//! Runs a scenario until the crash that is wanted has come often enough, or something says to stop.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use runner::events::TestReport;
use runner::run::{Context, one};
use scenario::random::SplitMix;
use scenario::{Clock, Expectation, Variant};
use vm::image::{Boot, Image};
use vm::plan::{HostChoices, Plan, PlanOptions, make};

use super::bandit::{Bandit, Learned};
use super::draft::Draft;
use super::perturb::{Change, Perturbation, levels};
use super::propose::HANG;
use super::show::{Happened, Listener};
use super::sighting::Sighting;
use super::tally::{Enough, Limits, Tally};
use super::target::Target;

/// Of runs of one kind, the artefacts of the first so many are kept.
const KEPT: u32 = 3;

/// What all runs share.
pub struct Setup<'s> {
    /// The crash that is wanted.
    pub target: &'s Target,
    /// The scenario's file, which need not exist: drivers are named relative to it.
    pub scenario: &'s Path,
    pub image: &'s Image,
    /// What the host contributes. Its seed is not used.
    pub host: HostChoices,
    /// Where runs go, and who may interrupt them.
    pub context: Context<'s>,
    /// How many runs at a time.
    pub jobs: usize,
    /// What everything drawn hangs on.
    pub seed: u64,
    /// Hears what happens.
    pub listener: &'s dyn Listener,
    /// How many runs were begun.
    pub begun: Cell<u32>,
}

/// One run: what it varies, and its seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// The scenario, as varied.
    pub draft: Draft,
    pub perturbation: Perturbation,
    /// Seed of the guest's address-space randomisation.
    pub seed: u64,
}

/// A run that showed the crash.
#[derive(Clone, Debug)]
pub struct Catch {
    pub trial: Trial,
    /// What came of it.
    pub report: TestReport,
}

/// What came of a hunt.
#[derive(Debug, Default)]
pub struct Bag {
    pub tally: Tally,
    /// How each level of each factor did, if any was varied.
    pub learned: Vec<Learned>,
    /// The changes that helped most.
    pub best: Vec<Change>,
    /// The first run that showed the crash; its artefacts are kept.
    pub first: Option<Catch>,
    /// Why it ended; `None`: interrupted.
    pub enough: Option<Enough>,
    /// The last run that could not be carried out: why not.
    pub last_infra: Option<String>,
    /// Wall time.
    pub elapsed: Duration,
}

/// A scenario that cannot be run at all, in words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CannotRun(pub String);

impl Setup<'_> {
    /// What `trial` does.
    ///
    /// # Errors
    /// The scenario makes no sense, or the image cannot run it.
    pub fn plan(&self, trial: &Trial) -> Result<Plan, CannotRun> {
        plan(trial, self.scenario, self.image, self.host)
    }

    /// Carries out one run.
    ///
    /// # Errors
    /// As [`plan`](Self::plan).
    pub async fn run(&self, trial: &Trial) -> Result<TestReport, CannotRun> {
        let plan = self.plan(trial)?;
        self.begun.set(self.begun.get() + 1);
        let rerun = format!("stopcode run {}", self.scenario.display());
        Ok(one(&plan, self.begun.get(), &rerun, &self.context).await)
    }

    /// Whether the user has stopped what `sighting` is of.
    pub fn is_interrupted(&self, sighting: &Sighting) -> bool {
        !sighting.counts() && self.context.interrupt.is_set()
    }

    /// Runs `draft` again and again; with `perturb`, each time a little different.
    ///
    /// # Errors
    /// As [`plan`](Self::plan), for the scenario as it is.
    pub async fn hunt(
        &self,
        draft: &Draft,
        perturb: bool,
        limits: Limits,
    ) -> Result<Bag, CannotRun> {
        let as_it_is = Trial {
            draft: draft.clone(),
            perturbation: Perturbation::default(),
            seed: 0,
        };
        self.plan(&as_it_is)?;
        let started = Instant::now();
        let factors = match perturb {
            true => levels(draft, self.image),
            false => Vec::new(),
        };
        let mut bandit = Bandit::new(factors, SplitMix::part(self.seed, 0));
        let mut bag = Bag::default();
        let mut kept = BTreeMap::new();
        let mut running = FuturesUnordered::new();
        let mut number = 0;
        loop {
            bag.enough = limits.reached(&bag.tally, started.elapsed());
            let goes_on = bag.enough.is_none() && !self.context.interrupt.is_set();
            while goes_on && running.len() < self.jobs.max(1) && self.wants_more(&limits, number) {
                number += 1;
                let perturbation = bandit.draw();
                let trial = Trial {
                    draft: perturbation.of_draft(draft),
                    perturbation,
                    seed: SplitMix::part(self.seed, number),
                };
                running.push(async move {
                    let report = self.run(&trial).await;
                    (trial, report)
                });
            }
            let Some((trial, report)) = running.next().await else {
                break;
            };
            let report = match report {
                Ok(report) => report,
                // A change that the image refuses says nothing of the crash.
                Err(CannotRun(reason)) => {
                    bag.last_infra = Some(reason.clone());
                    bag.tally.count(&Sighting::Infra { reason });
                    continue;
                }
            };
            let sighting = Sighting::of(self.target, &report);
            if self.is_interrupted(&sighting) {
                discard(&report);
                continue;
            }
            bag.tally.count(&sighting);
            if sighting.counts() {
                bandit.learn(&trial.perturbation, sighting == Sighting::Match);
            }
            if let Sighting::Infra { reason } = &sighting {
                bag.last_infra = Some(reason.clone());
            }
            let keeps = keeps(&sighting, &mut kept);
            self.listener.hear(&Happened::Run {
                report: &report,
                sighting: &sighting,
                perturbation: &trial.perturbation,
                tally: &bag.tally,
                kept: keeps,
            });
            if !keeps {
                discard(&report);
            }
            if sighting == Sighting::Match && bag.first.is_none() {
                bag.first = Some(Catch { trial, report });
            }
        }
        if perturb {
            bag.learned = bandit.learned();
            bag.best = bandit.best();
        }
        bag.elapsed = started.elapsed();
        Ok(bag)
    }

    /// Whether one more may be begun after `begun` of this hunt.
    fn wants_more(&self, limits: &Limits, begun: u64) -> bool {
        limits.runs.is_none_or(|runs| begun < u64::from(runs))
    }
}

/// What `trial` of the scenario at `file` does on `image`.
///
/// # Errors
/// The scenario makes no sense, or the image cannot run it.
pub fn plan(
    trial: &Trial,
    file: &Path,
    image: &Image,
    host: HostChoices,
) -> Result<Plan, CannotRun> {
    let scenario = (trial.draft.scenario(file)).map_err(|error| CannotRun(error.to_string()))?;
    let host = HostChoices {
        seed: trial.seed,
        ..host
    };
    let options = PlanOptions {
        observes: !is_of_hang(&trial.draft),
        ..trial.perturbation.options()
    };
    make(&scenario, Variant::Buggy, image, host, &options)
        .map_err(|refusal| CannotRun(refusal.to_string()))
}

/// Whether what is wanted is a hang, which shows only where nothing comes for too long.
fn is_of_hang(draft: &Draft) -> bool {
    match &draft.expect {
        Expectation::Crash(crash) => {
            (crash.bugcheck.as_ref()).is_some_and(|bugcheck| bugcheck.code == HANG)
        }
        Expectation::NoCrash => false,
    }
}

/// Whether equal seeds give equal runs: the clock counts instructions, and no latency of the host's
/// reaches the guest.
pub(crate) fn is_repeatable(draft: &Draft, image: &Image) -> bool {
    let counts = draft.guest.clock == Clock::Warp && matches!(image.boot, Boot::Nt(_));
    counts && image.agent.lockstep_gate.is_some()
}

/// Whether the artefacts of one more such run are kept.
fn keeps(sighting: &Sighting, kept: &mut BTreeMap<String, u32>) -> bool {
    let kind = match sighting {
        Sighting::NoCrash => return false,
        Sighting::Match => "match".to_owned(),
        Sighting::Other { signature } => format!("other {signature}"),
        Sighting::Otherwise { .. } => "otherwise".to_owned(),
        Sighting::Infra { .. } => "infra".to_owned(),
    };
    let count = kept.entry(kind).or_default();
    *count += 1;
    *count <= KEPT
}

/// Removes what a run left.
pub fn discard(report: &TestReport) {
    if let Some(artefacts) = &report.artefacts {
        // What cannot be removed stays.
        let _ = std::fs::remove_dir_all(&artefacts.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_kind_the_first_are_kept() {
        let mut kept = BTreeMap::new();
        let other = |name: &str| Sighting::Other {
            signature: name.into(),
        };
        let keeps = |sighting: &Sighting, kept: &mut _| keeps(sighting, kept);
        assert!(!keeps(&Sighting::NoCrash, &mut kept));
        for round in 0..5 {
            for sighting in [Sighting::Match, other("a"), other("b")] {
                assert_eq!(keeps(&sighting, &mut kept), round < 3, "{sighting:?}");
            }
        }
    }
}
