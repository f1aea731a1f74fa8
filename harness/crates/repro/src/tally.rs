//! Counts the classes of the runs so far, and decides whether to go on. Pure.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::class::RunClass;
use super::interval::{Interval, runs_to_rule_out};

/// After this many infrastructure failures in a row, the hunt gives up.
const HOPELESS: u32 = 3;

/// Counts of what runs were.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Tally {
    /// The same crash.
    pub matched: u32,
    /// Other crashes, by signature.
    pub others: BTreeMap<String, u32>,
    /// No crash.
    pub no_crash: u32,
    /// Hangs and the like, by what happened.
    pub otherwise: BTreeMap<String, u32>,
    /// Not carried out.
    pub infra: u32,
    #[serde(skip)]
    infra_in_a_row: u32,
}

impl Tally {
    /// Counts one more run.
    pub fn count(&mut self, class: &RunClass) {
        self.infra_in_a_row = match class.counts() {
            true => 0,
            false => self.infra_in_a_row + 1,
        };
        match class {
            RunClass::Match => self.matched += 1,
            RunClass::Other { signature } => {
                *self.others.entry(signature.clone()).or_default() += 1;
            }
            RunClass::NoCrash => self.no_crash += 1,
            RunClass::Otherwise { message } => {
                *self.otherwise.entry(message.clone()).or_default() += 1;
            }
            RunClass::Infra { .. } => self.infra += 1,
        }
    }

    /// Runs that say something about the driver.
    pub fn runs(&self) -> u32 {
        let kinds = self.others.values().chain(self.otherwise.values());
        kinds.sum::<u32>() + self.matched + self.no_crash
    }

    /// The rates that fit.
    pub fn interval(&self) -> Interval {
        Interval::of(self.matched, self.runs())
    }
}

impl Tally {
    /// An estimate of the rate: the posterior mean, if all rates were equally likely before
    /// (Laplace's rule of succession). Never 0 or 1.
    pub fn rate(&self) -> f64 {
        (f64::from(self.matched) + 1.0) / (f64::from(self.runs()) + 2.0)
    }
}

/// `3 of 41 matched (95 % interval 1.5–20 %)`
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (matched, runs, interval) = (self.matched, self.runs(), self.interval());
        write!(f, "{matched} of {runs} matched (95 % interval {interval})")
    }
}

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HuntLimits {
    /// Stop after this many matches.
    pub matches: u32,
    /// Stop after this many runs, of any class.
    pub runs: Option<u32>,
    /// Stop after this much wall time.
    pub time: Option<Duration>,
    /// Without a match, stop once this rate and all greater ones are ruled out with 95 %.
    pub certainty: Option<f64>,
}

/// Why no more runs are made.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Enough {
    /// The crash came as often as wanted.
    Matches,
    /// The limit of runs was reached.
    Runs,
    /// The time is up.
    Time,
    /// It would have come by now if it came at this rate.
    Certainty(f64),
    /// Runs cannot be carried out.
    Hopeless,
}

impl HuntLimits {
    /// Whether it is enough after `tally` and `elapsed`.
    pub fn reached(&self, tally: &Tally, elapsed: Duration) -> Option<Enough> {
        if tally.matched >= self.matches {
            return Some(Enough::Matches);
        }
        if tally.infra_in_a_row >= HOPELESS {
            return Some(Enough::Hopeless);
        }
        if let Some(rate) = self.certainty
            && tally.matched == 0
            && tally.runs() >= runs_to_rule_out(rate)
        {
            return Some(Enough::Certainty(rate));
        }
        if self
            .runs
            .is_some_and(|runs| tally.runs() + tally.infra >= runs)
        {
            return Some(Enough::Runs);
        }
        if self.time.is_some_and(|time| elapsed >= time) {
            return Some(Enough::Time);
        }
        None
    }
}

impl fmt::Display for Enough {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Matches => f.write_str("it came as often as wanted"),
            Self::Runs => f.write_str("that was the wanted number of runs (--max-runs)"),
            Self::Time => f.write_str("the time is up (--within)"),
            Self::Certainty(rate) => write!(
                f,
                "a rate of {} % or more would have shown by now with 95 % (--certainty)",
                super::interval::percent(*rate)
            ),
            Self::Hopeless => f.write_str("runs cannot be carried out"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(classes: &[(RunClass, u32)]) -> Tally {
        let mut tally = Tally::default();
        for (class, times) in classes {
            (0..*times).for_each(|_| tally.count(class));
        }
        tally
    }

    fn other(signature: &str) -> RunClass {
        RunClass::Other {
            signature: signature.into(),
        }
    }

    fn infra() -> RunClass {
        RunClass::Infra { reason: "r".into() }
    }

    const LIMITS: HuntLimits = HuntLimits {
        matches: 3,
        runs: Some(50),
        time: Some(Duration::from_secs(60)),
        certainty: Some(0.1),
    };

    #[test]
    fn other_crashes_are_counted_apart_and_infrastructure_not_at_all() {
        let tally = tally(&[
            (RunClass::Match, 3),
            (other("a"), 2),
            (other("b"), 1),
            (RunClass::NoCrash, 35),
            (infra(), 9),
        ]);
        let text = tally.to_string();
        assert_eq!(text, "3 of 41 matched (95 % interval 1.5–20 %)");
        assert_eq!(tally.others["a"], 2);
    }

    #[test]
    fn each_limit_ends_it() {
        let reached = |classes: &[(RunClass, u32)], seconds| {
            LIMITS.reached(&tally(classes), Duration::from_secs(seconds))
        };
        assert_eq!(reached(&[(RunClass::NoCrash, 28)], 59), None);
        let certain = reached(&[(RunClass::NoCrash, 29)], 0);
        assert_eq!(certain, Some(Enough::Certainty(0.1)));
        // Once it has come, the rate is not 0; only the other limits count.
        let once = [(RunClass::Match, 1), (RunClass::NoCrash, 40)];
        assert_eq!(reached(&once, 0), None);
        assert_eq!(reached(&once, 60), Some(Enough::Time));
        let many = [(RunClass::Match, 1), (RunClass::NoCrash, 49)];
        assert_eq!(reached(&many, 0), Some(Enough::Runs));
        let enough = [(RunClass::Match, 3), (infra(), 3)];
        assert_eq!(reached(&enough, 99), Some(Enough::Matches));
        let hopeless = [(RunClass::NoCrash, 1), (infra(), 3)];
        assert_eq!(reached(&hopeless, 0), Some(Enough::Hopeless));
        let recovered = [(infra(), 2), (RunClass::NoCrash, 1), (infra(), 2)];
        assert_eq!(reached(&recovered, 0), None);
    }
}
