//! Ablation of the rules: a dump is analyzed again with one rule at a time switched off.
//!
//! For tests of the rules. If a verdict is still right without the rule that gave it, that rule is
//! redundant. If it changes without another rule, the two depend on each other.

use std::path::Path;

use crate::dump::DumpHeader;
use crate::error::AnalyzeError;
use crate::open::{Opened, with_target};
use crate::symbols::SymbolPath;
use crate::verdict::Verdict;
use crate::{collect, judge, rules};

/// The rules' names, in the order in which they are tried. One file may hold several rules.
pub fn rules() -> impl Iterator<Item = &'static str> {
    rules::names()
}

/// Each rule's name, with the verdict on `dump` without that rule.
///
/// # Errors
/// As [`analyze`](crate::analyze).
pub fn without_each(
    dump: &Path,
    symbols: &SymbolPath,
) -> Result<Vec<(&'static str, Verdict)>, AnalyzeError> {
    let read = |mut opened: Opened<'_>, header: &DumpHeader| {
        let facts = collect(&mut opened, header);
        let verdict = |off| judge::verdict_without(&opened.target, header, &facts, off);
        rules().map(|off| (off, verdict(off))).collect()
    };
    with_target(dump, symbols, read)
}
