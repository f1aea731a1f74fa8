use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use self_cell::self_cell;

use super::document::{Address, Document, Entries, PdbMetadata};
use super::read::{IsfError, read_text};
use super::types::Types;
use crate::symbols::graph;
use crate::symbols::layout::{Field, LayoutError};
use crate::symbols::nearest::AddressTable;
use crate::symbols::shape::{Definition, TypeRef};
use crate::symbols::{Location, PdbId};

struct Content<'a> {
    types: Types<'a>,
    symbols: Entries<'a, Address>,
    by_address: OnceCell<AddressTable>,
}

self_cell!(
    struct Cell {
        owner: String,

        #[not_covariant]
        dependent: Content,
    }
);

/// An ISF table.
pub(crate) struct Isf {
    path: PathBuf,
    id: Option<PdbId>,
    cell: Cell,
}

impl Isf {
    /// Reads a file; `cache` keeps the decompressed text.
    pub(crate) fn open(path: &Path, cache: Option<&Path>) -> Result<Self, IsfError> {
        Self::parse(path, read_text(path, cache)?)
    }

    /// Reads the text of `path`.
    pub(super) fn parse(path: &Path, text: String) -> Result<Self, IsfError> {
        let mut id = None;
        let cell = Cell::try_new(text, |text| {
            let document: Document<'_> = serde_json::from_str(text)?;
            id = document
                .metadata
                .windows
                .as_ref()
                .and_then(|windows| identity(windows.pdb.as_ref()?));
            let (types, symbols) = Types::new(document);
            Ok::<_, serde_json::Error>(Content {
                types,
                symbols,
                by_address: OnceCell::new(),
            })
        })?;
        Ok(Self {
            path: path.to_owned(),
            id,
            cell,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The PDB that the table was made from, if stated.
    pub(crate) fn id(&self) -> Option<&PdbId> {
        self.id.as_ref()
    }

    /// Size of a structure, union or enumeration in bytes.
    pub(crate) fn size_of(&self, type_name: &str) -> Result<u64, LayoutError> {
        self.cell
            .with_dependent(|_, content| content.types.size_of(type_name))
    }

    /// Layout of a field.
    pub(crate) fn field(&self, type_name: &str, path: &str) -> Result<Field, LayoutError> {
        self.cell
            .with_dependent(|_, content| graph::field(&content.types, type_name, path))
    }

    /// The definition of a type.
    pub(crate) fn define(&self, of: &TypeRef) -> Result<Definition, LayoutError> {
        self.cell
            .with_dependent(|_, content| content.types.define(&of.name))
    }

    /// Names of all types, in no order.
    pub(crate) fn type_names(&self) -> Vec<String> {
        self.cell
            .with_dependent(|_, content| content.types.names().map(str::to_owned).collect())
    }

    /// Names of globals and functions with their offsets from the image's base.
    pub(crate) fn globals(&self) -> Vec<(String, u32)> {
        self.cell.with_dependent(|_, content| {
            let symbols = content.symbols.iter();
            symbols
                .filter_map(|(name, address)| Some((name.to_owned(), address.0?)))
                .collect()
        })
    }

    /// Offset of a global or function from the image's base.
    pub(crate) fn rva(&self, name: &str) -> Option<u32> {
        self.cell
            .with_dependent(|_, content| content.symbols.get(name)?.0)
    }

    /// The nearest symbol at or before `rva`: as debuggers show if only public symbols are known.
    /// The caller must know whether `rva` is code.
    pub(crate) fn locate(&self, rva: u32) -> Option<Location> {
        self.cell.with_dependent(|_, content| {
            let symbols = || content.symbols.iter();
            let by_address = content.by_address.get_or_init(|| {
                AddressTable::new(symbols().map(|(name, address)| (name, address.0)))
            });
            let (start_rva, at) = by_address.nearest(rva)?;
            Some(Location {
                function: content.symbols.name(at)?.to_owned(),
                start_rva,
                end_rva: None,
                file: None,
                line: None,
            })
        })
    }
}

fn identity(pdb: &PdbMetadata) -> Option<PdbId> {
    Some(PdbId {
        name: pdb.database.clone(),
        guid: PdbId::parse_guid(&pdb.guid)?,
        age: pdb.age,
    })
}
