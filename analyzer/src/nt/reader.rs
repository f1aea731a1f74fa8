//! Reads fields of structures by name.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use crate::dump::{MemoryExt, ReadError, is_kernel_address};
use crate::symbols::{Field, LayoutError};
use crate::target::Target;

/// Why a field or a global is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NtError {
    /// The layout is not known.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// The memory cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The kernel's symbols do not name it.
    #[error("the kernel's symbols do not name {0}")]
    NoGlobal(&'static str),
}

/// Type and path.
type FieldKey = (&'static str, &'static str);

/// Reads the kernel's structures in a target.
pub(crate) struct Nt<'t, 'd> {
    pub target: &'t Target<'d>,
    fields: RefCell<HashMap<FieldKey, Result<Field, LayoutError>>>,
}

impl<'t, 'd> Nt<'t, 'd> {
    pub(crate) fn new(target: &'t Target<'d>) -> Self {
        Self {
            target,
            fields: RefCell::default(),
        }
    }

    /// Layout of a field; looked up once.
    pub(crate) fn field(
        &self,
        type_name: &'static str,
        path: &'static str,
    ) -> Result<Field, LayoutError> {
        let mut fields = self.fields.borrow_mut();
        let field =
            fields
                .entry((type_name, path))
                .or_insert_with(|| match self.target.kernel_symbols() {
                    Some(symbols) => symbols.field(type_name, path),
                    None => Err(LayoutError::NoSymbols),
                });
        field.clone()
    }

    /// Offset of a field.
    pub(crate) fn offset(
        &self,
        type_name: &'static str,
        path: &'static str,
    ) -> Result<u64, LayoutError> {
        self.field(type_name, path).map(|field| field.offset)
    }

    /// Size of a structure.
    pub(crate) fn size_of(&self, type_name: &'static str) -> Result<u64, LayoutError> {
        match self.target.kernel_symbols() {
            Some(symbols) => symbols.size_of(type_name),
            None => Err(LayoutError::NoSymbols),
        }
    }

    /// Value of a numeric field (or bit-field, or pointer) of the structure at `base`.
    pub(crate) fn read(
        &self,
        type_name: &'static str,
        path: &'static str,
        base: u64,
    ) -> Result<u64, NtError> {
        let field = self.field(type_name, path)?;
        let at = base.wrapping_add(field.offset);
        let value = self.target.memory.read_uint(at, field.size as usize)?;
        Ok(match field.bits {
            Some((position, length)) if length < 64 => {
                value.checked_shr(position.into()).unwrap_or(0) & ((1 << length) - 1)
            }
            _ => value,
        })
    }

    /// Bytes of an array or embedded structure at `base`.
    pub(crate) fn read_bytes(
        &self,
        type_name: &'static str,
        path: &'static str,
        base: u64,
    ) -> Result<Vec<u8>, NtError> {
        let field = self.field(type_name, path)?;
        let at = base.wrapping_add(field.offset);
        Ok(self.target.memory.read_vec(at, field.size as usize)?)
    }

    /// Address of a global of the kernel.
    pub(crate) fn global(&self, name: &'static str) -> Result<u64, NtError> {
        self.target
            .kernel_global(name)
            .ok_or(NtError::NoGlobal(name))
    }

    /// Records linked by a `_LIST_ENTRY` at `head`: their addresses, and why the walk ended early,
    /// if it did.
    pub(crate) fn list(
        &self,
        head: u64,
        type_name: &'static str,
        link: &'static str,
        limit: usize,
    ) -> Result<(Vec<u64>, Option<String>), NtError> {
        let offset = self.offset(type_name, link)?;
        let mut records = Vec::new();
        let mut seen = HashSet::new();
        let mut at = self.target.memory.read_u64(head)?;
        while at != head {
            if !is_kernel_address(at) {
                return Ok((records, Some(format!("a link holds {at:#x}"))));
            }
            if !seen.insert(at) {
                return Ok((records, Some(format!("the list loops at {at:#x}"))));
            }
            if records.len() >= limit {
                return Ok((records, Some(format!("more than {limit} entries"))));
            }
            records.push(at.wrapping_sub(offset));
            at = match self.target.memory.read_u64(at) {
                Ok(next) => next,
                Err(error) => return Ok((records, Some(error.to_string()))),
            };
        }
        Ok((records, None))
    }
}
