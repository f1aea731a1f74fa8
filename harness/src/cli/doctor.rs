//! `stopcode doctor`.

use std::path::Path;
use std::process::Command;

use super::{Exit, Failure, runtime};
use crate::guest::HostFacts;
use crate::image::find_tool;
use crate::project::Project;

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
    Need {
        what: "clang 16 or newer, which compiles guest and drivers",
        any_of: &["clang-19", "clang-18", "clang-17", "clang-16", "clang"],
        package: "clang-19",
    },
    Need {
        what: "lld, which links them",
        any_of: &["lld-link-19", "lld-link-18", "lld-link-17", "lld-link-16", "lld-link"],
        package: "lld-19",
    },
    Need {
        what: "LLVM's tools, which make import libraries",
        any_of: &["llvm-dlltool-19", "llvm-dlltool-18", "llvm-dlltool-17", "llvm-dlltool-16",
                  "llvm-dlltool"],
        package: "llvm-19",
    },
];

/// The driver kit's headers; a package rather than a program.
const DDK: &str = "/usr/x86_64-w64-mingw32/include/ddk/ntddk.h";
const DDK_ELSEWHERE: &str = "/usr/share/mingw-w64/include/ddk/ntddk.h";

pub(super) fn doctor(project: &Project) -> Result<Exit, Failure> {
    let mut missing: Vec<(String, String)> = NEEDS
        .iter()
        .filter(|need| need.any_of.iter().all(|tool| find_tool(tool).is_none()))
        .map(|need| (need.what.to_owned(), need.package.to_owned()))
        .collect();
    if ![DDK, DDK_ELSEWHERE].iter().any(|header| Path::new(header).is_file()) {
        missing.push((
            "the headers of the Windows driver kit".into(),
            "mingw-w64-x86-64-dev".into(),
        ));
    }
    if find_tool("qemu-system-x86_64").is_some() && !has_qboot() {
        missing.push(("qboot.rom, the guest's firmware".into(), "qemu-system-data".into()));
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
    let packages: Vec<&str> = missing.iter().map(|(_, package)| package.as_str()).collect();
    println!("ci/setup installs what is missing; or: apt-get install {}", packages.join(" "));
    Ok(Exit::Infrastructure)
}

/// Whether one of QEMU's data folders has the firmware.
fn has_qboot() -> bool {
    let output = Command::new("qemu-system-x86_64").args(["-L", "help"]).output();
    output.is_ok_and(|output| {
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .any(|folder| Path::new(folder).join("qboot.rom").is_file())
    })
}
