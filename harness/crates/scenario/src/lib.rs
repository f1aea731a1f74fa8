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
mod model;
mod name;
pub mod project;
pub mod random;
mod raw;
pub mod select;
pub mod shell;
mod spans;
mod units;

pub use check::{Source, parse};
pub use diagnostic::{ScenarioError, render};
pub use find::{Catalogue, LoadError, known_drivers};
pub use model::{
    BugcheckExpectation, Clock, CrashExpectation, CulpritExpectation, DriverIndex, DriverSpec,
    Expectation, GuestSpec, Hypervisor, Rate, Scenario, Step, Variant, VerifierRules, VerifierSpec,
};
pub use name::{NoTestName, TestName};
pub use units::{DurationText, MemorySize};
