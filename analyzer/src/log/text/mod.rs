//! The text of a log: lines, prompts, numbers, symbols, frames, and stops.

pub(super) mod clean;
mod columns;
pub(super) mod crashes;
mod cut;
pub(super) mod decode;
pub(super) mod frame;
pub(super) mod names;
pub(super) mod number;
pub(super) mod parameters;
mod prefix;
mod rows;
pub(super) mod section;
mod spacing;
pub(super) mod stops;
pub(super) mod symbol;
mod unwrap;
