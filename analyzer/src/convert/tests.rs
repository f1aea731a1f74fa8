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

fn convert_as_it_is(from: &Path, to: &Path) -> Result<Converted, ConvertError> {
    convert(from, &symbols(), to)
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
        let converted = convert_as_it_is(&path(name), &out).unwrap();
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
        let error = convert_as_it_is(&path(from), &path(to)).unwrap_err();
        error.to_string()
    };
    assert!(refused("full.dmp", "out").contains("full memory dump already"));
    assert!(refused("text", "out").contains("is not a Windows crash dump"));
    assert!(refused("elf", "there").contains("exists; name another file"));
    assert!(refused("elf", "none/out").contains("cannot write"));
    let mut cut = crash.elf();
    cut.truncate(cut.len() / 2);
    fs::write(path("cut"), cut).unwrap();
    let _ = convert_as_it_is(&path("cut"), &path("cut.dmp"));
    assert!(!path("out").exists());
    assert_eq!(fs::read_to_string(path("there")).unwrap(), "mine");
}

#[test]
fn what_the_kernel_maps_gives_the_same_verdict() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let crash = SyntheticMinidump::crash();
    fs::write(path("full.dmp"), crash.full()).unwrap();
    fs::write(path("elf"), crash.elf()).unwrap();
    let full = analyze(&path("full.dmp"), &symbols()).unwrap();
    let mut progress = Vec::new();
    for from in ["full.dmp", "elf"] {
        let out = path(&format!("{from}.kernel"));
        let to = Some(ConvertTo::Kernel);
        let converted = convert_to(&path(from), &symbols(), to, &out, &mut |now| {
            progress.push(now);
        });
        let converted = converted.unwrap();
        assert_eq!((converted.kind, converted.missing), (DumpKind::Bitmap, 0));
        assert_eq!(converted.size, fs::metadata(&out).unwrap().len());
        let mut verdict = analyze(&out, &symbols()).unwrap();
        verdict.dump.kind.clone_from(&full.dump.kind);
        assert_eq!(verdict, full, "{from}");
        assert!(progress.iter().all(|now| now.written <= now.all));
        assert!(progress.pop().is_some_and(|now| now.written == now.all));
        // A kernel dump may be made of one, not a full dump.
        let again = path(&format!("{from}.again"));
        convert_to(&out, &symbols(), to, &again, &mut |_| {}).unwrap();
        assert_eq!(fs::read(&again).unwrap(), fs::read(&out).unwrap());
    }
}

#[test]
fn a_minidump_of_a_crash_names_what_the_crash_does() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let crash = SyntheticMinidump::crash();
    fs::write(path("full.dmp"), crash.full()).unwrap();
    fs::write(path("elf"), crash.elf()).unwrap();
    let to = Some(ConvertTo::Minidump);
    let full = analyze(&path("full.dmp"), &symbols()).unwrap();
    for (from, out) in [("full.dmp", "one"), ("full.dmp", "two"), ("elf", "three")] {
        let done = convert_to(&path(from), &symbols(), to, &path(out), &mut |_| {}).unwrap();
        assert_eq!(done.kind, DumpKind::Triage);
        assert_eq!(done.size, fs::metadata(path(out)).unwrap().len());
        assert!(done.size < 1 << 20, "{}", done.size);
        let verdict = analyze(&path(out), &symbols()).unwrap();
        assert_eq!(verdict.dump.kind, "triage");
        assert_eq!(verdict.bugcheck, full.bugcheck);
        assert_eq!(verdict.dump.modules_loaded, full.dump.modules_loaded);
        assert!(verdict.confidence <= full.confidence);
    }
    assert_eq!(
        fs::read(path("one")).unwrap(),
        fs::read(path("two")).unwrap()
    );
}

#[test]
fn what_holds_less_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(
        path("mini.dmp"),
        crate::dump::synthetic_minidumps::minidump(),
    )
    .unwrap();
    fs::write(path("full.dmp"), SyntheticMinidump::crash().full()).unwrap();
    let refused = |from: &str, to| {
        let error = convert_to(&path(from), &symbols(), Some(to), &path("out"), &mut |_| {});
        error.unwrap_err().to_string()
    };
    for to in [ConvertTo::Full, ConvertTo::Kernel] {
        let words = refused("mini.dmp", to);
        assert!(words.contains(&format!("cannot become a {to}")), "{words}");
        assert!(words.contains("MEMORY.DMP"), "{words}");
    }
    assert!(refused("mini.dmp", ConvertTo::Minidump).contains("already"));
    assert!(refused("full.dmp", ConvertTo::Full).contains("already"));
    assert!(!path("out").exists());
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
        for kind in [None, Some(ConvertTo::Kernel), Some(ConvertTo::Minidump)] {
            match convert_to(&from, &symbols(), kind, &to, &mut |_| {}) {
                Ok(converted) => {
                    prop_assert!(converted.pages * 0x1000 <= most);
                    let _ = analyze(&to, &SymbolPath::default());
                    fs::remove_file(&to).unwrap();
                }
                Err(_) => prop_assert!(!to.exists()),
            }
        }
    }
}
