//! Values that are data where an address should be.

/// Whether a value is what a copy of a buffer leaves, not an address.
pub(crate) fn is_filling(value: u64) -> bool {
    let bytes = value.to_le_bytes();
    let bytes = match value >> 32 {
        0 => &bytes[..4],
        _ => &bytes[..],
    };
    let repeated = bytes.iter().all(|byte| *byte == bytes[0]);
    let text = bytes.len() == 8 && bytes.iter().all(u8::is_ascii_graphic);
    // A 32-bit value is an address of user mode as well; 0x41414141 is a usual filling.
    (repeated && !matches!(bytes[0], 0 | 0xFF)) || text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fillings_are_told_from_addresses() {
        for filling in [
            0x4141_4141,
            0x4141_4141_4141_4141,
            0x6162_6364_6566_6768,
            0xCCCC_CCCC,
        ] {
            assert!(is_filling(filling), "{filling:#x}");
        }
        for address in [
            0,
            u64::MAX,
            0xffff_f800_1234_5678,
            0x0000_7ff6_1234_5678,
            0x8054_3210,
            0xffff_ffff,
            0x41,
        ] {
            assert!(!is_filling(address), "{address:#x}");
        }
    }
}
