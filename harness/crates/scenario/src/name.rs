//! Names of tests.

use std::fmt;

use super::Variant;

/// `<image>::<scenario>` or `<image>::<scenario>::fixed`.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct TestName(String);

/// A text that names no test.
#[derive(Debug, thiserror::Error)]
#[error("`{}` names no test: it is IMAGE::SCENARIO or IMAGE::SCENARIO::fixed", .0.escape_default())]
pub struct NoTestName(String);

impl TryFrom<String> for TestName {
    type Error = NoTestName;

    /// Names come from files that others wrote: they must be fit to be a part of a path.
    fn try_from(text: String) -> Result<Self, NoTestName> {
        let plain = |c: char| !c.is_control() && !"/\\:".contains(c);
        let is_word = |word: &str| !word.starts_with('.') && word.chars().all(plain);
        let words: Vec<&str> = text.split("::").collect();
        let shaped = match words.as_slice() {
            [_, _] => true,
            [_, _, last] => *last == "fixed",
            _ => false,
        };
        let sound = words.iter().all(|word| !word.is_empty() && is_word(word));
        if shaped && sound && text.len() <= MAX_TEST_NAME {
            Ok(Self(text))
        } else {
            Err(NoTestName(text))
        }
    }
}

impl From<TestName> for String {
    fn from(name: TestName) -> Self {
        name.0
    }
}

/// Longest name of a test, in bytes: it becomes a part of file names.
const MAX_TEST_NAME: usize = 200;

impl TestName {
    /// Puts a test's name together.
    pub fn new(image: &str, scenario: &str, variant: Variant) -> Self {
        Self(match variant {
            Variant::Buggy => format!("{image}::{scenario}"),
            Variant::Fixed => format!("{image}::{scenario}::fixed"),
        })
    }

    /// The image that it runs on.
    pub fn image(&self) -> &str {
        self.0.split("::").next().unwrap_or_default()
    }

    pub fn scenario(&self) -> &str {
        self.0.split("::").nth(1).unwrap_or_default()
    }

    /// Whether it is the scenario as written or its fixed twin.
    pub fn variant(&self) -> Variant {
        match self.0.split("::").nth(2) {
            None => Variant::Buggy,
            Some(_) => Variant::Fixed,
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as one path component: `tinynt.spinlock-hog.fixed`.
    pub fn as_file_name(&self) -> String {
        self.0.replace("::", ".")
    }
}

impl fmt::Display for TestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
