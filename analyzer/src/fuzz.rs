//! Entry points for the fuzz targets (`fuzz/`): readers that are otherwise reached only through a
//! whole dump.

use std::path::Path;

use crate::dump::secondary::tag;
use crate::dump::{Context, synthetic_minidumps};
use crate::modules::{Entry, Listed, Module, Modules};
use crate::nt::{cpu, smbios};
use crate::symbols::{Definition, SymbolIndex, SymbolPath, SymbolTable, TypeRef};
use crate::target::Target;
use crate::testing::{self, LoadedImage, VirtualMemory};
use crate::unwind::{TrapLayout, unwind as unwind_stack};
use crate::verdict::Trust;

const IMAGE: u64 = 0xffff_f801_2340_0000;
const STACK: u64 = 0xffff_a000_0000_0000;
const STACK_SIZE: u64 = 0x3000;

/// The synthetic crash of the unit tests, as a full dump, as a bitmap dump and as an ELF dump.
pub fn synthetic_dumps() -> [Vec<u8>; 3] {
    testing::synthetic_dumps()
}

/// Synthetic minidumps: a 64-bit one and a 32-bit one.
pub fn synthetic_minidumps() -> [Vec<u8>; 2] {
    [
        synthetic_minidumps::minidump(),
        synthetic_minidumps::minidump32(),
    ]
}

/// A 64-bit minidump with secondary data: SMBIOS tables, the processor, black boxes.
pub fn synthetic_secondary() -> Vec<u8> {
    synthetic_minidumps::with_secondary(&[
        (tag::SMBIOS, smbios::synthetic::machine()),
        (tag::PROCESSOR, cpu::synthetic::registry()),
        (tag::CPUID, vec![0; 0x50]),
        (tag::BSD, vec![0xB0; 0xB0]),
        (tag::NTFS, vec![0; 0x100]),
        (tag::PNP, vec![0; 0x40]),
        (tag::WINLOGON, vec![0; 0x20]),
    ])
}

/// Where the secondary data begins in [`synthetic_secondary`].
pub fn secondary_at() -> usize {
    synthetic_minidumps::minidump().len()
}

/// Asks the symbol table at `path` everything that an analysis or a view asks.
pub fn symbol_table(path: &Path) {
    let Ok(table) = SymbolTable::open(path, None) else {
        return;
    };
    for rva in [0, 0x1000, 0x1028, u32::MAX] {
        let _ = table.locate(rva);
    }
    let _ = table.rva("KiProcessorBlock");
    let globals = table.globals();
    for name in table.type_names().iter().take(64) {
        let _ = table.size_of(name);
        if let Ok(Definition::Record { members, .. }) = table.define(&TypeRef::named(name)) {
            for member in members.iter().take(64) {
                let _ = table.field(name, &member.name);
            }
        }
    }
    let _ = table.field("_KPRCB", "ProcessorState.ContextFrame");
    let _ = table.field("_KPRCB", "DpcData[1].DpcLock");
    drop(globals);
}

/// Unwinds a stack in an image that is damaged.
///
/// `input`: the number of patches, 18 bytes per patch of the image, 17 registers, then the stack.
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
    // Addresses on the stack point into the image or the stack; otherwise unwinding would stop at
    // once.
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
        listed: Listed::default(),
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
