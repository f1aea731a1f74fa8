//! Learning which changes bring a crash out, while it is being hunted: for each factor a bandit whose
//! arms are its levels, by Thompson sampling. Pure; a seed determines every draw.
//!
//! Of each arm the share of runs that matched is believed to follow a Beta distribution: the prior,
//! with the matches and the other runs added to its two numbers. For each run a rate is drawn from
//! every arm's belief, and the arm with the greatest is taken (Thompson, "On the likelihood that one
//! unknown probability exceeds another", Biometrika 25, 1933). So all are tried, and those that help
//! more and more often.
//!
//! The factors learn apart, though a run has one level of each: what works only together with another
//! change is credited to both.

use std::collections::BTreeMap;

use scenario::random::SplitMix;
use serde::Serialize;

use super::interval::{Interval, quantile};
use super::perturb::{Change, Factor, Levels, Perturbation};

/// What is believed of an arm before it was tried: matches and other runs.
#[derive(Clone, Copy)]
struct Prior(f64, f64);

/// Of the scenario as it is, and of changes that move only when things happen.
const OPEN: Prior = Prior(1.0, 1.0);

/// Of changes of the machine and of what is checked: these can keep a crash from coming, or make
/// another one of it, and seldom help more than the right timing does.
const WARY: Prior = Prior(1.0, 3.0);

/// How often an arm was taken, and how often the crash came then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Score {
    pub tried: u32,
    /// Of these, with the crash.
    pub matched: u32,
}

impl Score {
    /// The rates that fit.
    pub fn interval(self) -> Interval {
        Interval::of(self.matched, self.tried)
    }
}

/// A level of a factor and how it did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Learned {
    pub factor: Factor,
    /// The level, as people read it.
    pub level: String,
    /// Whether it is the scenario's own.
    pub as_is: bool,
    /// How it did.
    #[serde(flatten)]
    pub score: Score,
    /// The rates that fit.
    pub interval: Interval,
}

/// What was learned so far.
#[derive(Clone, Debug)]
pub(crate) struct Bandit {
    factors: Vec<Levels>,
    scores: BTreeMap<(Factor, Option<Change>), Score>,
    random: SplitMix,
}

impl Bandit {
    /// Begins with no experience.
    pub fn new(factors: Vec<Levels>, seed: u64) -> Self {
        Self {
            factors,
            scores: BTreeMap::new(),
            random: SplitMix::new(seed),
        }
    }

    /// What to vary in the next run.
    pub fn draw(&mut self) -> Perturbation {
        let mut changes = Vec::new();
        for at in 0..self.factors.len() {
            changes.extend(self.draw_level(at));
        }
        Perturbation {
            changes,
            seed: self.random.bits(),
        }
    }

    /// The level of one factor; `None`: as it is.
    fn draw_level(&mut self, at: usize) -> Option<Change> {
        let factor = self.factors[at].factor;
        let mut best = (f64::NEG_INFINITY, None);
        let changes = self.factors[at].changes.clone();
        for level in std::iter::once(None).chain(changes.into_iter().map(Some)) {
            let prior = match level {
                Some(_) if !factor.is_timing() => WARY,
                _ => OPEN,
            };
            let score = self.score(factor, level);
            let failed = score.tried.saturating_sub(score.matched);
            let (a, b) = (
                prior.0 + f64::from(score.matched),
                prior.1 + f64::from(failed),
            );
            let rate = quantile(a, b, self.random.unit());
            if rate > best.0 {
                best = (rate, level);
            }
        }
        best.1
    }

    /// Takes note of a run.
    pub fn learn(&mut self, perturbation: &Perturbation, matched: bool) {
        for levels in &self.factors {
            let factor = levels.factor;
            let level = perturbation.changes.iter().copied();
            let level = level.into_iter().find(|change| change.factor() == factor);
            let score = self.scores.entry((factor, level)).or_default();
            score.tried += 1;
            score.matched += u32::from(matched);
        }
    }

    fn score(&self, factor: Factor, level: Option<Change>) -> Score {
        self.scores
            .get(&(factor, level))
            .copied()
            .unwrap_or_default()
    }

    /// How each level did.
    pub(crate) fn learned(&self) -> Vec<Learned> {
        let of = |levels: &Levels, level: Option<Change>| {
            let score = self.score(levels.factor, level);
            Learned {
                factor: levels.factor,
                level: level.map_or(levels.as_is.clone(), Change::title),
                as_is: level.is_none(),
                score,
                interval: score.interval(),
            }
        };
        let mut learned: Vec<Learned> = (self.factors.iter())
            .flat_map(|levels| {
                let changes = levels.changes.iter().map(|change| Some(*change));
                std::iter::once(None)
                    .chain(changes)
                    .map(|level| of(levels, level))
            })
            .collect();
        learned.sort_by_key(|learned| (learned.factor, !learned.as_is));
        learned
    }

    /// The changes that matched most often, each better than its factor as it is: what to repeat the
    /// crash with.
    pub fn best(&self) -> Vec<Change> {
        let rate = |score: Score| (f64::from(score.matched) + 1.0) / (f64::from(score.tried) + 2.0);
        (self.factors.iter())
            .filter_map(|levels| {
                let as_is = rate(self.score(levels.factor, None));
                (levels.changes.iter())
                    .map(|change| (rate(self.score(levels.factor, Some(*change))), *change))
                    .filter(|(change, _)| *change > as_is)
                    .max_by(|a, b| a.0.total_cmp(&b.0))
                    .map(|(_, change)| change)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use vm::plan::JitterKind;

    use super::*;

    fn factors() -> Vec<Levels> {
        vec![
            Levels {
                factor: Factor::Threads,
                as_is: "undisturbed".into(),
                changes: vec![
                    Change::Threads(JitterKind::Slow),
                    Change::Threads(JitterKind::Pin),
                ],
            },
            Levels {
                factor: Factor::Clock,
                as_is: "host".into(),
                changes: vec![Change::Warp(10), Change::Warp(6)],
            },
            Levels {
                factor: Factor::Processors,
                as_is: "2".into(),
                changes: vec![Change::Processors(1), Change::Processors(4)],
            },
        ]
    }

    /// Runs whose crash comes at a rate that hangs on the changes.
    fn hunt(seed: u64, runs: u32, rate: impl Fn(&[Change]) -> f64) -> (Bandit, u32) {
        let mut bandit = Bandit::new(factors(), seed);
        let mut world = SplitMix::new(!seed);
        let mut matched = 0;
        for _ in 0..runs {
            let drawn = bandit.draw();
            let came = world.unit() < rate(&drawn.changes);
            matched += u32::from(came);
            bandit.learn(&drawn, came);
        }
        (bandit, matched)
    }

    #[test]
    fn what_helps_is_found_and_taken() {
        let rate = |changes: &[Change]| match changes.contains(&Change::Warp(6)) {
            true if changes.contains(&Change::Processors(1)) => 0.0,
            true => 0.4,
            false => 0.02,
        };
        for seed in 0..20 {
            let (bandit, matched) = hunt(seed, 400, rate);
            assert!(bandit.best().contains(&Change::Warp(6)), "seed {seed}");
            // 8 would come without any change, some 130 with the right one always.
            assert!(matched > 70, "seed {seed}: {matched}");
            let tried = bandit
                .score(Factor::Processors, Some(Change::Processors(1)))
                .tried;
            assert!(tried < 60, "seed {seed}: {tried} runs without a chance");
        }
    }

    #[test]
    fn what_is_learned_is_told_with_intervals() {
        let (bandit, matched) = hunt(3, 50, |_| 0.3);
        let learned = bandit.learned();
        assert_eq!(learned.len(), 9);
        assert!(learned[0].as_is && learned[0].factor == Factor::Threads);
        for factor in [Factor::Threads, Factor::Clock, Factor::Processors] {
            let of = learned.iter().filter(|learned| learned.factor == factor);
            let (tried, came) = of.fold((0, 0), |sum, learned| {
                (sum.0 + learned.score.tried, sum.1 + learned.score.matched)
            });
            assert_eq!((tried, came), (50, matched), "{factor:?}");
        }
    }

    proptest! {
        #[test]
        fn a_seed_determines_every_draw(seed: u64, outcomes in prop::collection::vec(any::<bool>(), 0..40)) {
            let draws = || {
                let mut bandit = Bandit::new(factors(), seed);
                let mut drawn = Vec::new();
                for came in &outcomes {
                    let draw = bandit.draw();
                    bandit.learn(&draw, *came);
                    drawn.push(draw);
                }
                drawn
            };
            let drawn = draws();
            prop_assert_eq!(&drawn, &draws());
            for draw in drawn {
                for (at, change) in draw.changes.iter().enumerate() {
                    let again = draw.changes[..at].iter().any(|other| other.factor() == change.factor());
                    prop_assert!(!again, "one change for each factor");
                }
            }
        }
    }
}
