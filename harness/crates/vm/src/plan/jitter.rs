//! How the execution of a guest's processors is disturbed from outside the guest.

use serde::{Deserialize, Serialize};

/// A disturbance, with the seed that says when and how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jitter {
    pub kind: JitterKind,
    /// Of the moments and the choices.
    pub seed: u64,
}

/// What is done to the threads that execute the guest's processors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JitterKind {
    /// One of them gets the lowest priority and shares its processor with another.
    Slow,
    /// All stand still for moments.
    Pause,
    /// They are moved: now all to one processor of the host, now apart.
    Pin,
}

impl JitterKind {
    /// As people read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Slow => "slow",
            Self::Pause => "pause",
            Self::Pin => "pin",
        }
    }
}
