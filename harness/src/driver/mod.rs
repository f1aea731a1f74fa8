//! Driver files, looked at before anything boots.

mod pe;
mod sign;

pub use pe::{DriverFileError, check};
pub use sign::{SignError, sign};
