//! The kind of a memory access, and how stops and exceptions encode it.

/// The kind of access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
    Execute,
    Other(u64),
    /// The stop's parameter is not known.
    Unknown,
}

/// How a parameter encodes the kind of access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccessCode {
    /// Bit 0: write; bit 3: execute (0xA).
    Bits,
    /// 0 read, 1 write, 2, 8 or 0x10 execute (0xD1 and similar).
    Number,
    /// 0 read, 1 or 2 write, 8 or 0x10 execute (0x50, special pool).
    PageFault,
}

impl Access {
    /// From `ExceptionInformation[0]` of an access violation.
    pub(crate) fn of_exception(kind: u64) -> Self {
        match kind {
            0 => Self::Read,
            1 => Self::Write,
            8 => Self::Execute,
            other => Self::Other(other),
        }
    }

    /// As a noun, with its article.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Read => "a read",
            Self::Write => "a write",
            Self::Execute => "an execution",
            Self::Other(_) | Self::Unknown => "an access",
        }
    }

    /// As a verb.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Execute => "execute",
            Self::Other(_) | Self::Unknown => "access",
        }
    }
}

impl AccessCode {
    pub(crate) fn decode(self, value: u64) -> Access {
        match (self, value) {
            (Self::Bits, bits) if bits & 8 != 0 => Access::Execute,
            (Self::Bits, bits) if bits & 1 != 0 => Access::Write,
            (Self::Bits, _) | (_, 0) => Access::Read,
            (_, 1) | (Self::PageFault, 2) => Access::Write,
            (_, 8 | 0x10) | (Self::Number, 2) => Access::Execute,
            (_, other) => Access::Other(other),
        }
    }
}
