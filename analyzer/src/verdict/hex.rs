//! A 64-bit number that travels through JSON as a hexadecimal string.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A 64-bit number (address, bug-check parameter) written as `"0x1234"` in JSON.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hex64(pub u64);

impl fmt::Display for Hex64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::Debug for Hex64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl From<u64> for Hex64 {
    fn from(value: u64) -> Self {
        Self(value)
    }
}

impl From<Hex64> for u64 {
    fn from(value: Hex64) -> Self {
        value.0
    }
}

impl FromStr for Hex64 {
    type Err = std::num::ParseIntError;

    /// Reads `0x…` as hexadecimal and anything else as decimal. A WinDbg back-tick between the
    /// two halves of an address is accepted.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim().replace('`', "");
        match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
            Some(hex) => u64::from_str_radix(hex, 16),
            None => text.parse(),
        }
        .map(Self)
    }
}

impl Serialize for Hex64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hex64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct HexVisitor;

        impl Visitor<'_> for HexVisitor {
            type Value = Hex64;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a hexadecimal string such as \"0x1f\", or a number")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Hex64, E> {
                text.parse()
                    .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Hex64, E> {
                Ok(Hex64(value))
            }
        }

        deserializer.deserialize_any(HexVisitor)
    }
}

impl JsonSchema for Hex64 {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Hex64".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A 64-bit number, written as a hexadecimal string such as \"0x1f\"; when read, \
                            a WinDbg back-tick, decimal digits and plain numbers are accepted, too.",
            "anyOf": [
                {"type": "string", "pattern": "^(0[xX][0-9a-fA-F`]{1,17}|[0-9]{1,20})$"},
                {"type": "integer", "minimum": 0}
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn travels_as_a_hex_string() {
        let json = serde_json::to_string(&Hex64(0xffff_f801_0000_0001)).unwrap();
        assert_eq!(json, "\"0xfffff80100000001\"");
        assert_eq!(
            serde_json::from_str::<Hex64>(&json).unwrap().0,
            0xffff_f801_0000_0001
        );
        assert_eq!(serde_json::from_str::<Hex64>("17").unwrap().0, 17);
        assert!(serde_json::from_str::<Hex64>("\"zz\"").is_err());
    }

    #[test]
    fn reads_windbg_addresses() {
        assert_eq!(
            "0xfffff801`49200000".parse::<Hex64>().unwrap().0,
            0xffff_f801_4920_0000
        );
    }
}
