//! The layout of a field.

/// A field found by its path, such as `Tail.Overlay.CurrentStackLocation`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Offset from the start of the outermost structure, in bytes.
    pub offset: u64,
    /// Size in bytes; for a bit-field, of the number that holds it.
    pub size: u64,
    /// Lowest bit and number of bits, for bit-fields.
    pub bits: Option<(u8, u8)>,
    pub kind: FieldKind,
}

/// What a field is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A number, an enumeration or a Boolean.
    Scalar,
    /// A pointer; `to` is the structure pointed to, if it is one.
    Pointer {
        /// Name of the pointee.
        to: Option<String>,
    },
    /// An embedded structure or union.
    Struct(String),
    Array {
        /// Bytes of one element.
        element_size: u64,
        /// Number of elements.
        count: u64,
    },
    /// Anything else (functions, unknown records).
    Other,
}

/// Why a field's layout is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// There are no symbols for the kernel.
    #[error("the kernel's symbols are missing, so structure layouts are not known")]
    NoSymbols,
    /// The symbols do not define the type.
    #[error("the kernel's symbols do not describe {0}")]
    NoType(String),
    /// The type has no such field in this build.
    #[error("{type_name} has no field {field} in this build")]
    NoField {
        type_name: String,
        /// The part of the path that was not found.
        field: String,
    },
    /// The type records are damaged.
    #[error("the type records of {0} cannot be read")]
    Damaged(String),
}
