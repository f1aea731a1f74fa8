//! Driver files, checked and test-signed before anything boots.

mod pe;
mod sign;

pub use pe::{DriverFileError, check};
pub use sign::{SignError, Signer};
