//! One run of a plan: from boot to an outcome with its reason.
//!
//! In the order of the flow:
//!
//! 1. [`run`] puts one run together, and many side by side.
//! 2. [`artefacts`]: the run's folder, and which of its files are kept.
//! 3. [`analyzers`]: other programs that read the dump.
//! 4. [`witness`]: what the guest, QEMU and the dump say of one stop. Pure.
//! 5. [`expect`]: expectation × verdict → mismatches. Pure.
//! 6. [`events`]: what happens meanwhile, and the report in the end, as data.
//!
//! This crate prints nothing and keeps no results: reporters and stores, in `results`, take the
//! events. A verdict is what the dump says; an [`Outcome`](events::Outcome) is what the test did.
//!
//! ```no_run
//! use runner::artefacts::{Keep, session_folder};
//! use runner::run::{Context, one};
//! use vm::interrupt::Interrupt;
//!
//! # async fn example(project: scenario::project::Project, plan: vm::plan::Plan) {
//! let context = Context {
//!     sink: &|_event| {},
//!     session: session_folder(&project.runs()),
//!     keep: Keep::Always,
//!     interrupt: Interrupt::never(),
//! };
//! let report = one(&plan, 1, "stopcode run spinlock-hog", &context).await;
//! println!("{:?}", report.outcome);
//! # }
//! ```

pub mod analyzers;
pub mod artefacts;
pub mod events;
pub mod expect;
pub mod run;
pub mod witness;

#[cfg(any(test, feature = "testing"))]
pub mod testing;
