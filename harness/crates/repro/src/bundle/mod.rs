//! A crash in one file (`.tar.zst`): all that is needed to repeat it, and what is known about it.
//!
//! Unpacked, a bundle is a small project: `scenario.yaml`, `drivers/`, `images/<name>/` with the
//! guest itself where it is small (a guest on a disk is named only), and `evidence/`, which is not
//! needed to repeat the crash and is not unpacked for it. `bundle.json`, its first file, says what
//! the rest is.

mod image;
mod manifest;
mod read;
mod trust;
mod write;

pub use image::portable;
pub use manifest::{FORMAT, MANIFEST, Manifest};
pub use read::{ArchiveLimits, BundleError, unpack};
pub use trust::check_image;
pub use write::{Contents, Item, ItemSource, write};

/// What bundles' names end in.
pub const ENDING: &str = ".tar.zst";

/// The folder of what is not needed to repeat the crash.
pub(crate) const EVIDENCE: &str = "evidence/";
