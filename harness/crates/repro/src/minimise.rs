//! Minimises a reproduction: drops the steps, drivers, Driver Verifier, disturbances, processors
//! and memory that the crash does not need.
//!
//! Under a clock that counts instructions a run is exactly repeatable, and one run decides. Else a
//! candidate gets as many runs as a crash of the observed rate needs to show with 95 %: one match
//! proves that it still comes, perhaps less often; none at all may be bad luck once in twenty
//! candidates, and then something stays that was not needed.

use scenario::MemorySize;
use scenario::random::SplitMix;

use super::class::RunClass;
use super::ddmin::ddmin;
use super::draft::ScenarioDraft;
use super::events::Event;
use super::hunt::{CannotRun, Setup, discard, is_repeatable};
use super::interval::runs_to_rule_out;
use super::perturb::Perturbation;
use super::pieces::{Piece, pieces, title, with};
use super::result::{Minimised, Reproduction, Trial};

/// The rate is measured until this many matches, or this many runs.
const BASE_MATCHES: u32 = 3;
const BASE_RUNS: u32 = 40;

/// No candidate gets more runs.
const MOST_TRIES: u32 = 40;

/// Seeds of these runs are apart from those of the hunt.
const FIRST_SEED: u64 = 1 << 32;

/// The least memory that is tried: the bundled guest boots with it.
const LEAST_MEMORY_MIB: u32 = 64;

/// The state of a minimisation.
struct Search<'s> {
    setup: &'s Setup<'s>,
    repeatable: bool,
    tries: u32,
    rate: f64,
    best: Reproduction,
    runs: u32,
}

impl Setup<'_> {
    /// Takes away from `catch` what its crash does not need. When interrupted, returns what was
    /// reached.
    ///
    /// # Errors
    /// The run cannot be repeated at all.
    pub async fn minimise(&self, reproduction: Reproduction) -> Result<Minimised, CannotRun> {
        let repeatable = is_repeatable(&reproduction.trial.draft, self.image);
        let mut search = Search {
            setup: self,
            repeatable,
            tries: 1,
            rate: 1.0,
            best: reproduction,
            runs: 0,
        };
        search.tries = search.base_tries().await?;
        let (draft, perturbation) = {
            let trial = &search.best.trial;
            (trial.draft.clone(), trial.perturbation.clone())
        };
        let all = pieces(&draft, &perturbation);
        let left = ddmin(all.clone(), async |kept: &[Piece]| {
            let gone: Vec<&Piece> = all.iter().filter(|piece| !kept.contains(piece)).collect();
            let now: Vec<String> = gone.iter().map(|piece| title(piece, &draft)).collect();
            let candidate = with(&draft, &perturbation, kept);
            search.still(&now.join(", "), candidate).await
        })
        .await;
        let mut dropped: Vec<String> = (all.iter())
            .filter(|piece| !left.contains(piece))
            .map(|piece| title(piece, &draft))
            .collect();
        let mut kept: Vec<String> = left.iter().map(|piece| title(piece, &draft)).collect();
        search.fewer(&mut dropped, &mut kept).await;
        Ok(Minimised {
            reproduction: search.best,
            dropped,
            kept,
            runs: search.runs,
            tries: search.tries,
            repeatable,
            rate: search.rate,
        })
    }
}

impl Search<'_> {
    /// How many runs a candidate gets: found by repeating the run as it is.
    async fn base_tries(&mut self) -> Result<u32, CannotRun> {
        let as_it_is = self.candidate();
        if self.repeatable {
            return Ok(1);
        }
        let (mut matched, mut runs) = (0, 0);
        while matched < BASE_MATCHES && runs < BASE_RUNS {
            let Some(came) = self.run(&as_it_is).await? else {
                break;
            };
            runs += 1;
            matched += u32::from(came);
        }
        // The first reproduction counts, too: it keeps this rate above 0.
        self.rate = f64::from(matched + 1) / f64::from(runs + 1);
        Ok(runs_to_rule_out(self.rate).min(MOST_TRIES))
    }

    /// One run; whether the crash came. `None`: interrupted.
    async fn run(
        &mut self,
        (draft, perturbation): &(ScenarioDraft, Perturbation),
    ) -> Result<Option<bool>, CannotRun> {
        let setup = self.setup;
        if setup.context.interrupt.is_set() {
            return Ok(None);
        }
        self.runs += 1;
        let fresh = |what| SplitMix::part(setup.seed, FIRST_SEED + 2 * u64::from(self.runs) + what);
        let trial = match self.repeatable {
            true => Trial {
                draft: draft.clone(),
                perturbation: perturbation.clone(),
                seed: self.best.trial.seed,
            },
            false => Trial {
                draft: draft.clone(),
                perturbation: Perturbation {
                    changes: perturbation.changes.clone(),
                    seed: fresh(1),
                },
                seed: fresh(0),
            },
        };
        let report = setup.run(&trial).await?;
        let class = RunClass::of(setup.target, &report);
        if setup.is_interrupted(&class) {
            discard(&report);
            return Ok(None);
        }
        let came = class == RunClass::Match;
        if came {
            // Of all the runs that showed it, the artefacts of the last are kept.
            discard(&self.best.report);
            self.best = Reproduction { trial, report };
        } else {
            discard(&report);
        }
        Ok(Some(came))
    }

    /// Whether the crash still comes.
    async fn still(
        &mut self,
        title: &str,
        candidate: (ScenarioDraft, Perturbation),
    ) -> Option<bool> {
        // An invalid candidate, such as one without steps, is not run.
        if candidate.0.scenario(self.setup.scenario).is_err() {
            return Some(false);
        }
        let (mut matched, mut runs) = (0, 0);
        while matched == 0 && runs < self.tries {
            match self.run(&candidate).await {
                Ok(Some(came)) => {
                    runs += 1;
                    matched += u32::from(came);
                }
                Ok(None) => return None,
                // The image refuses it.
                Err(_) => break,
            }
        }
        self.setup.listener.hear(&Event::Tried {
            title,
            dropped: matched > 0,
            matched,
            runs,
        });
        Some(matched > 0)
    }

    /// Fewer processors and less memory, the least first.
    async fn fewer(&mut self, dropped: &mut Vec<String>, kept: &mut Vec<String>) {
        let guest = self.best.trial.draft.guest.clone();
        let counts: Vec<u8> = (1..guest.cpus).collect();
        let mut cpus = guest.cpus;
        for count in counts {
            let mut candidate = self.candidate();
            candidate.0.guest.cpus = count;
            let title = format!("{} of {} processors", guest.cpus - count, guest.cpus);
            match self.still(&title, candidate).await {
                None => return,
                Some(false) => {}
                Some(true) => {
                    cpus = count;
                    dropped.push(title);
                    break;
                }
            }
        }
        kept.push(format!("{cpus} processors"));
        let mut memory = guest.memory;
        let mut mib = LEAST_MEMORY_MIB;
        while mib < guest.memory.mib() {
            let mut candidate = self.candidate();
            candidate.0.guest.memory = MemorySize::from_mib(mib);
            let title = format!("{}MiB of {}", guest.memory.mib() - mib, guest.memory);
            match self.still(&title, candidate).await {
                None => return,
                Some(false) => mib = mib.saturating_mul(2),
                Some(true) => {
                    memory = MemorySize::from_mib(mib);
                    dropped.push(title);
                    break;
                }
            }
        }
        kept.push(format!("{memory} of memory"));
    }

    fn candidate(&self) -> (ScenarioDraft, Perturbation) {
        let trial = &self.best.trial;
        (trial.draft.clone(), trial.perturbation.clone())
    }
}
