//! Where to look for PDBs, and finding the one that belongs to an image.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};

use pdb2::PDB;
use walkdir::WalkDir;

/// Deep enough for `name/GUID-age/name` below a folder of stores.
const MAX_DEPTH: usize = 6;
/// A wrong folder (say, `/`) must not be read for minutes.
const MAX_ENTRIES: usize = 200_000;

/// Directories that hold PDBs, at any depth down to a limit (flat folders and the
/// `name/GUID-age/name` layout of symbol stores both work).
#[derive(Clone, Debug, Default)]
pub struct SymbolPath {
    dirs: Vec<PathBuf>,
}

impl SymbolPath {
    /// From directories, searched in this order. Ones that do not exist are ignored.
    pub fn from_dirs(dirs: impl IntoIterator<Item = PathBuf>) -> Self {
        Self {
            dirs: dirs.into_iter().collect(),
        }
    }

    /// The directories, in order.
    pub fn dirs(&self) -> &[PathBuf] {
        &self.dirs
    }
}

/// What an image's RSDS record says about its PDB.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PdbId {
    /// File name, without any path of the build machine.
    pub name: String,
    /// GUID in the order of its text form.
    pub guid: [u8; 16],
    /// Age.
    pub age: u32,
}

impl PdbId {
    /// 32 digits of GUID and the age, both hexadecimal: the folder name in symbol stores.
    pub(crate) fn store_key(&self) -> String {
        let mut key = String::with_capacity(40);
        for byte in self.guid {
            key.push_str(&format!("{byte:02X}"));
        }
        key.push_str(&format!("{:X}", self.age));
        key
    }
}

impl fmt::Display for PdbId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.store_key())
    }
}

/// Result of looking for a PDB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// This one.
    Found(PathBuf),
    /// Files of that name exist, but none belongs to this image; each with its reason.
    Refused(Vec<(PathBuf, String)>),
    /// Nothing of that name.
    Missing,
}

/// The files below a [`SymbolPath`], listed once.
pub(crate) struct SymbolIndex {
    path: SymbolPath,
    by_name: OnceCell<HashMap<String, Vec<PathBuf>>>,
}

impl SymbolIndex {
    pub(crate) fn new(path: SymbolPath) -> Self {
        Self {
            path,
            by_name: OnceCell::new(),
        }
    }

    /// Looks for the PDB `id`: by the layout of symbol stores first, then among all files of that
    /// name, comparing GUID and age.
    pub(crate) fn find(&self, id: &PdbId) -> Lookup {
        let mut refused = Vec::new();
        let stored = self
            .path
            .dirs
            .iter()
            .map(|dir| dir.join(&id.name).join(id.store_key()).join(&id.name))
            .filter(|path| path.is_file());
        let named = self.by_name().get(&id.name.to_lowercase());
        for path in stored.chain(named.into_iter().flatten().cloned()) {
            match mismatch(&path, id) {
                None => return Lookup::Found(path),
                Some(reason) if !refused.iter().any(|(seen, _)| *seen == path) => {
                    refused.push((path, reason));
                }
                Some(_) => {}
            }
        }
        if refused.is_empty() {
            Lookup::Missing
        } else {
            Lookup::Refused(refused)
        }
    }

    fn by_name(&self) -> &HashMap<String, Vec<PathBuf>> {
        self.by_name.get_or_init(|| {
            let mut by_name: HashMap<String, Vec<PathBuf>> = HashMap::new();
            let files = self.path.dirs.iter().flat_map(|dir| {
                WalkDir::new(dir)
                    .max_depth(MAX_DEPTH)
                    .follow_links(true)
                    .sort_by_file_name()
            });
            for entry in files.take(MAX_ENTRIES).flatten() {
                let name = entry.file_name().to_string_lossy().to_lowercase();
                if name.ends_with(".pdb") && entry.file_type().is_file() {
                    by_name.entry(name).or_default().push(entry.into_path());
                }
            }
            by_name
        })
    }
}

/// Why the file is not the PDB `id`; `None` if it is.
fn mismatch(path: &Path, id: &PdbId) -> Option<String> {
    let describe = |error: &dyn fmt::Display| Some(format!("it cannot be read ({error})"));
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => return describe(&error),
    };
    let mut pdb = match PDB::open(file) {
        Ok(pdb) => pdb,
        Err(error) => return describe(&error),
    };
    let (guid, file_age) = match pdb.pdb_information() {
        Ok(information) => (*information.guid.as_bytes(), information.age),
        Err(error) => return describe(&error),
    };
    // The image carries the age of the debug-information stream; the file's own age grows when
    // tools rewrite it.
    let age = pdb
        .debug_information()
        .ok()
        .and_then(|information| information.age())
        .unwrap_or(file_age);
    let found = PdbId {
        name: id.name.clone(),
        guid,
        age,
    };
    let matches = guid == id.guid && (age == id.age || file_age == id.age);
    (!matches).then(|| {
        format!(
            "its GUID and age are {}, the image wants {}",
            found.store_key(),
            id.store_key()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn store_key_is_that_of_symbol_servers() {
        let id = PdbId {
            name: "ntkrnlmp.pdb".into(),
            guid: *b"\x12\x34\x56\x78\x9a\xbc\xde\xf0\0\x01\x02\x03\x04\x05\x06\x07",
            age: 10,
        };
        assert_eq!(id.store_key(), "123456789ABCDEF00001020304050607A");
    }

    #[test]
    fn guid_and_age_decide() {
        let index = SymbolIndex::new(SymbolPath::from_dirs([crate::testing::fixtures()]));
        let file = File::open(crate::testing::fixtures().join("minidrv.pdb")).unwrap();
        let information = PDB::open(file).unwrap().pdb_information().unwrap();
        let mut id = PdbId {
            name: "MiniDrv.pdb".into(),
            guid: *information.guid.as_bytes(),
            age: information.age,
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
        let id = |name: &str| PdbId {
            name: name.into(),
            guid: [0; 16],
            age: 1,
        };
        let Lookup::Refused(refused) = index.find(&id("foo.pdb")) else {
            panic!("must be refused")
        };
        assert!(refused[0].1.contains("cannot be read"), "{refused:?}");
        assert_eq!(index.find(&id("bar.pdb")), Lookup::Missing);
    }
}
