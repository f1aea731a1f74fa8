//! The document's outer structure, read in one pass. Types stay text until first used.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The used parts of an ISF document.
#[derive(Deserialize)]
pub(super) struct Document<'a> {
    #[serde(default)]
    pub metadata: Metadata,
    #[serde(borrow)]
    pub base_types: Entries<'a, BaseType>,
    #[serde(borrow)]
    pub user_types: Entries<'a, &'a RawValue>,
    #[serde(borrow)]
    pub enums: Entries<'a, &'a RawValue>,
    #[serde(borrow)]
    pub symbols: Entries<'a, Address>,
}

/// Which build the table describes.
#[derive(Default, Deserialize)]
pub(super) struct Metadata {
    pub windows: Option<Windows>,
}

#[derive(Deserialize)]
pub(super) struct Windows {
    pub pdb: Option<PdbMetadata>,
}

#[derive(Deserialize)]
pub(super) struct PdbMetadata {
    #[serde(rename = "GUID")]
    pub guid: String,
    pub age: u32,
    pub database: String,
}

#[derive(Deserialize)]
pub(super) struct BaseType {
    pub size: u64,
    #[serde(default)]
    pub signed: bool,
    /// `int`, `char`, `bool`, `float` or `void`.
    #[serde(default)]
    pub kind: String,
}

/// Offset of a symbol from the image's base; `None` for one that no image can hold.
#[derive(Clone, Copy)]
pub(super) struct Address(pub Option<u32>);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Symbol {
            address: u64,
        }
        let symbol = Symbol::deserialize(deserializer)?;
        Ok(Self(symbol.address.try_into().ok()))
    }
}

/// A name, borrowed from the text unless it is escaped there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name<'a>(pub Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// A JSON object with any names, sorted by them. Of two with the same name, the first wins.
pub(super) struct Entries<'a, V>(Vec<(Name<'a>, V)>);

impl<'a, V> Entries<'a, V> {
    pub(super) fn get(&self, name: &str) -> Option<&V> {
        let found = self.0.partition_point(|(known, _)| &*known.0 < name);
        let (known, value) = self.0.get(found)?;
        (known.0 == name).then_some(value)
    }

    /// The name at a position of [`Self::iter`].
    pub(super) fn name(&self, at: usize) -> Option<&str> {
        self.0.get(at).map(|(name, _)| &*name.0)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.0.iter().map(|(name, value)| (&*name.0, value))
    }
}

impl<'de: 'a, 'a, V: Deserialize<'de>> Deserialize<'de> for Entries<'a, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for Object<V> {
            type Value = Vec<(Name<'de>, V)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(name) = map.next_key()? {
                    entries.push((name, map.next_value()?));
                }
                Ok(entries)
            }

            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Vec::new())
            }
        }
        let mut entries = deserializer.deserialize_map(Object(PhantomData))?;
        // Volatility writes them sorted, so this costs one comparison each.
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(Self(entries))
    }
}
