//! A made-up crashed system for tests: real images and PDBs (built from `tests/fixtures/mini`) in
//! made-up memory, written as a full dump. Its structures have other offsets than Windows', so
//! nothing passes here that does not follow the PDB.

pub(crate) mod crash;
mod image;
mod memory;
mod tests;

use std::path::{Path, PathBuf};

pub(crate) use image::LoadedImage;
pub(crate) use memory::VirtualMemory;

/// The folder of the committed images and PDBs.
pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mini")
}
