//! Golden images of Windows: from an installation medium to an image that scenarios run on.
//!
//! The middle is pure: [`Options`] and what the media hold ([`Found`]) → a [`BuildPlan`] → answer
//! file, set-up script, registry settings, QEMU's command lines. Effects are at the edge:
//! [`examine`] reads the media, [`build`] carries out the phases, [`vm::driver::Signer`] signs drivers.
//!
//! Nothing of this has been seen to work on Windows: no Windows was to be had where it was written.

mod answer;
mod build;
mod check_plan;
mod description;
mod dry_run;
pub mod host;
mod input;
mod install;
mod install_error;
mod medium;
mod options;
mod plan;
mod progress;
mod registry;
mod script;
mod settle;
pub mod store;
mod version;
mod wim;
mod xml;

pub use answer::Answer;
pub use build::{BuildError, build};
pub use check_plan::{FOUND_BY_THE_HOST, QUESTIONS, Question, Reading, put_questions};
pub use description::{Description, FORMAT};
pub use dry_run::text as dry_run;
pub use input::{Found, InputError, examine};
pub use install_error::{InstallError, Seen};
pub use medium::{Medium, MediumError};
pub use options::{DumpKind, Options};
pub use plan::{BuildPlan, Host, Limits, Phase};
pub use registry::{Setting, Standing, Value, settings};
pub use script::{Need, Step, StepLine, setup_cmd, steps};
pub use version::{Edition, Kind, Version};
pub use wim::{WimError, WimImage};
