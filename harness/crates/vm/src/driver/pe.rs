//! Whether a file is an x64 kernel driver.

use std::fs;
use std::path::{Path, PathBuf};

use object::LittleEndian as LE;
use object::pe::{
    IMAGE_DOS_SIGNATURE, IMAGE_FILE_DLL, IMAGE_FILE_MACHINE_AMD64, IMAGE_FILE_MACHINE_ARM64,
    IMAGE_FILE_MACHINE_I386, IMAGE_SUBSYSTEM_NATIVE, ImageDosHeader, ImageNtHeaders64, Machine,
};
use object::read::pe::ImageNtHeaders;

/// A file is not a driver that an x64 guest could load.
#[derive(Debug, thiserror::Error)]
pub enum DriverFileError {
    /// It cannot be read.
    #[error("cannot read driver {}: {error}", path.display())]
    Unreadable {
        path: PathBuf,
        error: std::io::Error,
    },
    /// It is something else, or damaged.
    #[error("{} is not a driver: {why}", path.display())]
    NotADriver {
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// Reads a driver file and checks that it is a PE image for x64 and the native subsystem.
///
/// # Errors
/// The file cannot be read, is not a PE file, or is one of another sort.
pub fn check(path: &Path) -> Result<Vec<u8>, DriverFileError> {
    let bytes = fs::read(path).map_err(|error| DriverFileError::Unreadable {
        path: path.to_owned(),
        error,
    })?;
    match complaint(&bytes) {
        None => Ok(bytes),
        Some(why) => Err(DriverFileError::NotADriver {
            path: path.to_owned(),
            why,
        }),
    }
}

/// What speaks against these bytes being a driver.
fn complaint(bytes: &[u8]) -> Option<String> {
    if bytes.is_empty() {
        return Some("the file is empty".into());
    }
    if !bytes.starts_with(&IMAGE_DOS_SIGNATURE.to_le_bytes()) {
        return Some("not a PE file (no MZ at its start)".into());
    }
    let dos = match ImageDosHeader::parse(bytes) {
        Ok(dos) => dos,
        Err(error) => return Some(format!("damaged PE file ({error})")),
    };
    // The machine decides which layout the rest has, so look at it first.
    let machine_at = u64::from(dos.nt_headers_offset()) + 4;
    let machine = usize::try_from(machine_at)
        .ok()
        .and_then(|at| bytes.get(at..at + 2))
        .map(|two| Machine(u16::from_le_bytes([two[0], two[1]])));
    match machine {
        Some(IMAGE_FILE_MACHINE_AMD64) => {}
        Some(IMAGE_FILE_MACHINE_I386) => {
            return Some("a 32-bit (x86) driver; the guest is x64".into());
        }
        Some(IMAGE_FILE_MACHINE_ARM64) => return Some("an ARM64 driver; the guest is x64".into()),
        Some(Machine(other)) => {
            return Some(format!("made for machine {other:#06x}; the guest is x64"));
        }
        None => return Some("truncated PE file (it ends within its headers)".into()),
    }
    let mut offset = dos.nt_headers_offset().into();
    let (headers, _) = match ImageNtHeaders64::parse(bytes, &mut offset) {
        Ok(parsed) => parsed,
        Err(error) => return Some(format!("damaged PE file ({error})")),
    };
    let subsystem = headers.optional_header.subsystem.get(LE);
    if subsystem != IMAGE_SUBSYSTEM_NATIVE {
        return Some(format!(
            "a program or library for subsystem {}; drivers have subsystem 1 (native)",
            subsystem.0
        ));
    }
    let characteristics = headers.file_header.characteristics.get(LE);
    if characteristics & IMAGE_FILE_DLL == IMAGE_FILE_DLL {
        return Some("a kernel library (DLL), not a driver".into());
    }
    if headers.optional_header.address_of_entry_point.get(LE) == 0 {
        return Some("it has no entry point".into());
    }
    let sections = match headers.sections(bytes, offset) {
        Ok(sections) => sections,
        Err(error) => return Some(format!("damaged PE file ({error})")),
    };
    let cut = sections.iter().find(|section| {
        let end = u64::from(section.pointer_to_raw_data.get(LE))
            + u64::from(section.size_of_raw_data.get(LE));
        end > bytes.len() as u64
    });
    cut.map(|section| {
        let name = String::from_utf8_lossy(&section.name);
        format!(
            "truncated PE file (section {} is cut off)",
            name.trim_end_matches('\0')
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::driver_file::{MACHINE_AT, smallest_driver};

    #[track_caller]
    fn complains(bytes: &[u8], word: &str) {
        let why = complaint(bytes).expect("must complain");
        assert!(why.contains(word), "{why}");
    }

    #[test]
    fn accepts_a_driver_and_names_what_is_wrong_with_others() {
        let good = smallest_driver();
        assert_eq!(complaint(&good), None);
        complains(b"", "empty");
        complains(b"#!/bin/sh\n", "not a PE file");
        complains(b"MZ", "damaged");
        complains(&good[..0x82], "truncated");
        complains(&good[..0x3ff], ".text is cut off");
        let changed = |at: usize, bytes: &[u8]| {
            let mut file = good.clone();
            file[at..at + bytes.len()].copy_from_slice(bytes);
            file
        };
        complains(
            &changed(MACHINE_AT, &IMAGE_FILE_MACHINE_I386.0.to_le_bytes()),
            "32-bit",
        );
        complains(
            &changed(MACHINE_AT, &IMAGE_FILE_MACHINE_ARM64.0.to_le_bytes()),
            "ARM64",
        );
        complains(&changed(0xdc, &3_u16.to_le_bytes()), "subsystem 3");
        complains(&changed(0x96, &IMAGE_FILE_DLL.0.to_le_bytes()), "library");
        complains(&changed(0xa8, &[0; 4]), "entry point");
        complains(&changed(0x80, b"NE"), "damaged");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = check(Path::new("/nowhere/x.sys")).unwrap_err().to_string();
        assert!(
            error.starts_with("cannot read driver /nowhere/x.sys"),
            "{error}"
        );
    }
}
