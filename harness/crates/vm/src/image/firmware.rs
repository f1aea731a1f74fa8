//! Where distributions keep UEFI firmware.

use std::path::{Path, PathBuf};

use super::{Boot, Firmware, Image};

/// Folders with firmware, by QEMU itself and by Debian, Fedora, Arch and openSUSE.
pub(super) const FOLDERS: [&str; 6] = [
    "/usr/share/qemu",
    "/usr/share/OVMF",
    "/usr/share/edk2/ovmf",
    "/usr/share/edk2/x64",
    "/usr/share/edk2-ovmf/x64",
    "/usr/local/share/qemu",
];

/// Replaces the names of firmware by the files of that name, where there are any.
pub(super) fn resolve(image: &mut Image) {
    if let Boot::Disk(disk) = &mut image.boot
        && let Firmware::Uefi { code: file, .. } | Firmware::File(file) = &mut disk.firmware
        && let Some(found) = find(file, &FOLDERS.map(Path::new))
    {
        *file = found;
    }
}

fn find(name: &Path, folders: &[&Path]) -> Option<PathBuf> {
    if name.is_absolute() {
        return None;
    }
    let mut files = folders.iter().map(|folder| folder.join(name));
    files.find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_the_first_file_of_that_name() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let file = two.path().join("OVMF_CODE.fd");
        std::fs::write(&file, "").unwrap();
        let folders = [one.path(), two.path()];
        assert_eq!(
            find(Path::new("OVMF_CODE.fd"), &folders),
            Some(file.clone())
        );
        assert_eq!(find(Path::new("other.fd"), &folders), None);
        assert_eq!(find(&file, &folders), None);
    }
}
