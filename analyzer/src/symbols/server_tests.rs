//! Stores and servers, with the PDBs of the fixtures.

use std::collections::HashMap;
use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::fetch::{Fetch, FetchError};
use super::id::PdbId;
use super::index::SymbolIndex;
use super::path::SymbolPath;
use crate::testing::fixtures;

const SERVER: &str = "http://server/sym";

/// A server in memory.
#[derive(Debug, Default)]
struct Files {
    files: HashMap<String, Vec<u8>>,
    is_down: bool,
    asked: Mutex<Vec<String>>,
}

impl Fetch for Files {
    fn fetch(&self, url: &str, to: &mut dyn Write) -> Result<(), FetchError> {
        self.asked.lock().unwrap().push(url.to_owned());
        if self.is_down {
            return Err(FetchError::Failed("timeout: connect".into()));
        }
        let file = self.files.get(url).ok_or(FetchError::NotFound)?;
        let written = to.write_all(file);
        written.map_err(|error| FetchError::Failed(error.to_string()))
    }
}

/// The driver's PDB, and its content.
fn driver() -> (PdbId, Vec<u8>) {
    let path = fixtures().join("minidrv.pdb");
    let mut pdb = pdb2::PDB::open(fs::File::open(&path).unwrap()).unwrap();
    let information = pdb.pdb_information().unwrap();
    let id = PdbId {
        name: "minidrv.pdb".into(),
        guid: *information.guid.as_bytes(),
        age: information.age,
    };
    (id, fs::read(path).unwrap())
}

fn cabinet(content: &[u8]) -> Vec<u8> {
    let mut builder = cab::CabinetBuilder::new();
    let folder = builder.add_folder(cab::CompressionType::MsZip);
    folder.add_file("minidrv.pdb");
    let mut writer = builder.build(Cursor::new(Vec::new())).unwrap();
    while let Some(mut file) = writer.next_file().unwrap() {
        file.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

struct Fixture {
    folder: tempfile::TempDir,
    server: Arc<Files>,
}

impl Fixture {
    fn new(files: &[(String, Vec<u8>)], is_down: bool) -> Self {
        let server = Files {
            files: files.iter().cloned().collect(),
            is_down,
            ..Files::default()
        };
        Self {
            folder: tempfile::tempdir().unwrap(),
            server: Arc::new(server),
        }
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    fn find(&self, id: &PdbId) -> Result<PathBuf, String> {
        let text = format!("srv*{}*{SERVER}/", self.cache().display());
        let path = SymbolPath::parse(&text, Path::new("/none"));
        find(path.with_fetch(self.server.clone()), id)
    }

    fn asked(&self) -> usize {
        self.server.asked.lock().unwrap().len()
    }
}

fn find(path: SymbolPath, id: &PdbId) -> Result<PathBuf, String> {
    let table = SymbolIndex::new(path).find(id)?;
    assert!(table.rva("HoldAndOpen").is_some());
    Ok(table.path().to_owned())
}

fn at(id: &PdbId, file: &str) -> String {
    format!("{SERVER}/{}/{}/{file}", id.name, id.store_key())
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).into_iter().flatten();
    let files = entries.filter(|entry| entry.file_type().is_file());
    files.map(walkdir::DirEntry::into_path).collect()
}

#[test]
fn what_a_server_sends_is_kept_and_asked_for_once() {
    let (id, content) = driver();
    let fixture = Fixture::new(&[(at(&id, "minidrv.pdb"), content)], false);
    let kept = fixture.find(&id).unwrap();
    let place = fixture.cache().join("minidrv.pdb").join(id.store_key());
    assert_eq!(kept, place.join("minidrv.pdb"));
    assert_eq!(files(&fixture.cache()), [kept]);
    fixture.find(&id).unwrap();
    assert_eq!(fixture.asked(), 1);
}

#[test]
fn a_compressed_pdb_is_kept_decompressed() {
    let (id, content) = driver();
    let fixture = Fixture::new(&[(at(&id, "minidrv.pd_"), cabinet(&content))], false);
    let kept = fixture.find(&id).unwrap();
    assert_eq!(fs::read(kept).unwrap(), content);
}

#[test]
fn what_is_not_there_or_not_right_is_not_kept() {
    let (id, content) = driver();
    let other = fs::read(fixtures().join("mini-nt.pdb")).unwrap();
    let cases = [
        (None, "does not have it"),
        (Some(("minidrv.pdb", other)), "sent another file"),
        (
            Some(("minidrv.pdb", content[..content.len() - 1].to_vec())),
            "bytes",
        ),
        (Some(("minidrv.pdb", Vec::new())), "cannot be read"),
        (Some(("minidrv.pd_", b"MSCF".to_vec())), "sent a bad file"),
    ];
    for (file, expected) in cases {
        let file = file.map(|(name, content)| (at(&id, name), content));
        let fixture = Fixture::new(file.as_slice(), false);
        let why = fixture.find(&id).unwrap_err();
        assert!(why.contains(expected), "{why}");
        assert!(files(&fixture.cache()).is_empty(), "{expected}");
    }
}

#[test]
fn offline_one_line_says_what_is_missing_and_how_to_get_it() {
    let (id, _) = driver();
    let fixture = Fixture::new(&[], true);
    let why = fixture.find(&id).unwrap_err();
    let parts = [
        id.to_string(),
        SERVER.into(),
        "timeout: connect".into(),
        at(&id, "minidrv.pdb"),
    ];
    for part in parts {
        assert!(why.contains(&part), "{part}: {why}");
    }
    assert!(!why.contains('\n'));
    // Without a downloader, the error still names the server.
    let path = SymbolPath::parse(&format!("srv*/none*{SERVER}"), Path::new("/none"));
    let why = find(path, &id).unwrap_err();
    assert!(why.contains("not asked") && why.contains(SERVER), "{why}");
}

#[test]
fn a_name_from_the_dump_leads_nowhere_else() {
    let (mut id, content) = driver();
    id.name = "../../minidrv.pdb".into();
    let fixture = Fixture::new(&[(at(&id, "minidrv.pdb"), content)], false);
    fixture.find(&id).unwrap_err();
    assert_eq!(fixture.asked(), 0);
    assert!(files(fixture.folder.path()).is_empty());
}

#[test]
fn stores_have_one_tier_or_two_and_compressed_files_and_pointers() {
    let (id, content) = driver();
    let elsewhere = tempfile::tempdir().unwrap();
    let target = elsewhere.path().join("any-name");
    fs::write(&target, &content).unwrap();
    let pointer = format!("PATH:{}\r\n", target.display()).into_bytes();
    let entries = [
        ("", "minidrv.pdb", content.clone()),
        ("mi", "minidrv.pdb", content.clone()),
        ("", "minidrv.pd_", cabinet(&content)),
        ("", "file.ptr", pointer),
    ];
    for (tier, name, file) in entries {
        let store = tempfile::tempdir().unwrap();
        let folder = store
            .path()
            .join(tier)
            .join("minidrv.pdb")
            .join(id.store_key());
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), file).unwrap();
        if !tier.is_empty() {
            fs::write(store.path().join("index2.txt"), "").unwrap();
        }
        let text = format!("srv*{}", store.path().display());
        find(SymbolPath::parse(&text, Path::new("/none")), &id)
            .unwrap_or_else(|why| panic!("{tier:?} {name}: {why}"));
        find(SymbolPath::from_dirs([store.path().to_owned()]), &id)
            .unwrap_or_else(|why| panic!("{tier:?} {name} as a folder: {why}"));
    }
}
