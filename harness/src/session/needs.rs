//! What this machine lacks, and the Debian packages that have it.

use std::path::Path;
use std::process::{Command, Stdio};

use vm::image::find_tool;
use windows_image::host;

/// A program that is needed, and the Debian package that has it.
struct Need {
    what: &'static str,
    tool: &'static str,
    package: &'static str,
}

const fn need(tool: &'static str, what: &'static str, package: &'static str) -> Need {
    Need {
        what,
        tool,
        package,
    }
}

/// What the bundled guest needs.
const NEEDS: &[Need] = &[
    need(
        "qemu-system-x86_64",
        "QEMU, which runs the guests",
        "qemu-system-x86",
    ),
    need("make", "make, which builds the bundled guest", "make"),
];

/// What only images of Windows need.
const WINDOWS_NEEDS: &[Need] = &[
    need("xorriso", "xorriso, which reads and makes discs", "xorriso"),
    need(
        "osslsigncode",
        "osslsigncode, which test-signs drivers",
        "osslsigncode",
    ),
    need(
        "openssl",
        "openssl, which makes the certificate for it",
        "openssl",
    ),
    need("qemu-img", "qemu-img, which makes disks", "qemu-utils"),
    need("qemu-nbd", "qemu-nbd, which reads disks", "qemu-utils"),
];

/// What only runs on several machines need.
const FARM_NEEDS: &[Need] = &[need(
    "sbatch",
    "Slurm, which spreads runs over machines",
    "slurm-client",
)];

/// The driver kit's headers, where Debian and Fedora put them.
const DDK: &[&str] = &[
    "/usr/x86_64-w64-mingw32/include/ddk/ntifs.h",
    "/usr/x86_64-w64-mingw32/sys-root/mingw/include/ddk/ntifs.h",
];

/// Versions of LLVM that build the guest; the newest that is installed is used.
const LLVM: std::ops::RangeInclusive<u32> = 16..=22;

/// Versions to install where there is none: the first that the distribution has.
const LLVM_TO_GET: [u32; 4] = [19, 18, 17, 16];

/// Something that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What it is, and what for.
    pub what: String,
    /// The Debian package that has it.
    pub package: String,
}

/// What is missing on a machine.
#[derive(Clone, Debug)]
pub struct Needs {
    /// What the bundled guest needs.
    pub needed: Vec<Missing>,
    /// What only some uses need: the use, and what it lacks.
    pub optional: Vec<(&'static str, Vec<Missing>)>,
    /// Whether there is apt-get.
    pub apt: bool,
}

/// Looks for the tools that the bundled guest needs; with `all`, also for those of other uses.
pub fn needs(all: bool) -> Needs {
    let has = |tool: &str| find_tool(tool).is_some();
    let mut needed = missing_tools(NEEDS, has);
    needed.extend(missing_llvm(has, offered_llvm));
    if !DDK.iter().any(|header| Path::new(header).is_file()) {
        needed.push(missing(
            "the headers of the Windows driver kit",
            "mingw-w64-x86-64-dev",
        ));
    }
    if has("qemu-system-x86_64") && !has_qboot() {
        needed.push(missing(
            "qboot.rom, the guest's firmware",
            "qemu-system-data",
        ));
    }
    let mut optional = Vec::new();
    if all {
        let mut windows = missing_tools(WINDOWS_NEEDS, has);
        if host::find_firmware().is_none() {
            windows.push(missing("UEFI firmware without Secure Boot", "ovmf"));
        }
        optional.push(("for images of Windows", windows));
        optional.push(("for a farm", missing_tools(FARM_NEEDS, has)));
    }
    Needs {
        needed,
        optional,
        apt: has("apt-get"),
    }
}

fn missing(what: &str, package: &str) -> Missing {
    Missing {
        what: what.to_owned(),
        package: package.to_owned(),
    }
}

fn missing_tools(needs: &[Need], has: impl Fn(&str) -> bool) -> Vec<Missing> {
    let absent = needs.iter().filter(|need| !has(need.tool));
    absent
        .map(|need| missing(need.what, need.package))
        .collect()
}

/// Compiler and linkers must be of one version.
fn missing_llvm(has: impl Fn(&str) -> bool, offered: impl Fn() -> Option<u32>) -> Vec<Missing> {
    let installed = LLVM.rev().find(|version| has(&format!("clang-{version}")));
    let tools = [
        (
            "clang",
            "clang",
            "clang 16 or newer, which compiles guest and drivers",
        ),
        ("lld-link", "lld", "lld, which links drivers and kernel"),
        ("ld.lld", "lld", "lld, which links the loader"),
    ];
    let version = installed.or_else(offered).unwrap_or(LLVM_TO_GET[0]);
    let mut absent: Vec<Missing> = tools
        .into_iter()
        .filter(|(tool, ..)| !has(&format!("{tool}-{version}")))
        .map(|(_, package, what)| missing(what, &format!("{package}-{version}")))
        .collect();
    absent.dedup_by(|one, other| one.package == other.package);
    absent
}

/// The version that apt would install; `None` where there is no apt, or its lists are empty.
fn offered_llvm() -> Option<u32> {
    let knows = |version: &u32| {
        let mut show = Command::new("apt-cache");
        show.args(["show", "--no-all-versions", &format!("clang-{version}")]);
        let status = show.stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    LLVM_TO_GET.into_iter().find(knows)
}

/// Whether one of QEMU's data folders has the firmware.
fn has_qboot() -> bool {
    let output = Command::new("qemu-system-x86_64")
        .args(["-L", "help"])
        .output();
    output.is_ok_and(|output| {
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .any(|folder| Path::new(folder).join("qboot.rom").is_file())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compiler_and_linkers_are_of_one_version() {
        let names = |missing: Vec<Missing>| -> Vec<String> {
            missing.into_iter().map(|one| one.package).collect()
        };
        let nothing = |_: &str| false;
        assert_eq!(
            names(missing_llvm(nothing, || Some(16))),
            ["clang-16", "lld-16"]
        );
        assert_eq!(
            names(missing_llvm(nothing, || None)),
            ["clang-19", "lld-19"]
        );
        let older_linker = |tool: &str| ["clang-18", "lld-link-16", "ld.lld-16"].contains(&tool);
        assert_eq!(names(missing_llvm(older_linker, || Some(19))), ["lld-18"]);
    }
}
