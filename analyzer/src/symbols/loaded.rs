//! The symbols of a module: a table, and how it was matched to the module.

use std::fmt;
use std::fs::File;
use std::path::Path;
use std::rc::Rc;

use super::id::PdbId;
use super::isf::Isf;
use super::layout::{Field, LayoutError};
use super::msf::{self, Superblock};
use super::pdb::{Location, Pdb};
use super::shape::{Definition, TypeRef};
use crate::verdict::Unknown;

/// A symbol file: a PDB, or volatility3's table of one.
pub struct SymbolTable(Format);

enum Format {
    /// Types, names, functions and lines.
    Pdb(Pdb),
    /// Types and names.
    Isf(Isf),
}

impl SymbolTable {
    /// Opens a file. A PDB is read lazily. `cache` keeps decompressed text.
    ///
    /// # Errors
    /// The reason, if the file is not a symbol table.
    pub fn open(path: &Path, cache: Option<&Path>) -> Result<Self, String> {
        let superblock = File::open(path).and_then(|mut file| Superblock::read(&mut file));
        if matches!(superblock, Ok(Some(_))) {
            return msf::check(path).map(|()| Self(Format::Pdb(Pdb::new(path.to_owned()))));
        }
        match Isf::open(path, cache) {
            Ok(isf) => Ok(Self(Format::Isf(isf))),
            Err(error) => Err(error.to_string()),
        }
    }

    pub fn path(&self) -> &Path {
        match &self.0 {
            Format::Pdb(pdb) => pdb.path(),
            Format::Isf(isf) => isf.path(),
        }
    }

    /// Size of a type in bytes.
    ///
    /// # Errors
    /// Why it is not known.
    pub fn size_of(&self, type_name: &str) -> Result<u64, LayoutError> {
        match &self.0 {
            Format::Pdb(pdb) => pdb.size_of(type_name),
            Format::Isf(isf) => isf.size_of(type_name),
        }
    }

    /// Layout of a field. `path` may pass through embedded structures (`A.B`) and array elements
    /// (`DpcData[1].DpcLock`), but not through pointers.
    ///
    /// # Errors
    /// Why it is not known.
    pub fn field(&self, type_name: &str, path: &str) -> Result<Field, LayoutError> {
        match &self.0 {
            Format::Pdb(pdb) => pdb.field(type_name, path),
            Format::Isf(isf) => isf.field(type_name, path),
        }
    }

    /// Offset of a global or function from the image's base.
    pub fn rva(&self, name: &str) -> Option<u32> {
        match &self.0 {
            Format::Pdb(pdb) => pdb.rva(name),
            Format::Isf(isf) => isf.rva(name),
        }
    }

    /// Function and line at `rva`.
    pub fn locate(&self, rva: u32) -> Option<Location> {
        match &self.0 {
            Format::Pdb(pdb) => pdb.locate(rva),
            Format::Isf(isf) => isf.locate(rva),
        }
    }

    /// The definition of a type.
    pub(crate) fn define(&self, of: &TypeRef) -> Result<Definition, LayoutError> {
        match &self.0 {
            Format::Pdb(pdb) => pdb.define(of),
            Format::Isf(isf) => isf.define(of),
        }
    }

    /// Names of all types, in no order.
    pub(crate) fn type_names(&self) -> Vec<String> {
        match &self.0 {
            Format::Pdb(pdb) => pdb.type_names(),
            Format::Isf(isf) => isf.type_names(),
        }
    }

    /// Names of globals and functions with their offsets from the image's base, in no order, some
    /// of them twice.
    pub(crate) fn globals(&self) -> Vec<(String, u32)> {
        match &self.0 {
            Format::Pdb(pdb) => pdb.globals(),
            Format::Isf(isf) => isf.globals(),
        }
    }

    /// The PDB that an ISF table was made from; not known here for a PDB.
    pub(super) fn isf_id(&self) -> Option<Option<&PdbId>> {
        match &self.0 {
            Format::Pdb(_) => None,
            Format::Isf(isf) => Some(isf.id()),
        }
    }
}

/// How a table was matched to a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    /// The image names the table's GUID and age.
    Identity,
    /// The dump does not hold the image's GUID; this many symbols are where the table says.
    Positions(usize),
    /// The symbols are at other addresses, but these structures have the same sizes: a near build.
    /// Its types are used, its names are not.
    NearBuild {
        /// The structures, with their sizes.
        sizes: Vec<(String, u64)>,
    },
}

/// The symbols of one module.
#[derive(Clone)]
pub(crate) struct LoadedSymbols {
    table: Rc<SymbolTable>,
    matched: Match,
}

impl LoadedSymbols {
    pub(crate) fn new(table: Rc<SymbolTable>, matched: Match) -> Self {
        Self { table, matched }
    }

    /// How the table was found.
    #[cfg(test)]
    pub(crate) fn matched(&self) -> &Match {
        &self.matched
    }

    /// The unknown that a near build's table causes.
    pub(crate) fn caveat(&self, module: &str) -> Option<Unknown> {
        (!self.has_names()).then(|| Unknown {
            what: format!("names of {module}'s functions and globals"),
            why: format!("there are only {self}"),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        self.table.path()
    }

    /// Whether addresses can be symbolized: not with a near build's table.
    pub(crate) fn has_names(&self) -> bool {
        !matches!(self.matched, Match::NearBuild { .. })
    }

    /// Size of a type in bytes.
    pub(crate) fn size_of(&self, type_name: &str) -> Result<u64, LayoutError> {
        self.table.size_of(type_name)
    }

    /// Layout of a field; see [`SymbolTable::field`].
    pub(crate) fn field(&self, type_name: &str, path: &str) -> Result<Field, LayoutError> {
        self.table.field(type_name, path)
    }

    /// The definition of a type; see [`SymbolTable::define`].
    pub(crate) fn define(&self, of: &TypeRef) -> Result<Definition, LayoutError> {
        self.table.define(of)
    }

    /// Names of all types, in no order.
    pub(crate) fn type_names(&self) -> Vec<String> {
        self.table.type_names()
    }

    /// Names of globals and functions with their offsets from the image's base, in no order and
    /// some of them twice.
    pub(crate) fn globals(&self) -> Vec<(String, u32)> {
        match self.has_names() {
            true => self.table.globals(),
            false => Vec::new(),
        }
    }

    /// Offset of a global or function from the image's base.
    pub(crate) fn rva(&self, name: &str) -> Option<u32> {
        self.has_names().then(|| self.table.rva(name))?
    }

    /// Function and line at `rva`.
    pub(crate) fn locate(&self, rva: u32) -> Option<Location> {
        self.has_names().then(|| self.table.locate(rva))?
    }
}

impl fmt::Display for LoadedSymbols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path().display();
        match &self.matched {
            Match::Identity => write!(f, "{path}"),
            Match::Positions(count) => {
                write!(f, "{path}, matched by {count} symbol positions")
            }
            Match::NearBuild { sizes } => {
                let sizes: Vec<_> = sizes
                    .iter()
                    .map(|(name, size)| format!("{name} {size:#x}"))
                    .collect();
                write!(
                    f,
                    "types of a near build ({path}; same sizes: {}), not verified for this one",
                    sizes.join(", ")
                )
            }
        }
    }
}
