//! Minidumps, complete and damaged.

use std::path::Path;

use proptest::prelude::*;
use tempfile::TempDir;

use super::synthetic::*;
use super::*;
use crate::dump::header::{HEADER_SIZE, HEADER_SIZE_32};
use crate::dump::{MemoryExt, read_header};
use crate::{SymbolPath, analyze};

fn read(bytes: &[u8], check: impl FnOnce(&Triage, TriageMemory<'_>)) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("mini.dmp");
    std::fs::write(&path, bytes).unwrap();
    let header = read_header(&path).unwrap();
    let file = MappedFile::open(&path).unwrap();
    let triage = Triage::read(&file, &header).unwrap();
    let memory = TriageMemory {
        triage: &triage,
        file: &file,
    };
    check(&triage, memory);
}

#[test]
fn lists_blocks_and_memory() {
    read(&minidump(), |triage, memory| {
        let drivers: Vec<_> = triage.drivers.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(drivers, ["ntoskrnl.exe", "bad.sys"]);
        let listed = &triage.drivers[1].listed;
        assert_eq!(listed.timestamp, Some(0x1234_5678));
        assert_eq!(listed.checksum, Some(0xABCD));
        assert_eq!(listed.path.as_deref(), Some("\\dir\\bad.sys"));
        assert_eq!(triage.drivers[0].listed.path, None);
        assert_eq!(triage.unloaded.len(), 1);
        assert_eq!(triage.unloaded[0].name, "gone.sys");
        assert_eq!(triage.stack, Some((STACK, STACK + 0x40)));
        let blocks = &triage.blocks;
        assert_eq!(blocks.processor, Some(3));
        assert_eq!(blocks.prcb.map(|block| block.address), Some(PRCB));
        assert_eq!(blocks.thread.map(|block| block.address), Some(THREAD));
        assert_eq!(triage.gaps, []);
        assert_eq!(memory.read_u64(DATA), Ok(0x1122_3344));
        assert_eq!(memory.read_u64(PRCB + 8), Ok(THREAD));
        assert_eq!(memory.read_prefix(DATA, 0x1000).len(), 0x20);
        assert_eq!(
            memory.read_u64(DATA + 0x1C),
            Err(ReadError::NotSaved(DATA + 0x20))
        );
    });
}

#[test]
fn a_cut_minidump_gives_what_is_left_and_says_so() {
    read(&minidump()[..DATA_AT], |triage, memory| {
        assert_eq!(triage.drivers.len(), 2);
        assert!(
            triage
                .gaps
                .iter()
                .any(|gap| gap.why.contains("closing signature"))
        );
        assert!(memory.read_u64(DATA).is_err());
    });
}

#[test]
fn of_a_32_bit_minidump_the_lists_are_read() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("old.dmp");
    std::fs::write(&path, minidump32()).unwrap();
    read(&minidump32(), |triage, _| {
        assert_eq!(triage.drivers.len(), 1);
        assert_eq!(
            (triage.drivers[0].name.as_str(), triage.drivers[0].size),
            ("old.sys", 0x3000)
        );
    });
    let verdict = analyze(&path, &SymbolPath::default()).unwrap();
    assert_eq!(verdict.dump.machine, "x86");
    assert_eq!(verdict.dump.modules_loaded, Some(1));
    let report = crate::report::human_long(&verdict, false);
    assert!(report.contains("\nMODULES\n  1 loaded\n"), "{report}");
    assert_eq!(
        verdict.bugcheck.name.as_deref(),
        Some("DRIVER_POWER_STATE_FAILURE")
    );
    assert!(verdict.unknown.iter().any(|one| one.why.contains("32-bit")));
}

fn survives(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
    let _ = analyze(path, &SymbolPath::default());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Counts, offsets and sizes may be anything.
    #[test]
    fn damaged_minidumps_never_panic(
        is_32_bit in any::<bool>(),
        changes in proptest::collection::vec((0usize..FILE_SIZE - 8, any::<u64>()), 1..30),
        contents in proptest::collection::vec((0usize..0x20, any::<u32>()), 0..6),
        length in HEADER_SIZE_32..=FILE_SIZE,
    ) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("mini.dmp");
        let (whole, at) = match is_32_bit {
            true => (minidump32(), HEADER_SIZE_32),
            false => (minidump(), HEADER_SIZE),
        };
        let mut file = File(whole.clone());
        for (at, value) in changes {
            file.u64(at, value);
        }
        file.put(0, &whole[..8]);
        file.put(0x20, &whole[0x20..0x38]);
        file.put(0xF88, &whole[0xF88..0xF9C]);
        survives(&path, &file.0);
        let mut file = File(whole);
        for (field, value) in contents {
            file.u32(at + 4 * field, value);
        }
        survives(&path, &file.0[..length]);
    }
}
