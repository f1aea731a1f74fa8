//! The kernel's list of loaded modules, walked with bounds.

use std::collections::HashSet;
use std::mem::offset_of;

use kdmp_parser::structs::LdrDataTableEntry;

use super::module::Listed;
use crate::dump::{Memory, MemoryExt, ReadError, is_kernel_address};

/// Windows systems load a few hundred modules.
const MAX_MODULES: usize = 4096;
const MAX_IMAGE_SIZE: u64 = 1 << 30;
/// `CheckSum` in `_KLDR_DATA_TABLE_ENTRY`, which kdmp-parser does not name.
const CHECKSUM: u64 = 0x78;
/// How far below an address inside the kernel its headers are searched.
const MAX_KERNEL_SIZE: u64 = 64 << 20;

/// One module of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub base: u64,
    pub size: u64,
    /// File name.
    pub name: String,
    /// What else the list has.
    pub listed: Listed,
}

/// Offsets in a list entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EntryLayout {
    pub links: u64,
    pub base: u64,
    pub size: u64,
    pub name: u64,
    /// Of the full path.
    pub path: u64,
    pub checksum: u64,
}

impl EntryLayout {
    /// The layout of all x64 versions so far, as in kdmp-parser. It is used to find the kernel's
    /// PDB, which then gives the dump's own `_KLDR_DATA_TABLE_ENTRY`.
    pub(crate) fn common() -> Self {
        type Entry = LdrDataTableEntry<u64>;
        Self {
            links: offset_of!(Entry, in_load_order_links) as u64,
            base: offset_of!(Entry, dll_base) as u64,
            size: offset_of!(Entry, size_of_image) as u64,
            name: offset_of!(Entry, base_dll_name) as u64,
            path: offset_of!(Entry, full_dll_name) as u64,
            checksum: CHECKSUM,
        }
    }
}

/// How the walk ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ListEnd {
    /// Back at the head.
    Complete,
    /// A link could not be read.
    Unreadable(ReadError),
    /// The list has a cycle, or is impossibly long.
    Loops,
}

/// Walks the list at `head`. Invalid entries are left out. Entries before a broken link are kept.
pub(crate) fn walk_loaded_modules(
    memory: &dyn Memory,
    head: u64,
    layout: EntryLayout,
) -> (Vec<Entry>, ListEnd) {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut link = match memory.read_u64(head) {
        Ok(link) => link,
        Err(error) => return (found, ListEnd::Unreadable(error)),
    };
    while link != head {
        if !seen.insert(link) || seen.len() > MAX_MODULES {
            return (found, ListEnd::Loops);
        }
        if let Ok(entry) = read_entry(memory, link.wrapping_sub(layout.links), layout) {
            found.extend(entry);
        }
        link = match memory.read_u64(link) {
            Ok(next) => next,
            Err(error) => return (found, ListEnd::Unreadable(error)),
        };
    }
    (found, ListEnd::Complete)
}

fn read_entry(
    memory: &dyn Memory,
    entry: u64,
    layout: EntryLayout,
) -> Result<Option<Entry>, ReadError> {
    let base = memory.read_u64(entry.wrapping_add(layout.base))?;
    let size = memory.read_uint(entry.wrapping_add(layout.size), 4)?;
    let plausible = is_kernel_address(base)
        && base.is_multiple_of(0x1000)
        && (1..=MAX_IMAGE_SIZE).contains(&size)
        && base.checked_add(size).is_some();
    if !plausible {
        return Ok(None);
    }
    // A name that is paged out must not hide the module.
    let name = memory
        .read_unicode_string(entry.wrapping_add(layout.name))
        .ok()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| format!("module_{base:x}"));
    let word = |at: u64| {
        let value = memory.read_uint(entry.wrapping_add(at), 4).ok()? as u32;
        (value != 0).then_some(value)
    };
    let path = memory.read_unicode_string(entry.wrapping_add(layout.path));
    let listed = Listed {
        // The image's headers have it; its place in the list has moved.
        timestamp: None,
        checksum: word(layout.checksum),
        path: path.ok().filter(|path| path.contains('\\')),
    };
    Ok(Some(Entry {
        base,
        size,
        name,
        listed,
    }))
}

/// Searches downwards from an address inside the kernel for its headers. Only used if the debugger
/// data block does not state the kernel's base.
pub(crate) fn find_kernel_image(memory: &dyn Memory, inside: u64) -> Option<u64> {
    if !is_kernel_address(inside) {
        return None;
    }
    let first = inside & !0xFFF;
    (0..MAX_KERNEL_SIZE / 0x1000)
        .map_while(|page| first.checked_sub(page * 0x1000))
        .find(|&page| {
            super::Image::read(memory, page)
                .is_ok_and(|image| u64::from(image.size) > inside - page)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::synthetic::FlatMemory;

    const HEAD: u64 = 0xffff_f800_0000_1000;

    fn entry(memory: &mut FlatMemory, at: u64, next: u64, base: u64, name: &str) {
        let layout = EntryLayout::common();
        memory.put(at, &[0; 0x80]);
        memory.put_u64(at, next);
        memory.put_u64(at + layout.base, base);
        memory.put_u64(at + layout.size, 0x2000);
        let utf16: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        memory.put(at + layout.name, &(utf16.len() as u16).to_le_bytes());
        memory.put_u64(at + layout.name + 8, at + 0x100);
        memory.put(at + 0x100, &utf16);
        let path = format!("\\SystemRoot\\{name}");
        let path: Vec<u8> = path.encode_utf16().flat_map(u16::to_le_bytes).collect();
        memory.put(at + layout.path, &(path.len() as u16).to_le_bytes());
        memory.put_u64(at + layout.path + 8, at + 0x200);
        memory.put(at + 0x200, &path);
        memory.put(at + layout.checksum, &0x1234u32.to_le_bytes());
    }

    #[test]
    fn layout_is_the_known_one() {
        let layout = EntryLayout::common();
        assert_eq!(
            (
                layout.links,
                layout.base,
                layout.size,
                layout.name,
                layout.path,
                layout.checksum
            ),
            (0, 0x30, 0x40, 0x58, 0x48, 0x78)
        );
    }

    #[test]
    fn walks_and_skips_nonsense() {
        let mut memory = FlatMemory::default();
        memory.put_u64(HEAD, HEAD + 0x1000);
        entry(
            &mut memory,
            HEAD + 0x1000,
            HEAD + 0x2000,
            0xffff_f800_1000_0000,
            "a.sys",
        );
        entry(&mut memory, HEAD + 0x2000, HEAD, 0x1000, "user.dll");
        let (found, end) = walk_loaded_modules(&memory, HEAD, EntryLayout::common());
        assert_eq!(end, ListEnd::Complete);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].name, "a.sys");
        let listed = &found[0].listed;
        assert_eq!(listed.path.as_deref(), Some("\\SystemRoot\\a.sys"));
        assert_eq!((listed.checksum, listed.timestamp), (Some(0x1234), None));
    }

    #[test]
    fn a_looping_list_ends() {
        let mut memory = FlatMemory::default();
        memory.put_u64(HEAD, HEAD + 0x1000);
        entry(
            &mut memory,
            HEAD + 0x1000,
            HEAD + 0x1000,
            0xffff_f800_1000_0000,
            "a.sys",
        );
        let (found, end) = walk_loaded_modules(&memory, HEAD, EntryLayout::common());
        assert_eq!((found.len(), end), (1, ListEnd::Loops));
    }

    #[test]
    fn a_broken_link_keeps_what_came_before() {
        let mut memory = FlatMemory::default();
        memory.put_u64(HEAD, HEAD + 0x1000);
        entry(
            &mut memory,
            HEAD + 0x1000,
            0x10,
            0xffff_f800_1000_0000,
            "a.sys",
        );
        let (found, end) = walk_loaded_modules(&memory, HEAD, EntryLayout::common());
        assert_eq!(found.len(), 1);
        assert!(matches!(end, ListEnd::Unreadable(_)));
    }
}
