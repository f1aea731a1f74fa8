//! `stopcode doctor`: what is missing on this machine and how to get it.

use std::fmt::Write as _;

use scenario::project::Project;
use vm::guest::HostFacts;

use crate::session::{Exit, Failure, Missing, needs, runtime};

pub(super) fn doctor(project: &Project, all: bool) -> Result<Exit, Failure> {
    let found = needs(all);
    print!("{}", in_words(&found.needed, &found.optional, found.apt));
    if !found.needed.is_empty() {
        return Ok(Exit::Infrastructure);
    }
    let facts = runtime()?.block_on(HostFacts::find(&project.state()));
    println!("Guests run on {}.", facts.map_err(Failure::infra)?.accel);
    Ok(Exit::Success)
}

/// The whole report. `optional`: what a tool is for, and whether it is missing.
fn in_words(needed: &[Missing], optional: &[(&str, Vec<Missing>)], apt: bool) -> String {
    let mut text = String::new();
    for Missing { what, package } in needed {
        let _ = writeln!(text, "missing: {what} (package {package})");
    }
    if needed.is_empty() {
        text.push_str("Nothing is missing.\n");
    } else {
        let packages = packages(needed);
        let by_hand = match apt {
            true => format!("or, as root: apt-get update && apt-get install {packages}"),
            false => format!("elsewhere than on Debian and Ubuntu, install what has: {packages}"),
        };
        let _ = writeln!(text, "ci/setup installs what is missing; {by_hand}");
    }
    for (purpose, missing) in optional.iter().filter(|(_, missing)| !missing.is_empty()) {
        for Missing { what, package } in missing {
            let _ = writeln!(text, "optional, {purpose}: {what} (package {package})");
        }
        let packages = packages(missing);
        let _ = writeln!(text, "{purpose}: apt-get install {packages}");
    }
    text
}

fn packages(missing: &[Missing]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for Missing { package, .. } in missing {
        if !names.contains(&package.as_str()) {
            names.push(package);
        }
    }
    names.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_named_and_each_package_once() {
        assert_eq!(in_words(&[], &[], true), "Nothing is missing.\n");
        let missing = |what: &str, package: &str| Missing {
            what: what.to_owned(),
            package: package.to_owned(),
        };
        let needed = [missing("QEMU, which runs the guests", "qemu-system-x86")];
        assert_eq!(
            in_words(&needed, &[], true),
            "missing: QEMU, which runs the guests (package qemu-system-x86)\n\
             ci/setup installs what is missing; or, as root: apt-get update && apt-get install \
             qemu-system-x86\n"
        );
        let windows = vec![
            missing("qemu-img, which makes disks", "qemu-utils"),
            missing("qemu-nbd, which reads disks", "qemu-utils"),
        ];
        let text = in_words(&[], &[("for images of Windows", windows)], true);
        assert_eq!(
            text,
            "Nothing is missing.\n\
             optional, for images of Windows: qemu-img, which makes disks (package qemu-utils)\n\
             optional, for images of Windows: qemu-nbd, which reads disks (package qemu-utils)\n\
             for images of Windows: apt-get install qemu-utils\n"
        );
    }
}
