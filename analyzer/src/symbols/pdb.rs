//! One PDB file, read lazily.

use std::cell::OnceCell;
use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use pdb2::PDB;

use super::functions::FunctionTable;
use super::layout::{Field, LayoutError};
use super::names::NameTable;
use super::shape::{Definition, TypeRef};
use super::types::TypeTable;

/// A function and a line in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Function name without arguments.
    pub function: String,
    /// Start offset from the image's base.
    pub start_rva: u32,
    /// End offset, if known.
    pub end_rva: Option<u32>,
    pub file: Option<String>,
    pub line: Option<u32>,
}

/// A PDB that was matched to its image.
pub(crate) struct Pdb {
    path: PathBuf,
    types: OnceCell<Option<TypeTable>>,
    names: OnceCell<Option<NameTable>>,
    functions: OnceCell<Option<FunctionTable>>,
}

impl Pdb {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            types: OnceCell::new(),
            names: OnceCell::new(),
            functions: OnceCell::new(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn types(&self) -> Option<&TypeTable> {
        let types = self.types.get_or_init(|| {
            attempt(|| {
                let mut pdb = PDB::open(File::open(&self.path)?)?;
                Ok(TypeTable::new(pdb.type_information()?)?)
            })
        });
        types.as_ref()
    }

    fn names(&self) -> Option<&NameTable> {
        let names = self.names.get_or_init(|| {
            attempt(|| {
                let mut pdb = PDB::open(File::open(&self.path)?)?;
                let addresses = pdb.address_map()?;
                Ok(NameTable::new(&pdb.global_symbols()?, &addresses)?)
            })
        });
        names.as_ref()
    }

    fn functions(&self) -> Option<&FunctionTable> {
        let functions = self
            .functions
            .get_or_init(|| attempt(|| Ok(FunctionTable::open(File::open(&self.path)?)?)));
        functions.as_ref()
    }

    /// Size of a type in bytes.
    pub(crate) fn size_of(&self, type_name: &str) -> Result<u64, LayoutError> {
        let types = self.types().ok_or(LayoutError::NoSymbols)?;
        attempt(|| Ok(types.size_of(type_name)))
            .unwrap_or_else(|| Err(LayoutError::Damaged(type_name.to_owned())))
    }

    /// Layout of a field.
    pub(crate) fn field(&self, type_name: &str, path: &str) -> Result<Field, LayoutError> {
        let types = self.types().ok_or(LayoutError::NoSymbols)?;
        attempt(|| Ok(types.field(type_name, path)))
            .unwrap_or_else(|| Err(LayoutError::Damaged(type_name.to_owned())))
    }

    /// The definition of a type; see [`TypeTable::define`].
    pub(crate) fn define(&self, of: &TypeRef) -> Result<Definition, LayoutError> {
        let types = self.types().ok_or(LayoutError::NoSymbols)?;
        attempt(|| Ok(types.define(of)))
            .unwrap_or_else(|| Err(LayoutError::Damaged(of.name.clone())))
    }

    /// Names of all types, in no order.
    pub(crate) fn type_names(&self) -> Vec<String> {
        self.types().map(TypeTable::names).unwrap_or_default()
    }

    /// Names of globals and functions with their offsets from the image's base, in no order and
    /// some of them twice.
    pub(crate) fn globals(&self) -> Vec<(String, u32)> {
        let public = self.names().map(NameTable::all).unwrap_or_default();
        let public = public.into_iter().map(|(name, rva)| (name.to_owned(), rva));
        let private = self.functions().and_then(|all| attempt(|| Ok(all.all())));
        public.chain(private.unwrap_or_default()).collect()
    }

    /// Offset of a global or function from the image's base.
    pub(crate) fn rva(&self, name: &str) -> Option<u32> {
        self.names()?.rva(name)
    }

    /// Function and line at `rva`.
    pub(crate) fn locate(&self, rva: u32) -> Option<Location> {
        let functions = self.functions()?;
        attempt(|| Ok(functions.locate(rva))).flatten()
    }
}

#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Pdb(#[from] pdb2::Error),
    #[error(transparent)]
    Lines(#[from] pdb_addr2line::Error),
    #[error(transparent)]
    LinesPdb(#[from] pdb_addr2line::pdb::Error),
}

/// Runs a step of PDB reading, and catches panics: the PDB crates assert on damaged files. A PDB
/// that cannot be read only means missing names.
///
/// `None` if it panicked.
pub(super) fn guarded<T>(
    read: impl FnOnce() -> Result<T, OpenError>,
) -> Option<Result<T, OpenError>> {
    catch_unwind(AssertUnwindSafe(read)).ok()
}

/// Like [`guarded`], without the reason.
fn attempt<T>(read: impl FnOnce() -> Result<T, OpenError>) -> Option<T> {
    guarded(read)?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixtures;

    #[test]
    fn functions_of_c_have_lines_and_those_of_assembly_have_names() {
        let driver = Pdb::new(fixtures().join("minidrv.pdb"));
        let location = driver.locate(0x1028).unwrap();
        assert_eq!(location.function, "HoldAndOpen");
        assert_eq!(
            (location.start_rva, location.end_rva),
            (0x1000, Some(0x1040))
        );
        assert!(location.file.unwrap().ends_with("driver.c") && location.line.is_some());
        let kernel = Pdb::new(fixtures().join("mini-nt.pdb"));
        let start = kernel.rva("KiPageFault").unwrap();
        let location = kernel.locate(start + 8).unwrap();
        assert_eq!(
            (location.function.as_str(), location.start_rva),
            ("KiPageFault", start)
        );
        assert_eq!(kernel.rva("NoSuchFunction"), None);
        assert_eq!(kernel.locate(0x7fff_0000), None);
    }

    #[test]
    fn damaged_pdbs_only_cost_their_names() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bad.pdb");
        let whole = std::fs::read(fixtures().join("minidrv.pdb")).unwrap();
        for start in (0x1000..whole.len()).step_by(0x700) {
            let mut damaged = whole.clone();
            let end = (start + 0x80).min(whole.len());
            damaged[start..end].fill(0xFF);
            std::fs::write(&path, damaged).unwrap();
            let pdb = Pdb::new(path.clone());
            let _ = pdb.locate(0x1028);
            let _ = pdb.rva("HoldAndOpen");
            let _ = pdb.size_of("extension");
            let _ = pdb.field("extension", "lock");
        }
    }
}
