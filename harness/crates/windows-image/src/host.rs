//! Whether this host has the disk space and the accelerator for a build.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::statvfs::statvfs;
use vm::plan::Accelerator;

use super::Version;
use super::options::Options;
use super::registry::dump_room_mib;
use super::version::InstallationType;

const QEMU: &str = "qemu-system-x86_64";

/// Memory that QEMU itself and the page tables take, MiB.
const QEMU_MIB: u64 = 512;

/// There is too little of something.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// Disk.
    #[error(
        "{} has {free_gib} GiB free, and the image needs about {needed_gib}: make room, or set \
         STOPCODE_IMAGES to a folder on a larger disk",
        folder.display()
    )]
    Disk {
        folder: PathBuf,
        /// What is free.
        free_gib: u64,
        /// What is needed.
        needed_gib: u64,
    },
    /// Memory.
    #[error(
        "{available} MiB of memory are available, and the guest needs {needed}: end something, or \
         give it less with --memory (at least {least}M)"
    )]
    Memory {
        /// MiB available.
        available: u64,
        /// MiB needed.
        needed: u64,
        /// The version's least, MiB.
        least: u32,
    },
    /// Neither could be read.
    #[error("cannot tell how much room there is: {0}")]
    Unknown(String),
}

/// GiB that the image takes, at the most: what others report of fresh installations, and the
/// files whose size we set.
pub(crate) fn image_gib(version: Version, options: &Options) -> u64 {
    let windows = match version.kind() {
        InstallationType::Client => 28,
        InstallationType::Server => 16,
    };
    let dump = u64::from(dump_room_mib(options.dump, options.memory_mib));
    let files = if options.dump_disk { 2 * dump } else { dump };
    // The state of the settled guest is at most its memory.
    windows + (files + u64::from(options.memory_mib)).div_ceil(1024)
}

/// Checks disk and memory. `store` need not exist yet.
///
/// # Errors
/// There is too little.
pub fn check(version: Version, options: &Options, store: &Path) -> Result<(), HostError> {
    let unknown = |what: &Path, error: &dyn std::fmt::Display| {
        HostError::Unknown(format!("{}: {error}", what.display()))
    };
    let there = store.ancestors().find(|folder| folder.is_dir());
    let there = there.unwrap_or(Path::new("/"));
    let room = statvfs(there).map_err(|error| unknown(there, &error))?;
    let free = room.blocks_available().saturating_mul(room.fragment_size()) >> 30;
    let needed = image_gib(version, options);
    if free < needed {
        return Err(HostError::Disk {
            folder: store.to_owned(),
            free_gib: free,
            needed_gib: needed,
        });
    }
    let meminfo = Path::new("/proc/meminfo");
    let text = fs::read_to_string(meminfo).map_err(|error| unknown(meminfo, &error))?;
    let Some(available) = available_mib(&text) else {
        return Err(unknown(meminfo, &"no MemAvailable"));
    };
    enough_memory(available, version, options)
}

fn enough_memory(available: u64, version: Version, options: &Options) -> Result<(), HostError> {
    let needed = u64::from(options.memory_mib) + QEMU_MIB;
    match available < needed {
        true => Err(HostError::Memory {
            available,
            needed,
            least: version.min_memory_mib(),
        }),
        false => Ok(()),
    }
}

fn available_mib(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib >> 10)
}

/// How long an installation may be expected to take, in words.
pub fn expected(accelerator: Accelerator) -> &'static str {
    match accelerator {
        Accelerator::Kvm => "15 to 40 minutes (others' reports)",
        Accelerator::Tcg => "many hours, perhaps a day (without KVM; nobody has measured it)",
    }
}

/// Where UEFI firmware without Secure Boot is, and its variables: Debian and Ubuntu, Fedora,
/// Arch, openSUSE.
pub(crate) const FIRMWARE: [(&str, &str); 5] = [
    (
        "/usr/share/OVMF/OVMF_CODE_4M.fd",
        "/usr/share/OVMF/OVMF_VARS_4M.fd",
    ),
    (
        "/usr/share/OVMF/OVMF_CODE.fd",
        "/usr/share/OVMF/OVMF_VARS.fd",
    ),
    (
        "/usr/share/edk2/ovmf/OVMF_CODE.fd",
        "/usr/share/edk2/ovmf/OVMF_VARS.fd",
    ),
    (
        "/usr/share/edk2/x64/OVMF_CODE.4m.fd",
        "/usr/share/edk2/x64/OVMF_VARS.4m.fd",
    ),
    (
        "/usr/share/qemu/ovmf-x86_64-code.bin",
        "/usr/share/qemu/ovmf-x86_64-vars.bin",
    ),
];

/// The first of `FIRMWARE` that is there.
pub fn find_firmware() -> Option<(PathBuf, PathBuf)> {
    (FIRMWARE.iter())
        .map(|(code, variables)| (Path::new(code), Path::new(variables)))
        .find(|(code, variables)| code.is_file() && variables.is_file())
        .map(|(code, variables)| (code.to_owned(), variables.to_owned()))
}

/// QEMU's newest q35 machine, by its versioned name: a saved state fits no other.
///
/// # Errors
/// QEMU is not installed, or knows none.
pub fn newest_machine() -> Result<String, HostError> {
    let output = Command::new(QEMU)
        .args(["-machine", "help"])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| HostError::Unknown(format!("{QEMU}: {error}")))?;
    alias_of_q35(&String::from_utf8_lossy(&output.stdout))
        .ok_or_else(|| HostError::Unknown(format!("{QEMU} knows no q35 machine")))
}

fn alias_of_q35(help: &str) -> Option<String> {
    let line = help.lines().find(|line| line.starts_with("q35 "))?;
    let (_, name) = line.split_once("(alias of ")?;
    Some(name.trim_end().trim_end_matches(')').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read() {
        let text = "MemTotal:       24000000 kB\nMemAvailable:   1048576 kB\n";
        assert_eq!(available_mib(text), Some(1024));
        assert_eq!(available_mib("MemTotal: 1 kB\n"), None);
    }

    #[test]
    fn the_machine_has_its_version() {
        let help =
            "pc-q35-7.1  Standard PC\nq35  Standard PC (Q35 + ICH9, 2009) (alias of pc-q35-7.2)\n";
        assert_eq!(alias_of_q35(help).as_deref(), Some("pc-q35-7.2"));
        assert_eq!(alias_of_q35("pc  x\n"), None);
    }

    #[test]
    fn too_little_is_said_with_figures() {
        let options = Options {
            memory_mib: u32::MAX / 2,
            ..Options::default()
        };
        let here = tempfile::tempdir().unwrap();
        let store = here.path().join("not/yet/there");
        let error = check(Version::Windows11, &options, &store).unwrap_err();
        assert!(matches!(error, HostError::Disk { .. }), "{error}");

        let options = Options::default();
        enough_memory(4608, Version::Server2022, &options).unwrap();
        let error = enough_memory(4607, Version::Server2022, &options).unwrap_err();
        let message = "4607 MiB of memory are available, and the guest needs 4608";
        assert!(error.to_string().starts_with(message), "{error}");
    }
}
