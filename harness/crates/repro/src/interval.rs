//! Confidence interval of a rate, from a number of matches in a number of runs.
//!
//! The interval is Clopper and Pearson's ("The use of confidence or fiducial limits illustrated in
//! the case of the binomial", Biometrika 26, 1934): it contains the true rate in at least 95 % of all
//! cases, whatever the rate. Wilson's is shorter, but covers less than it says for rates near 0, which
//! are what this is about; and "0 of n" must give the same bound as the question after how many runs
//! one may give up.
//!
//! The number of runs must not depend on their outcomes. Where runs end at a wanted number of matches,
//! the rate is overestimated a little, and more so the fewer matches were wanted.

use std::fmt;

use serde::Serialize;
use statrs::distribution::{Beta, ContinuousCDF};

/// What is left out on each side of a 95 % interval.
const TAIL: f64 = 0.025;

/// How often something that should have been seen by now would not have been.
const DOUBT: f64 = 0.05;

/// The rates that fit what was seen, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The least.
    pub low: f64,
    /// The greatest.
    pub high: f64,
}

impl Interval {
    /// The 95 % interval of a rate at which `matched` of `runs` matched.
    pub fn of(matched: u32, runs: u32) -> Self {
        let (k, n) = (f64::from(matched.min(runs)), f64::from(runs));
        Self {
            low: if k > 0.0 {
                quantile(k, n - k + 1.0, TAIL)
            } else {
                0.0
            },
            high: if k < n {
                quantile(k + 1.0, n - k, 1.0 - TAIL)
            } else {
                1.0
            },
        }
    }
}

/// The value below which a Beta(a, b) variable falls with probability `p`; `a` and `b` are above 0.
pub(super) fn quantile(a: f64, b: f64, p: f64) -> f64 {
    match Beta::new(a, b) {
        Ok(beta) => beta.inverse_cdf(p).clamp(0.0, 1.0),
        // Not reached for positive numbers; nothing is known then.
        Err(_) => p,
    }
}

/// After how many runs without a match a rate of `rate` or more is ruled out with 95 %: the least n
/// with (1 - rate)^n <= 5 %. `rate` is above 0.
pub fn runs_to_rule_out(rate: f64) -> u32 {
    if rate >= 1.0 {
        return 1;
    }
    let runs = (DOUBT.ln() / (1.0 - rate).ln()).ceil();
    // Rates of almost 0 take more runs than anybody makes.
    if runs.is_finite() {
        runs.max(1.0) as u32
    } else {
        u32::MAX
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}–{} %", percent(self.low), percent(self.high))
    }
}

/// Two digits, and no more than are meant.
pub(super) fn percent(rate: f64) -> String {
    let percent = rate * 100.0;
    match percent {
        p if p == 0.0 || p >= 9.95 => format!("{p:.0}"),
        p if p >= 0.095 => format!("{p:.1}"),
        p => format!("{p:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn is(matched: u32, runs: u32, low: f64, high: f64) {
        let found = Interval::of(matched, runs);
        let near = |a: f64, b: f64| (a - b).abs() < 5e-5;
        assert!(near(found.low, low) && near(found.high, high), "{found:?}");
    }

    #[test]
    fn agrees_with_the_tails_of_the_binomial() {
        // Found by bisection of the summed probabilities, without the Beta distribution.
        is(3, 41, 0.01535, 0.19925);
        is(0, 10, 0.0, 0.30850);
        is(10, 10, 0.69150, 1.0);
        is(1, 1, 0.025, 1.0);
        is(22, 300, 0.04653, 0.10892);
        is(0, 0, 0.0, 1.0);
    }

    #[test]
    fn reads_as_people_write_it() {
        assert_eq!(Interval::of(3, 41).to_string(), "1.5–20 %");
        assert_eq!(Interval::of(0, 1).to_string(), "0–98 %");
        assert_eq!(Interval::of(1, 3000).to_string(), "0.00–0.2 %");
    }

    #[test]
    fn giving_up_takes_about_three_over_the_rate() {
        assert_eq!(runs_to_rule_out(0.03), 99);
        assert_eq!(runs_to_rule_out(0.5), 5);
        assert_eq!(runs_to_rule_out(1.0), 1);
        assert_eq!(runs_to_rule_out(0.0), u32::MAX);
    }

    proptest! {
        #[test]
        fn holds_the_observed_rate_and_shrinks_with_runs(matched in 0_u32..400, more in 0_u32..400) {
            let runs = matched + more;
            let interval = Interval::of(matched, runs);
            prop_assert!(0.0 <= interval.low && interval.low <= interval.high && interval.high <= 1.0);
            if runs > 0 {
                let rate = f64::from(matched) / f64::from(runs);
                prop_assert!(interval.low <= rate && rate <= interval.high);
                let tenfold = Interval::of(10 * matched, 10 * runs);
                prop_assert!(tenfold.high - tenfold.low < interval.high - interval.low);
            }
        }

        #[test]
        fn covers_at_least_what_it_says(runs in 1_u32..60, rate in 0.01_f64..0.99) {
            // All outcomes of so many runs, each with its probability.
            let mut weight = (1.0 - rate).powi(runs as i32);
            let mut covered = 0.0;
            for matched in 0..=runs {
                let interval = Interval::of(matched, runs);
                if interval.low <= rate && rate <= interval.high {
                    covered += weight;
                }
                weight *= f64::from(runs - matched) / f64::from(matched + 1) * rate / (1.0 - rate);
            }
            prop_assert!(covered >= 0.95 - 1e-6, "{covered}");
        }
    }
}
