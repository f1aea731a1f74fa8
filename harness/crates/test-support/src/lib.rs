//! What integration tests of the harness share: images that are built once, one run of a test,
//! copies of the project that may be changed, and the checks of every dump.
//!
//! Only for tests. What unit tests share is in each crate's `testing`.
//!
//! ```no_run
//! use test_support::trials::{self, PreparedImage};
//!
//! fn main() -> std::process::ExitCode {
//!     trials::run(|project| {
//!         let image = vm::image::Image::load(&project, "tinynt").map_err(|error| error.to_string())?;
//!         let image = PreparedImage::new(image);
//!         Ok(vec![libtest_mimic::Trial::test("builds", move || image.ready().map(|_| ()))])
//!     })
//! }
//! ```

pub mod ablation;
pub mod attempt;
pub mod carry_out;
pub mod copy;
pub mod elf;
pub mod forms;
pub mod live;
pub mod names;
pub mod ntfs_disk;
pub mod replace;
pub mod transcript;
pub mod trials;
