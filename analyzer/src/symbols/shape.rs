//! Types as `dt` shows them.

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A number, a character, a Boolean.
    Scalar(Scalar),
    Pointer(Box<Shape>),
    /// A structure, union or class.
    Record(TypeRef),
    /// An enumeration over a number.
    Enum {
        of: TypeRef,
        /// The number that holds it.
        number: Scalar,
    },
    /// Some bits of a number.
    Bits {
        /// Bytes of the number.
        size: u64,
        /// Lowest bit.
        position: u8,
        /// Number of bits.
        length: u8,
    },
    /// Elements one after the other.
    Array {
        element: Box<Shape>,
        /// Size of an element in bytes.
        element_size: u64,
        /// How many.
        count: u64,
    },
    /// Code; with what it returns, if known.
    Function(Option<Box<Shape>>),
    /// `void`, or a type that the symbols do not describe.
    Void,
}

/// A number by size and meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scalar {
    /// Bytes: 1, 2, 4, 8 or 16.
    pub size: u64,
    /// What they mean.
    pub kind: ScalarKind,
}

/// What the bytes of a number mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScalarKind {
    /// Unsigned; of one byte: `unsigned char`.
    Unsigned,
    /// Signed; of one byte: `char`.
    Signed,
    /// UTF-16 code unit.
    WideChar,
    Bool,
    /// Floating point.
    Float,
}

/// A named type. Unnamed ones share a name, so a PDB's type index identifies them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypeRef {
    pub name: String,
    /// Type index in the symbol file, if the name is not unique.
    pub index: Option<u32>,
}

impl TypeRef {
    /// By name alone.
    pub(crate) fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            index: None,
        }
    }

    /// The name, or what `dt` writes for a type that has none in the source.
    pub(crate) fn shown(&self) -> &str {
        // C++ scopes come first: `_IRP::<unnamed-type-Tail>`.
        let own = self.name.rsplit("::").next().unwrap_or_default();
        let unnamed = [
            "<unnamed",
            "<anonymous",
            "__unnamed",
            "__anonymous",
            "unnamed_",
        ];
        match unnamed.iter().any(|prefix| own.starts_with(prefix)) {
            true => "<anonymous-tag>",
            false => &self.name,
        }
    }
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub name: String,
    /// From the start of the record.
    pub offset: u64,
    pub shape: Shape,
}

/// The definition of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Definition {
    /// A structure, union or class with its fields, in the order of their declaration.
    Record { size: u64, members: Vec<Member> },
    /// An enumeration with its names.
    Enum {
        size: u64,
        values: Vec<(String, i64)>,
    },
}

impl Shape {
    /// As `dt` prints it without a value: `Uint4B`, `Ptr64 _KTHREAD`, `[2] _KDPC_DATA`.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Scalar(number) => number.text(),
            Self::Pointer(to) => format!("Ptr64 {}", to.text()),
            Self::Record(of) => of.shown().to_owned(),
            Self::Enum { of, .. } => of.name.clone(),
            Self::Bits {
                position, length, ..
            } => {
                let plural = if *length == 1 { "" } else { "s" };
                format!("Pos {position}, {length} Bit{plural}")
            }
            Self::Array { element, count, .. } => format!("[{count}] {}", element.text()),
            Self::Function(returns) => returns
                .as_ref()
                .map_or_else(|| "void".to_owned(), |of| of.text()),
            Self::Void => "Void".to_owned(),
        }
    }
}

impl Scalar {
    fn text(self) -> String {
        match (self.kind, self.size) {
            (ScalarKind::Unsigned, 1) => "UChar".to_owned(),
            (ScalarKind::Signed, 1) => "Char".to_owned(),
            (ScalarKind::Unsigned, size) => format!("Uint{size}B"),
            (ScalarKind::Signed, size) => format!("Int{size}B"),
            (ScalarKind::WideChar, _) => "Wchar".to_owned(),
            (ScalarKind::Bool, _) => "Bool".to_owned(),
            (ScalarKind::Float, 4) => "Float".to_owned(),
            (ScalarKind::Float, _) => "Double".to_owned(),
        }
    }
}
