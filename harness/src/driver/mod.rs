//! Driver files, looked at before anything boots.

mod pe;

#[cfg(test)]
pub(crate) use pe::driver_file;
pub use pe::{DriverFileError, check};
