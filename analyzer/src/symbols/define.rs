//! Type definitions from a PDB's type stream.

use pdb2::{PrimitiveKind, PrimitiveType, TypeData, TypeIndex, Variant};

use super::graph::TypeGraph;
use super::layout::LayoutError;
use super::shape::{Definition, Member, Scalar, ScalarKind, Shape, TypeRef};
use super::types::{Index, MAX_NESTING, TypeTable, primitive_size};

/// Kernel structures have a few hundred fields; more than this means damage.
const MAX_MEMBERS: usize = 16_384;

impl TypeTable {
    /// The definition of a type.
    pub(crate) fn define(&self, of: &TypeRef) -> Result<Definition, LayoutError> {
        self.with(|index| {
            let at = match of.index {
                Some(at) => TypeIndex(at),
                None => index.named(&of.name)?,
            };
            index
                .define(at)
                .ok_or_else(|| LayoutError::Damaged(of.name.clone()))
        })
    }

    /// Names of all types that are defined, in no order.
    pub(crate) fn names(&self) -> Vec<String> {
        self.with(|index| index.by_name.keys().cloned().collect())
    }
}

impl Index<'_> {
    fn define(&self, at: TypeIndex) -> Option<Definition> {
        let (at, data) = self.resolve(at)?;
        Some(match data {
            TypeData::Enumeration(enumeration) => Definition::Enum {
                size: self.size(enumeration.underlying_type, 0)?,
                values: self.enumerators(enumeration.fields),
            },
            TypeData::Class(_) | TypeData::Union(_) => {
                let mut members = Vec::new();
                self.collect(at, 0, 0, &mut members);
                let size = self.size(at, 0)?;
                Definition::Record { size, members }
            }
            _ => return None,
        })
    }

    fn collect(&self, container: TypeIndex, start: u64, depth: usize, found: &mut Vec<Member>) {
        let list = match self.resolve(container).map(|(_, data)| data) {
            Some(TypeData::Class(class)) => class.fields,
            Some(TypeData::Union(union)) => Some(union.fields),
            _ => None,
        };
        for field in self.fields(list) {
            if found.len() >= MAX_MEMBERS || depth > MAX_NESTING {
                return;
            }
            match field {
                TypeData::Member(member) => found.push(Member {
                    name: member.name.to_string().into_owned(),
                    offset: start.saturating_add(member.offset),
                    shape: self.shape(member.field_type, 0),
                }),
                TypeData::BaseClass(base) => {
                    let start = start.saturating_add(base.offset.into());
                    self.collect(base.base_class, start, depth + 1, found);
                }
                _ => {}
            }
        }
    }

    /// The entries of a field list and its continuations.
    fn fields(&self, mut list: Option<TypeIndex>) -> Vec<TypeData<'_>> {
        let mut found = Vec::new();
        for _ in 0..MAX_NESTING {
            let Some(TypeData::FieldList(fields)) = list.and_then(|list| self.data(list)) else {
                break;
            };
            found.extend(fields.fields);
            list = fields.continuation;
        }
        found
    }

    fn enumerators(&self, list: TypeIndex) -> Vec<(String, i64)> {
        let fields = self.fields(Some(list)).into_iter();
        fields
            .filter_map(|field| match field {
                TypeData::Enumerate(one) => Some((one.name.to_string().into_owned(), {
                    match one.value {
                        Variant::U8(value) => value.into(),
                        Variant::U16(value) => value.into(),
                        Variant::U32(value) => value.into(),
                        Variant::U64(value) => value as i64,
                        Variant::I8(value) => value.into(),
                        Variant::I16(value) => value.into(),
                        Variant::I32(value) => value.into(),
                        Variant::I64(value) => value,
                    }
                })),
                _ => None,
            })
            .take(MAX_MEMBERS)
            .collect()
    }

    fn shape(&self, at: TypeIndex, depth: usize) -> Shape {
        if depth > MAX_NESTING {
            return Shape::Void;
        }
        let inner = |at| Box::new(self.shape(at, depth + 1));
        let Some((at, data)) = self.resolve(at) else {
            // A type that is only declared has no definition but a name.
            return self.declared(at).map_or(Shape::Void, Shape::Record);
        };
        let named = |name: pdb2::RawString<'_>| TypeRef {
            name: name.to_string().into_owned(),
            index: Some(at.0),
        };
        match data {
            TypeData::Primitive(primitive) => primitive_shape(primitive),
            TypeData::Class(class) => Shape::Record(named(class.name)),
            TypeData::Union(union) => Shape::Record(named(union.name)),
            TypeData::Enumeration(enumeration) => {
                let number = match self.shape(enumeration.underlying_type, depth + 1) {
                    Shape::Scalar(number) => number,
                    _ => return Shape::Void,
                };
                let of = named(enumeration.name);
                Shape::Enum { of, number }
            }
            TypeData::Pointer(pointer) => Shape::Pointer(inner(pointer.underlying_type)),
            TypeData::Bitfield(bits) => Shape::Bits {
                size: self.size(bits.underlying_type, 0).unwrap_or(0),
                position: bits.position,
                length: bits.length,
            },
            TypeData::Array(_) => match self.element(at) {
                Some((element, element_size, count)) => Shape::Array {
                    element: inner(element),
                    element_size,
                    count,
                },
                None => Shape::Void,
            },
            TypeData::Procedure(procedure) => Shape::Function(procedure.return_type.map(inner)),
            _ => Shape::Void,
        }
    }

    fn declared(&self, at: TypeIndex) -> Option<TypeRef> {
        let mut at = at;
        for _ in 0..MAX_NESTING {
            let name = match self.data(at)? {
                TypeData::Modifier(modifier) => {
                    at = modifier.underlying_type;
                    continue;
                }
                TypeData::Class(class) => class.name,
                TypeData::Union(union) => union.name,
                _ => return None,
            };
            return Some(TypeRef::named(&name.to_string()));
        }
        None
    }
}

fn primitive_shape(primitive: PrimitiveType) -> Shape {
    use PrimitiveKind as P;
    let direct = PrimitiveType {
        indirection: None,
        ..primitive
    };
    let kind = match primitive.kind {
        P::Char | P::RChar | P::I8 | P::Short | P::I16 | P::Long | P::I32 => ScalarKind::Signed,
        P::Quad | P::I64 | P::Octa | P::I128 | P::HRESULT => ScalarKind::Signed,
        P::WChar | P::RChar16 => ScalarKind::WideChar,
        P::Bool8 | P::Bool16 | P::Bool32 | P::Bool64 => ScalarKind::Bool,
        P::F16 | P::F32 | P::F64 | P::F128 => ScalarKind::Float,
        _ => ScalarKind::Unsigned,
    };
    let direct = match primitive_size(direct) {
        Some(size) => Shape::Scalar(Scalar { size, kind }),
        None => Shape::Void,
    };
    match primitive.indirection {
        Some(_) => Shape::Pointer(Box::new(direct)),
        None => direct,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbols::Pdb;
    use crate::testing::fixtures;

    fn members(of: &TypeRef) -> Vec<(String, u64, String)> {
        let pdb = Pdb::new(fixtures().join("mini-nt.pdb"));
        let Definition::Record { members, .. } = pdb.define(of).unwrap() else {
            panic!("{} is no record", of.name)
        };
        let member = |member: Member| (member.name, member.offset, member.shape.text());
        members.into_iter().map(member).collect()
    }

    #[test]
    fn records_have_their_fields_with_types() {
        let found = members(&TypeRef::named("_TEST_TYPES"));
        let expected = [
            ("Plain", 0, "UChar"),
            ("Low", 4, "Pos 0, 3 Bits"),
            ("Middle", 4, "Pos 3, 7 Bits"),
            ("High", 4, "Pos 10, 22 Bits"),
            ("Elements", 8, "[4] _TEST_INNER"),
            ("Pointer", 56, "Ptr64 _TEST_INNER"),
            ("Choice", 64, "_TEST_ENUM"),
            ("Unknown", 72, "Ptr64 _TEST_UNKNOWN"),
        ];
        let expected = expected.map(|(name, at, shape)| (name.to_owned(), at, shape.to_owned()));
        assert_eq!(found, expected);
    }

    #[test]
    fn unnamed_records_are_found_by_their_index() {
        let pdb = Pdb::new(fixtures().join("mini-nt.pdb"));
        let inner = pdb.define(&TypeRef::named("_TEST_INNER")).unwrap();
        let Definition::Record { members: all, .. } = inner else {
            panic!("no record")
        };
        let Shape::Record(choice) = &all[1].shape else {
            panic!("{:?}", all[1])
        };
        let names: Vec<_> = members(choice).into_iter().map(|(name, ..)| name).collect();
        assert_eq!(names, ["Low", "Word"]);
    }

    #[test]
    fn enumerations_have_names_and_numbers() {
        let pdb = Pdb::new(fixtures().join("mini-nt.pdb"));
        let found = pdb.define(&TypeRef::named("_TEST_ENUM")).unwrap();
        let values = vec![("TestZero".to_owned(), 0), ("TestOne".to_owned(), 1)];
        assert_eq!(found, Definition::Enum { size: 4, values });
        assert!(pdb.type_names().contains(&"_TEST_ENUM".to_owned()));
    }
}
