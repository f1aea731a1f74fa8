//! Reproduces a crash that was seen elsewhere: the same crash, not merely some crash.
//!
//! In the order of the flow:
//!
//! 1. [`wanted`]: the verdict of the crash, of which a [`target`] says what counts as the same.
//! 2. [`propose`] writes a [`draft`] of a scenario for it, into a [`folder`].
//! 3. [`hunt`] runs the draft until the crash has come as often as wanted. [`perturb`]: what is
//!    varied from run to run; [`bandit`] learns which changes bring the crash out.
//! 4. [`class`], [`tally`], [`interval`]: what one run showed, what all did, how sure that is.
//! 5. [`minimise`] takes away what the crash does not need: [`pieces`] by [`ddmin`].
//! 6. [`pack`] puts what repeats the crash into one file, a [`bundle`].
//! 7. [`result`]: what a hunt and a minimisation return. [`events`] are sent meanwhile; [`lines`]
//!    prints them, for people or programs.
//!
//! All but the hunt, the folder and the bundle's files are pure. One run is `runner`'s; this crate
//! decides what the next one is to be, and reads no dump.
//!
//! ```
//! // How many runs without the crash rule out that it comes in one of ten, with 95 %?
//! assert_eq!(repro::interval::runs_to_rule_out(0.1), 29);
//! ```

pub mod bandit;
pub mod bundle;
pub mod class;
pub mod ddmin;
pub mod draft;
pub mod events;
pub mod folder;
pub mod hunt;
pub mod interval;
pub mod lines;
pub mod minimise;
pub mod pack;
pub mod perturb;
pub mod pieces;
pub mod propose;
pub mod result;
pub mod tally;
pub mod target;
pub mod wanted;
mod yaml;
