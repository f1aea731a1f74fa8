//! Links between the pages and files of a report, and to artefacts outside of it.

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

use crate::{FileKind, Identity};

/// From the index to the page of a result.
pub(super) fn page(which: &Identity) -> String {
    let name = format!("{}.html", which.as_file_name());
    format!("pages/{}/{}", part(which.run.as_str()), part(&name))
}

/// From the page of a result to the page of another.
pub(super) fn page_from_page(which: &Identity) -> String {
    let name = format!("{}.html", which.as_file_name());
    format!("../{}/{}", part(which.run.as_str()), part(&name))
}

/// From the page of a result to the index.
pub(super) const INDEX_FROM_PAGE: &str = "../../index.html";

/// From the page of a result to a file that belongs to it.
pub(super) fn file_from_page(which: &Identity, kind: FileKind) -> String {
    let (run, name) = (part(which.run.as_str()), part(&which.as_file_name()));
    format!("../../files/{run}/{name}/{}", kind.file_name())
}

/// From the page of a result to a file anywhere: relative if it is below the report folder.
/// `None`: where it is cannot be told.
pub(super) fn artefact_from_page(report: &Path, file: &Path) -> Option<String> {
    if let Ok(below) = file.strip_prefix(report) {
        return Some(format!("../../{}", parts(below)?));
    }
    (file.is_absolute()).then(|| Some(format!("file:///{}", parts(file)?)))?
}

fn parts(path: &Path) -> Option<String> {
    let mut found = Vec::new();
    for component in path.components() {
        match component {
            Component::RootDir => {}
            Component::Normal(name) => found.push(bytes(name.as_bytes())),
            Component::CurDir | Component::ParentDir | Component::Prefix(_) => return None,
        }
    }
    Some(found.join("/"))
}

fn part(name: &str) -> String {
    bytes(name.as_bytes())
}

/// A part of a path as URLs have it.
fn bytes(name: &[u8]) -> String {
    let mut text = String::new();
    for byte in name {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn artefacts_are_linked_where_they_are() {
        let link = |file: &str| artefact_from_page(Path::new("/r"), Path::new(file));
        assert_eq!(link("/r/kept/a#b.dmp").unwrap(), "../../kept/a%23b.dmp");
        assert_eq!(
            link("/runs/it is\"/m.dmp").unwrap(),
            "file:///runs/it%20is%22/m.dmp"
        );
        assert_eq!(link("runs/m.dmp"), None);
        assert_eq!(link("/r/../m.dmp"), None);
    }
}
