//! Addresses of globals and functions by name.

use std::collections::HashMap;

use pdb2::{AddressMap, FallibleIterator, PdbInternalSectionOffset, SymbolData, SymbolTable};

/// Names of the global symbol stream: publics (the only symbols of assembly functions) and global
/// data.
pub(crate) struct NameTable {
    by_name: HashMap<String, u32>,
}

impl NameTable {
    pub(crate) fn new(
        symbols: &SymbolTable<'_>,
        addresses: &AddressMap<'_>,
    ) -> Result<Self, pdb2::Error> {
        let mut by_name = HashMap::new();
        let mut iter = symbols.iter();
        while let Some(symbol) = iter.next()? {
            let (name, offset): (_, PdbInternalSectionOffset) = match symbol.parse() {
                Ok(SymbolData::Public(public)) => (public.name, public.offset),
                Ok(SymbolData::Data(data)) => (data.name, data.offset),
                _ => continue,
            };
            if let Some(rva) = offset.to_rva(addresses) {
                by_name
                    .entry(name.to_string().into_owned())
                    .or_insert(rva.0);
            }
        }
        Ok(Self { by_name })
    }

    /// All names with their offsets from the image's base.
    pub(crate) fn all(&self) -> Vec<(&str, u32)> {
        let names = self.by_name.iter();
        names.map(|(name, &rva)| (name.as_str(), rva)).collect()
    }

    /// Offset of `name` from the image's base.
    pub(crate) fn rva(&self, name: &str) -> Option<u32> {
        self.by_name.get(name).copied()
    }
}
