//! ISF, volatility3's symbol tables: one JSON document (`.json`, `.json.xz`) with types and
//! addresses, made from a PDB. It has no ends and no lines of functions. Format:
//! `volatility3/schemas/schema-6.2.0.json`.

mod define;
mod document;
mod read;
mod table;
#[cfg(test)]
mod tests;
mod types;

pub(crate) use table::Isf;
