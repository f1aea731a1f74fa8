//! Guests in QEMU: from an image and a scenario to a machine that runs, and the dump it leaves.
//!
//! In the order of the flow:
//!
//! 1. [`image`]: a guest as data: how to start it, reach it and build it.
//! 2. [`plan`]: image, scenario and host → all that one run does. Pure, down to QEMU's arguments.
//! 3. [`driver`]: driver files are checked and test-signed before anything boots.
//! 4. [`guest`]: the QEMU process, its monitor, the agent, COM1; [`interrupt`] ends it early.
//! 5. [`watch`]: what ends a run.
//! 6. [`capture`]: the dump of a stopped guest, and a survey of a running one; [`pickup`]: Windows'
//!    own dump from the guest's disk.
//! 7. [`symbols`]: where the analyzer finds the PDBs for it.
//!
//! This crate judges nothing: whether the crash was the expected one is for `runner` to say. It
//! makes no image of Windows either; that is `windows-image`.
//!
//! ```no_run
//! use std::path::Path;
//!
//! use scenario::{project::Project, select::select};
//! use vm::guest::{Guest, HostFacts};
//! use vm::image::Image;
//! use vm::plan::{HostChoices, PlanOptions, make};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let project = Project::find(Path::new("."))?;
//! let image = Image::load(&project, "tinynt")?;
//! let tests = select(&project, &image.name, &["spinlock-hog".to_owned()])?;
//! let facts = HostFacts::find(&project.state()).await?;
//! let host = HostChoices {
//!     accelerator: facts.accel.accelerator,
//!     sandbox: facts.sandbox,
//!     seed: 7,
//! };
//! let (test, options) = (&tests[0], PlanOptions::default());
//! let plan = make(&test.scenario, test.variant, &image, host, &options)?;
//! let guest = Guest::start(&plan.machine, Path::new("run")).await?;
//! # Ok(())
//! # }
//! ```

pub mod capture;
pub mod driver;
pub mod guest;
pub mod image;
pub mod interrupt;
pub mod pickup;
pub mod plan;
pub mod symbols;
pub mod watch;

#[cfg(any(test, feature = "testing"))]
pub mod testing;
