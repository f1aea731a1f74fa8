//! A text and its pieces: lines, prompts, numbers, symbols, frames, and the stops that it states.

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
