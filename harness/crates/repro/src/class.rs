//! Classifies a run: the wanted crash, another one, none, or no result. Pure.

use runner::events::{Outcome, TestReport};
use serde::Serialize;

use super::target::Target;

/// What a run was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "sighting", rename_all = "kebab-case")]
pub enum RunClass {
    /// The same crash.
    Match,
    /// Another crash.
    Other { signature: String },
    /// No crash: the run came to its end.
    NoCrash,
    /// It ended in another way, such as a hang, or a driver that gave up.
    Otherwise {
        #[serde(rename = "words")]
        message: String,
    },
    /// It could not be carried out, which says nothing.
    Infra { reason: String },
}

impl RunClass {
    /// What `report` is.
    pub fn of(target: &Target, report: &TestReport) -> Self {
        match (&report.outcome, &report.verdict) {
            (Outcome::Infra { reason }, _) => Self::Infra {
                reason: reason.clone(),
            },
            (Outcome::Skipped { .. }, _) => Self::NoCrash,
            (Outcome::Failed { mismatches }, _)
                if (mismatches.first()).is_some_and(|first| first.field == "outcome") =>
            {
                let message = mismatches.iter().map(|mismatch| mismatch.actual.as_str());
                Self::Otherwise {
                    message: message.collect::<Vec<_>>().join("; "),
                }
            }
            // Three witnesses that disagree have seen no crash that could be compared.
            (Outcome::Failed { mismatches }, _)
                if let Some(witnesses) =
                    (mismatches.iter()).find(|mismatch| mismatch.field == "witnesses") =>
            {
                Self::Infra {
                    reason: format!("the witnesses disagree: {}", witnesses.actual),
                }
            }
            (Outcome::Passed | Outcome::Failed { .. }, Some(verdict)) => {
                match target.matches(verdict) {
                    true => Self::Match,
                    false => Self::Other {
                        signature: verdict.signature.clone(),
                    },
                }
            }
            (Outcome::Passed | Outcome::Failed { .. }, None) => Self::NoCrash,
        }
    }

    /// Whether it says anything about the driver.
    pub fn counts(&self) -> bool {
        !matches!(self, Self::Infra { .. })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use runner::events::Timings;
    use runner::expect::Mismatch;
    use runner::testing::verdict;
    use scenario::{TestName, Variant};

    /// A report of a run that ended so.
    pub(crate) fn report(outcome: Outcome, signature: Option<&str>) -> TestReport {
        TestReport {
            test: TestName::new("tiny", "hog", Variant::Buggy),
            attempt: 1,
            outcome,
            expected: Vec::new(),
            seconds: 0.5,
            timings: Timings::default(),
            phases: Vec::new(),
            seed: None,
            bugcheck: None,
            witnesses: None,
            reproduced: None,
            live_verdict: None,
            verdict: signature.map(|signature| {
                let mut verdict = verdict();
                verdict.signature = signature.into();
                verdict
            }),
            dump_bytes: None,
            analyses: Vec::new(),
            artefacts: None,
            notes: Vec::new(),
            rerun: String::new(),
        }
    }

    fn failed(field: &str) -> Outcome {
        Outcome::Failed {
            mismatches: vec![Mismatch::new(field, "a", "b")],
        }
    }

    #[test]
    fn a_crash_is_the_same_another_or_none() {
        let target = Target::of(&verdict()).unwrap();
        let class = |outcome, signature| RunClass::of(&target, &report(outcome, signature));
        assert_eq!(class(Outcome::Passed, Some("s")), RunClass::Match);
        // The expectation may be narrower than the signature; the signature decides.
        assert_eq!(class(failed("victims"), Some("s")), RunClass::Match);
        let other = RunClass::Other {
            signature: "t".into(),
        };
        assert_eq!(class(failed("cause"), Some("t")), other);
        assert_eq!(class(Outcome::Passed, Some("t")), other);
        let skipped = Outcome::Skipped { reason: "r".into() };
        assert_eq!(class(skipped, None), RunClass::NoCrash);
        assert!(!class(Outcome::infra("r"), None).counts());
    }

    #[test]
    fn a_hang_and_a_quarrel_of_witnesses_are_no_match() {
        let target = Target::of(&verdict()).unwrap();
        // A hang that an interrupt stopped has a verdict, too.
        let hang = RunClass::of(&target, &report(failed("outcome"), Some("s")));
        assert_eq!(
            hang,
            RunClass::Otherwise {
                message: "b".into()
            }
        );
        let quarrel = RunClass::of(&target, &report(failed("witnesses"), Some("s")));
        assert!(!quarrel.counts(), "{quarrel:?}");
    }
}
