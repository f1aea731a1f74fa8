//! The entry point of the test binaries over images.

use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Failed, Trial};
use scenario::project::Project;
use vm::image::Image;

/// Runs the tests that `list` names; 2 if they cannot be listed.
pub fn run(list: fn(Arc<Project>) -> Result<Vec<Trial>, String>) -> ExitCode {
    let arguments = Arguments::from_args();
    let project = Project::find(Path::new(env!("CARGO_MANIFEST_DIR")));
    let trials = project
        .map_err(|error| error.to_string())
        .and_then(|project| list(Arc::new(project)));
    match trials {
        Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// An image that is built when the first test needs it, not when tests are listed.
pub struct PreparedImage {
    image: Image,
    built: OnceLock<Result<(), String>>,
}

impl PreparedImage {
    pub fn new(image: Image) -> Self {
        Self {
            image,
            built: OnceLock::new(),
        }
    }

    /// The image, built.
    pub fn ready(&self) -> Result<&Image, Failed> {
        let build = || self.image.build().map_err(|error| error.to_string());
        match self.built.get_or_init(build) {
            Ok(()) => Ok(&self.image),
            Err(error) => Err(error.into()),
        }
    }
}
