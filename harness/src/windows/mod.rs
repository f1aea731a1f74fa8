//! Golden images of Windows: from an installation medium to an image that scenarios run on.
//!
//! The middle is pure: [`Options`] and what the media hold → a [`BuildPlan`] → answer file, set-up
//! script, registry settings, QEMU's command lines. Effects are at the edge: `input` reads the
//! media, `build` carries out the phases.

mod answer;
mod options;
mod registry;
mod script;
mod version;
mod xml;

pub use answer::Answer;
pub use options::{DumpKind, Options};
pub use registry::{Setting, Standing, Value, settings};
pub use script::{Need, Step, StepLine, setup_cmd, steps};
pub use version::{Edition, Kind, Version};
