//! Finding the symbols that belong to an image.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use pdb2::PDB;

use super::id::PdbId;
use super::kernel::KernelTraces;
use super::listing::Listing;
use super::loaded::SymbolTable;
use super::path::SymbolPath;
use super::pdb::guarded;

/// So many ISF tables whose names do not tell their GUID are opened for one image.
const MAX_UNNAMED: usize = 16;

/// Result of looking for symbols.
pub(crate) enum Lookup {
    /// These.
    Found(Rc<SymbolTable>),
    /// There are files of that name, but none belongs to this image; each with its reason.
    Refused(Vec<(PathBuf, String)>),
    /// Nothing of that name.
    Missing,
}

/// The files below a [`SymbolPath`], listed once, and the tables opened so far.
pub(crate) struct SymbolIndex {
    path: SymbolPath,
    listing: OnceCell<Listing>,
    pub(super) traces: OnceCell<KernelTraces>,
    tables: RefCell<HashMap<PathBuf, Result<Rc<SymbolTable>, String>>>,
}

impl SymbolIndex {
    pub(crate) fn new(path: SymbolPath) -> Self {
        Self {
            path,
            listing: OnceCell::new(),
            traces: OnceCell::new(),
            tables: RefCell::default(),
        }
    }

    /// Looks for the symbols of `id`: by the layout of symbol stores first, then among all PDBs of
    /// that name and all ISF tables, comparing GUID and age.
    pub(crate) fn find(&self, id: &PdbId) -> Lookup {
        let mut refused: Vec<(PathBuf, String)> = Vec::new();
        for path in self.pdbs(id) {
            match pdb_mismatch(&path, id) {
                None => match self.table(&path) {
                    Ok(table) => return Lookup::Found(table),
                    Err(reason) => refused.push((path, reason)),
                },
                Some(reason) if !refused.iter().any(|(seen, _)| *seen == path) => {
                    refused.push((path, reason));
                }
                Some(_) => {}
            }
        }
        for path in self.isfs(id) {
            match self
                .table(path)
                .map(|table| (isf_mismatch(&table, id), table))
            {
                Ok((None, table)) => return Lookup::Found(table),
                // A table of another module, under a name that tells nothing, is no news.
                Ok((Some(reason), _)) if names_guid(path, id) => {
                    refused.push((path.clone(), reason));
                }
                Ok(_) => {}
                Err(reason) => refused.push((path.clone(), reason)),
            }
        }
        match refused.is_empty() {
            true => Lookup::Missing,
            false => Lookup::Refused(refused),
        }
    }

    fn pdbs(&self, id: &PdbId) -> impl Iterator<Item = PathBuf> {
        let key = id.store_key();
        let stored = self
            .path
            .dirs()
            .iter()
            .map(move |dir| dir.join(&id.name).join(&key).join(&id.name))
            .filter(|path| path.is_file());
        stored.chain(self.listing().pdbs(&id.name).iter().cloned())
    }

    /// Tables whose names hold the GUID, then some of those whose names hold none.
    fn isfs(&self, id: &PdbId) -> impl Iterator<Item = &PathBuf> {
        let named = self.listing().isfs().iter();
        let unnamed = named.clone().filter(|path| guid_in(path).is_none());
        named
            .filter(|path| names_guid(path, id))
            .chain(unnamed.take(MAX_UNNAMED))
    }

    /// Opens a file, or takes it from those opened before.
    pub(super) fn table(&self, path: &Path) -> Result<Rc<SymbolTable>, String> {
        if let Some(known) = self.tables.borrow().get(path) {
            return known.clone();
        }
        let opened = SymbolTable::open(path).map(Rc::new);
        self.tables
            .borrow_mut()
            .insert(path.to_owned(), opened.clone());
        opened
    }

    pub(super) fn listing(&self) -> &Listing {
        self.listing
            .get_or_init(|| Listing::new(self.path.dirs().iter().map(PathBuf::as_path)))
    }
}

/// The GUID that a table's name begins with, as in `GUID-age.json.xz`.
fn guid_in(path: &Path) -> Option<[u8; 16]> {
    let name = path.file_name()?.to_str()?;
    PdbId::parse_guid(name.get(..32)?)
}

fn names_guid(path: &Path, id: &PdbId) -> bool {
    guid_in(path) == Some(id.guid)
}

/// Why the table is not that of `id`; `None` if it is.
fn isf_mismatch(table: &SymbolTable, id: &PdbId) -> Option<String> {
    let Some(found) = table.isf_id()? else {
        return Some("it does not say which PDB it was made from".to_owned());
    };
    let matches = (found.guid, found.age) == (id.guid, id.age);
    (!matches).then(|| different(found, id))
}

/// Why the file is not the PDB `id`; `None` if it is.
pub(super) fn pdb_mismatch(path: &Path, id: &PdbId) -> Option<String> {
    let (guid, file_age, age) = match pdb_identity(path) {
        Ok(found) => found,
        Err(reason) => return Some(reason),
    };
    let matches = guid == id.guid && (age == id.age || file_age == id.age);
    let name = id.name.clone();
    (!matches).then(|| different(&PdbId { name, guid, age }, id))
}

fn different(found: &PdbId, wanted: &PdbId) -> String {
    format!(
        "its GUID and age are {}, the image wants {}",
        found.store_key(),
        wanted.store_key()
    )
}

/// GUID, the file's age, and the age that images carry: that of the debug-information stream.
/// The file's own grows when tools rewrite it.
fn pdb_identity(path: &Path) -> Result<([u8; 16], u32, u32), String> {
    let describe = |error: &dyn fmt::Display| format!("it cannot be read ({error})");
    let read = || {
        let mut pdb = PDB::open(File::open(path)?)?;
        let information = pdb.pdb_information()?;
        let debug = pdb.debug_information().ok();
        let age = debug.and_then(|debug| debug.age());
        let guid = *information.guid.as_bytes();
        Ok((guid, information.age, age.unwrap_or(information.age)))
    };
    match guarded(read) {
        Some(Ok(found)) => Ok(found),
        Some(Err(error)) => Err(describe(&error)),
        None => Err(describe(&"it is damaged")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> PdbId {
        PdbId {
            name: name.into(),
            guid: [0; 16],
            age: 1,
        }
    }

    #[test]
    fn guid_and_age_decide() {
        let index = SymbolIndex::new(SymbolPath::from_dirs([crate::testing::fixtures()]));
        let (guid, age, _) = pdb_identity(&crate::testing::fixtures().join("minidrv.pdb")).unwrap();
        let mut id = PdbId {
            name: "MiniDrv.pdb".into(),
            guid,
            age,
        };
        assert!(matches!(index.find(&id), Lookup::Found(_)));
        id.age += 1;
        assert!(matches!(index.find(&id), Lookup::Refused(_)));
        id.age -= 1;
        id.guid[15] ^= 1;
        assert!(matches!(index.find(&id), Lookup::Refused(_)));
    }

    #[test]
    fn a_file_that_is_no_pdb_is_refused_with_the_reason() {
        let dir = tempfile::tempdir().unwrap();
        let nested = dir.path().join("a/b");
        std::fs::create_dir_all(&nested).unwrap();
        std::fs::write(nested.join("Foo.PDB"), "not a pdb").unwrap();
        let index = SymbolIndex::new(SymbolPath::from_dirs([
            dir.path().to_owned(),
            "/no/such/dir".into(),
        ]));
        let Lookup::Refused(refused) = index.find(&id("foo.pdb")) else {
            panic!("must be refused")
        };
        assert!(refused[0].1.contains("cannot be read"), "{refused:?}");
        assert!(matches!(index.find(&id("bar.pdb")), Lookup::Missing));
    }

    #[test]
    fn isf_tables_are_known_by_their_metadata() {
        let dir = tempfile::tempdir().unwrap();
        let table = |guid: &str| {
            format!(
                r#"{{"base_types":{{}}, "user_types":{{}}, "enums":{{}}, "symbols":{{}}, "metadata":
                {{"windows":{{"pdb":{{"GUID":"{guid}", "age":1, "database":"a.pdb"}}}}}}}}"#
            )
        };
        let zero = "0".repeat(32);
        let one = format!("{}1", "0".repeat(31));
        let store = dir.path().join("a.pdb");
        std::fs::create_dir(&store).unwrap();
        // Named right, but of another PDB: refused. Named anything: its content counts.
        std::fs::write(store.join(format!("{zero}-1.json")), table(&one)).unwrap();
        let index = || SymbolIndex::new(SymbolPath::from_dirs([dir.path().to_owned()]));
        let Lookup::Refused(refused) = index().find(&id("a.pdb")) else {
            panic!("must be refused")
        };
        assert!(refused[0].1.contains(&one), "{refused:?}");
        std::fs::write(dir.path().join("other.json"), table(&zero)).unwrap();
        assert!(matches!(index().find(&id("a.pdb")), Lookup::Found(_)));
        // A file can be named, too.
        let file = SymbolPath::from_dirs([dir.path().join("other.json")]);
        assert!(matches!(
            SymbolIndex::new(file).find(&id("a.pdb")),
            Lookup::Found(_)
        ));
    }
}
