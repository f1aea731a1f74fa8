//! Images, plans and files for tests, here and in the crates above.

pub mod driver_file;
pub mod image;
pub mod plan;
