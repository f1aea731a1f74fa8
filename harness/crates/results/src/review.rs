//! What earlier runs say of a run. The crate's `history` finds it out; a folder of results keeps it
//! beside the run.

use serde::{Deserialize, Serialize};

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// As expected.
    Passed,
    /// Otherwise than expected.
    Failed,
    /// It could not be carried out.
    Infra,
    /// It was not run, or its rare crash did not come.
    Skipped,
}

impl Status {
    /// As the database has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Infra => "infra",
            Self::Skipped => "skipped",
        }
    }

    /// Reads what [`as_str`](Self::as_str) writes.
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Passed, Self::Failed, Self::Infra, Self::Skipped];
        all.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether somebody has to look at it.
    pub(crate) fn is_bad(self) -> bool {
        matches!(self, Self::Failed | Self::Infra)
    }
}

/// A test that is bad in the run at hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    pub test: String,
    /// How often it was bad, of how many results in this run.
    pub bad: usize,
    /// Of how many.
    pub of: usize,
    /// What was wrong, the first time.
    pub trouble: String,
    /// The run in which it was first bad in this way without having been good since; `None` if
    /// this is the first.
    pub since: Option<String>,
    /// The last run before in which it was good.
    pub last_good: Option<String>,
}

/// A test that ends now so, now so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flaky {
    pub test: String,
    /// How many of its latest results were bad.
    pub bad: usize,
    /// How many there are.
    pub of: usize,
}

/// How a test went over the runs, the oldest first; one value a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    pub test: String,
    /// Median wall time.
    pub seconds: Vec<f64>,
    /// Largest dump; only of runs that took one.
    pub dump_bytes: Vec<u64>,
    /// How each run ended for it: the worst of its results.
    pub statuses: Vec<Status>,
}

/// What the history says of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Review {
    pub run: String,
    /// How many runs were before it.
    pub earlier: usize,
    /// Bad now, and good or unknown before, or bad in another way.
    pub new_failures: Vec<Failure>,
    /// Bad now, and in the same way in the run before.
    pub known_failures: Vec<Failure>,
    /// Good now, and bad in the run before.
    pub fixed: Vec<String>,
    /// Over the latest results.
    pub flaky: Vec<Flaky>,
    /// Of each test of the run.
    pub trends: Vec<Trend>,
}
