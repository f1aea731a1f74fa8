//! Symbols for a kernel whose GUID is not in the dump, as in small memory dumps: recognised by the
//! addresses of symbols, else by the sizes of structures.

use std::collections::HashSet;
use std::path::PathBuf;
use std::rc::Rc;

use super::index::SymbolIndex;
use super::listing::Listing;
use super::loaded::{LoadedSymbols, Match, SymbolTable};

/// This many symbols must be at the table's addresses. Three addresses in different sections do not
/// coincide in another build.
const MIN_POSITIONS: usize = 3;
/// Maximum number of tables that are opened, at about 0.1 s each.
const MAX_TABLES: usize = 200;
/// PDBs of kernels.
const KERNEL_PDBS: &[&str] = &[
    "ntkrnlmp.pdb",
    "ntoskrnl.pdb",
    "ntkrpamp.pdb",
    "ntkrnlpa.pdb",
];

/// Whether this is the name of a kernel's PDB.
pub(crate) fn is_kernel_pdb(name: &str) -> bool {
    KERNEL_PDBS
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// What identifies a kernel whose GUID is not in the dump.
#[derive(Clone, Debug, Default)]
pub(crate) struct KernelTraces {
    /// Symbols whose offset from the kernel's base is known, for example
    /// `("KdDebuggerDataBlock", 0xc00b20)`.
    pub positions: Vec<(&'static str, u64)>,
    /// Structures whose size in bytes is known, for example `("_KPRCB", 0xaf00)`.
    pub sizes: Vec<(&'static str, u64)>,
}

impl SymbolIndex {
    /// Sets the traces of the kernel, for dumps without its GUID. Call it before the kernel's
    /// symbols are used; a second call has no effect.
    pub(crate) fn describe_kernel(&self, traces: KernelTraces) {
        let _ = self.traces.set(traces);
    }

    /// The kernel's symbols by its traces: a table in which all positions agree, else, for its
    /// types only, one of a near build in which all sizes agree.
    pub(crate) fn find_kernel(&self) -> Result<LoadedSymbols, String> {
        let traces = self.traces.get_or_init(KernelTraces::default);
        let mut seen = 0;
        let mut near: Option<(u64, Rc<SymbolTable>)> = None;
        let mut opened = HashSet::new();
        for path in self.kernel_tables() {
            if opened.len() >= MAX_TABLES || !opened.insert(path.clone()) {
                continue;
            }
            // Opened outside of the index: most are not used again, and large.
            let Ok(table) = SymbolTable::open(&path, self.path().cache()) else {
                continue;
            };
            seen += 1;
            let table = Rc::new(table);
            if let Some(count) = agreeing_positions(&table, traces) {
                return Ok(LoadedSymbols::new(table, Match::Positions(count)));
            }
            if sizes_agree(&table, traces) {
                let distance = distance(&table, traces);
                if near.as_ref().is_none_or(|(known, _)| distance < *known) {
                    near = Some((distance, table));
                }
            }
        }
        let why = match seen {
            0 => "there is no kernel's table in the symbol path".to_owned(),
            _ => format!("none of the {seen} tables in the symbol path fits what the dump shows"),
        };
        near.map(|(_, table)| LoadedSymbols::new(table, near_build(traces)))
            .ok_or(why)
    }

    /// Tables of kernels, in folders and in stores.
    fn kernel_tables(&self) -> impl Iterator<Item = PathBuf> {
        let in_folders = std::iter::once_with(|| kernels_of(self.listing()));
        let stores = self.path().stores().filter(|store| store.is_dir());
        let in_stores = stores.map(|store| {
            let entries: Vec<_> = KERNEL_PDBS.iter().map(|name| store.join(name)).collect();
            kernels_of(&Listing::new(entries.iter().map(PathBuf::as_path)))
        });
        in_folders.chain(in_stores).flatten()
    }
}

fn kernels_of(listing: &Listing) -> Vec<PathBuf> {
    let pdbs = KERNEL_PDBS.iter().flat_map(|name| listing.pdbs(name));
    let isfs = listing.isfs().iter().filter(|path| {
        let folder = path.parent().and_then(|folder| folder.file_name());
        let folder = folder.map(|name| name.to_string_lossy().to_lowercase());
        // In a store, the folder is named after the PDB.
        folder.is_none_or(|name| !name.ends_with(".pdb") || is_kernel_pdb(&name))
    });
    pdbs.chain(isfs).cloned().collect()
}

/// How many positions agree, if enough do and none is different.
fn agreeing_positions(table: &SymbolTable, traces: &KernelTraces) -> Option<usize> {
    let mut count = 0;
    for (name, observed) in &traces.positions {
        match table.rva(name) {
            Some(rva) if u64::from(rva) == *observed => count += 1,
            Some(_) => return None,
            None => {}
        }
    }
    (count >= MIN_POSITIONS).then_some(count)
}

fn sizes_agree(table: &SymbolTable, traces: &KernelTraces) -> bool {
    let mut sizes = traces.sizes.iter();
    !traces.sizes.is_empty() && sizes.all(|(name, size)| table.size_of(name) == Ok(*size))
}

/// Distance between the symbols' addresses: the nearer the build, the more similar.
fn distance(table: &SymbolTable, traces: &KernelTraces) -> u64 {
    let distances = traces.positions.iter().map(|(name, observed)| {
        table.rva(name).map_or(u64::from(u32::MAX), |rva| {
            u64::from(rva).abs_diff(*observed)
        })
    });
    distances.fold(0, u64::saturating_add)
}

fn near_build(traces: &KernelTraces) -> Match {
    let sizes = traces.sizes.iter();
    Match::NearBuild {
        sizes: sizes
            .map(|(name, size)| (name.to_string(), *size))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::symbols::SymbolPath;

    fn table(list: u32, size: u64) -> String {
        format!(
            r#"{{"base_types":{{}}, "enums":{{}}, "metadata":{{}},
            "user_types":{{"_KPRCB":{{"kind":"struct", "size":{size}, "fields":{{}}}}}},
            "symbols":{{"A":{{"address":16}}, "B":{{"address":32}}, "List":{{"address":{list}}}}}}}"#
        )
    }

    fn traces(list: u64) -> KernelTraces {
        KernelTraces {
            positions: vec![("A", 16), ("B", 32), ("List", list), ("NotNamed", 9)],
            sizes: vec![("_KPRCB", 64)],
        }
    }

    #[test]
    fn positions_decide_then_sizes_and_the_nearest_of_those() {
        let dir = tempfile::tempdir().unwrap();
        for (name, list, size) in [("a", 900, 64), ("b", 500, 64), ("c", 600, 65)] {
            let path = dir.path().join(format!("{name}.json"));
            std::fs::write(path, table(list, size)).unwrap();
        }
        let find = |traces| found(dir.path(), traces);
        let exact = find(traces(900)).unwrap();
        assert_eq!(exact.matched(), &Match::Positions(3));
        assert_eq!(exact.rva("List"), Some(900));
        let near = find(traces(501)).unwrap();
        assert!(near.path().ends_with("b.json"));
        assert_eq!(near.size_of("_KPRCB"), Ok(64));
        assert_eq!((near.rva("List"), near.locate(600)), (None, None));
        assert!(near.to_string().contains("not verified"), "{near}");
        let mut other = traces(501);
        other.sizes = vec![("_KPRCB", 66)];
        let why = find(other).err().unwrap();
        assert!(why.contains("none of the 3 tables"), "{why}");
    }

    fn found(dir: &Path, traces: KernelTraces) -> Result<LoadedSymbols, String> {
        let index = SymbolIndex::new(SymbolPath::from_dirs([dir.to_owned()]));
        index.describe_kernel(traces);
        index.find_kernel()
    }

    #[test]
    fn two_positions_are_not_enough_and_nothing_known_matches_nothing() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.json"), table(900, 64)).unwrap();
        let few = KernelTraces {
            positions: vec![("A", 16), ("B", 32)],
            sizes: Vec::new(),
        };
        assert!(found(dir.path(), few.clone()).is_err());
        assert!(found(dir.path(), KernelTraces::default()).is_err());
        let why = found(Path::new("/no/such"), few).err().unwrap();
        assert!(why.contains("no kernel's table"), "{why}");
    }
}
