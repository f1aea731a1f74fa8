//! PDBs: found by GUID and age, read for types, globals, functions and lines.
//!
//! Everything is lazy: a PDB is opened when its module first appears in a stack, and its type,
//! name and line streams are read when first asked for.

mod define;
mod functions;
mod layout;
mod names;
mod path;
mod pdb;
mod shape;
mod types;

pub(crate) use layout::{Field, LayoutError};
pub use path::SymbolPath;
pub(crate) use path::{Lookup, PdbId, SymbolIndex};
pub(crate) use pdb::{Location, Pdb};
pub(crate) use shape::{Definition, Member, Scalar, ScalarKind, Shape, TypeRef};
