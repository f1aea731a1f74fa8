//! Driver files, looked at before anything boots.

mod pe;

pub use pe::{DriverFileError, check};
