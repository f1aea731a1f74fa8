//! Where to look for symbols.

use std::path::PathBuf;

/// Files and folders with symbols, searched in this order. In folders, PDBs and ISF tables are
/// found at any depth down to a limit (flat folders and the `name/GUID-age/name` layout of symbol
/// stores both work).
#[derive(Clone, Debug, Default)]
pub struct SymbolPath {
    dirs: Vec<PathBuf>,
}

impl SymbolPath {
    /// From folders and files. Ones that do not exist are ignored.
    pub fn from_dirs(dirs: impl IntoIterator<Item = PathBuf>) -> Self {
        Self {
            dirs: dirs.into_iter().collect(),
        }
    }

    /// The folders and files, in order.
    pub fn dirs(&self) -> &[PathBuf] {
        &self.dirs
    }
}
