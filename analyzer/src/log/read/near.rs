//! The symbols around an address: `ln`.

use std::sync::LazyLock;

use regex::Regex;

use super::{Line, Reader};
use crate::log::text::number::hex;
use crate::log::text::symbol::{RawSymbol, symbol};

/// `(fffff802`66451000)   drv!Routine+0x12   |  (fffff802`66451080)   drv!Next`.
static ROW: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*\(([0-9a-f`]{8,17})\)\s+(\S+!\S+)(?:\s+\|\s+\(([0-9a-f`]{8,17})\)\s+\S+)?\s*$")
        .expect("a constant")
});
const MAX: usize = 10_000;
/// Length of a symbol if the next one is not shown: only its own address counts.
const UNKNOWN_LENGTH: u64 = 1;

/// Reads names line by line.
#[derive(Debug, Default)]
pub(crate) struct Near {
    /// Range and symbol.
    found: Vec<(u64, u64, RawSymbol)>,
}

impl Reader for Near {
    fn line(&mut self, Line { text, .. }: Line<'_>) {
        let Some(found) = ROW.captures(text).filter(|_| self.found.len() < MAX) else {
            return;
        };
        let Some((mut named, _)) = symbol(&found[2]) else {
            return;
        };
        let Some(start) = hex(&found[1]) else { return };
        let end = found.get(3).and_then(|end| hex(end.as_str()));
        let asked = start.saturating_add(named.offset);
        let end = end.unwrap_or_else(|| asked.saturating_add(UNKNOWN_LENGTH));
        // The range begins at the symbol.
        named.offset = 0;
        if start < end {
            self.found.push((start, end, named));
        }
    }
}

impl Near {
    /// The symbol that contains an address, and its start.
    pub(crate) fn at(&self, address: u64) -> Option<(RawSymbol, u64)> {
        let mut found = self.found.iter();
        let (start, _, named) = found.find(|(start, end, _)| (*start..*end).contains(&address))?;
        let mut named = named.clone();
        named.offset = address - start;
        Some((named, *start))
    }
}
