//! `bundle.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::perturb::Perturbation;

/// The name of the file.
pub const MANIFEST: &str = "bundle.json";

/// The version of the layout.
pub const FORMAT: u32 = 1;

/// What a bundle holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// The version of stopcode that wrote it.
    pub stopcode: String,
    /// The signature of the crash.
    pub signature: String,
    pub image: String,
    /// Whether that image is in the bundle.
    pub image_inside: bool,
    /// Seed of the guest's address-space randomisation, 16 hex digits.
    pub seed: String,
    /// What is varied beyond the scenario.
    pub perturbation: Perturbation,
    /// Whether the same seeds give the same run, to the byte.
    pub repeatable: bool,
    /// The command that repeats the crash.
    pub command: String,
    /// All other files, with their sizes in bytes.
    pub files: BTreeMap<String, u64>,
}

impl Manifest {
    /// The seed as a number.
    pub fn seed(&self) -> Option<u64> {
        u64::from_str_radix(&self.seed, 16).ok()
    }
}
