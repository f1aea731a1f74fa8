//! Outcomes as coloured words: some readers cannot tell colours apart.

use maud::{Markup, html};
use runner::events::{Outcome, TestReport};

use crate::{OverallOutcome, Status};

/// What is shown of an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chip {
    /// The class of its colours; also what the filter goes by.
    pub class: &'static str,
    /// A sign beside the word.
    pub sign: &'static str,
    pub word: &'static str,
}

const PASSED: Chip = Chip {
    class: "passed",
    sign: "✓",
    word: "passed",
};
const FAILED: Chip = Chip {
    class: "failed",
    sign: "✗",
    word: "failed",
};
const INFRA: Chip = Chip {
    class: "infra",
    sign: "!",
    word: "infrastructure",
};
const SKIPPED: Chip = Chip {
    class: "skipped",
    sign: "–",
    word: "skipped",
};
const MISSED: Chip = Chip {
    class: "skipped",
    sign: "○",
    word: "not reproduced",
};

/// Of one result.
pub(super) fn of_report(report: &TestReport) -> Chip {
    match &report.outcome {
        Outcome::Passed => PASSED,
        Outcome::Failed { .. } => FAILED,
        Outcome::Infra { .. } => INFRA,
        Outcome::Skipped { .. } if report.reproduced.is_some() => MISSED,
        Outcome::Skipped { .. } => SKIPPED,
    }
}

/// Of all results of a test.
pub(super) fn of_standing(standing: OverallOutcome) -> Chip {
    match standing {
        OverallOutcome::Passed => PASSED,
        OverallOutcome::Failed => FAILED,
        OverallOutcome::Infra => INFRA,
        OverallOutcome::Skipped => SKIPPED,
    }
}

/// Whether the results of a test differ where they should not.
pub(super) fn is_flaky(status: &Status) -> bool {
    status.failed > 0 && status.passed > 0
}

impl Chip {
    /// The word with its sign.
    pub(super) fn show(self) -> Markup {
        self.with_word(self.word)
    }

    /// Another word in the same colours.
    pub(super) fn with_word(self, word: &str) -> Markup {
        html! {
            span class={ "chip " (self.class) } {
                span aria-hidden="true" { (self.sign) } " " (word)
            }
        }
    }
}
