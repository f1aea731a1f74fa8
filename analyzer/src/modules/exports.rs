//! Exported functions by address: the names that need no PDB (PE/COFF specification, `.edata`).

use std::collections::HashMap;

use super::image::Range;
use crate::dump::{Bytes, Memory, MemoryExt};

/// The kernel exports about 3000 names.
const MAX_NAMES: usize = 65_536;
const MAX_DIRECTORY: usize = 4 << 20;
const MAX_NAME: usize = 512;

/// Reads the export directory. Names in pages that are not in the dump are left out.
pub(crate) fn read_exports(
    memory: &dyn Memory,
    base: u64,
    directory: Range,
) -> HashMap<u32, String> {
    let size = (directory.size as usize).min(MAX_DIRECTORY);
    // The tables and the names all lie inside the directory's range.
    let bytes = memory.read_prefix(base.wrapping_add(directory.rva.into()), size);
    parse(&bytes, directory.rva).unwrap_or_default()
}

fn parse(directory: &[u8], rva: u32) -> Option<HashMap<u32, String>> {
    let bytes = Bytes(directory);
    let at = |address: u32| address.checked_sub(rva).map(|offset| offset as usize);
    let names = (bytes.u32(0x18)? as usize).min(MAX_NAMES);
    let functions = at(bytes.u32(0x1C)?)?;
    let name_pointers = at(bytes.u32(0x20)?)?;
    let ordinals = at(bytes.u32(0x24)?)?;
    let export = |index: usize| {
        let name = at(bytes.u32(name_pointers + 4 * index)?)?;
        let name = directory.get(name..)?.iter().take(MAX_NAME);
        let name: Vec<u8> = name.copied().take_while(|&byte| byte != 0).collect();
        let ordinal = usize::from(bytes.u16(ordinals + 2 * index)?);
        let function = bytes.u32(functions + 4 * ordinal)?;
        Some((function, String::from_utf8(name).ok()?))
    };
    Some((0..names).filter_map(export).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::Image;
    use crate::testing::{LoadedImage, VirtualMemory};

    #[test]
    fn names_agree_with_the_pdb() {
        let base = 0xffff_f800_4000_0000;
        let mut memory = VirtualMemory::default();
        let nt = LoadedImage::load(&mut memory, "mini-nt.exe", "mini-nt.pdb", base, "nt", None);
        let image = Image::read(&memory, base).unwrap();
        let exports = read_exports(&memory, base, image.export_directory);
        assert_eq!(exports.len(), 15);
        let page_fault = (nt.address("KiPageFault") - base) as u32;
        assert_eq!(exports[&page_fault], "KiPageFault");
    }

    #[test]
    fn nonsense_gives_no_names() {
        for bytes in [&[0xFF; 0x28][..], &[0; 0x28], &[1; 8]] {
            assert!(parse(bytes, 0x1000).unwrap_or_default().is_empty());
        }
    }
}
