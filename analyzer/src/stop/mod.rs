//! What is known of each stop code: one row each, in [`table`].
//!
//! Everything that depends on a stop code asks here: which facts to gather (`class`), what a
//! parameter is (`role`), what to say (`describe`, `notices`), whom to blame when no rule knows more
//! (`blame`). A new stop is one row. What decodes more than a row can say (0xC4's rules, for example)
//! lives with its rule.

mod row;
mod table;

pub(crate) use row::{AccessCode, Blame, Class, Parameter, Role, Row};

/// The bit that kernels set in some codes to say that the stop was raised by another path
/// (`…_M`): the row is that of the code without it.
const VARIANT: u32 = 0x1000_0000;
