//! Resolves a path such as `Tail.Overlay.CurrentStackLocation` through types of a PDB or ISF table.

use super::layout::{Field, LayoutError};

/// Types by name, with members. `Type` is a handle.
pub(super) trait TypeGraph {
    type Type;

    /// The structure or union of that name.
    fn named(&self, type_name: &str) -> Result<Self::Type, LayoutError>;

    /// Offset and type of a member of `container`, also of its base classes and anonymous parts.
    fn member(&self, container: &Self::Type, name: &str) -> Option<(u64, Self::Type)>;

    /// Element type, element size and count of an array type.
    fn array(&self, array: &Self::Type) -> Option<(Self::Type, u64, u64)>;

    /// The field of this type at `offset`.
    fn describe(&self, offset: u64, of: &Self::Type) -> Field;
}

/// Finds a field. `path` may pass through embedded structures (`A.B`) and array elements
/// (`DpcData[1].DpcLock`), but not through pointers.
pub(super) fn field<G: TypeGraph>(
    graph: &G,
    type_name: &str,
    path: &str,
) -> Result<Field, LayoutError> {
    let missing = || LayoutError::NoField {
        type_name: type_name.to_owned(),
        field: path.to_owned(),
    };
    // Offsets and sizes come from the file and are not trusted.
    let damaged = || LayoutError::Damaged(type_name.to_owned());
    let mut container = graph.named(type_name)?;
    let mut offset = 0_u64;
    for part in path.split('.') {
        let (name, element) = split_element(part);
        let (mut at, mut member) = graph.member(&container, name).ok_or_else(missing)?;
        if let Some(element) = element {
            let (element_type, size, count) = graph.array(&member).ok_or_else(missing)?;
            if element >= count {
                return Err(missing());
            }
            at = element
                .checked_mul(size)
                .and_then(|skipped| at.checked_add(skipped))
                .ok_or_else(damaged)?;
            member = element_type;
        }
        offset = offset.checked_add(at).ok_or_else(damaged)?;
        container = member;
    }
    Ok(graph.describe(offset, &container))
}

fn split_element(part: &str) -> (&str, Option<u64>) {
    match part.split_once('[') {
        // An index that is not a number does not exist.
        Some((name, rest)) => {
            let index = rest.trim_end_matches(']').parse();
            (name, Some(index.unwrap_or(u64::MAX)))
        }
        None => (part, None),
    }
}
