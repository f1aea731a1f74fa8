//! Hostile and damaged archives.

use std::io::Write as _;

use proptest::prelude::*;
use tar::{Builder, Header};

use super::*;
use crate::bundle::write::{Contents, Item, ItemSource, write};
use crate::perturb::Perturbation;

fn manifest() -> Manifest {
    Manifest {
        format: FORMAT,
        stopcode: "0".into(),
        signature: "s".into(),
        image: "tiny".into(),
        image_inside: true,
        seed: format!("{:016x}", u64::MAX),
        perturbation: Perturbation::default(),
        repeatable: true,
        command: "c".into(),
        files: Default::default(),
    }
}

/// A bundle of ours with some files.
fn bundle(folder: &Path) -> PathBuf {
    let file = folder.join("b.tar.zst");
    let text = |path: &str, text: &str| Item {
        path: path.into(),
        source: ItemSource::Text(text.into()),
    };
    let contents = Contents {
        manifest: manifest(),
        items: vec![
            text("scenario.yaml", "name: x"),
            text("drivers/foo.sys", &"driver ".repeat(5000)),
            text("evidence/memory.dmp", &"dump".repeat(9000)),
        ],
    };
    write(&file, contents).unwrap();
    file
}

/// An archive with a manifest and then these entries.
fn archive(folder: &Path, entries: &[(Header, &[u8])]) -> PathBuf {
    let mut builder = Builder::new(Vec::new());
    let head = serde_json::to_vec(&manifest()).unwrap();
    let mut header = plain(MANIFEST, head.len() as u64);
    header.set_cksum();
    builder.append(&header, &head[..]).unwrap();
    for (header, content) in entries {
        let mut header = header.clone();
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    compressed(folder, &builder.into_inner().unwrap())
}

fn compressed(folder: &Path, tar: &[u8]) -> PathBuf {
    let file = folder.join("hostile.tar.zst");
    fs::write(&file, zstd::encode_all(tar, 1).unwrap()).unwrap();
    file
}

/// A header with this very name, however bad.
fn plain(name: &str, size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(EntryType::Regular);
    header.set_size(size);
    header.set_mode(0o777);
    header
}

fn try_unpack(file: &Path, limits: ArchiveLimits) -> (Result<Manifest, String>, Vec<String>) {
    let into = tempfile::tempdir().unwrap();
    let below = into.path().join("here");
    fs::create_dir(&below).unwrap();
    let result = unpack(file, &below, limits).map_err(|error| error.to_string());
    let beside: Vec<_> = fs::read_dir(into.path()).unwrap().flatten().collect();
    assert_eq!(beside.len(), 1, "something is beside the folder");
    let mut files: Vec<String> = walkdir::WalkDir::new(&below)
        .into_iter()
        .flatten()
        .filter(|entry| !entry.file_type().is_dir())
        .map(|entry| {
            entry
                .path()
                .strip_prefix(&below)
                .unwrap()
                .display()
                .to_string()
        })
        .collect();
    files.sort();
    (result, files)
}

#[track_caller]
fn refuses(file: &Path, message: &str) {
    let (result, _) = try_unpack(file, ArchiveLimits::default());
    let error = result.unwrap_err();
    assert!(error.contains(message), "{error}");
    assert!(error.starts_with(&file.display().to_string()), "{error}");
    assert!(!error.contains('\n'), "{error}");
}

#[test]
fn a_bundle_comes_back_without_its_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let file = bundle(folder.path());
    let (manifest, files) = try_unpack(&file, ArchiveLimits::default());
    assert_eq!(files, ["drivers/foo.sys", "scenario.yaml"]);
    let manifest = manifest.unwrap();
    assert_eq!(manifest.seed(), Some(u64::MAX));
    assert_eq!(manifest.files["evidence/memory.dmp"], 36000);
    // It is not replaced, and the same contents give the same bytes.
    let contents = Contents {
        manifest: self::manifest(),
        items: Vec::new(),
    };
    assert!(write(&file, contents).is_err());
    let again = tempfile::tempdir().unwrap();
    let (first, second) = (
        fs::read(&file).unwrap(),
        fs::read(bundle(again.path())).unwrap(),
    );
    assert_eq!(first, second);
}

#[test]
fn what_would_leave_the_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "../out",
        "/etc/out",
        "a/../../out",
        "..",
        "./a",
        "a//b",
        "a/.",
        "",
        "a\\b",
        "\x1b[31m",
    ] {
        let message = if name == "\x1b[31m" {
            "lacks"
        } else {
            "the path"
        };
        let file = archive(folder.path(), &[(plain(name, 1), b"x")]);
        let (result, files) = try_unpack(&file, ArchiveLimits::default());
        match result {
            // A strange name is no danger.
            Ok(_) => assert_eq!(files, ["\u{1b}[31m"]),
            Err(error) => {
                assert!(error.contains(message), "{name}: {error}");
                assert_eq!(files, [""; 0], "{name}");
            }
        }
    }
}

#[test]
fn links_and_special_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for kind in [
        EntryType::Symlink,
        EntryType::Link,
        EntryType::Char,
        EntryType::Block,
        EntryType::Fifo,
        EntryType::Directory,
        EntryType::GNULongName,
        EntryType::XHeader,
        EntryType::GNUSparse,
    ] {
        let mut header = plain("a", 0);
        header.set_entry_type(kind);
        header.set_link_name("/etc/passwd").unwrap();
        let file = archive(folder.path(), &[(header, b"")]);
        refuses(&file, "which no bundle of ours has");
    }
}

#[test]
fn too_much_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let twice = archive(
        folder.path(),
        &[(plain("a", 1), b"x"), (plain("a", 1), b"y")],
    );
    refuses(&twice, "a second file");
    let limits = ArchiveLimits {
        entries: 3,
        written: 10,
        read: 1 << 20,
    };
    let files: Vec<(Header, &[u8])> = ["a", "b", "c"]
        .map(|name| (plain(name, 1), &b"x"[..]))
        .to_vec();
    let many = archive(folder.path(), &files);
    let (result, _) = try_unpack(&many, limits);
    assert!(result.unwrap_err().contains("more than 3 files"));
    let large = archive(folder.path(), &[(plain("a", 11), b"01234567890")]);
    let (result, files) = try_unpack(&large, limits);
    assert!(result.unwrap_err().contains("holds more than"));
    assert_eq!(files, [""; 0]);
    // A header may lie about what follows.
    let lies = archive(folder.path(), &[(plain("a", u64::MAX >> 8), b"x")]);
    refuses(&lies, "holds more than");
    // A few bytes that become many, where nothing is written.
    let zeros = vec![0; 8 << 20];
    let bomb = archive(folder.path(), &[(plain("evidence/a", 8 << 20), &zeros)]);
    let (result, _) = try_unpack(&bomb, limits);
    assert!(result.unwrap_err().contains("holds more than"));
}

#[test]
fn what_is_no_bundle_is_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.tar.zst");
    let with = |content: &[u8], message: &str| {
        fs::write(&file, content).unwrap();
        refuses(&file, message);
    };
    with(b"", "cut off or damaged");
    with(b"PAGEDU64", "cut off or damaged");
    with(
        &zstd::encode_all(&b"text"[..], 1).unwrap(),
        "cut off or damaged",
    );
    let other = |name: &str, text: &str| {
        let mut builder = Builder::new(Vec::new());
        let mut header = plain(name, text.len() as u64);
        header.set_cksum();
        builder.append(&header, text.as_bytes()).unwrap();
        zstd::encode_all(&builder.into_inner().unwrap()[..], 1).unwrap()
    };
    with(&other("readme", ""), "its first file is not bundle.json");
    with(&other(MANIFEST, "{}"), "cannot be read");
    with(&other(MANIFEST, r#"{"format": 7}"#), "is of format 7");
    with(&other(MANIFEST, r#"{"format": 1}"#), "cannot be read");
    refuses(folder.path(), "cannot be opened");
    refuses(&folder.path().join("none"), "cannot be opened");
    // All there but a file that the manifest names.
    let mut lacking = manifest();
    lacking.files.insert("scenario.yaml".into(), 1);
    with(
        &other(MANIFEST, &serde_json::to_string(&lacking).unwrap()),
        "lacks scenario.yaml",
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn cut_off_anywhere_it_is_refused(part in 0.0_f64..1.0) {
        let folder = tempfile::tempdir().unwrap();
        let whole = fs::read(bundle(folder.path())).unwrap();
        let file = folder.path().join("cut.tar.zst");
        fs::write(&file, &whole[..(whole.len() as f64 * part) as usize]).unwrap();
        let (result, _) = try_unpack(&file, ArchiveLimits::default());
        prop_assert!(result.is_err());
    }

    #[test]
    fn any_flipped_byte_is_found(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = fs::read(bundle(folder.path())).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let file = folder.path().join("flipped.tar.zst");
        File::create(&file).unwrap().write_all(&bytes).unwrap();
        // Some bits of the frame's header do not matter; then the content is the same.
        if let (Ok(manifest), files) = try_unpack(&file, ArchiveLimits::default()) {
            prop_assert_eq!(manifest.files.len(), 3);
            prop_assert_eq!(files.len(), 2);
        }
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let folder = tempfile::tempdir().unwrap();
        let file = compressed(folder.path(), &bytes);
        let (result, _) = try_unpack(&file, ArchiveLimits::default());
        prop_assert!(result.is_err());
    }
}
