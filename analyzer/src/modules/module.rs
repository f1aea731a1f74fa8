//! A loaded module, and the set of them.

use std::cell::OnceCell;
use std::collections::HashMap;

use super::exports::read_exports;
use super::image::{Image, ImageError};
use super::list::Entry;
use super::pdata::find_function;
use super::version::{FileVersion, read_version};
use crate::dump::{Memory, date};
use crate::symbols::{LoadedSymbols, Location, Match, SymbolIndex};
use crate::verdict::Unknown;

/// File names of Windows kernels.
const KERNEL_NAMES: &[&str] = &[
    "ntoskrnl.exe",
    "ntkrnlmp.exe",
    "ntkrnlpa.exe",
    "ntkrpamp.exe",
];

/// Images of Windows are reproducible builds since version 1703.
const FIRST_WITH_HASHES: u32 = 15_063;
/// 2005, the year of the first x64 Windows, and 2038 in seconds since 1970.
const MIN_TIME: u64 = 1_104_537_600;
const MAX_TIME: u64 = i32::MAX as u64;

/// The day of a link time stamp (UTC, `YYYY-MM-DD`), if it can be a time: there was a driver of this
/// kind, and it is not after the stop, whose time is `until` in seconds since 1970.
pub(crate) fn link_date(stamp: u32, until: Option<u64>) -> Option<String> {
    let until = until.map_or(MAX_TIME, |until| until + 86_400);
    let stamp = u64::from(stamp);
    (MIN_TIME..=until).contains(&stamp).then(|| date(stamp))?
}

/// Whether the images of a Windows build have hashes for time stamps.
pub(crate) fn has_hashes(build: u32) -> bool {
    build >= FIRST_WITH_HASHES
}

/// WinDbg's words for a time stamp that is a hash.
pub(crate) const HASH_NOTE: &str = "This is a reproducible build file hash, not a timestamp";

/// Whether a debugger says that a time stamp is a hash.
pub(crate) fn is_hash_note(text: &str) -> bool {
    text.contains("reproducible build")
}

/// What a list of modules says of one besides its place and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Link time stamp.
    pub timestamp: Option<u32>,
    pub checksum: Option<u32>,
    /// Full path of the image.
    pub path: Option<String>,
}

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
    /// What a list of modules says of it.
    listed: Listed,
    image: OnceCell<Result<Image, ImageError>>,
    version: OnceCell<Option<FileVersion>>,
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
            listed: entry.listed,
            image: OnceCell::new(),
            version: OnceCell::new(),
            symbols: OnceCell::new(),
            exports: OnceCell::new(),
        }
    }

    /// Full path of the image, if a list has it.
    pub(crate) fn path(&self) -> Option<&str> {
        self.listed.path.as_deref()
    }

    /// Checksum of the image, if a list has it.
    pub(crate) fn checksum(&self) -> Option<u32> {
        self.listed.checksum
    }

    /// The version resource, read once.
    pub(crate) fn version(&self, memory: &dyn Memory) -> Option<&FileVersion> {
        let read = || {
            let directory = self.image(memory).ok()?.resource_directory;
            (directory.size != 0).then(|| read_version(memory, self.base, directory))?
        };
        self.version.get_or_init(read).as_ref()
    }

    /// The day on which the image was linked (UTC, `YYYY-MM-DD`), if the time stamp can be a time:
    /// not a hash, and not after the stop.
    ///
    /// `build` is the Windows build of the dump, `until` the time of the stop in seconds since
    /// 1970.
    pub(crate) fn date(
        &self,
        memory: &dyn Memory,
        build: u32,
        until: Option<u64>,
    ) -> Option<String> {
        let stamp = self.timestamp(memory)?;
        (!self.has_hash(memory, build)).then(|| link_date(stamp, until))?
    }

    /// Whether the time stamp is known to be a hash: the image says so, or it comes with a Windows
    /// whose images have hashes.
    pub(crate) fn has_hash(&self, memory: &dyn Memory, build: u32) -> bool {
        let stated = self.image(memory).ok().and_then(|image| image.reproducible);
        stated.unwrap_or(has_hashes(build) && super::is_inbox(&self.name))
    }

    /// Link time stamp, from the image's headers, else from the list of modules.
    pub(crate) fn timestamp(&self, memory: &dyn Memory) -> Option<u32> {
        let image = self.image(memory).ok().map(|image| image.timestamp);
        image.or(self.listed.timestamp)
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
        let entry = Entry {
            base,
            size,
            name,
            listed: Listed::default(),
        };
        Module::new(entry, Some(0x1000))
    }

    #[test]
    fn a_hash_is_no_date() {
        let memory = crate::dump::synthetic::FlatMemory::default();
        let dated = |name: &str, stamp: u32, build: u32, until: Option<u64>| {
            let mut module = module(0x5000, 0x1000, name);
            module.listed.timestamp = Some(stamp);
            module.date(&memory, build, until)
        };
        const STAMP: u32 = 0x5F5E_1000;
        let day = Some("2020-09-13".to_owned());
        assert_eq!(dated("gizmo.sys", STAMP, 19041, None), day);
        // Not after the stop, and not before there was such a driver.
        assert_eq!(dated("gizmo.sys", STAMP, 19041, Some(1_500_000_000)), None);
        assert_eq!(dated("gizmo.sys", 0x3DC3_FE93, 19041, None), None);
        assert_eq!(dated("gizmo.sys", 0xF000_0000, 19041, None), None);
        // Images of Windows have hashes, but not always had.
        assert_eq!(dated("ntfs.sys", STAMP, 19041, None), None);
        assert_eq!(dated("ntfs.sys", STAMP, 7601, None), day);
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
