//! Structure layouts from a PDB's type stream.

use std::collections::HashMap;

use pdb2::{
    FallibleIterator, PrimitiveKind, PrimitiveType, TypeData, TypeFinder, TypeIndex,
    TypeInformation,
};
use self_cell::self_cell;

use super::graph::{self, TypeGraph};
use super::layout::{Field, FieldKind, LayoutError};

/// Nested modifiers, field-list continuations and base classes are followed up to this depth.
pub(super) const MAX_NESTING: usize = 64;

pub(super) struct Index<'t> {
    finder: TypeFinder<'t>,
    /// Complete definitions only, not forward references.
    pub(super) by_name: HashMap<String, TypeIndex>,
}

self_cell!(
    struct Stream {
        owner: TypeInformation<'static>,

        #[not_covariant]
        dependent: Index,
    }
);

/// All types of a PDB, by name.
pub(crate) struct TypeTable {
    stream: Stream,
}

impl TypeTable {
    /// Reads the stream once and indexes the names of structures, unions and enumerations.
    pub(crate) fn new(information: TypeInformation<'static>) -> Result<Self, pdb2::Error> {
        let stream = Stream::try_new(information, |information| {
            let mut finder = information.finder();
            let mut by_name = HashMap::new();
            let mut types = information.iter();
            while let Some(item) = types.next()? {
                finder.update(&types);
                // A record that cannot be parsed makes only one type unknown.
                let (name, properties) = match item.parse() {
                    Ok(TypeData::Class(class)) => (class.name, class.properties),
                    Ok(TypeData::Union(union)) => (union.name, union.properties),
                    // Unnamed ones (`<unnamed-tag>`) would hide structures.
                    Ok(TypeData::Enumeration(of)) if !of.name.as_bytes().starts_with(b"<") => {
                        (of.name, of.properties)
                    }
                    _ => continue,
                };
                if !properties.forward_reference() {
                    by_name
                        .entry(name.to_string().into_owned())
                        .or_insert(item.index());
                }
            }
            Ok::<_, pdb2::Error>(Index { finder, by_name })
        })?;
        Ok(Self { stream })
    }

    pub(super) fn with<R>(&self, read: impl FnOnce(&Index<'_>) -> R) -> R {
        self.stream.with_dependent(|_, index| read(index))
    }

    /// Size of a type in bytes.
    pub(crate) fn size_of(&self, type_name: &str) -> Result<u64, LayoutError> {
        self.stream.with_dependent(|_, index| {
            let type_index = index.named(type_name)?;
            index
                .size(type_index, 0)
                .ok_or_else(|| LayoutError::Damaged(type_name.to_owned()))
        })
    }

    /// Layout of a field; see [`graph::field`].
    pub(crate) fn field(&self, type_name: &str, path: &str) -> Result<Field, LayoutError> {
        self.stream
            .with_dependent(|_, index| graph::field(index, type_name, path))
    }
}

impl TypeGraph for Index<'_> {
    type Type = TypeIndex;

    fn named(&self, type_name: &str) -> Result<TypeIndex, LayoutError> {
        self.by_name
            .get(type_name)
            .copied()
            .ok_or_else(|| LayoutError::NoType(type_name.to_owned()))
    }

    fn member(&self, container: &TypeIndex, name: &str) -> Option<(u64, TypeIndex)> {
        self.member_of(*container, name, 0)
    }

    fn array(&self, array: &TypeIndex) -> Option<(TypeIndex, u64, u64)> {
        self.element(*array)
    }

    fn describe(&self, offset: u64, of: &TypeIndex) -> Field {
        self.description(offset, *of)
    }
}

impl<'t> Index<'t> {
    pub(super) fn data(&self, index: TypeIndex) -> Option<TypeData<'t>> {
        self.finder.find(index).ok()?.parse().ok()
    }

    /// Strips `const`/`volatile` and replaces a forward reference by the definition.
    pub(super) fn resolve(&self, mut index: TypeIndex) -> Option<(TypeIndex, TypeData<'t>)> {
        for _ in 0..MAX_NESTING {
            let data = self.data(index)?;
            let definition = match &data {
                TypeData::Modifier(modifier) => modifier.underlying_type,
                TypeData::Class(class) if class.properties.forward_reference() => {
                    *self.by_name.get(class.name.to_string().as_ref())?
                }
                TypeData::Union(union) if union.properties.forward_reference() => {
                    *self.by_name.get(union.name.to_string().as_ref())?
                }
                TypeData::Enumeration(of) if of.properties.forward_reference() => {
                    *self.by_name.get(of.name.to_string().as_ref())?
                }
                _ => return Some((index, data)),
            };
            index = definition;
        }
        None
    }

    /// Offset and type of a direct member, also of base classes.
    fn member_of(
        &self,
        container: TypeIndex,
        name: &str,
        depth: usize,
    ) -> Option<(u64, TypeIndex)> {
        if depth > MAX_NESTING {
            return None;
        }
        let mut list = match self.resolve(container)?.1 {
            TypeData::Class(class) => class.fields,
            TypeData::Union(union) => Some(union.fields),
            _ => None,
        };
        let mut bases = Vec::new();
        for _ in 0..MAX_NESTING {
            let Some(TypeData::FieldList(fields)) = list.and_then(|list| self.data(list)) else {
                break;
            };
            for field in &fields.fields {
                match field {
                    TypeData::Member(member) if member.name.as_bytes() == name.as_bytes() => {
                        return Some((member.offset, member.field_type));
                    }
                    TypeData::BaseClass(base) => {
                        bases.push((u64::from(base.offset), base.base_class));
                    }
                    _ => {}
                }
            }
            list = fields.continuation;
        }
        bases.into_iter().find_map(|(at, base)| {
            let (offset, field_type) = self.member_of(base, name, depth + 1)?;
            Some((at.checked_add(offset)?, field_type))
        })
    }

    /// Element type, element size and count of an array type.
    pub(super) fn element(&self, index: TypeIndex) -> Option<(TypeIndex, u64, u64)> {
        let (_, TypeData::Array(array)) = self.resolve(index)? else {
            return None;
        };
        let size = self.size(array.element_type, 0)?;
        // CodeView gives the size of the whole array in bytes.
        let bytes = u64::from(*array.dimensions.last()?);
        Some((array.element_type, size, bytes.checked_div(size)?))
    }

    pub(super) fn size(&self, index: TypeIndex, depth: usize) -> Option<u64> {
        if depth > MAX_NESTING {
            return None;
        }
        Some(match self.resolve(index)?.1 {
            TypeData::Primitive(primitive) => primitive_size(primitive)?,
            TypeData::Class(class) => class.size,
            TypeData::Union(union) => union.size,
            TypeData::Pointer(_) => 8,
            TypeData::Enumeration(enumeration) => {
                self.size(enumeration.underlying_type, depth + 1)?
            }
            TypeData::Bitfield(bitfield) => self.size(bitfield.underlying_type, depth + 1)?,
            TypeData::Array(array) => u64::from(*array.dimensions.last()?),
            _ => return None,
        })
    }

    fn description(&self, offset: u64, index: TypeIndex) -> Field {
        let size = self.size(index, 0).unwrap_or(0);
        let mut bits = None;
        let kind = match self.resolve(index).map(|(_, data)| data) {
            Some(TypeData::Primitive(primitive)) if primitive.indirection.is_some() => {
                FieldKind::Pointer { to: None }
            }
            Some(TypeData::Primitive(_) | TypeData::Enumeration(_)) => FieldKind::Scalar,
            Some(TypeData::Bitfield(bitfield)) => {
                bits = Some((bitfield.position, bitfield.length));
                FieldKind::Scalar
            }
            Some(TypeData::Pointer(pointer)) => FieldKind::Pointer {
                to: self.struct_name(pointer.underlying_type),
            },
            Some(TypeData::Class(class)) => FieldKind::Struct(class.name.to_string().into_owned()),
            Some(TypeData::Union(union)) => FieldKind::Struct(union.name.to_string().into_owned()),
            Some(TypeData::Array(_)) => match self.element(index) {
                Some((_, element_size, count)) => FieldKind::Array {
                    element_size,
                    count,
                },
                None => FieldKind::Other,
            },
            _ => FieldKind::Other,
        };
        Field {
            offset,
            size,
            bits,
            kind,
        }
    }

    fn struct_name(&self, index: TypeIndex) -> Option<String> {
        match self.resolve(index)?.1 {
            TypeData::Class(class) => Some(class.name.to_string().into_owned()),
            TypeData::Union(union) => Some(union.name.to_string().into_owned()),
            _ => None,
        }
    }
}

pub(super) fn primitive_size(primitive: PrimitiveType) -> Option<u64> {
    use PrimitiveKind as P;
    if primitive.indirection.is_some() {
        return Some(8);
    }
    Some(match primitive.kind {
        P::Char | P::UChar | P::RChar | P::Char8 | P::I8 | P::U8 | P::Bool8 => 1,
        P::WChar | P::RChar16 | P::Short | P::UShort | P::I16 | P::U16 | P::F16 | P::Bool16 => 2,
        P::RChar32 | P::Long | P::ULong | P::I32 | P::U32 | P::F32 | P::Bool32 | P::HRESULT => 4,
        P::Quad | P::UQuad | P::I64 | P::U64 | P::F64 | P::Bool64 => 8,
        P::Octa | P::UOcta | P::I128 | P::U128 | P::F128 => 16,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbols::Pdb;
    use crate::testing::fixtures;

    fn pdb() -> Pdb {
        Pdb::new(fixtures().join("mini-nt.pdb"))
    }

    #[test]
    fn bit_fields_have_position_and_length() {
        let field = pdb().field("_TEST_TYPES", "Middle").unwrap();
        assert_eq!((field.offset, field.size, field.bits), (4, 4, Some((3, 7))));
        let plain = pdb().field("_TEST_TYPES", "Plain").unwrap();
        assert_eq!((plain.offset, plain.size, plain.bits), (0, 1, None));
    }

    #[test]
    fn paths_lead_through_arrays_unions_and_anonymous_members() {
        let pdb = pdb();
        let inner = pdb.size_of("_TEST_INNER").unwrap();
        assert_eq!(inner, 12);
        let field = pdb.field("_TEST_TYPES", "Elements[2].Choice.Low").unwrap();
        assert_eq!((field.offset, field.size), (8 + 2 * inner + 4, 2));
        let field = pdb.field("_TEST_INNER", "Y").unwrap();
        assert_eq!((field.offset, field.size), (9, 1));
        let array = pdb.field("_TEST_TYPES", "Elements").unwrap();
        assert_eq!(array.size, 4 * inner);
        assert_eq!(
            array.kind,
            FieldKind::Array {
                element_size: inner,
                count: 4
            }
        );
    }

    #[test]
    fn pointers_name_what_they_point_to_if_it_is_defined() {
        let pdb = pdb();
        let pointee = |path| match pdb.field("_TEST_TYPES", path).unwrap().kind {
            FieldKind::Pointer { to } => to,
            other => panic!("{path} is {other:?}"),
        };
        assert_eq!(pointee("Pointer").as_deref(), Some("_TEST_INNER"));
        assert_eq!(pointee("Unknown"), None);
        let choice = pdb.field("_TEST_TYPES", "Choice").unwrap();
        assert_eq!((choice.size, choice.kind), (4, FieldKind::Scalar));
    }

    #[test]
    fn what_is_missing_is_said() {
        let pdb = pdb();
        assert_eq!(
            pdb.size_of("_NO_SUCH"),
            Err(LayoutError::NoType("_NO_SUCH".into()))
        );
        for path in [
            "Nothing",
            "Elements[4].First",
            "Plain.X",
            "Elements[x].First",
            "",
        ] {
            let error = pdb.field("_TEST_TYPES", path).unwrap_err();
            assert!(
                matches!(error, LayoutError::NoField { .. }),
                "{path}: {error}"
            );
        }
        let none = Pdb::new(fixtures().join("none.pdb"));
        assert_eq!(none.size_of("_TEST_INNER"), Err(LayoutError::NoSymbols));
    }
}
