//! Driver files, looked at before anything boots.

mod pe;
mod sign;

#[cfg(test)]
pub(crate) use pe::driver_file;
pub use pe::{DriverFileError, check};
pub use sign::{SignError, sign};
