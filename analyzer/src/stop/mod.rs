//! The stop codes: one row each, in [`table`].
//!
//! Everything that depends on a stop code asks here: which facts to gather (`class`), what a
//! parameter is (`role`), its description (`describe`, `notices`), and the blame if no other rule
//! applies (`blame`). A new stop is one row. Decoding beyond a row (what a parameter's value
//! means together with another's, for example) is in its rule.

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
pub(crate) use row::{Blame, Class, Role, Row};
pub use stated::BugcheckData;
pub(crate) use stated::{Parameter, Stop};

/// The bit of variants of some codes (`…_M`), which are raised by another path. The row is that of
/// the code without it.
const VARIANT: u32 = 0x1000_0000;

/// The stop whose subject is a process, for the facts and the rule about it.
pub(crate) const CRITICAL_PROCESS_DIED: u32 = 0xEF;

/// The rows by ascending code.
static ROWS: LazyLock<Vec<&'static Row>> = LazyLock::new(|| {
    let mut rows: Vec<_> = table::FILES.iter().copied().flatten().collect();
    rows.sort_by_key(|row| row.code);
    rows
});
/// Unique prefixes of descriptions, with their codes.
static DESCRIBED: LazyLock<Vec<(&'static str, u32)>> = LazyLock::new(|| {
    let rows = ROWS.iter();
    rows.flat_map(|row| row.described.iter().map(|start| (*start, row.code)))
        .collect()
});
/// Functions that raise only one stop: the code, and the subtype if it is always the same.
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

/// The row of a code, with or without the variant bit.
pub(crate) fn of(code: u32) -> Option<&'static Row> {
    let exactly = |code| {
        let index = ROWS.binary_search_by_key(&code, |row| row.code).ok()?;
        Some(ROWS[index])
    };
    exactly(code).or_else(|| exactly(code & !VARIANT))
}

/// The code without the variant bit, which the table lists.
pub(crate) fn family(code: u32) -> u32 {
    of(code).map_or(code & !VARIANT, |row| row.code)
}

/// Symbolic name of a stop code.
pub(crate) fn name(code: u32) -> Option<&'static str> {
    let row = of(code)?;
    let own = row.variant.filter(|_| code != row.code);
    Some(own.unwrap_or(row.name))
}

/// Whether a text is the symbolic name of a stop.
pub(crate) fn is_name(text: &str) -> bool {
    let mut rows = ROWS.iter();
    rows.any(|row| row.name == text || row.variant == Some(text))
}

/// The stop that a line of `!analyze` describes; the line is in lower case.
pub(crate) fn described(line: &str) -> Option<u32> {
    let found = DESCRIBED.iter().find(|(start, _)| line.contains(start));
    found.map(|(_, code)| *code)
}

/// The stop that a kernel function raises, and its first parameter if it is always the same.
pub(crate) fn raised_by(function: &str) -> Option<(u32, Option<u64>)> {
    let mut raisers = RAISERS.iter();
    let found = raisers.find(|(start, ..)| function.starts_with(start))?;
    Some((found.1, found.2))
}
