//! `stopcode image publish` and `fetch`.

use std::path::Path;

use scenario::project::Project;
use vm::image::Image;
use vm::image::content::{self, ContentError, Origin, Reference};

use crate::session::{Exit, Failure, prepare};

pub(super) fn publish(project: &Project, name: &str, to: &Path) -> Result<Exit, Failure> {
    let (image, home) = Image::load_with_home(project, name)?;
    prepare(&image)?;
    let published = content::publish(&image, &home, to).map_err(failure)?;
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    eprintln!(
        "{} files, {} MiB, of which {} MiB are new in {}",
        published.files,
        mib(published.size),
        mib(published.added),
        to.display()
    );
    // Alone on standard output, for scripts.
    println!("{}", published.reference);
    Ok(Exit::Success)
}

pub(super) fn fetch(project: &Project, reference: &Reference, from: &str) -> Result<Exit, Failure> {
    let store = project.image_store().ok_or(ContentError::NoStore);
    let store = store.map_err(failure)?;
    let folder = content::fetch(reference, &Origin::from(from), store).map_err(failure)?;
    println!("{}", folder.display());
    Ok(Exit::Success)
}

/// Neither is the fault of the command's words, but for a file outside of the image.
fn failure(error: ContentError) -> Failure {
    match error {
        ContentError::Outside { .. } => Failure::usage(error),
        other => Failure::infra(other),
    }
}
