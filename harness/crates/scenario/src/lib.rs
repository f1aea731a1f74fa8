//! Scenarios: what to load into the guest, what to do there, and the expected outcome.
//!
//! [`parse`] turns YAML into a [`Scenario`]; whatever is wrong with the text is an error that
//! points at the text. A [`Scenario`] that exists is consistent: its steps name its drivers, its
//! numbers are in range, and it expects something.
//!
//! This crate runs nothing and knows no image: whether a guest can do what a scenario asks for is
//! for `vm` to say. It is the lowest crate of the harness, so it also holds what all others need:
//! where a [`project`] keeps its files, the [`random`] numbers that a seed determines, and the
//! quoting of words for a [`shell`].
//!
//! ```
//! let text = "name: hog\nsummary: A lock is held too long.\ndrivers: [hog]\n\
//!             steps: [{start: hog}]\nwithin: 10s\nexpect: {cause: irql-leaked}\n";
//! let file = std::path::Path::new("hog.yaml");
//! let scenario = scenario::parse(file, text, &["hog".to_owned()])?;
//! assert_eq!(scenario.drivers.len(), 1);
//!
//! let wrong = text.replace("hog]", "hgo]");
//! let error = scenario::parse(file, &wrong, &["hog".to_owned()]).unwrap_err();
//! assert_eq!(error.line(), 3);
//! # Ok::<(), scenario::ScenarioError>(())
//! ```
//!
//! [`project`] → [`Catalogue`] or [`parse`] → [`Scenario`] → [`select`]: the tests that a command
//! line means.

mod check;
mod diagnostic;
mod find;
pub mod project;
pub mod random;
mod raw;
pub mod select;
pub mod shell;
mod spans;
mod units;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use analyzer::verdict::CauseId;

pub use check::{Source, parse};
pub use diagnostic::{ScenarioError, render};
pub use find::{Catalogue, LoadError, known_drivers};
pub use units::{DurationText, MemorySize};

/// A validated scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Kebab-case name; the second part of the test's name.
    pub name: String,
    /// One sentence for `stopcode list` and reports.
    pub summary: String,
    /// Where the bug comes from, for people.
    pub based_on: Option<String>,
    /// The drivers that the steps use.
    pub drivers: Vec<DriverSpec>,
    /// Driver Verifier, if it is to watch some of them.
    pub verifier: Option<VerifierSpec>,
    /// What the virtual machine must look like.
    pub guest: GuestSpec,
    /// What happens in the guest, in this order.
    pub steps: Vec<Step>,
    /// How long, in guest time, each step may take, and the outcome from the last step on.
    pub within: Duration,
    /// How often the crash comes.
    pub rate: Rate,
    /// The expected outcome.
    pub expect: Expectation,
    /// The file it was read from.
    pub file: PathBuf,
}

impl Scenario {
    /// The driver that a step means.
    pub fn driver(&self, index: DriverIndex) -> &DriverSpec {
        &self.drivers[index.0]
    }

    /// Whether the scenario is also run with the fixed twins of its drivers: it must expect a
    /// crash, and every driver must be a bundled one, since only those have a twin.
    pub fn has_twin(&self) -> bool {
        matches!(self.expect, Expectation::Crash(_))
            && self
                .drivers
                .iter()
                .all(|driver| matches!(driver, DriverSpec::Named(_)))
    }
}

/// A driver that a scenario brings into the guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DriverSpec {
    /// One of `test-drivers/`, by name.
    Named(String),
    /// Any driver file.
    File {
        /// Service name: the file's stem.
        name: String,
        /// The `.sys` file, already resolved against the scenario's folder.
        path: PathBuf,
        /// Its `.pdb`, likewise.
        symbols: Option<PathBuf>,
    },
}

impl DriverSpec {
    /// The name that steps use, which is also the service's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Named(name) | Self::File { name, .. } => name,
        }
    }
}

/// Position of a driver in [`Scenario::drivers`]. Only the parser makes one, so it is in range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DriverIndex(usize);

/// One step in the guest. All drivers have been copied there and have their services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Start the driver's service.
    Start(DriverIndex),
    /// Stop the driver's service: the driver is unloaded.
    Stop(DriverIndex),
    /// Plug a device into the virtual bus: its drivers are loaded.
    Plug {
        device: String,
        service: DriverIndex,
        /// Its upper filters, from the lowest.
        upper_filters: Vec<DriverIndex>,
    },
    /// Take a device out without a word before (surprise removal).
    Unplug(String),
    /// Switch the guest off. Always the last step.
    Shutdown,
    /// Restart the guest. Always the last step.
    Restart,
    /// Run a program of the guest; an exit code other than 0 ends the run.
    Exec { path: String, args: Vec<String> },
}

impl Step {
    /// The drivers that it loads.
    pub fn drivers(&self) -> Vec<DriverIndex> {
        match self {
            Self::Start(driver) => vec![*driver],
            Self::Plug {
                service,
                upper_filters,
                ..
            } => [&[*service], &upper_filters[..]].concat(),
            Self::Stop(_)
            | Self::Unplug(_)
            | Self::Shutdown
            | Self::Restart
            | Self::Exec { .. } => Vec::new(),
        }
    }
}

/// Which drivers Driver Verifier watches, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierSpec {
    pub rules: VerifierRules,
    /// Which; at least one.
    pub drivers: Vec<DriverIndex>,
}

/// What Driver Verifier checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifierRules {
    /// `/standard`.
    Standard,
    /// `/flags 0x…`.
    Flags(u32),
}

/// How often a scenario's crash comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rate {
    /// In every run.
    #[default]
    Always,
    /// In some runs; one without it says nothing.
    Rare,
}

/// The virtual machine a scenario needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestSpec {
    /// Processors, 1 to 64.
    pub cpus: u8,
    pub memory: MemorySize,
    /// Whether CPUID shows the guest that it runs under a hypervisor.
    pub hypervisor: Hypervisor,
    /// What its clocks follow.
    pub clock: Clock,
}

/// What a guest's clocks follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// The host's clock.
    #[default]
    Host,
    /// The instructions that it executes; time in which it has nothing to do passes at once.
    Warp,
}

/// Whether the guest can tell that it is virtual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hypervisor {
    /// CPUID's hypervisor bit is set: what a virtual machine normally sees.
    #[default]
    Visible,
    /// CPUID's hypervisor bit is clear. Windows arms its DPC watchdog only then.
    Hidden,
}

/// What must come of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Expectation {
    /// Every driver reports that its work is done, unloads, and the guest lives on.
    NoCrash,
    /// The guest stops, and the verdict has these properties.
    Crash(CrashExpectation),
}

/// What is known in advance of a crash. At least one field says something.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CrashExpectation {
    pub bugcheck: Option<BugcheckExpectation>,
    pub cause: Option<CauseId>,
    /// The culprit.
    pub culprit: Option<CulpritExpectation>,
    /// Modules that must be named as victims.
    pub victims: Vec<String>,
}

/// An expected stop code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BugcheckExpectation {
    pub code: u32,
    /// Expected parameters P1 to P4; `None` allows any value.
    pub parameters: [Option<u64>; 4],
}

/// An expected culprit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CulpritExpectation {
    /// File name, compared without case.
    pub module: String,
    /// Function, compared exactly; `None` allows any.
    pub function: Option<String>,
}

/// As it was meant, or with the bug taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// The scenario as written.
    Buggy,
    /// The same steps with each driver's fixed twin; no crash may follow.
    Fixed,
}

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
