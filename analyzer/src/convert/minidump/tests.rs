//! What is written is what is read.

use std::fs;

use proptest::prelude::*;
use tempfile::TempDir;

use super::blocks::Blocks;
use super::layout::{Content, Driver};
use crate::dump::synthetic::FlatMemory;
use crate::dump::{DumpFile, HEADER_SIZE, MemoryExt};
use crate::modules::Unloaded;

const KERNEL: u64 = 0xffff_f800_1000_0000;
const KDBG: u64 = KERNEL + 0x5000;
const STACK: u64 = 0xffff_b000_0000_1000;
const POOL: u64 = 0xffff_a000_0000_0000;

fn header(size: u64) -> Vec<u8> {
    let mut bytes = vec![0; HEADER_SIZE];
    let mut put = |at: usize, part: &[u8]| bytes[at..at + part.len()].copy_from_slice(part);
    put(0, b"PAGEDU64");
    put(0x30, &0x8664u32.to_le_bytes());
    put(0x34, &1u32.to_le_bytes());
    put(0x38, &0xD1u32.to_le_bytes());
    put(0x80, &KDBG.to_le_bytes());
    put(0xF98, &4u32.to_le_bytes());
    put(0xFA0, &size.to_le_bytes());
    bytes
}

fn driver() -> impl Strategy<Value = Driver> {
    let parts = (1u64..0x10_0000, 1u32..0x1000, any::<u32>(), any::<u32>());
    (parts, "[a-zA-Zäж ._-]{0,30}").prop_map(|((page, pages, checksum, timestamp), name)| Driver {
        base: KERNEL + page * 0x1000,
        size: pages * 0x1000,
        checksum,
        timestamp,
        name: format!("\\SystemRoot\\{name}.sys"),
    })
}

fn unloaded() -> impl Strategy<Value = Unloaded> {
    ("[a-zA-Zä.]{1,20}", 0u64..0x1000, 1u64..0x100).prop_map(|(name, page, pages)| Unloaded {
        name,
        start: KERNEL + page * 0x1000,
        end: KERNEL + (page + pages) * 0x1000,
    })
}

/// KDDEBUGGER_DATA64 with the sizes of structures that the tests use.
fn debugger_data() -> Vec<u8> {
    let mut bytes = vec![0; 0x380];
    bytes[0x10..0x14].copy_from_slice(b"KDBG");
    bytes[0x18..0x20].copy_from_slice(&KERNEL.to_le_bytes());
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read(
        drivers in proptest::collection::vec(driver(), 0..40),
        unloaded in proptest::collection::vec(unloaded(), 0..50),
        stack in proptest::collection::vec(any::<u8>(), 0..0x400),
        asked in proptest::collection::vec((0u64..0x4000, 1u64..0x300), 0..30),
        structures in proptest::array::uniform3(proptest::collection::vec(any::<u8>(), 0..0x100)),
    ) {
        let mut memory = FlatMemory::default();
        let bytes: Vec<u8> = (0..0x5000u64).map(|at| (at * 31 / 7) as u8).collect();
        memory.put(POOL, &bytes);
        let mut blocks = Blocks::default();
        for &(at, len) in &asked {
            blocks.add(&memory, POOL + at, len);
        }
        let [prcb, process, thread] = structures;
        let content = Content {
            unloaded: unloaded.clone(),
            prcb,
            process,
            thread,
            stack: (STACK, stack.clone()),
            debugger_data: debugger_data(),
            drivers: drivers.clone(),
            blocks,
        };
        let file = content.file(header);
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("mini.dmp");
        fs::write(&path, &file).unwrap();
        let dump = DumpFile::open(&path).unwrap();
        let triage = dump.triage().unwrap();
        prop_assert_eq!(&triage.gaps, &[]);
        let read: Vec<_> = triage.drivers.iter().map(|read| Driver {
            base: read.base,
            size: read.size as u32,
            checksum: read.listed.checksum.unwrap_or(0),
            timestamp: read.listed.timestamp.unwrap_or(0),
            name: read.listed.path.clone().unwrap_or_default(),
        }).collect();
        prop_assert_eq!(read, drivers);
        // The format keeps the first twelve characters.
        let cut = |one: &Unloaded| one.name.chars().take(12).collect::<String>();
        let read: Vec<_> = triage.unloaded.iter().map(|one| (one.name.clone(), one.start, one.end)).collect();
        let written: Vec<_> = unloaded.iter().map(|one| (cut(one), one.start, one.end)).collect();
        prop_assert_eq!(read, written);
        let there = dump.memory();
        for (at, len) in asked {
            let expected = memory.read_vec(POOL + at, len as usize).unwrap();
            prop_assert_eq!(there.read_vec(POOL + at, len as usize).unwrap(), expected);
        }
        if !stack.is_empty() {
            let end = STACK + stack.len() as u64;
            prop_assert_eq!(triage.stack, Some((STACK, end)));
            prop_assert_eq!(there.read_vec(STACK, stack.len()).unwrap(), stack);
        }
        prop_assert_eq!(there.read_vec(KDBG, 0x380).unwrap(), debugger_data());
        prop_assert!(there.read_vec(POOL + 0x4900, 1).is_err());
        prop_assert_eq!(content.file(header), file);
    }
}
