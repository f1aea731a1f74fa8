//! The identity of an image's PDB.

use std::fmt;

/// The PDB that an image's RSDS record names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PdbId {
    /// File name, without any path of the build machine.
    pub name: String,
    /// GUID in the order of its text form.
    pub guid: [u8; 16],
    pub age: u32,
}

impl PdbId {
    /// 32 digits of GUID and the age, both hexadecimal: the folder name in symbol stores.
    pub(crate) fn store_key(&self) -> String {
        format!("{}{:X}", self.guid_text(), self.age)
    }

    /// The name, if it is a plain file name. It comes from a dump and becomes part of paths.
    pub(crate) fn file_name(&self) -> Option<&str> {
        let name = self.name.as_str();
        let is_odd = |c: char| c.is_control() || "/\\:*?\"<>|".contains(c);
        (!name.contains(is_odd) && !name.trim_matches(['.', ' ']).is_empty()).then_some(name)
    }

    /// The GUID's 32 hexadecimal digits.
    pub(crate) fn guid_text(&self) -> String {
        self.guid.iter().map(|byte| format!("{byte:02X}")).collect()
    }

    /// A GUID of 32 hexadecimal digits, with or without dashes and braces.
    pub(crate) fn parse_guid(text: &str) -> Option<[u8; 16]> {
        let digits: String = text.chars().filter(|c| !"-{}".contains(*c)).collect();
        let is_guid = digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let number = is_guid.then(|| u128::from_str_radix(&digits, 16))?;
        Some(number.ok()?.to_be_bytes())
    }
}

impl fmt::Display for PdbId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.store_key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn store_key_is_that_of_symbol_servers() {
        let id = PdbId {
            name: "ntkrnlmp.pdb".into(),
            guid: *b"\x12\x34\x56\x78\x9a\xbc\xde\xf0\0\x01\x02\x03\x04\x05\x06\x07",
            age: 10,
        };
        assert_eq!(id.store_key(), "123456789ABCDEF00001020304050607A");
        assert_eq!(PdbId::parse_guid(&id.guid_text()), Some(id.guid));
        let dashed = "{12345678-9abc-def0-0001-020304050607}";
        assert_eq!(PdbId::parse_guid(dashed), Some(id.guid));
        assert_eq!(PdbId::parse_guid("+2345678"), None);
        assert_eq!(PdbId::parse_guid(&"+".repeat(32)), None);
    }

    #[test]
    fn names_that_would_lead_elsewhere_are_no_file_names() {
        let named = |name: &str| PdbId {
            name: name.into(),
            guid: [0; 16],
            age: 1,
        };
        for name in ["a.pdb", "A B.pdb", "..a.pdb", "\u{e9}.pdb"] {
            assert_eq!(named(name).file_name(), Some(name));
        }
        for name in [
            "", ".", "..", "../a.pdb", "a\\b.pdb", "a\0.pdb", "c:a.pdb", "a\n",
        ] {
            assert_eq!(named(name).file_name(), None, "{name:?}");
        }
    }
}
