//! Test signing: a certificate of the image's own, and drivers signed with it.
//!
//! openssl makes the certificate and osslsigncode signs, as Microsoft's tools would on Windows.
//! RSA and SHA-256: Windows takes no elliptic curves for kernel drivers.
//!
//! There is no time stamp, since that would ask a server on the network; the certificate is good
//! for ten years instead.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::image::find_tool;

/// Signing did not work.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The tool is not there.
    #[error("{0} is not installed: run ci/setup")]
    NoTool(&'static str),
    #[error("{tool} failed: {message}")]
    Failed { tool: &'static str, message: String },
    /// A file is missing or cannot be written.
    #[error("{}: {error}", path.display())]
    Io {
        path: PathBuf,
        error: std::io::Error,
    },
}

/// Days for which a certificate is good.
const DAYS: &str = "3650";

/// A certificate and its private key, both PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Signer {
    /// Makes a key (RSA 3072) and a self-signed certificate for code signing, called `name`.
    ///
    /// # Errors
    /// openssl is missing or fails.
    pub fn create(certificate: &Path, key: &Path, name: &str) -> Result<Self, SignError> {
        let subject = format!("/CN=Stopcode test certificate of {name}");
        let request: [&OsStr; 20] = [
            "req".as_ref(),
            "-x509".as_ref(),
            "-newkey".as_ref(),
            "rsa:3072".as_ref(),
            "-noenc".as_ref(),
            "-sha256".as_ref(),
            "-days".as_ref(),
            DAYS.as_ref(),
            "-subj".as_ref(),
            subject.as_ref(),
            "-addext".as_ref(),
            "extendedKeyUsage=codeSigning".as_ref(),
            "-addext".as_ref(),
            "keyUsage=critical,digitalSignature".as_ref(),
            // openssl makes the key file readable for its owner only.
            "-keyout".as_ref(),
            key.as_os_str(),
            "-out".as_ref(),
            certificate.as_os_str(),
            "-batch".as_ref(),
            "-utf8".as_ref(),
        ];
        run("openssl", &request)?;
        Ok(Self {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        })
    }

    /// The certificate as Windows imports it (DER).
    ///
    /// # Errors
    /// openssl is missing or fails.
    pub fn export(&self, to: &Path) -> Result<(), SignError> {
        let args: [&OsStr; 7] = [
            "x509".as_ref(),
            "-in".as_ref(),
            self.certificate.as_os_str(),
            "-outform".as_ref(),
            "der".as_ref(),
            "-out".as_ref(),
            to.as_os_str(),
        ];
        run("openssl", &args)
    }

    /// Signs a driver. An older signature is replaced.
    ///
    /// # Errors
    /// osslsigncode is missing or fails.
    pub fn sign(&self, driver: &Path, to: &Path) -> Result<(), SignError> {
        // It writes over no file.
        match fs::remove_file(to) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(SignError::Io {
                    path: to.to_owned(),
                    error,
                });
            }
            _ => {}
        }
        let args: [&OsStr; 11] = [
            "sign".as_ref(),
            "-certs".as_ref(),
            self.certificate.as_os_str(),
            "-key".as_ref(),
            self.key.as_os_str(),
            "-h".as_ref(),
            "sha256".as_ref(),
            "-in".as_ref(),
            driver.as_os_str(),
            "-out".as_ref(),
            to.as_os_str(),
        ];
        run("osslsigncode", &args)
    }

    /// Checks that a driver has a good signature of this certificate.
    ///
    /// # Errors
    /// It has not, or osslsigncode is missing.
    pub fn verify(&self, driver: &Path) -> Result<(), SignError> {
        let args: [&OsStr; 5] = [
            "verify".as_ref(),
            "-CAfile".as_ref(),
            self.certificate.as_os_str(),
            "-in".as_ref(),
            driver.as_os_str(),
        ];
        run("osslsigncode", &args)
    }
}

fn run(tool: &'static str, args: &[&OsStr]) -> Result<(), SignError> {
    if find_tool(tool).is_none() {
        return Err(SignError::NoTool(tool));
    }
    let output = Command::new(tool)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| SignError::Io {
            path: tool.into(),
            error,
        })?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = (text.lines().map(str::trim))
        .filter(|line| !line.is_empty())
        .collect();
    Err(SignError::Failed {
        tool,
        message: lines[lines.len().saturating_sub(3)..].join(" / "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver;
    use crate::testing::driver_file;

    /// A driver that other tools take for one, too: they want whole sections.
    fn driver_in(folder: &Path) -> PathBuf {
        let file = folder.join("d.sys");
        fs::write(&file, driver_file::smallest_driver()).unwrap();
        file
    }

    #[test]
    fn a_signed_driver_is_verified_and_still_a_driver() {
        if find_tool("osslsigncode").is_none() || find_tool("openssl").is_none() {
            eprintln!("ignored: no osslsigncode or openssl");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let signer = Signer::create(&path("test.crt"), &path("test.key"), "win11").unwrap();
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &fs::metadata(path("test.key")).unwrap().permissions(),
        );
        assert_eq!(mode & 0o077, 0, "{mode:o}");
        signer.export(&path("test.cer")).unwrap();
        // DER: a sequence.
        assert_eq!(fs::read(path("test.cer")).unwrap()[0], 0x30);

        let plain = driver_in(folder.path());
        let signed = path("signed.sys");
        signer.sign(&plain, &signed).unwrap();
        signer.verify(&signed).unwrap();
        driver::check(&signed).unwrap();
        // Again, over what is there.
        signer.sign(&plain, &signed).unwrap();

        signer.verify(&plain).unwrap_err();
        let mut bytes = fs::read(&signed).unwrap();
        bytes[0x210] ^= 1;
        fs::write(&signed, bytes).unwrap();
        signer.verify(&signed).unwrap_err();
        let other = Signer::create(&path("o.crt"), &path("o.key"), "other").unwrap();
        signer.sign(&plain, &signed).unwrap();
        other.verify(&signed).unwrap_err();

        fs::write(&plain, "no driver").unwrap();
        let error = signer.sign(&plain, &signed).unwrap_err().to_string();
        assert!(error.starts_with("osslsigncode failed: "), "{error}");
    }
}
