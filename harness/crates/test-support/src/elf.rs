//! QEMU's ELF files of a guest's memory, made into what tests need.

use std::fs;
use std::path::Path;

use libtest_mimic::Failed;
use object::Endianness;
use object::elf::{FileHeader64, PT_LOAD};
use object::read::elf::{FileHeader, ProgramHeader};

/// Removes the signature of dump headers everywhere in a file.
pub fn forget_headers(file: &Path) -> Result<(), Failed> {
    const SIGNATURE: &[u8] = b"PAGEDU64";
    let mut bytes = fs::read(file)?;
    let mut found = 0;
    let mut at = 0;
    while let Some(next) = bytes[at..]
        .windows(SIGNATURE.len())
        .position(|window| window == SIGNATURE)
    {
        at += next;
        bytes[at..at + SIGNATURE.len()].fill(0);
        found += 1;
    }
    fs::write(file, bytes)?;
    match found {
        0 => Err("no header was found".into()),
        _ => Ok(()),
    }
}

/// The memory alone, each byte at its physical address, as QEMU's `pmemsave` and a memory backend's
/// file have it.
pub fn raw_memory(elf: &Path, raw: &Path) -> Result<(), Failed> {
    let bytes = fs::read(elf)?;
    let header = FileHeader64::<Endianness>::parse(&*bytes)?;
    let endian = header.endian()?;
    let mut memory = Vec::new();
    for part in header.program_headers(endian, &*bytes)? {
        if part.p_type(endian) != PT_LOAD {
            continue;
        }
        let data = part.data(endian, &*bytes).map_err(|()| "a part is cut")?;
        let at = usize::try_from(part.p_paddr(endian))?;
        // The firmware's and the devices' memory is far above the guest's RAM.
        if at > bytes.len() {
            continue;
        }
        memory.resize(memory.len().max(at + data.len()), 0);
        memory[at..at + data.len()].copy_from_slice(data);
    }
    Ok(fs::write(raw, memory)?)
}
