//! Loaded images: the module of an address, its headers, the identity of its PDB, its unwind
//! information.

mod dispatcher;
mod exports;
mod image;
mod inbox;
mod list;
mod module;
mod pdata;
mod unloaded;
mod version;

pub(crate) use dispatcher::is_dispatcher;
pub(crate) use image::Image;
pub(crate) use inbox::is_inbox;
pub(crate) use list::{Entry, EntryLayout, ListEnd, find_kernel_image, walk_loaded_modules};
pub(crate) use module::{HASH_NOTE, Listed, Module, Modules, has_hashes, is_hash_note, link_date};
pub(crate) use pdata::{FunctionEntry, find_function, functions, read_unwind_data};
pub(crate) use unloaded::Unloaded;
