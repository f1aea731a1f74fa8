//! A loaded module, and the set of them.

use std::cell::OnceCell;
use std::collections::HashMap;

use super::exports::read_exports;
use super::image::{Image, ImageError};
use super::list::Entry;
use super::pdata::find_function;
use crate::dump::Memory;
use crate::symbols::{LoadedSymbols, Location, Match, SymbolIndex};
use crate::verdict::Unknown;

/// File names of Windows kernels.
const KERNEL_NAMES: &[&str] = &[
    "ntoskrnl.exe",
    "ntkrnlmp.exe",
    "ntkrnlpa.exe",
    "ntkrpamp.exe",
];

/// A loaded image.
pub(crate) struct Module {
    /// Load address.
    pub base: u64,
    /// Bytes in memory.
    pub size: u64,
    /// File name, for example `foo.sys`.
    pub name: String,
    /// Whether it is the kernel itself.
    pub is_kernel: bool,
    /// Link time stamp, if a list of modules states it.
    listed_timestamp: Option<u32>,
    image: OnceCell<Result<Image, ImageError>>,
    symbols: OnceCell<Result<LoadedSymbols, Unknown>>,
    exports: OnceCell<HashMap<u32, String>>,
}

impl Module {
    pub(crate) fn new(entry: Entry, kernel_base: Option<u64>) -> Self {
        let is_kernel = match kernel_base {
            Some(base) => entry.base == base,
            None => KERNEL_NAMES.contains(&entry.name.to_lowercase().as_str()),
        };
        Self {
            base: entry.base,
            size: entry.size,
            name: entry.name,
            is_kernel,
            listed_timestamp: None,
            image: OnceCell::new(),
            symbols: OnceCell::new(),
            exports: OnceCell::new(),
        }
    }

    /// Sets the link time stamp from a list of modules.
    pub(crate) fn with_timestamp(mut self, timestamp: Option<u32>) -> Self {
        self.listed_timestamp = timestamp;
        self
    }

    /// Link time stamp, from the image's headers, else from the list of modules.
    pub(crate) fn timestamp(&self, memory: &dyn Memory) -> Option<u32> {
        let image = self.image(memory).ok().map(|image| image.timestamp);
        image.or(self.listed_timestamp)
    }

    /// The name as WinDbg writes it in symbols: `nt`, or the file name without its extension and
    /// without characters that mean something in expressions.
    pub(crate) fn symbol_name(&self) -> String {
        if self.is_kernel {
            return "nt".to_owned();
        }
        let stem = match self.name.rsplit_once('.') {
            Some((stem, _extension)) if !stem.is_empty() => stem,
            _ => &self.name,
        };
        stem.chars()
            .map(|c| {
                if c.is_alphanumeric() || c == '_' {
                    c
                } else {
                    '_'
                }
            })
            .collect()
    }

    /// Offset of an address from the base, if it lies in this module.
    pub(crate) fn rva(&self, address: u64) -> Option<u32> {
        let offset = address.checked_sub(self.base)?;
        (offset < self.size)
            .then(|| offset.try_into().ok())
            .flatten()
    }

    /// The PE headers, read once.
    pub(crate) fn image(&self, memory: &dyn Memory) -> Result<&Image, &ImageError> {
        self.image
            .get_or_init(|| Image::read(memory, self.base))
            .as_ref()
    }

    /// The symbols, searched once.
    pub(crate) fn symbols(
        &self,
        memory: &dyn Memory,
        index: &SymbolIndex,
    ) -> Option<&LoadedSymbols> {
        self.symbols
            .get_or_init(|| self.find_symbols(memory, index))
            .as_ref()
            .ok()
    }

    /// Function and line at `rva`: from the symbols, else the name of the export that starts the
    /// same function. An export does not extend over the next function.
    pub(crate) fn locate(
        &self,
        memory: &dyn Memory,
        index: &SymbolIndex,
        rva: u32,
    ) -> Option<Location> {
        let image = self.image(memory).ok();
        let entry = || {
            find_function(memory, self.base, image?.exception_directory, rva)
                .ok()
                .flatten()
        };
        let symbols = self.symbols(memory, index);
        if let Some(symbols) = symbols.filter(|symbols| symbols.has_names()) {
            let mut location = symbols.locate(rva)?;
            // A public symbol has no end; it does not extend into the next section.
            if location.end_rva.is_none() {
                if image.is_some_and(|image| !image.share_section(location.start_rva, rva)) {
                    return None;
                }
                let function = entry().filter(|entry| entry.begin == location.start_rva);
                location.end_rva = function.map(|entry| entry.end);
            }
            return Some(location);
        }
        let exports = self.exports(memory);
        let entry = entry();
        let start_rva = entry.map_or(rva, |entry| entry.begin);
        Some(Location {
            function: exports.get(&start_rva)?.clone(),
            start_rva,
            end_rva: entry.map(|entry| entry.end),
            file: None,
            line: None,
        })
    }

    /// Exported names by offset; none if the headers cannot be read.
    pub(crate) fn exports(&self, memory: &dyn Memory) -> &HashMap<u32, String> {
        self.exports.get_or_init(|| match self.image(memory) {
            Ok(image) => read_exports(memory, self.base, image.export_directory),
            Err(_) => HashMap::new(),
        })
    }

    /// The symbols if they were already asked for and found.
    pub(crate) fn loaded_symbols(&self) -> Option<&LoadedSymbols> {
        self.symbols.get()?.as_ref().ok()
    }

    /// Why there are no symbols, if the search failed.
    pub(crate) fn missing_symbols(&self) -> Option<&Unknown> {
        self.symbols.get()?.as_ref().err()
    }

    fn no_symbols(&self, why: String) -> Unknown {
        Unknown {
            what: format!("functions and source lines of {}", self.name),
            why,
        }
    }

    fn find_symbols(
        &self,
        memory: &dyn Memory,
        index: &SymbolIndex,
    ) -> Result<LoadedSymbols, Unknown> {
        let unknown = |why| self.no_symbols(why);
        let id = self
            .image(memory)
            .map_err(|error| format!("its headers cannot be read: {error}"))
            .and_then(|image| image.pdb.as_ref().map_err(String::clone));
        let id = match id {
            Ok(id) => id,
            Err(why) if self.is_kernel => {
                let by_traces = index.find_kernel();
                return by_traces.map_err(|none| unknown(format!("{why}; {none}")));
            }
            Err(why) => return Err(unknown(why)),
        };
        match index.find(id) {
            Ok(table) => Ok(LoadedSymbols::new(table, Match::Identity)),
            Err(why) => Err(unknown(why)),
        }
    }
}

/// The loaded modules, sorted by address.
#[derive(Default)]
pub(crate) struct Modules {
    sorted: Vec<Module>,
}

impl Modules {
    pub(crate) fn new(mut modules: Vec<Module>) -> Self {
        modules.sort_by_key(|module| module.base);
        modules.dedup_by_key(|module| module.base);
        Self { sorted: modules }
    }

    /// The module that contains `address`.
    pub(crate) fn find(&self, address: u64) -> Option<&Module> {
        let index = self.sorted.partition_point(|module| module.base <= address);
        let module = self.sorted.get(index.checked_sub(1)?)?;
        module.rva(address).map(|_| module)
    }

    pub(crate) fn kernel(&self) -> Option<&Module> {
        self.sorted.iter().find(|module| module.is_kernel)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Module> {
        self.sorted.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(base: u64, size: u64, name: &str) -> Module {
        let name = name.to_owned();
        Module::new(Entry { base, size, name }, Some(0x1000))
    }

    #[test]
    fn finds_by_address() {
        let modules = Modules::new(vec![
            module(0x5000, 0x1000, "my-driver.v2.sys"),
            module(0x1000, 0x2000, "NTOSKRNL.EXE"),
        ]);
        assert_eq!(modules.find(0x2fff).unwrap().symbol_name(), "nt");
        assert!(modules.find(0x3000).is_none());
        assert!(modules.find(0xfff).is_none());
        assert_eq!(modules.find(0x5000).unwrap().symbol_name(), "my_driver_v2");
        assert_eq!(modules.kernel().unwrap().base, 0x1000);
    }
}
