//! Test-signing drivers for guests that load no others.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::image::Signing;

/// The program that signs.
const SIGNER: &str = "osslsigncode";

/// A driver could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The program is not there.
    #[error("{SIGNER} is not installed, and this image loads signed drivers only: run ci/setup")]
    NotInstalled,
    /// It failed.
    #[error("{} cannot be signed: {words}", driver.display())]
    Failed {
        /// The driver.
        driver: PathBuf,
        /// What is wrong.
        words: String,
    },
}

/// The bytes of `driver` with a signature. `folder` is used for a file that is gone afterwards.
///
/// # Errors
/// There is no program for it; certificate or key cannot be used; there is no space.
pub fn sign(driver: &Path, signing: &Signing, folder: &Path) -> Result<Vec<u8>, SignError> {
    let failed = |words: String| SignError::Failed {
        driver: driver.to_owned(),
        words,
    };
    let signed = folder.join("signed.sys");
    let output = Command::new(SIGNER)
        .args(["sign", "-h", "sha256", "-certs"])
        .arg(&signing.certificate)
        .arg("-key")
        .arg(&signing.key)
        .arg("-in")
        .arg(driver)
        .arg("-out")
        .arg(&signed)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => SignError::NotInstalled,
            _ => failed(error.to_string()),
        })?;
    let bytes = fs::read(&signed);
    // It does not overwrite what a run before has left.
    let _ = fs::remove_file(&signed);
    match (output.status.success(), bytes) {
        (true, Ok(bytes)) => Ok(bytes),
        (true, Err(error)) => Err(failed(error.to_string())),
        (false, _) => {
            let words =
                String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            let lines: Vec<&str> = words
                .lines()
                .map(str::trim)
                .filter(|l| !l.is_empty())
                .collect();
            Err(failed(lines.join(" / ")))
        }
    }
}
