//! Page-table entries: `!pte`.
//!
//! ```text
//! 0: kd> !pte ffffb00012345000
//!                                            VA ffffb00012345000
//! PXE at FFFFF6FB7DBEDB00    PPE at FFFFF6FB7DB60000    PDE at FFFFF6FB6C000488    PTE at FFFFF6D800091A28
//! contains 0A00000107400863  contains 0A00000107401863  contains 0A000001184EF863  contains 0000000900000024
//! pfn 107400    ---DA--KWEV  pfn 107401    ---DA--KWEV  pfn 1184ef    ---DA--KWEV  not valid
//!                                                                                  PageFile:  2
//! ```

use std::sync::LazyLock;

use regex::Regex;

use super::{Line, Reader};
use crate::dump::PteState;
use crate::log::text::number::hex;

static ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)^\s*VA\s+(?:0x)?([0-9a-f`]{8,17})\s*$").expect("a constant"));
static CONTAINS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"contains\s+([0-9A-Fa-f`]{8,17}|\?{8,16})").expect("a constant"));
/// Levels of the tables of 64-bit systems.
const LEVELS: usize = 4;
const VALID: u64 = 1;
const PAGE: u64 = 0x1000;
const MAX: usize = 1000;

/// An address whose entries the log has.
#[derive(Clone, Debug)]
struct Shown {
    address: u64,
    /// From the root on; `None` for one that the debugger could not read.
    entries: Vec<Option<u64>>,
    /// What stands below the entries tells where the page is.
    state: Option<Kind>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Transition,
    Prototype,
    PagedOut,
    DemandZero,
}

/// Reads entries line by line.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    found: Vec<Shown>,
    open: bool,
}

impl Reader for Entries {
    fn prompt(&mut self, _: Line<'_>) {
        self.open = false;
    }

    fn line(&mut self, Line { text, .. }: Line<'_>) {
        if let Some(found) = ADDRESS.captures(text) {
            let address = hex(&found[1]).filter(|_| self.found.len() < MAX);
            self.open = address.is_some();
            self.found.extend(address.map(|address| Shown {
                address,
                entries: Vec::new(),
                state: None,
            }));
            return;
        }
        let Some(shown) = self.found.last_mut().filter(|_| self.open) else {
            return;
        };
        if shown.entries.is_empty() {
            let entries = CONTAINS.captures_iter(text).map(|found| hex(&found[1]));
            shown.entries = entries.take(LEVELS).collect();
        } else if !shown.entries.is_empty() {
            let lower = text.to_lowercase();
            let kind = [
                ("transition", Kind::Transition),
                ("proto", Kind::Prototype),
                ("demand", Kind::DemandZero),
                ("pagefile", Kind::PagedOut),
                ("page file", Kind::PagedOut),
            ];
            let kind = kind.iter().find(|(word, _)| lower.contains(word));
            shown.state = shown.state.or(kind.map(|(_, kind)| *kind));
        }
    }
}

impl Entries {
    /// The state of an address's page, if it is not present; `None` if the log does not show it, or
    /// shows a valid entry.
    pub(crate) fn of(&self, address: u64) -> Option<PteState> {
        let mut all = self.found.iter();
        let shown = all.find(|shown| shown.address / PAGE == address / PAGE)?;
        let levels = shown.entries.len();
        let absent = |entry: &Option<u64>| entry.is_some_and(|entry| entry & VALID == 0);
        let at = shown.entries.iter().position(absent)?;
        let pte = shown.entries[at]?;
        let is_last = at + 1 == levels;
        match (shown.state, pte) {
            (_, 0) => Some(PteState::Unmapped {
                level: (levels - at) as u8,
            }),
            (Some(Kind::Transition), _) if is_last => Some(PteState::Transition { pte }),
            (Some(Kind::Prototype), _) if is_last => Some(PteState::Prototype { pte }),
            (Some(Kind::PagedOut), _) if is_last => Some(PteState::PagedOut { pte }),
            (Some(Kind::DemandZero), _) if is_last => Some(PteState::DemandZero { pte }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::read::transcript;

    fn state(last: &str, below: &str) -> Option<PteState> {
        let text = format!(
            "0: kd> !pte ffffb00012345678\n                                           VA ffffb00012345678\n\
             PXE at FFFFF6FB7DBEDB00    PPE at FFFFF6FB7DB60000    PDE at FFFFF6FB6C000488    PTE at FFFFF6D800091A28\n\
             contains 0A00000107400863  contains 0A00000107401863  contains 0A000001184EF863  contains {last}\n\
             pfn 107400    ---DA--KWEV  pfn 107401    ---DA--KWEV  pfn 1184ef    ---DA--KWEV  {below}\n"
        );
        transcript(&text).pte.of(0xffff_b000_1234_5000)
    }

    #[test]
    fn entries_that_are_not_valid_tell_where_the_page_is() {
        let pte = 0x0000_0009_0000_0024;
        let shown = "0000000900000024";
        assert_eq!(
            state(shown, "not valid\n PageFile:  2\n Offset: 9"),
            Some(PteState::PagedOut { pte })
        );
        assert_eq!(
            state(shown, "not valid\n Transition: 9\n Protect: 1"),
            Some(PteState::Transition { pte })
        );
        assert_eq!(
            state(shown, "not valid\n Proto: FFFFF8A000123456"),
            Some(PteState::Prototype { pte })
        );
        assert_eq!(
            state("0000000000000000", "not valid"),
            Some(PteState::Unmapped { level: 1 })
        );
        assert_eq!(state("80000001660FF963", "pfn 1660ff    -G-DA--KW-V"), None);
        // Not readable, or of another kind: nothing is known.
        assert_eq!(state("????????????????", "not valid"), None);
        assert_eq!(state(shown, "not valid"), None);
    }
}
