//! A loaded module, and the set of them.

use std::cell::OnceCell;
use std::collections::HashMap;

use super::exports::read_exports;
use super::image::{Image, ImageError};
use super::list::Entry;
use super::pdata::find_function;
use crate::dump::Memory;
use crate::symbols::{Location, Lookup, Pdb, SymbolIndex};
use crate::verdict::Unknown;

/// File names under which Windows kernels are loaded.
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
    /// Link time stamp, where a list of modules tells it.
    listed_timestamp: Option<u32>,
    image: OnceCell<Result<Image, ImageError>>,
    pdb: OnceCell<Result<Pdb, Unknown>>,
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
            pdb: OnceCell::new(),
            exports: OnceCell::new(),
        }
    }

    /// With the link time stamp that a list of modules tells.
    pub(crate) fn with_timestamp(mut self, timestamp: Option<u32>) -> Self {
        self.listed_timestamp = timestamp;
        self
    }

    /// Link time stamp: of the image's headers, else of the list of modules.
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

    /// The PDB, looked for once.
    pub(crate) fn pdb(&self, memory: &dyn Memory, symbols: &SymbolIndex) -> Option<&Pdb> {
        self.pdb
            .get_or_init(|| self.find_pdb(memory, symbols))
            .as_ref()
            .ok()
    }

    /// Function and line at `rva`: from the PDB, else the name of the export that starts the same
    /// function. An export is never stretched over the function behind it.
    pub(crate) fn locate(
        &self,
        memory: &dyn Memory,
        symbols: &SymbolIndex,
        rva: u32,
    ) -> Option<Location> {
        if let Some(pdb) = self.pdb(memory, symbols) {
            return pdb.locate(rva);
        }
        let image = self.image(memory).ok()?;
        let exports = self
            .exports
            .get_or_init(|| read_exports(memory, self.base, image.export_directory));
        let entry = find_function(memory, self.base, image.exception_directory, rva).ok()?;
        let start_rva = entry.map_or(rva, |entry| entry.begin);
        Some(Location {
            function: exports.get(&start_rva)?.clone(),
            start_rva,
            end_rva: entry.map(|entry| entry.end),
            file: None,
            line: None,
        })
    }

    /// The PDB if it was already asked for and found.
    pub(crate) fn loaded_pdb(&self) -> Option<&Pdb> {
        self.pdb.get()?.as_ref().ok()
    }

    /// Why there is no PDB, if one was asked for and not found.
    pub(crate) fn missing_pdb(&self) -> Option<&Unknown> {
        self.pdb.get()?.as_ref().err()
    }

    fn find_pdb(&self, memory: &dyn Memory, symbols: &SymbolIndex) -> Result<Pdb, Unknown> {
        let unknown = |why: String| Unknown {
            what: format!("functions and source lines of {}", self.name),
            why,
        };
        let image = self
            .image(memory)
            .map_err(|error| unknown(format!("its headers cannot be read: {error}")))?;
        let id = image.pdb.as_ref().map_err(|why| unknown(why.clone()))?;
        match symbols.find(id) {
            Lookup::Found(path) => Ok(Pdb::new(path)),
            Lookup::Missing => Err(unknown(format!(
                "its PDB is not in the symbol folders (wanted: {id})"
            ))),
            Lookup::Refused(files) => {
                let reasons: Vec<_> = files
                    .iter()
                    .map(|(path, reason)| format!("{} was refused: {reason}", path.display()))
                    .collect();
                Err(unknown(reasons.join("; ")))
            }
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

    /// The kernel.
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
