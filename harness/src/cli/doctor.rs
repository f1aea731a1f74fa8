//! `stopcode doctor`.

use std::path::Path;
use std::process::Command;

use super::{Exit, Failure, runtime};
use crate::guest::HostFacts;
use crate::image::find_tool;
use crate::project::Project;
use crate::windows::host;

/// Something the project needs: programs of which one must exist, and the Debian package.
struct Need {
    what: &'static str,
    any_of: &'static [&'static str],
    package: &'static str,
}

const NEEDS: &[Need] = &[
    Need {
        what: "QEMU, which runs the guests",
        any_of: &["qemu-system-x86_64"],
        package: "qemu-system-x86",
    },
    Need {
        what: "make, which builds the bundled guest",
        any_of: &["make"],
        package: "make",
    },
];

/// What only images of Windows need.
const WINDOWS_NEEDS: &[Need] = &[
    Need {
        what: "xorriso, which reads and makes discs",
        any_of: &["xorriso"],
        package: "xorriso",
    },
    Need {
        what: "osslsigncode, which test-signs drivers",
        any_of: &["osslsigncode"],
        package: "osslsigncode",
    },
    Need {
        what: "openssl, which makes the certificate for it",
        any_of: &["openssl"],
        package: "openssl",
    },
    Need {
        what: "qemu-img, which makes disks",
        any_of: &["qemu-img"],
        package: "qemu-utils",
    },
];

/// The driver kit's headers, where Debian and Fedora put them.
const DDK: &[&str] = &[
    "/usr/x86_64-w64-mingw32/include/ddk/ntifs.h",
    "/usr/x86_64-w64-mingw32/sys-root/mingw/include/ddk/ntifs.h",
];

/// Versions of LLVM that build the guest; the newest that is installed is used.
const LLVM: std::ops::RangeInclusive<u32> = 16..=22;

/// The version to install where there is none.
const LLVM_TO_GET: u32 = 19;

pub(super) fn doctor(project: &Project) -> Result<Exit, Failure> {
    let mut missing: Vec<(String, String)> = NEEDS
        .iter()
        .filter(|need| need.any_of.iter().all(|tool| find_tool(tool).is_none()))
        .map(|need| (need.what.to_owned(), need.package.to_owned()))
        .collect();
    missing.extend(missing_llvm());
    if !DDK.iter().any(|header| Path::new(header).is_file()) {
        missing.push((
            "the headers of the Windows driver kit".into(),
            "mingw-w64-x86-64-dev".into(),
        ));
    }
    if find_tool("qemu-system-x86_64").is_some() && !has_qboot() {
        missing.push((
            "qboot.rom, the guest's firmware".into(),
            "qemu-system-data".into(),
        ));
    }
    for (what, package) in missing_for_windows() {
        println!("missing, for images of Windows only: {what} (package {package})");
    }
    if missing.is_empty() {
        println!("Nothing is missing.");
        let facts = runtime()?.block_on(HostFacts::find(&project.state()));
        println!("Guests run on {}.", facts.map_err(Failure::infra)?.accel);
        return Ok(Exit::Success);
    }
    for (what, package) in &missing {
        println!("missing: {what} (package {package})");
    }
    let packages: Vec<&str> = missing
        .iter()
        .map(|(_, package)| package.as_str())
        .collect();
    println!(
        "ci/setup installs what is missing; or: apt-get install {}",
        packages.join(" ")
    );
    Ok(Exit::Infrastructure)
}

/// The rest works without these.
fn missing_for_windows() -> Vec<(&'static str, &'static str)> {
    let mut missing: Vec<_> = (WINDOWS_NEEDS.iter())
        .filter(|need| need.any_of.iter().all(|tool| find_tool(tool).is_none()))
        .map(|need| (need.what, need.package))
        .collect();
    if host::find_firmware().is_none() {
        missing.push(("UEFI firmware without Secure Boot", "ovmf"));
    }
    missing
}

/// Compiler and linkers must be of one version.
fn missing_llvm() -> Vec<(String, String)> {
    let installed = LLVM
        .rev()
        .find(|version| find_tool(&format!("clang-{version}")).is_some());
    let version = installed.unwrap_or(LLVM_TO_GET);
    let tools = [
        (
            "clang",
            "clang",
            "clang 16 or newer, which compiles guest and drivers",
        ),
        ("lld-link", "lld", "lld, which links drivers and kernel"),
        ("ld.lld", "lld", "lld, which links the loader"),
    ];
    let mut missing: Vec<(String, String)> = tools
        .into_iter()
        .filter(|(tool, ..)| find_tool(&format!("{tool}-{version}")).is_none())
        .map(|(_, package, what)| (what.to_owned(), format!("{package}-{version}")))
        .collect();
    missing.dedup_by(|a, b| a.1 == b.1);
    missing
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
