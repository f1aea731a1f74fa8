//! Unloaded drivers.

/// A driver that is no longer loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unloaded {
    pub name: String,
    pub start: u64,
    pub end: u64,
}
