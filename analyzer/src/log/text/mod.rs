//! The text of a log: lines, prompts, numbers, symbols, frames, and stops.

pub(super) mod clean;
pub(super) mod crashes;
pub(super) mod decode;
pub(super) mod frame;
pub(super) mod names;
pub(super) mod number;
pub(super) mod parameters;
pub(super) mod section;
pub(super) mod stops;
pub(super) mod symbol;
