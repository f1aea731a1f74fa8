//! Structures, unions and enumerations.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::value::RawValue;

use super::document::{BaseType, Document, Entries, Name};
use crate::symbols::graph::TypeGraph;
use crate::symbols::layout::{Field, FieldKind, LayoutError};

/// Anonymous members within anonymous members are followed this far.
const MAX_NESTING: usize = 16;
/// A pointer's size where the table does not say.
const POINTER: u64 = 8;

/// A structure or union.
#[derive(serde::Deserialize)]
pub(super) struct Aggregate<'a> {
    pub(super) size: u64,
    #[serde(borrow)]
    pub(super) fields: Entries<'a, Member<'a>>,
}

#[derive(serde::Deserialize)]
pub(super) struct Member<'a> {
    pub(super) offset: u64,
    #[serde(rename = "type", borrow)]
    pub(super) of: Type<'a>,
    #[serde(default)]
    anonymous: bool,
}

/// The type of a member.
#[derive(Clone)]
pub(super) enum Type<'a> {
    Base(Name<'a>),
    Enum(Name<'a>),
    /// A structure, union or class.
    Aggregate(Name<'a>),
    Pointer(Rc<Type<'a>>),
    Array {
        of: Rc<Type<'a>>,
        count: u64,
    },
    Bits {
        of: Rc<Type<'a>>,
        position: u8,
        length: u8,
    },
    Function,
}

/// The same, with everything that any kind may have.
#[derive(serde::Deserialize)]
struct RawType<'a> {
    #[serde(borrow)]
    kind: Name<'a>,
    #[serde(borrow)]
    name: Option<Name<'a>>,
    #[serde(borrow)]
    subtype: Option<Box<Type<'a>>>,
    #[serde(rename = "type", borrow)]
    of: Option<Box<Type<'a>>>,
    count: Option<u64>,
    bit_position: Option<u8>,
    bit_length: Option<u8>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Type<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = RawType::deserialize(deserializer)?;
        raw.try_into().map_err(D::Error::custom)
    }
}

impl<'a> TryFrom<RawType<'a>> for Type<'a> {
    type Error = String;

    fn try_from(raw: RawType<'a>) -> Result<Self, String> {
        let RawType {
            kind,
            name,
            subtype,
            of,
            count,
            bit_position,
            bit_length,
        } = raw;
        let (subtype, of) = (subtype.map(Rc::from), of.map(Rc::from));
        let made = match &*kind.0 {
            "base" => name.map(Self::Base),
            "enum" => name.map(Self::Enum),
            "struct" | "union" | "class" => name.map(Self::Aggregate),
            "pointer" => subtype.map(Self::Pointer),
            "array" => subtype
                .zip(count)
                .map(|(of, count)| Self::Array { of, count }),
            "bitfield" => of
                .zip(bit_position)
                .zip(bit_length)
                .map(|((of, position), length)| Self::Bits {
                    of,
                    position,
                    length,
                }),
            "function" => Some(Self::Function),
            _ => None,
        };
        made.ok_or_else(|| format!("a type of kind {:?} is incomplete or unknown", kind.0))
    }
}

/// All types of a table, parsed when first used.
pub(super) struct Types<'a> {
    pub(super) base: Entries<'a, BaseType>,
    pub(super) aggregates: Entries<'a, &'a RawValue>,
    pub(super) enums: Entries<'a, &'a RawValue>,
    parsed: RefCell<HashMap<String, Option<Rc<Aggregate<'a>>>>>,
}

impl<'a> Types<'a> {
    /// Takes the types out of a document; the symbols are left.
    pub(super) fn new(document: Document<'a>) -> (Self, Entries<'a, super::document::Address>) {
        let types = Self {
            base: document.base_types,
            aggregates: document.user_types,
            enums: document.enums,
            parsed: RefCell::default(),
        };
        (types, document.symbols)
    }

    /// Size of a structure, union or enumeration.
    pub(super) fn size_of(&self, type_name: &str) -> Result<u64, LayoutError> {
        match self.aggregate(type_name) {
            Err(LayoutError::NoType(_)) => self
                .enum_size(type_name)
                .ok_or_else(|| LayoutError::NoType(type_name.to_owned())),
            found => found.map(|aggregate| aggregate.size),
        }
    }

    pub(super) fn aggregate(&self, name: &str) -> Result<Rc<Aggregate<'a>>, LayoutError> {
        let mut parsed = self.parsed.borrow_mut();
        let known = match parsed.get(name) {
            Some(known) => known.clone(),
            None => {
                let text: &'a RawValue = self
                    .aggregates
                    .get(name)
                    .ok_or_else(|| LayoutError::NoType(name.to_owned()))?;
                let aggregate = serde_json::from_str(text.get()).ok().map(Rc::new);
                parsed.insert(name.to_owned(), aggregate.clone());
                aggregate
            }
        };
        known.ok_or_else(|| LayoutError::Damaged(name.to_owned()))
    }

    fn enum_size(&self, name: &str) -> Option<u64> {
        #[derive(serde::Deserialize)]
        struct Enumeration {
            size: u64,
        }
        let text = self.enums.get(name)?.get();
        let enumeration: Enumeration = serde_json::from_str(text).ok()?;
        Some(enumeration.size)
    }

    /// Bytes of a value. Nesting is bounded by the parser's.
    pub(super) fn size(&self, of: &Type<'a>) -> Option<u64> {
        match of {
            Type::Base(name) => self.base.get(&name.0).map(|base| base.size),
            Type::Enum(name) => self.enum_size(&name.0),
            Type::Aggregate(name) => Some(self.aggregate(&name.0).ok()?.size),
            Type::Pointer(_) => Some(self.pointer_size()),
            Type::Array { of, count } => self.size(of)?.checked_mul(*count),
            Type::Bits { of, .. } => self.size(of),
            Type::Function => None,
        }
    }

    fn pointer_size(&self) -> u64 {
        let pointer = self.base.get("pointer").map(|base| base.size);
        pointer
            .filter(|size| [4, 8].contains(size))
            .unwrap_or(POINTER)
    }

    fn member_of(&self, container: &Type<'a>, name: &str, depth: usize) -> Option<(u64, Type<'a>)> {
        let Type::Aggregate(type_name) = container else {
            return None;
        };
        let aggregate = self.aggregate(&type_name.0).ok()?;
        if let Some(member) = aggregate.fields.get(name) {
            return Some((member.offset, member.of.clone()));
        }
        if depth >= MAX_NESTING {
            return None;
        }
        let mut anonymous = aggregate
            .fields
            .iter()
            .filter(|(_, member)| member.anonymous);
        anonymous.find_map(|(_, part)| {
            let (at, of) = self.member_of(&part.of, name, depth + 1)?;
            Some((part.offset.checked_add(at)?, of))
        })
    }
}

impl<'a> TypeGraph for Types<'a> {
    type Type = Type<'a>;

    fn named(&self, type_name: &str) -> Result<Type<'a>, LayoutError> {
        self.aggregate(type_name)?;
        Ok(Type::Aggregate(Name(type_name.to_owned().into())))
    }

    fn member(&self, container: &Type<'a>, name: &str) -> Option<(u64, Type<'a>)> {
        self.member_of(container, name, 0)
    }

    fn array(&self, array: &Type<'a>) -> Option<(Type<'a>, u64, u64)> {
        let Type::Array { of, count } = array else {
            return None;
        };
        Some((Type::clone(of), self.size(of)?, *count))
    }

    fn describe(&self, offset: u64, of: &Type<'a>) -> Field {
        let mut bits = None;
        let kind = match of {
            Type::Base(name) if &*name.0 == "void" => FieldKind::Other,
            Type::Base(_) | Type::Enum(_) => FieldKind::Scalar,
            Type::Bits {
                position, length, ..
            } => {
                bits = Some((*position, *length));
                FieldKind::Scalar
            }
            Type::Aggregate(name) => FieldKind::Struct(name.0.to_string()),
            Type::Pointer(to) => FieldKind::Pointer {
                to: match &**to {
                    Type::Aggregate(name) if self.aggregates.get(&name.0).is_some() => {
                        Some(name.0.to_string())
                    }
                    _ => None,
                },
            },
            Type::Array { of, count } => match self.size(of) {
                Some(element_size) => FieldKind::Array {
                    element_size,
                    count: *count,
                },
                None => FieldKind::Other,
            },
            Type::Function => FieldKind::Other,
        };
        Field {
            offset,
            size: self.size(of).unwrap_or(0),
            bits,
            kind,
        }
    }
}
