//! The symbol files below some folders.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// Deep enough for symbol stores inside a folder.
const MAX_DEPTH: usize = 6;
/// Limits the time for a wrong folder, such as `/`.
const MAX_ENTRIES: usize = 200_000;

/// Symbol files by kind.
#[derive(Default)]
pub(super) struct Listing {
    pdbs: HashMap<String, Vec<PathBuf>>,
    isfs: Vec<PathBuf>,
}

impl Listing {
    /// Lists what is in `roots` (folders or files), in their order.
    pub(super) fn new<'r>(roots: impl Iterator<Item = &'r Path>) -> Self {
        let mut listing = Self::default();
        let files = roots.flat_map(|root| {
            WalkDir::new(root)
                .max_depth(MAX_DEPTH)
                .follow_links(true)
                .sort_by_file_name()
        });
        for entry in files.take(MAX_ENTRIES).flatten() {
            if !entry.file_type().is_file() {
                continue;
            }
            let name = entry.file_name().to_string_lossy().to_lowercase();
            if name.ends_with(".pdb") || name.ends_with(".pd_") {
                listing
                    .pdbs
                    .entry(name)
                    .or_default()
                    .push(entry.into_path());
            } else if is_isf_name(entry.path()) {
                listing.isfs.push(entry.into_path());
            }
        }
        listing
    }

    /// PDBs of this file name, in any case.
    pub(super) fn pdbs(&self, name: &str) -> &[PathBuf] {
        self.pdbs
            .get(&name.to_lowercase())
            .map_or(&[], Vec::as_slice)
    }

    /// All ISF tables.
    pub(super) fn isfs(&self) -> &[PathBuf] {
        &self.isfs
    }
}

/// Whether a file has a name that ISF tables have.
pub(super) fn is_isf_name(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    let name = name.to_string_lossy().to_lowercase();
    name.ends_with(".json") || name.ends_with(".json.xz")
}
