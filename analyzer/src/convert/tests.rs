//! The made-up crash, converted.

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::testing::{MadeUp, fixtures};
use crate::{analyze, read_header};

fn symbols() -> SymbolPath {
    SymbolPath::from_dirs([fixtures()])
}

#[test]
fn the_same_memory_gives_the_same_verdict() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let crash = MadeUp::crash();
    fs::write(path("full.dmp"), crash.full()).unwrap();
    let full = analyze(&path("full.dmp"), &symbols()).unwrap();
    for (name, bytes) in [("elf", crash.elf()), ("raw", crash.raw())] {
        let out = path(&format!("{name}.dmp"));
        fs::write(path(name), bytes).unwrap();
        let converted = convert(&path(name), &symbols(), &out).unwrap();
        assert_eq!(
            converted.bugcheck,
            read_header(&path("full.dmp")).unwrap().bugcheck
        );
        assert_eq!(converted.size, fs::metadata(&out).unwrap().len());
        assert_eq!((converted.kind, converted.missing), (DumpKind::Full, 0));
        let verdict = analyze(&out, &symbols()).unwrap();
        assert_eq!(verdict.stacks, full.stacks, "{name}");
        assert_eq!(verdict, full, "{name}");
    }
}

#[test]
fn what_cannot_be_converted_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let crash = MadeUp::crash();
    fs::write(path("full.dmp"), crash.full()).unwrap();
    fs::write(path("elf"), crash.elf()).unwrap();
    fs::write(path("text"), "no memory").unwrap();
    fs::write(path("there"), "mine").unwrap();
    let refused = |from: &str, to: &str| {
        let error = convert(&path(from), &symbols(), &path(to)).unwrap_err();
        error.to_string()
    };
    assert!(refused("full.dmp", "out").contains("full memory dump already"));
    assert!(refused("text", "out").contains("is not a Windows crash dump"));
    assert!(refused("elf", "there").contains("exists; name another file"));
    assert!(refused("elf", "none/out").contains("cannot write"));
    let mut cut = crash.elf();
    cut.truncate(cut.len() / 2);
    fs::write(path("cut"), cut).unwrap();
    let _ = convert(&path("cut"), &symbols(), &path("cut.dmp"));
    assert!(!path("out").exists());
    assert_eq!(fs::read_to_string(path("there")).unwrap(), "mine");
}
