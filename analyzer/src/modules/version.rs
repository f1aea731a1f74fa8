//! The version resource of an image (`VS_VERSIONINFO`), if its pages are in the dump.
//!
//! A resource directory has three levels: type, name, language. The version resource is a tree of
//! nodes; its root holds `VS_FIXEDFILEINFO`, and `StringFileInfo` the texts. Sources: PE/COFF
//! specification, winver.h.

use super::image::Range;
use crate::dump::{Bytes, Memory, MemoryExt};

/// The resource type RT_VERSION.
const RT_VERSION: u32 = 16;
const DIRECTORY: usize = 16;
const ENTRY: usize = 8;
const IS_DIRECTORY: u32 = 0x8000_0000;
const MAX_ENTRIES: usize = 256;
const MAX_RESOURCE: usize = 16 << 10;
const SIGNATURE: u32 = 0xFEEF_04BD;
/// Offset of the value behind the root's key, `VS_VERSION_INFO`.
const FIXED: usize = 0x28;
const FIXED_SIZE: usize = 0x34;
/// Texts that are kept.
const MAX_TEXTS: usize = 32;
const MAX_TEXT: usize = 256;

/// What an image says of its version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileVersion {
    /// `10.0.19041.804`.
    pub file: String,
    pub product: String,
    /// `CompanyName`, `FileDescription` and so on, with their values.
    pub texts: Vec<(String, String)>,
}

/// Reads the version resource below a resource directory; `None` if it is not there.
pub(crate) fn read_version(
    memory: &dyn Memory,
    base: u64,
    directory: Range,
) -> Option<FileVersion> {
    let at = |offset: u32| base.checked_add(u64::from(directory.rva.checked_add(offset)?));
    let read = |offset, len| memory.read_vec(at(offset)?, len).ok();
    let entries = |offset: u32| {
        let header = read(offset, DIRECTORY)?;
        let header = Bytes(&header);
        let count = usize::from(header.u16(12)?) + usize::from(header.u16(14)?);
        let offset = offset.checked_add(DIRECTORY as u32)?;
        read(offset, count.min(MAX_ENTRIES) * ENTRY)
    };
    let first = |offset: u32, wanted: Option<u32>| {
        let entries = entries(offset)?;
        let mut entries = entries.chunks_exact(ENTRY).map(Bytes);
        let found = entries.find(|entry| wanted.is_none_or(|id| entry.u32(0) == Some(id)))?;
        found.u32(4)
    };
    let below = |offset: u32| (offset & IS_DIRECTORY != 0).then_some(offset & !IS_DIRECTORY);
    let names = below(first(0, Some(RT_VERSION))?)?;
    let languages = below(first(names, None)?)?;
    let data = first(languages, None)?;
    let entry = read(data, 16)?;
    let (rva, size) = (Bytes(&entry).u32(0)?, Bytes(&entry).u32(4)? as usize);
    let bytes = memory.read_prefix(base.checked_add(rva.into())?, size.min(MAX_RESOURCE));
    parse(&bytes)
}

fn parse(bytes: &[u8]) -> Option<FileVersion> {
    let fixed = Bytes(bytes.get(FIXED..FIXED + FIXED_SIZE)?);
    if fixed.u32(0) != Some(SIGNATURE) {
        return None;
    }
    let version = |at: usize| {
        let (high, low) = (fixed.u32(at)?, fixed.u32(at + 4)?);
        let [a, b] = [high >> 16, high & 0xFFFF];
        let [c, d] = [low >> 16, low & 0xFFFF];
        Some(format!("{a}.{b}.{c}.{d}"))
    };
    let length = usize::from(Bytes(bytes).u16(0)?).min(bytes.len());
    let mut texts = Vec::new();
    for part in children(&bytes[..length], FIXED + FIXED_SIZE) {
        if part.key != "StringFileInfo" {
            continue;
        }
        let Some(table) = children(part.bytes, part.value).next() else {
            continue;
        };
        let strings = children(table.bytes, table.value).take(MAX_TEXTS);
        texts.extend(strings.map(|string| {
            let value = string.bytes.get(string.value..).unwrap_or_default();
            (string.key, utf16(value))
        }));
    }
    texts.retain(|(key, value)| !key.is_empty() && !value.is_empty());
    Some(FileVersion {
        file: version(8)?,
        product: version(16)?,
        texts,
    })
}

/// A node of the tree.
struct Node<'b> {
    key: String,
    bytes: &'b [u8],
    /// Offset of its value or its first child.
    value: usize,
}

/// The nodes in `bytes` from `at` on.
fn children(bytes: &[u8], at: usize) -> impl Iterator<Item = Node<'_>> {
    let mut at = at;
    std::iter::from_fn(move || {
        at = at.next_multiple_of(4);
        let rest = bytes.get(at..)?;
        let length = usize::from(Bytes(rest).u16(0)?);
        let node = rest.get(..length).filter(|node| node.len() > 6)?;
        at += length;
        let key = utf16(&node[6..]);
        let value = (6 + 2 * (key.encode_utf16().count() + 1)).next_multiple_of(4);
        Some(Node {
            key,
            bytes: node,
            value,
        })
    })
}

fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2);
    let units = units.map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    let units: Vec<_> = units.take(MAX_TEXT).take_while(|&unit| unit != 0).collect();
    let text = String::from_utf16_lossy(&units);
    let printable = |c: char| if c.is_control() { '?' } else { c };
    text.chars().map(printable).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dump::synthetic::FlatMemory;

    const BASE: u64 = 0xffff_f800_1000_0000;
    const RESOURCES: Range = Range {
        rva: 0x400,
        size: 0x800,
    };

    fn node(key: &str, value: &[u8]) -> Vec<u8> {
        let mut node = vec![0; 6];
        node.extend(key.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
        node.resize(node.len().next_multiple_of(4), 0);
        node.extend(value);
        let length = node.len() as u16;
        node[..2].copy_from_slice(&length.to_le_bytes());
        node.resize(node.len().next_multiple_of(4), 0);
        node
    }

    fn text(value: &str) -> Vec<u8> {
        let units = value.encode_utf16().chain([0]);
        units.flat_map(u16::to_le_bytes).collect()
    }

    fn resource() -> Vec<u8> {
        let mut fixed = vec![0; FIXED_SIZE];
        for (at, value) in [
            (0, SIGNATURE),
            (8, 0x000A_0000),
            (12, 0x4A61_0324),
            (16, 0x0001_0002),
            (20, 0x0003_0004),
        ] {
            fixed[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        let strings = [
            node("CompanyName", &text("Acme, Inc.")),
            node("FileDescription", &text("Gizmo driver")),
        ]
        .concat();
        let table = node("040904b0", &strings);
        fixed.extend(node("StringFileInfo", &table));
        node("VS_VERSION_INFO", &fixed)
    }

    fn memory(resource: &[u8]) -> FlatMemory {
        let mut memory = FlatMemory::default();
        memory.fill_page(BASE);
        memory.fill_page(BASE + 0x1000);
        let directory = BASE + u64::from(RESOURCES.rva);
        let mut entry = |offset: u64, id: u32, target: u32| {
            memory.put(directory + offset + 14, &1u16.to_le_bytes());
            memory.put(directory + offset + 16, &id.to_le_bytes());
            memory.put(directory + offset + 20, &target.to_le_bytes());
        };
        entry(0, RT_VERSION, IS_DIRECTORY | 0x20);
        entry(0x20, 1, IS_DIRECTORY | 0x40);
        entry(0x40, 0x409, 0x60);
        memory.put(directory + 0x60, &0x800u32.to_le_bytes());
        memory.put(directory + 0x64, &(resource.len() as u32).to_le_bytes());
        memory.put(BASE + 0x800, resource);
        memory
    }

    #[test]
    fn numbers_and_texts_are_read() {
        let version = read_version(&memory(&resource()), BASE, RESOURCES).unwrap();
        assert_eq!(version.file, "10.0.19041.804");
        assert_eq!(version.product, "1.2.3.4");
        assert_eq!(version.texts.len(), 2);
        assert_eq!(
            version.texts[0],
            ("CompanyName".to_owned(), "Acme, Inc.".to_owned())
        );
    }

    #[test]
    fn what_is_not_in_the_dump_is_not_known() {
        let nothing = FlatMemory::default();
        assert_eq!(read_version(&nothing, BASE, RESOURCES), None);
        let mut without = memory(&resource());
        let id = BASE + u64::from(RESOURCES.rva) + 16;
        without.put(id, &3u32.to_le_bytes());
        assert_eq!(read_version(&without, BASE, RESOURCES), None);
    }

    proptest! {
        #[test]
        fn damage_is_survived(
            changes in proptest::collection::vec((0usize..0x1000, any::<u8>()), 0..30),
        ) {
            let mut memory = memory(&resource());
            for (at, byte) in changes {
                memory.put(BASE + 0x400 + at as u64, &[byte]);
            }
            let _ = read_version(&memory, BASE, RESOURCES);
        }
    }
}
