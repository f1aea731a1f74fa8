//! Type definitions from an ISF table.

use super::document::BaseType;
use super::types::{Type, Types};
use crate::symbols::layout::LayoutError;
use crate::symbols::shape::{Definition, Member, Scalar, ScalarKind, Shape, TypeRef};

impl<'a> Types<'a> {
    /// The definition of a type.
    pub(super) fn define(&self, name: &str) -> Result<Definition, LayoutError> {
        match self.aggregate(name) {
            Err(LayoutError::NoType(_)) => self.define_enum(name),
            Err(error) => Err(error),
            Ok(aggregate) => {
                let mut members: Vec<Member> = (aggregate.fields.iter())
                    .map(|(name, member)| Member {
                        name: name.to_owned(),
                        offset: member.offset,
                        shape: self.shape(&member.of),
                    })
                    .collect();
                // The table is sorted by name; the declaration order at the same offset is lost.
                members.sort_by_key(|member| (member.offset, bit(&member.shape)));
                let size = aggregate.size;
                Ok(Definition::Record { size, members })
            }
        }
    }

    fn define_enum(&self, name: &str) -> Result<Definition, LayoutError> {
        #[derive(serde::Deserialize)]
        struct Enumeration {
            size: u64,
            constants: std::collections::BTreeMap<String, i64>,
        }
        let text = self.enums.get(name);
        let text = text.ok_or_else(|| LayoutError::NoType(name.to_owned()))?;
        let damaged = |_| LayoutError::Damaged(name.to_owned());
        let found: Enumeration = serde_json::from_str(text.get()).map_err(damaged)?;
        let mut values: Vec<(String, i64)> = found.constants.into_iter().collect();
        values.sort_by_key(|(_, value)| *value);
        let size = found.size;
        Ok(Definition::Enum { size, values })
    }

    /// Names of all types.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let aggregates = self.aggregates.iter().map(|(name, _)| name);
        aggregates.chain(self.enums.iter().map(|(name, _)| name))
    }

    /// Nesting is bounded by the parser's.
    fn shape(&self, of: &Type<'a>) -> Shape {
        match of {
            Type::Base(name) => match self.base.get(&name.0) {
                Some(base) => scalar(&name.0, base),
                None => Shape::Void,
            },
            Type::Enum(name) => Shape::Enum {
                of: TypeRef::named(&name.0),
                number: Scalar {
                    size: self.size_of(&name.0).unwrap_or(4),
                    kind: ScalarKind::Signed,
                },
            },
            Type::Aggregate(name) => Shape::Record(TypeRef::named(&name.0)),
            Type::Pointer(to) => Shape::Pointer(Box::new(self.shape(to))),
            Type::Array { of, count } => match self.size(of) {
                Some(element_size) => Shape::Array {
                    element: Box::new(self.shape(of)),
                    element_size,
                    count: *count,
                },
                None => Shape::Void,
            },
            Type::Bits {
                of,
                position,
                length,
            } => Shape::Bits {
                size: self.size(of).unwrap_or(0),
                position: *position,
                length: *length,
            },
            Type::Function => Shape::Function(None),
        }
    }
}

fn scalar(name: &str, base: &BaseType) -> Shape {
    let kind = match (base.kind.as_str(), base.signed) {
        ("void", _) => return Shape::Void,
        ("bool", _) => ScalarKind::Bool,
        ("float", _) => ScalarKind::Float,
        _ if name == "wchar" => ScalarKind::WideChar,
        (_, true) => ScalarKind::Signed,
        (_, false) => ScalarKind::Unsigned,
    };
    let size = base.size;
    Shape::Scalar(Scalar { size, kind })
}

fn bit(shape: &Shape) -> u8 {
    match shape {
        Shape::Bits { position, .. } => *position,
        _ => 0,
    }
}
