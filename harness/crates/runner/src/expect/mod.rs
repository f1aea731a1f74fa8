//! Expectation × verdict → mismatches. Pure.

use std::fmt;

use analyzer::verdict::{Hex64, Verdict};
use scenario::{CrashExpectation, Expectation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One way in which a run differs from what was expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mismatch {
    /// What differs, as the scenario names it: `bugcheck.code`, `culprit.function`, ….
    pub field: String,
    /// What was expected.
    pub expected: String,
    /// What it was.
    pub actual: String,
}

impl Mismatch {
    /// Puts a mismatch together.
    pub fn new(
        field: impl Into<String>,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Self {
        Self {
            field: field.into(),
            expected: expected.into(),
            actual: actual.into(),
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field,
            expected,
            actual,
        } = self;
        write!(f, "{field}: expected {expected}, was {actual}")
    }
}

/// Something that a scenario expects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Expected {
    /// What, as a [`Mismatch`] names it.
    pub field: String,
    /// What it is to be.
    pub value: String,
}

/// All that a scenario expects, in the order and words of [`compare`].
pub(crate) fn stated(expectation: &Expectation) -> Vec<Expected> {
    let mut found = Vec::new();
    let mut state = |field: &str, value: String| {
        found.push(Expected {
            field: field.to_owned(),
            value,
        });
    };
    let crash = match expectation {
        Expectation::NoCrash => {
            state("outcome", "no crash".into());
            return found;
        }
        Expectation::Crash(crash) => crash,
    };
    if let Some(bugcheck) = &crash.bugcheck {
        state("bugcheck.code", format!("0x{:X}", bugcheck.code));
        for (index, wanted) in bugcheck.parameters.iter().enumerate() {
            if let Some(wanted) = wanted {
                let field = format!("bugcheck.parameters.{}", index + 1);
                state(&field, Hex64(*wanted).to_string());
            }
        }
    }
    if let Some(cause) = crash.cause {
        state("cause", cause.to_string());
    }
    if let Some(culprit) = &crash.culprit {
        state("culprit.module", culprit.module.clone());
        if let Some(function) = &culprit.function {
            state("culprit.function", function.clone());
        }
    }
    for victim in &crash.victims {
        state("victims", victim.clone());
    }
    found
}

/// Compares a verdict with what was expected of it. Empty: all as expected.
pub fn compare(expected: &CrashExpectation, verdict: &Verdict) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let mut check = |same: bool, field: &str, expected: String, actual: String| {
        if !same {
            found.push(Mismatch::new(field, expected, actual));
        }
    };
    if let Some(bugcheck) = &expected.bugcheck {
        let actual = &verdict.bugcheck;
        check(
            bugcheck.code == actual.code,
            "bugcheck.code",
            format!("0x{:X}", bugcheck.code),
            actual.code_hex.clone(),
        );
        for (index, wanted) in bugcheck.parameters.iter().enumerate() {
            let parameter = &actual.parameters[index];
            if let Some(wanted) = wanted.map(Hex64) {
                check(
                    parameter.value == Some(wanted),
                    &format!("bugcheck.parameters.{}", index + 1),
                    wanted.to_string(),
                    parameter.shown(),
                );
            }
        }
    }
    if let Some(cause) = expected.cause {
        check(
            verdict.cause.is(cause),
            "cause",
            cause.to_string(),
            verdict.cause.id.to_string(),
        );
    }
    if let Some(culprit) = &expected.culprit {
        let actual = verdict.culprit.as_ref();
        let module = actual.map_or("nobody", |actual| actual.module.as_str());
        check(
            culprit.module.eq_ignore_ascii_case(module),
            "culprit.module",
            culprit.module.clone(),
            module.to_owned(),
        );
        if let Some(function) = &culprit.function {
            let actual = actual.and_then(|actual| actual.function.as_deref());
            check(
                actual == Some(function),
                "culprit.function",
                function.clone(),
                actual.unwrap_or("not known").to_owned(),
            );
        }
    }
    let modules: Vec<&str> = (verdict.victims.iter())
        .filter_map(|victim| victim.module.as_deref())
        .collect();
    for victim in &expected.victims {
        check(
            modules
                .iter()
                .any(|module| module.eq_ignore_ascii_case(victim)),
            "victims",
            victim.clone(),
            if modules.is_empty() {
                "none".to_owned()
            } else {
                modules.join(", ")
            },
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::verdict;
    use scenario::{BugcheckExpectation, CulpritExpectation};

    fn expectation() -> CrashExpectation {
        CrashExpectation {
            bugcheck: Some(BugcheckExpectation {
                code: 0xD1,
                parameters: [None, Some(2), None, None],
            }),
            cause: Some("irql-leaked".parse().unwrap()),
            culprit: Some(CulpritExpectation {
                module: "hog.sys".into(),
                function: Some("Write".into()),
            }),
            victims: vec!["FASTFAT.SYS".into()],
        }
    }

    #[test]
    fn all_as_expected() {
        assert_eq!(compare(&expectation(), &verdict()), []);
        assert_eq!(compare(&CrashExpectation::default(), &verdict()), []);
    }

    #[test]
    fn each_difference_is_named_with_both_sides() {
        let mut wrong = expectation();
        let bugcheck = wrong.bugcheck.as_mut().unwrap();
        bugcheck.code = 0xC9;
        bugcheck.parameters = [None, Some(3), Some(0), None];
        wrong.cause = Some("dpc-overrun".parse().unwrap());
        wrong.culprit = Some(CulpritExpectation {
            module: "other.sys".into(),
            function: Some("write".into()),
        });
        wrong.victims.push("ntfs.sys".into());
        assert_eq!(
            compare(&wrong, &verdict()),
            [
                Mismatch::new("bugcheck.code", "0xC9", "0xD1"),
                Mismatch::new("bugcheck.parameters.2", "0x3", "0x2"),
                Mismatch::new("cause", "dpc-overrun", "irql-leaked"),
                Mismatch::new("culprit.module", "other.sys", "Hog.sys"),
                Mismatch::new("culprit.function", "write", "Write"),
                Mismatch::new("victims", "ntfs.sys", "fastfat.sys"),
            ]
        );
    }

    #[test]
    fn what_is_stated_is_what_is_compared() {
        let expected = expectation();
        let stated = stated(&Expectation::Crash(expected.clone()));
        let mut other = verdict();
        other.bugcheck.code = 1;
        other.bugcheck.parameters = Default::default();
        other.cause.id = "dpc-overrun".parse().unwrap();
        other.culprit = None;
        other.victims.clear();
        let compared: Vec<Expected> = (compare(&expected, &other).into_iter())
            .map(|mismatch| Expected {
                field: mismatch.field,
                value: mismatch.expected,
            })
            .collect();
        assert_eq!(stated, compared);
    }

    #[test]
    fn an_absent_culprit_is_a_mismatch() {
        let mut verdict = verdict();
        verdict.culprit = None;
        verdict.victims.clear();
        let found = compare(&expectation(), &verdict);
        let actual: Vec<&str> = found.iter().map(|m| m.actual.as_str()).collect();
        assert_eq!(actual, ["nobody", "not known", "none"]);
    }
}
