//! The rows, one for each documented stop code, in files by their codes. Sources: Microsoft's bug
//! check code reference, and bugcodes.h of the Windows SDK for the names.

mod from_000;

use super::row::Row;

/// All rows, by ascending code.
pub(super) const FILES: &[&[Row]] = &[from_000::ROWS];
