//! Golden images of Windows: from an installation medium to an image that scenarios run on.
//!
//! The middle is pure: [`Options`] and what the media hold ([`MediumContents`]) → a [`BuildPlan`] → answer
//! file, set-up script, registry settings, QEMU's command lines. Effects are at the edge:
//! [`examine`] reads the media, [`build`] carries out the phases, [`vm::driver::Signer`] signs drivers.
//!
//! In the order of the flow: [`Options`] → [`examine`] → [`BuildPlan`] ([`host`]: what this machine
//! contributes; [`store`]: where the image goes) → [`dry_run`] prints it, [`build`] carries it out,
//! [`put_questions`] asks the built image whether it is as meant.
//!
//! This crate runs no scenarios: it makes an image like any other, for `vm`. It is untested on
//! Windows: no Windows was available during development.
//!
//! ```
//! use vm::plan::Accelerator;
//! use windows_image::store::ImagePlace;
//! use windows_image::{BuildPlan, MediumContents, Host, Options, Version, dry_run};
//!
//! let options = Options {
//!     name: "win11".into(),
//!     iso: "/iso/windows.iso".into(),
//!     virtio_win: "/iso/virtio-win.iso".into(),
//!     ..Options::default()
//! };
//! let plan = BuildPlan {
//!     found: MediumContents::assumed(Version::Windows11),
//!     host: Host {
//!         machine: "pc-q35-7.2".into(),
//!         accelerator: Accelerator::Kvm,
//!         sandbox: true,
//!         firmware: ("/fw/OVMF_CODE_4M.fd".into(), "/fw/OVMF_VARS_4M.fd".into()),
//!     },
//!     place: ImagePlace::new("/store".into(), &options.name).expect("a plain name"),
//!     options,
//!     install_within: None,
//!     settle: None,
//! };
//! println!("{}", dry_run(&plan).expect("it is printed"));
//! ```

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
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod version;
mod wim;
mod xml;

pub use answer::Answer;
pub use build::{BuildError, build};
pub use check_plan::{FOUND_BY_THE_HOST, QUESTIONS, Question, Reading, put_questions};
pub use description::{Description, FORMAT};
pub use dry_run::text as dry_run;
pub use input::{InputError, MediumContents, examine};
pub use install_error::{InstallError, Seen};
pub use medium::{Medium, MediumError};
pub use options::{DumpKind, Options};
pub use plan::{BuildPlan, Host, Phase, Timeouts};
pub use registry::{Basis, Setting, Value, settings};
pub use script::{Need, SetupStep, StepLine, setup_cmd, steps};
pub use version::{Edition, InstallationType, Version};
pub use wim::{WimError, WimImage};
