//! Ways in for the fuzz targets (`fuzz/`): readers that are reached through a whole dump otherwise.

use std::path::Path;

use crate::dump::Context;
use crate::modules::{Entry, Module, Modules};
use crate::symbols::{Pdb, SymbolIndex, SymbolPath};
use crate::target::Target;
use crate::testing::{self, LoadedImage, VirtualMemory};
use crate::unwind::{TrapLayout, unwind as unwind_stack};
use crate::verdict::Trust;

const IMAGE: u64 = 0xffff_f801_2340_0000;
const STACK: u64 = 0xffff_a000_0000_0000;
const STACK_SIZE: u64 = 0x3000;

/// The made-up crash of the unit tests, as a full dump and as a bitmap dump.
pub fn made_up_dumps() -> [Vec<u8>; 2] {
    testing::made_up_dumps()
}

/// Asks the PDB at `path` everything that an analysis asks.
pub fn pdb(path: &Path) {
    let pdb = Pdb::new(path.to_owned());
    for rva in [0x1000, 0x1028, 0x2000, u32::MAX] {
        let _ = pdb.locate(rva);
    }
    let _ = pdb.rva("HoldAndOpen");
    let _ = pdb.size_of("_KPRCB");
    for (of, path) in [
        ("_KPRCB", "ProcessorState.ContextFrame"),
        ("_ETHREAD", "Cid.UniqueThread"),
        ("extension", "lock"),
    ] {
        let _ = pdb.field(of, path);
    }
}

/// Unwinds a stack in an image that is damaged.
///
/// `input`: 18 bytes a patch of the image for as many as the first byte says, then 17 registers,
/// then what is on the stack.
pub fn unwind(input: &[u8]) {
    let Some((&patches, mut rest)) = input.split_first() else {
        return;
    };
    let mut memory = VirtualMemory::default();
    let name = "minidrv.sys";
    let image = LoadedImage::load(&mut memory, name, "minidrv.pdb", IMAGE, name, None);
    let mut take = |count: usize| {
        let (taken, left) = rest.split_at(count.min(rest.len()));
        rest = left;
        taken.to_vec()
    };
    for _ in 0..patches % 32 {
        let patch = take(18);
        if let Some((offset, bytes)) = patch.split_first_chunk::<2>() {
            let offset = u64::from(u16::from_le_bytes(*offset)) % u64::from(image.size);
            memory.write(image.base + offset, bytes);
        }
    }
    let mut number = || {
        let bytes = take(2);
        bytes
            .iter()
            .rev()
            .fold(0, |sum, &byte| sum << 8 | u64::from(byte))
    };
    let mut context = Context {
        rip: image.base + number() % u64::from(image.size),
        ..Context::default()
    };
    for register in &mut context.gpr {
        *register = STACK + number() % STACK_SIZE;
    }
    // Addresses on the stack point into the image or the stack, or nothing would ever follow them.
    memory.write(STACK, &[0; STACK_SIZE as usize]);
    for slot in 0..STACK_SIZE / 8 {
        let value = number();
        if value == 0 {
            continue;
        }
        let base = if value & 1 == 0 { image.base } else { STACK };
        memory.write_u64(STACK + 8 * slot, base + (value >> 1));
    }
    let entry = Entry {
        base: image.base,
        size: image.size.into(),
        name: name.to_owned(),
    };
    let modules = Modules::new(vec![Module::new(entry, None)]);
    let target = Target::new(&memory, modules, SymbolIndex::new(SymbolPath::default()));
    let trap = TrapLayout {
        rip: 0x168,
        volatile: Vec::new(),
    };
    let limits = Some((STACK, STACK + STACK_SIZE));
    let stack = unwind_stack(&target, context, Trust::Context, limits, Some(&trap));
    assert!(!stack.frames.is_empty());
}
