//! What a file is, by its first bytes and its size.

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// A kernel dump of Windows, an ELF dump of QEMU, a user-mode minidump, or a guest's memory.
    Dump,
    /// A debugger's log.
    Text,
}

/// The first bytes of dumps. Eight of `PAGEDUMP` and `PAGEDU64` and not four: a log may begin with
/// `PAGE_FAULT_IN_NONPAGED_AREA`.
const DUMPS: [&[u8]; 4] = [b"PAGEDUMP", b"PAGEDU64", b"\x7FELF", b"MDMP"];
/// Byte order marks of UTF-16.
const UTF16: [&[u8]; 2] = [b"\xFF\xFE", b"\xFE\xFF"];
/// A guest's memory is a whole number of these.
const MEBIBYTE: u64 = 1 << 20;

/// Tells a dump from a log. `start` has the file's first 8 bytes, or all of a shorter file; `size`
/// is in bytes.
pub(crate) fn sniff(start: &[u8], size: u64) -> FileKind {
    let begins = |all: &[&[u8]]| all.iter().any(|magic| start.starts_with(magic));
    // A guest's memory may begin with any bytes; text in UTF-8 has no zero byte.
    let is_memory =
        size > 0 && size.is_multiple_of(MEBIBYTE) && start.contains(&0) && !begins(&UTF16);
    match begins(&DUMPS) || is_memory {
        true => FileKind::Dump,
        false => FileKind::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_may_begin_like_a_dump() {
        for text in [
            &b"PAGE_FAU"[..],
            b"PAGE",
            b"PAGEDU",
            b"MD",
            b"",
            b"\xFF\xFEP\0A\0G\0",
        ] {
            assert_eq!(sniff(text, MEBIBYTE), FileKind::Text, "{text:?}");
        }
    }

    #[test]
    fn dumps_and_memory() {
        for dump in [
            &b"PAGEDU64"[..],
            b"PAGEDUMP",
            b"\x7FELF\x02\x01\x01\0",
            b"MDMP\x93\xA7\0\0",
        ] {
            assert_eq!(sniff(dump, 12_345), FileKind::Dump, "{dump:?}");
        }
        let memory = b"\x53\xFF\0\xF0\x53\xFF\0\xF0";
        assert_eq!(sniff(memory, 128 * MEBIBYTE), FileKind::Dump);
        assert_eq!(sniff(memory, 128 * MEBIBYTE + 1), FileKind::Text);
    }
}
