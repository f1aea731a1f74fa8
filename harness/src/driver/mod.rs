//! Driver files, looked at and test-signed before anything boots.

mod pe;
mod sign;

#[cfg(test)]
pub(crate) use pe::driver_file;
pub use pe::{DriverFileError, check};
pub use sign::{SignError, Signer};
