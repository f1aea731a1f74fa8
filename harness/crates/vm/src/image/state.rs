//! The saved state of a booted guest, so that runs need not boot it.
//!
//! Beside the state file `x` lies `x.json`, which says what it is the state of. A state only fits
//! the machine that it was saved on: the same devices, processors and memory.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

/// The state of a settled guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedState {
    /// The migration stream.
    pub file: PathBuf,
    /// What it is the state of, or why that is not known.
    pub about: Result<AboutState, String>,
}

/// What a state is the state of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AboutState {
    /// Version of this description.
    pub format: u32,
    /// Arguments that started QEMU, without those that differ from run to run.
    pub arguments: Vec<String>,
    /// The QEMU that wrote it.
    pub qemu: String,
    /// The host's processor, if the guest saw it.
    pub host_cpu: Option<String>,
    /// Bytes of the state file.
    pub size: u64,
    /// CRC-32 of the state file.
    pub crc32: u32,
    /// The disks as they were at that moment: overlays on the golden ones, beside the state file.
    pub disks: Vec<SavedDisk>,
    /// UEFI's variables as they were, beside the state file.
    pub variables: Option<String>,
}

/// A disk of a saved guest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SavedDisk {
    /// The overlay's file name.
    pub file: String,
    /// Bytes of the golden disk under it.
    pub golden_size: u64,
    /// When the golden disk was last written, seconds since 1970.
    pub golden_written: u64,
}

/// The version of [`AboutState`] that is written and read.
pub const STATE_FORMAT: u32 = 1;

/// File name of the description of state `file`.
pub fn description_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".json");
    name.into()
}

impl SavedState {
    /// Reads what is known of the state in `file`. Not its content: that takes time.
    pub fn find(file: PathBuf) -> Self {
        let about = about(&file);
        Self { file, about }
    }

    /// Whether the state file is what its description says. Reads all of it.
    ///
    /// # Errors
    /// It is not, and how.
    pub fn verify(&self) -> Result<(), String> {
        let about = self.about.as_ref().map_err(Clone::clone)?;
        let crc = crc32_of(&self.file).map_err(|error| named(&self.file, &error))?;
        if crc != about.crc32 {
            return Err(format!(
                "{} is damaged: its CRC-32 is {crc:08x}, not {:08x}",
                self.file.display(),
                about.crc32
            ));
        }
        Ok(())
    }
}

fn about(file: &Path) -> Result<AboutState, String> {
    let size = match file.metadata() {
        Ok(found) => found.len(),
        Err(error) => return Err(named(file, &error)),
    };
    let description = description_of(file);
    let text = std::fs::read(&description).map_err(|error| named(&description, &error))?;
    let about: AboutState = serde_json::from_slice(&text)
        .map_err(|error| format!("{} cannot be read: {error}", description.display()))?;
    if about.format != STATE_FORMAT {
        return Err(format!(
            "{} is of format {}, not {STATE_FORMAT}",
            description.display(),
            about.format
        ));
    }
    if size != about.size {
        return Err(format!(
            "{} has {size} bytes, not {}: it was cut off or replaced",
            file.display(),
            about.size
        ));
    }
    Ok(about)
}

/// Size and time of the last change of a golden disk, by which a change is noticed.
///
/// # Errors
/// The file cannot be looked at.
pub fn fingerprint(golden: &Path) -> io::Result<(u64, u64)> {
    let found = golden.metadata()?;
    let written = found.modified()?.duration_since(UNIX_EPOCH);
    Ok((found.len(), written.map_or(0, |since| since.as_secs())))
}

/// CRC-32 of a file.
///
/// # Errors
/// It cannot be read.
pub fn crc32_of(file: &Path) -> io::Result<u32> {
    let mut file = File::open(file)?;
    let mut hasher = crc32fast::Hasher::new();
    let mut piece = vec![0; 1 << 20];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hasher.finalize()),
            length => hasher.update(&piece[..length]),
        }
    }
}

fn named(file: &Path, error: &io::Error) -> String {
    format!("{}: {error}", file.display())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn saved(folder: &Path) -> (PathBuf, AboutState) {
        let file = folder.join("settled.state");
        fs::write(&file, b"QEVM and so on").unwrap();
        let about = AboutState {
            format: STATE_FORMAT,
            arguments: vec!["-smp".into(), "2".into()],
            qemu: "7.2".into(),
            host_cpu: None,
            size: 14,
            crc32: crc32_of(&file).unwrap(),
            disks: Vec::new(),
            variables: None,
        };
        let text = serde_json::to_vec(&about).unwrap();
        fs::write(description_of(&file), text).unwrap();
        (file, about)
    }

    #[test]
    fn a_state_is_as_good_as_its_description() {
        let folder = tempfile::tempdir().unwrap();
        let (file, about) = saved(folder.path());
        let state = SavedState::find(file.clone());
        assert_eq!(state.about.as_ref(), Ok(&about));
        state.verify().unwrap();

        fs::write(&file, b"QEVM and so oN").unwrap();
        let error = SavedState::find(file.clone()).verify().unwrap_err();
        assert!(error.contains("is damaged: its CRC-32 is"), "{error}");

        fs::write(&file, b"QEVM").unwrap();
        let error = SavedState::find(file.clone()).about.unwrap_err();
        assert!(error.contains("has 4 bytes, not 14"), "{error}");

        let old = AboutState { format: 0, ..about };
        fs::write(description_of(&file), serde_json::to_vec(&old).unwrap()).unwrap();
        let error = SavedState::find(file.clone()).about.unwrap_err();
        assert!(error.contains("is of format 0, not 1"), "{error}");

        fs::remove_file(&file).unwrap();
        let error = SavedState::find(file).about.unwrap_err();
        assert!(error.contains("settled.state: No such file"), "{error}");
    }
}
