//! A process's name and id without the kernel's types.

use crate::dump::{Memory, MemoryExt};

/// Bytes of `_EPROCESS.ImageFileName`; the last one is 0.
const NAME: usize = 15;
const SYSTEM: (&str, u64) = ("System", 4);
/// Ids are multiples of 4 below this.
const MAX_ID: u64 = 1 << 26;
/// Offsets of `ImageFileName` and `UniqueProcessId` in the `_EPROCESS` of x64 versions, newest
/// first: 11 24H2; 10 2004 to 11 23H2; 10 1903; 10 1507 to 1809; 8 and 8.1; 7.
const PLACES: [(u64, u64); 7] = [
    (0x338, 0x1D0),
    (0x5A8, 0x440),
    (0x450, 0x2E8),
    (0x450, 0x2E0),
    (0x448, 0x2E8),
    (0x438, 0x2E0),
    (0x2E0, 0x180),
];

/// What identifies a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProcessId {
    /// Image name, at most 14 characters.
    pub name: String,
    pub id: u64,
}

/// Reads name and id of the `_EPROCESS` at `address` at the places of known versions; `None`
/// unless exactly one name and id are plausible.
pub(crate) fn identify(memory: &dyn Memory, address: u64) -> Option<ProcessId> {
    let mut found = PLACES.iter().filter_map(|&(name_at, id_at)| {
        let name = memory.read_vec(address.wrapping_add(name_at), NAME).ok()?;
        let name = plausible_name(&name)?;
        let id = memory.read_u64(address.wrapping_add(id_at)).ok()?;
        let is_id = id != 0 && id.is_multiple_of(4) && id < MAX_ID;
        let fits = (name == SYSTEM.0) == (id == SYSTEM.1);
        (is_id && fits).then_some(ProcessId { name, id })
    });
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

/// A file name in ASCII that ends with zeros.
fn plausible_name(bytes: &[u8]) -> Option<String> {
    let end = bytes.iter().position(|&byte| byte == 0)?;
    let (text, rest) = bytes.split_at(end);
    let printable = text.iter().all(|byte| (0x20..0x7F).contains(byte));
    let letters = text.iter().filter(|byte| byte.is_ascii_alphanumeric());
    let name = std::str::from_utf8(text).ok()?;
    let ends = rest.iter().all(|&byte| byte == 0);
    (printable && ends && letters.count() >= 2).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::synthetic::FlatMemory;

    const PROCESS: u64 = 0xffff_d000_0000_1000;

    fn process(name_at: u64, name: &[u8], id_at: u64, id: u64) -> FlatMemory {
        let mut memory = FlatMemory::default();
        memory.fill_page(PROCESS);
        memory.put(PROCESS, &[0; 0x1000]);
        memory.put(PROCESS + name_at, name);
        memory.put_u64(PROCESS + id_at, id);
        memory
    }

    fn found(memory: &FlatMemory) -> Option<(String, u64)> {
        identify(memory, PROCESS).map(|found| (found.name, found.id))
    }

    #[test]
    fn name_and_id_must_both_be_plausible() {
        for (name_at, id_at) in PLACES {
            let memory = process(name_at, b"gizmo.exe", id_at, 0x1234);
            assert_eq!(found(&memory), Some(("gizmo.exe".to_owned(), 0x1234)));
        }
        let system = process(0x5A8, b"System", 0x440, 4);
        assert_eq!(found(&system), Some(("System".to_owned(), 4)));
        for (name, id) in [
            (&b"gizmo.exe"[..], 0x1235),
            (b"gizmo.exe", 0),
            (b"gizmo.exe", 4),
            (b"System", 8),
            (b"giz\x01o.exe", 0x1234),
            (b"fifteen letters", 0x1234),
            (b"..", 0x1234),
        ] {
            assert_eq!(found(&process(0x5A8, name, 0x440, id)), None, "{name:?}");
        }
    }

    #[test]
    fn two_candidates_are_no_answer() {
        let mut memory = process(0x5A8, b"gizmo.exe", 0x440, 0x1234);
        memory.put(PROCESS + 0x338, b"other.exe");
        memory.put_u64(PROCESS + 0x1D0, 0x99C);
        assert_eq!(found(&memory), None);
        assert_eq!(found(&FlatMemory::default()), None);
    }
}
