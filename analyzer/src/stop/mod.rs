//! What is known of each stop code: one row each, in [`table`].
//!
//! Everything that depends on a stop code asks here: which facts to gather (`class`), what a
//! parameter is (`role`), what to say (`describe`, `notices`), whom to blame when no rule knows more
//! (`blame`). A new stop is one row. What decodes more than a row can say (0xC4's rules, for example)
//! lives with its rule.

mod access;
mod ask;
mod describe;
mod row;
mod stated;
mod table;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

pub(crate) use access::Access;
pub(crate) use describe::{describe, irql};
pub(crate) use row::{Class, Role, Row};
pub(crate) use stated::{Parameter, Stop};

/// The bit that kernels set in some codes to say that the stop was raised by another path
/// (`…_M`): the row is that of the code without it.
const VARIANT: u32 = 0x1000_0000;

/// The rows by ascending code.
static ROWS: LazyLock<Vec<&'static Row>> = LazyLock::new(|| {
    let mut rows: Vec<_> = table::FILES.iter().copied().flatten().collect();
    rows.sort_by_key(|row| row.code);
    rows
});
/// How descriptions begin to be unique, and whose they are.
static DESCRIBED: LazyLock<Vec<(&'static str, u32)>> = LazyLock::new(|| {
    let rows = ROWS.iter();
    rows.flat_map(|row| row.described.iter().map(|start| (*start, row.code)))
        .collect()
});
/// Functions that raise only one stop, the code, and the subtype if it is always the same.
static RAISERS: LazyLock<Vec<(&'static str, u32, Option<u64>)>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for row in ROWS.iter() {
        all.extend(row.raisers.iter().map(|start| (*start, row.code, None)));
        for subtype in row.subtypes {
            let raisers = subtype.raisers.iter();
            all.extend(raisers.map(|start| (*start, row.code, Some(subtype.value))));
        }
    }
    all
});

/// What is known of a code, with or without the variant bit.
pub(crate) fn of(code: u32) -> Option<&'static Row> {
    let exactly = |code| {
        let index = ROWS.binary_search_by_key(&code, |row| row.code).ok()?;
        Some(ROWS[index])
    };
    exactly(code).or_else(|| exactly(code & !VARIANT))
}

/// The code that a stop is listed by: without the variant bit.
pub(crate) fn family(code: u32) -> u32 {
    of(code).map_or(code & !VARIANT, |row| row.code)
}

/// Symbolic name of a stop code.
pub(crate) fn name(code: u32) -> Option<&'static str> {
    let row = of(code)?;
    let own = row.variant.filter(|_| code != row.code);
    Some(own.unwrap_or(row.name))
}

/// The stop that a line of `!analyze`, in lower case, describes.
pub(crate) fn described(line: &str) -> Option<u32> {
    let found = DESCRIBED.iter().find(|(start, _)| line.contains(start));
    found.map(|(_, code)| *code)
}

/// The stop that a function of the kernel raises, and its first parameter where that is always the
/// same.
pub(crate) fn raised_by(function: &str) -> Option<(u32, Option<u64>)> {
    let mut raisers = RAISERS.iter();
    let found = raisers.find(|(start, ..)| function.starts_with(start))?;
    Some((found.1, found.2))
}
