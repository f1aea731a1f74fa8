//! The drivers of a plan, read and signed for the upload into the guest.

use std::fs;
use std::path::Path;

use vm::driver::{self, Signer};
use vm::image::Signing;
use vm::plan::{Plan, PlannedDriver};

use crate::artefacts::RunFolder;

/// A driver and its bytes.
pub(super) struct DriverUpload<'d> {
    pub driver: &'d PlannedDriver,
    pub bytes: Vec<u8>,
}

/// Reads the plan's drivers, and signs them if the guest needs that.
pub(super) fn driver_uploads<'p>(
    plan: &'p Plan,
    folder: &RunFolder,
) -> Result<Vec<DriverUpload<'p>>, String> {
    (plan.drivers.iter())
        .map(|driver| {
            let bytes = driver::check(&driver.file).map_err(|error| error.to_string())?;
            let bytes = match &plan.signing {
                Some(signing) => signed(driver, signing, folder)?,
                None => bytes,
            };
            Ok(DriverUpload { driver, bytes })
        })
        .collect()
}

/// The bytes of a driver with a signature. The signed file stays in the run's folder: it is what
/// the guest got.
fn signed(
    driver: &PlannedDriver,
    signing: &Signing,
    folder: &RunFolder,
) -> Result<Vec<u8>, String> {
    let signer = Signer {
        certificate: signing.certificate.clone(),
        key: signing.key.clone(),
    };
    let file = folder.signed(&driver.service);
    let parent = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(|error| format!("{}: {error}", parent.display()))?;
    (signer.sign(&driver.file, &file)).map_err(|error| error.to_string())?;
    fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))
}
