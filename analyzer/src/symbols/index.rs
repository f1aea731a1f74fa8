//! Finds the symbols of an image.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use pdb2::PDB;
use tempfile::TempDir;

use super::download::{address, download};
use super::fetch::FetchError;
use super::id::PdbId;
use super::kernel::{KernelTraces, is_kernel_pdb};
use super::listing::{Listing, is_isf_name};
use super::loaded::SymbolTable;
use super::msf;
use super::path::{MICROSOFT, SymbolPath};
use super::pdb::guarded;
use super::store::{self, compressed_name};

/// Maximum number of ISF tables without a GUID in their names that are opened for one image.
const MAX_UNNAMED: usize = 16;

/// The files of a [`SymbolPath`], listed once, and the tables opened so far.
pub(crate) struct SymbolIndex {
    path: SymbolPath,
    listing: OnceCell<Listing>,
    pub(super) traces: OnceCell<KernelTraces>,
    tables: RefCell<HashMap<PathBuf, Result<Rc<SymbolTable>, String>>>,
    /// Temporary folder for decompressed files, if there is no cache.
    unpacked: OnceCell<io::Result<TempDir>>,
}

impl SymbolIndex {
    pub(crate) fn new(path: SymbolPath) -> Self {
        Self {
            path,
            listing: OnceCell::new(),
            traces: OnceCell::new(),
            tables: RefCell::default(),
            unpacked: OnceCell::new(),
        }
    }

    /// Finds the symbols of `id`: first in symbol stores, then among all PDBs of that name and all
    /// ISF tables by GUID and age, then on servers.
    ///
    /// # Errors
    /// What is missing and where it was searched, in one line.
    pub(crate) fn find(&self, id: &PdbId) -> Result<Rc<SymbolTable>, String> {
        let mut refused: Vec<(PathBuf, String)> = Vec::new();
        let mut refuse = |path: PathBuf, reason: String| {
            if !refused.iter().any(|(seen, _)| *seen == path) {
                refused.push((path, reason));
            }
        };
        // List the folders only if no store has it.
        let stored = self.path.stores().map(|root| store::candidates(root, id));
        let named = std::iter::once_with(|| self.named(id));
        for path in stored.chain(named).flatten() {
            match self.open(&path, id) {
                Ok(table) => return Ok(table),
                Err(reason) => refuse(path, reason),
            }
        }
        for path in self.unnamed() {
            // Do not report a table of another module.
            if let Ok(table) = self.open(path, id) {
                return Ok(table);
            }
        }
        let mut asked = Vec::new();
        for (cache, url) in self.path.servers() {
            let answer = match self.path.fetch() {
                Some(fetch) => download(fetch, (cache, url), id),
                None => Err(FetchError::Failed("not asked".to_owned())),
            };
            let opened = answer.map(|path| self.open(&path, id));
            match opened {
                Ok(Ok(table)) => return Ok(table),
                Ok(Err(reason)) => asked.push((url, FetchError::Failed(reason))),
                Err(error) => asked.push((url, error)),
            }
        }
        Err(missing(id, &refused, &asked))
    }

    /// Files whose names match.
    fn named(&self, id: &PdbId) -> Vec<PathBuf> {
        let listing = self.listing();
        let isfs = listing.isfs().iter();
        let pdbs = listing.pdbs(&id.name).iter();
        pdbs.chain(listing.pdbs(&compressed_name(&id.name)))
            .chain(isfs.filter(|path| guid_in(path) == Some(id.guid)))
            .cloned()
            .collect()
    }

    /// ISF tables without a GUID in their names, up to a limit.
    fn unnamed(&self) -> impl Iterator<Item = &PathBuf> {
        let isfs = self.listing().isfs().iter();
        isfs.filter(|path| guid_in(path).is_none())
            .take(MAX_UNNAMED)
    }

    /// Opens a file if it matches `id`; else says why not.
    fn open(&self, path: &Path, id: &PdbId) -> Result<Rc<SymbolTable>, String> {
        let unpacked = match store::is_cabinet(path) {
            true => Some(self.unpack(path, id)?),
            false => None,
        };
        let path = unpacked.as_deref().unwrap_or(path);
        if is_isf_name(path) {
            let table = self.table(path)?;
            return match isf_mismatch(&table, id) {
                Some(reason) => Err(reason),
                None => Ok(table),
            };
        }
        match pdb_mismatch(path, id) {
            Some(reason) => Err(reason),
            None => self.table(path),
        }
    }

    /// Decompresses a PDB into the first cache, else into a temporary folder.
    fn unpack(&self, path: &Path, id: &PdbId) -> Result<PathBuf, String> {
        let describe = |error: &dyn fmt::Display| format!("it cannot be decompressed ({error})");
        let cache = match self.path.cache() {
            Some(cache) => cache,
            None => match self.unpacked.get_or_init(tempfile::tempdir) {
                Ok(folder) => folder.path(),
                Err(error) => return Err(describe(error)),
            },
        };
        let place = store::place(cache, id).ok_or("it has no proper name")?;
        let write = |to: &mut File| {
            let cabinet = File::open(path).map_err(|error| describe(&error))?;
            store::extract(cabinet, to).map_err(|error| describe(&error))
        };
        store::keep(&place, write, |unpacked| match pdb_mismatch(unpacked, id) {
            Some(reason) => Err(reason),
            None => Ok(()),
        })?;
        Ok(place)
    }

    /// Opens a file, or takes it from those opened before.
    fn table(&self, path: &Path) -> Result<Rc<SymbolTable>, String> {
        if let Some(known) = self.tables.borrow().get(path) {
            return known.clone();
        }
        let opened = SymbolTable::open(path, self.path.cache()).map(Rc::new);
        self.tables
            .borrow_mut()
            .insert(path.to_owned(), opened.clone());
        opened
    }

    pub(super) fn path(&self) -> &SymbolPath {
        &self.path
    }

    pub(super) fn listing(&self) -> &Listing {
        self.listing
            .get_or_init(|| Listing::new(self.path.folders()))
    }
}

/// The error: what is missing, which files and servers were tried, and how to get it.
fn missing(id: &PdbId, refused: &[(PathBuf, String)], asked: &[(&str, FetchError)]) -> String {
    let mut parts = Vec::new();
    if refused.is_empty() {
        parts.push(format!(
            "its PDB is not in the symbol folders (wanted: {id})"
        ));
    }
    for (path, reason) in refused {
        parts.push(format!("{} was refused: {reason}", path.display()));
    }
    for (url, answer) in asked {
        parts.push(match answer {
            FetchError::NotFound => format!("{url} does not have it"),
            FetchError::Failed(reason) => format!(
                "{url}: {reason}; where there is a network, get {}",
                address(url, id)
            ),
        });
    }
    if asked.is_empty() && is_kernel_pdb(&id.name) {
        parts.push(format!(
            "the symbol server srv*{MICROSOFT} has Windows' own"
        ));
    }
    parts.join("; ")
}

/// The GUID that a table's name begins with, as in `GUID-age.json.xz`.
fn guid_in(path: &Path) -> Option<[u8; 16]> {
    let name = path.file_name()?.to_str()?;
    PdbId::parse_guid(name.get(..32)?)
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
    msf::check(path)?;
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
        assert!(index.find(&id).is_ok());
        id.age += 1;
        assert!(index.find(&id).err().unwrap().contains("was refused"));
        id.age -= 1;
        id.guid[15] ^= 1;
        assert!(index.find(&id).err().unwrap().contains("was refused"));
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
        let why = |name| index.find(&id(name)).err().unwrap();
        assert!(why("foo.pdb").contains("was refused: it cannot be read"));
        let missing = why("bar.pdb");
        assert!(missing.contains("not in the symbol folders"), "{missing}");
        assert!(missing.contains(&id("bar.pdb").store_key()), "{missing}");
        assert!(why("ntkrnlmp.pdb").contains("srv*https://"));
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
        // A matching name with another PDB is refused. With any other name, the content counts.
        std::fs::write(store.join(format!("{zero}-1.json")), table(&one)).unwrap();
        let index = || SymbolIndex::new(SymbolPath::from_dirs([dir.path().to_owned()]));
        let why = index().find(&id("a.pdb")).err().unwrap();
        assert!(why.contains("refused") && why.contains(&one), "{why}");
        std::fs::write(dir.path().join("other.json"), table(&zero)).unwrap();
        assert!(index().find(&id("a.pdb")).is_ok());
        // A file can be named, too.
        let file = SymbolPath::from_dirs([dir.path().join("other.json")]);
        assert!(SymbolIndex::new(file).find(&id("a.pdb")).is_ok());
    }
}
