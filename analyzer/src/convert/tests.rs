//! The synthetic crash, converted.

use std::fs;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::testing::{SyntheticMinidump, fixtures};
use crate::{analyze, read_header};

fn symbols() -> SymbolPath {
    SymbolPath::from_dirs([fixtures()])
}

#[test]
fn the_same_memory_gives_the_same_verdict() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let crash = SyntheticMinidump::crash();
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
    let crash = SyntheticMinidump::crash();
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

proptest! {
    /// A guest's memory is untrusted. Whatever bytes change, the result is a dump or an error, and
    /// no dump is larger than the memory and its headers.
    #[test]
    fn damaged_memory_is_converted_or_refused(
        changes in proptest::collection::vec((any::<u32>(), any::<u64>()), 1..40),
    ) {
        let folder = TempDir::new().unwrap();
        let (from, to) = (folder.path().join("elf"), folder.path().join("dump"));
        let mut elf = SyntheticMinidump::crash().elf();
        for (at, value) in changes {
            // Half of the changes hit the headers, where they do the most damage.
            let room = if value & 1 == 0 { 0x2200 } else { elf.len() - 8 };
            let at = at as usize % room;
            elf[at..at + 8].copy_from_slice(&value.to_le_bytes());
        }
        let most = elf.len() as u64 + (1 << 20);
        fs::write(&from, elf).unwrap();
        match convert(&from, &symbols(), &to) {
            Ok(converted) => prop_assert!(converted.pages * 0x1000 <= most),
            Err(_) => prop_assert!(!to.exists()),
        }
    }
}
