//! Values that are data where an address should be.

/// What a value is, if it is no address but data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Filling {
    /// One byte, repeated.
    Repeated(u8),
    /// A pattern that debug allocators write over memory that was freed.
    Freed,
    /// Characters, in the order in which they are in memory.
    Text(String),
}

/// A field is at most this far behind the start of its structure.
const FIELDS: u64 = 0x1000;
/// A pointer to a member may have been turned into one to its structure.
const BEFORE: u64 = 0x100;
/// What the debug C library and the heap leave in freed memory.
const FREED: [u64; 4] = [
    0xDDDD_DDDD,
    0xDDDD_DDDD_DDDD_DDDD,
    0xFEEE_FEEE,
    0xFEEE_FEEE_FEEE_FEEE,
];

impl Filling {
    /// What a pointer is, to which a small displacement may have been added.
    pub(crate) fn of(value: u64) -> Option<Self> {
        let near =
            |pattern: u64| value.wrapping_sub(pattern.wrapping_sub(BEFORE)) < FIELDS + BEFORE;
        if FREED.into_iter().any(near) {
            return Some(Self::Freed);
        }
        // The displacement changes the low bytes only.
        let high = value.to_be_bytes().into_iter().find(|byte| *byte != 0)?;
        let length = 8 - value.leading_zeros() as usize / 8;
        let repeated = u64::from(high) * (0x0101_0101_0101_0101 >> (8 * (8 - length)));
        if length >= 4 && high != 0xFF && near(repeated) {
            return Some(Self::Repeated(high));
        }
        text(value).map(Self::Text)
    }

    /// After `which is `.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Repeated(byte) => format!("the byte {byte:#04x} repeated"),
            Self::Freed => "a pattern that is written over freed memory".to_owned(),
            Self::Text(text) => format!("the text {text:?}"),
        }
    }
}

/// Whether a value is what a copy of a buffer leaves, not an address.
pub(crate) fn is_filling(value: u64) -> bool {
    let bytes = value.to_le_bytes();
    let bytes = match value >> 32 {
        0 => &bytes[..4],
        _ => &bytes[..],
    };
    let repeated = bytes.iter().all(|byte| *byte == bytes[0]);
    // A 32-bit value is an address of user mode as well; 0x41414141 is a usual filling.
    (repeated && !matches!(bytes[0], 0 | 0xFF)) || text(value).is_some()
}

/// Eight characters of one byte, or four of two.
fn text(value: u64) -> Option<String> {
    let bytes = value.to_le_bytes();
    let printable = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    if bytes.iter().all(printable) {
        return Some(bytes.into_iter().map(char::from).collect());
    }
    let wide = bytes.chunks_exact(2);
    let is_wide = wide.clone().all(|pair| pair[1] == 0 && printable(&pair[0]));
    is_wide.then(|| wide.map(|pair| char::from(pair[0])).collect())
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
            0x0064_0063_0062_0061,
            0xCCCC_CCCC,
        ] {
            assert!(is_filling(filling), "{filling:#x}");
            assert!(Filling::of(filling).is_some(), "{filling:#x}");
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
            assert_eq!(Filling::of(address), None, "{address:#x}");
        }
    }

    #[test]
    fn a_displacement_hides_no_filling() {
        let repeated = |byte| Some(Filling::Repeated(byte));
        assert_eq!(Filling::of(0x4141_4141_4141_4141 + 0x38), repeated(0x41));
        assert_eq!(Filling::of(0xCDCD_CDCD_CDCD_CDCD - 8), repeated(0xCD));
        assert_eq!(Filling::of(0x4141_4141 + 0xF0), repeated(0x41));
        assert_eq!(Filling::of(0x0000_4141_4141_4151), repeated(0x41));
        assert_eq!(Filling::of(0xDDDD_DDDD_DDDD_DDF5), Some(Filling::Freed));
        assert_eq!(Filling::of(0xFEEE_FEEE_FEEE_FEFE), Some(Filling::Freed));
        let text = |text: &str| Some(Filling::Text(text.to_owned()));
        assert_eq!(
            Filling::of(u64::from_le_bytes(*b"C:\\Windo")),
            text("C:\\Windo")
        );
        assert_eq!(Filling::of(0x0065_0076_0069_0072), text("rive"));
        // Too far away; a poison that is no repetition; a small number; a pointer's low half.
        for other in [
            0xCDCD_CDCD_CDCD_6DCD,
            0xDEAD_0000_0000_0020,
            0x0041_4141,
            0xffff_f800_4141_4141,
            0xffff_ffff_ffff_fff8,
        ] {
            assert_eq!(Filling::of(other), None, "{other:#x}");
        }
    }
}
