//! A crash that was seen elsewhere is made to happen here: the same crash, not merely some crash.
//!
//! [`propose`](propose::propose) writes a scenario from a verdict, [`hunt`](hunt::Hunt) runs it until
//! the crash has come as often as wanted, [`bandit`] learns which disturbances bring it out, and
//! [`minimise`] takes away what it does not need. All but the hunt and the folder are pure.

pub mod bandit;
pub mod ddmin;
pub mod draft;
pub mod folder;
pub mod hunt;
pub mod interval;
pub mod minimise;
pub mod pack;
pub mod perturb;
pub mod pieces;
pub mod propose;
pub mod show;
pub mod sighting;
pub mod tally;
pub mod target;
pub mod wanted;
mod yaml;

pub(crate) use yaml::word;
