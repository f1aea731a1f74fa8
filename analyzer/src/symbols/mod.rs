//! Symbols: PDBs and ISF tables, found by GUID and age, read for types, globals, functions and
//! lines.
//!
//! Everything is lazy: a table is opened when its module first appears in a stack, and its types,
//! names and lines are read when first used.

mod define;
mod download;
mod fetch;
mod functions;
mod graph;
mod id;
mod index;
mod isf;
mod kernel;
mod layout;
mod listing;
mod loaded;
mod msf;
mod names;
mod nearest;
mod path;
mod pdb;
#[cfg(test)]
mod server_tests;
mod shape;
mod store;
mod types;

pub use fetch::{Fetch, FetchError};
pub(crate) use id::PdbId;
pub(crate) use index::SymbolIndex;
pub(crate) use kernel::{KernelTraces, is_kernel_pdb};
pub use layout::{Field, FieldKind, LayoutError};
pub use loaded::SymbolTable;
pub(crate) use loaded::{LoadedSymbols, Match};
pub use path::{SymbolPath, SymbolSource};
pub use pdb::Location;
#[cfg(any(test, fuzzing))]
pub(crate) use pdb::Pdb;
pub(crate) use shape::{Definition, Member, Scalar, ScalarKind, Shape, TypeRef};
