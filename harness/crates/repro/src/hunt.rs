//! Runs a scenario until the wanted crash has come often enough, or a limit is reached.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use runner::events::TestReport;
use runner::run::{Context, one};
use scenario::random::SplitMix;
use scenario::{Clock, Expectation, Variant};
use vm::image::{Boot, Image};
use vm::plan::{HostChoices, Plan, PlanOptions, make};

use super::bandit::Bandit;
use super::class::RunClass;
use super::draft::ScenarioDraft;
use super::events::{Event, Listener};
use super::perturb::{Perturbation, levels};
use super::propose::HANG;
use super::result::{HuntResult, Reproduction, Trial};
use super::tally::HuntLimits;
use super::target::Target;

/// Number of runs of each class whose artefacts are kept.
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
    /// Where runs go, and how they are interrupted.
    pub context: Context<'s>,
    /// How many runs at a time.
    pub jobs: usize,
    /// Determines all that is drawn.
    pub seed: u64,
    /// Receives the events.
    pub listener: &'s dyn Listener,
    /// How many runs were begun.
    pub begun: Cell<u32>,
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

    /// Whether the user has stopped what `class` is of.
    pub fn is_interrupted(&self, class: &RunClass) -> bool {
        !class.counts() && self.context.interrupt.is_set()
    }

    /// Runs `draft` again and again; with `perturb`, each time a little different.
    ///
    /// # Errors
    /// As [`plan`](Self::plan), for the scenario as it is.
    pub async fn hunt(
        &self,
        draft: &ScenarioDraft,
        perturb: bool,
        limits: HuntLimits,
    ) -> Result<HuntResult, CannotRun> {
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
        let mut result = HuntResult::default();
        let mut kept = BTreeMap::new();
        let mut running = FuturesUnordered::new();
        let mut number = 0;
        loop {
            result.enough = limits.reached(&result.tally, started.elapsed());
            let goes_on = result.enough.is_none() && !self.context.interrupt.is_set();
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
                    result.last_infra = Some(reason.clone());
                    result.tally.count(&RunClass::Infra { reason });
                    continue;
                }
            };
            let class = RunClass::of(self.target, &report);
            if self.is_interrupted(&class) {
                discard(&report);
                continue;
            }
            result.tally.count(&class);
            if class.counts() {
                bandit.learn(&trial.perturbation, class == RunClass::Match);
            }
            if let RunClass::Infra { reason } = &class {
                result.last_infra = Some(reason.clone());
            }
            let keeps = keeps(&class, &mut kept);
            self.listener.hear(&Event::Run {
                report: &report,
                class: &class,
                perturbation: &trial.perturbation,
                tally: &result.tally,
                kept: keeps,
            });
            if !keeps {
                discard(&report);
            }
            if class == RunClass::Match && result.first.is_none() {
                result.first = Some(Reproduction { trial, report });
            }
        }
        if perturb {
            result.learned = bandit.learned();
            result.best = bandit.best();
        }
        result.elapsed = started.elapsed();
        Ok(result)
    }

    /// Whether one more may be begun after `begun` of this hunt.
    fn wants_more(&self, limits: &HuntLimits, begun: u64) -> bool {
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
fn is_of_hang(draft: &ScenarioDraft) -> bool {
    match &draft.expect {
        Expectation::Crash(crash) => {
            (crash.bugcheck.as_ref()).is_some_and(|bugcheck| bugcheck.code == HANG)
        }
        Expectation::NoCrash => false,
    }
}

/// Whether equal seeds give equal runs: the clock counts instructions, and no latency of the host's
/// reaches the guest.
pub(crate) fn is_repeatable(draft: &ScenarioDraft, image: &Image) -> bool {
    let counts = draft.guest.clock == Clock::Warp && matches!(image.boot, Boot::Nt(_));
    counts && image.agent.lockstep_gate.is_some()
}

/// Whether the artefacts of one more such run are kept.
fn keeps(class: &RunClass, kept: &mut BTreeMap<String, u32>) -> bool {
    let kind = match class {
        RunClass::NoCrash => return false,
        RunClass::Match => "match".to_owned(),
        RunClass::Other { signature } => format!("other {signature}"),
        RunClass::Otherwise { .. } => "otherwise".to_owned(),
        RunClass::Infra { .. } => "infra".to_owned(),
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
        let other = |name: &str| RunClass::Other {
            signature: name.into(),
        };
        let keeps = |class: &RunClass, kept: &mut _| keeps(class, kept);
        assert!(!keeps(&RunClass::NoCrash, &mut kept));
        for round in 0..5 {
            for class in [RunClass::Match, other("a"), other("b")] {
                assert_eq!(keeps(&class, &mut kept), round < 3, "{class:?}");
            }
        }
    }
}
