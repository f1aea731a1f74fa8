//! Pool pages whose headers the debugger checked: `!poolval`.
//!
//! ```text
//! Pool page ffff800012345000 region is Nonpaged pool
//!
//! Validating Pool headers for pool page: ffff800012345000
//!
//! Pool page [ ffff800012345000 ] is INVALID.
//!
//! Analyzing linked list...
//! [ ffff800012345200 ]: invalid previous size [ 0x41 ] should be [ 0x20 ]
//! ```

use std::sync::LazyLock;

use regex::Regex;

use super::{Line, Reader};
use crate::log::text::number::hex;

/// Some versions write `__inVALID`.
static PAGE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\s*Pool page \[\s*([0-9a-f`]{8,17})\s*\] is (\w*)valid\b")
        .expect("a constant")
});
static HEADER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\s*\[\s*([0-9a-f`]{8,17})\s*\]: invalid\b").expect("a constant")
});
const MAX: usize = 1000;

/// A page that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CheckedPage {
    pub address: u64,
    pub valid: bool,
    /// The first inconsistent header, if one is named.
    pub header: Option<u64>,
}

impl CheckedPage {
    /// The address of the damage, as far as the debugger shows it.
    pub(crate) fn damage(&self) -> Option<u64> {
        (!self.valid).then_some(self.header.unwrap_or(self.address))
    }
}

/// Reads the checks line by line.
#[derive(Debug, Default)]
pub(crate) struct PoolChecks {
    pub pages: Vec<CheckedPage>,
    /// The headers of the last page may follow.
    open: bool,
}

impl Reader for PoolChecks {
    fn prompt(&mut self, _: Line<'_>) {
        self.open = false;
    }

    fn line(&mut self, Line { text, .. }: Line<'_>) {
        if let Some(found) = PAGE.captures(text) {
            let Some(address) = hex(&found[1]).filter(|_| self.pages.len() < MAX) else {
                self.open = false;
                return;
            };
            self.pages.push(CheckedPage {
                address,
                valid: found[2].is_empty(),
                header: None,
            });
            self.open = true;
        } else if self.open
            && let Some(found) = HEADER.captures(text)
            && let Some(page) = self.pages.last_mut()
        {
            page.header = page.header.or(hex(&found[1]));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::log::read::transcript;

    #[test]
    fn the_first_header_that_contradicts_its_neighbours() {
        let pages = transcript(
            "0: kd> !poolval ffff800012345000\nPool page ffff800012345000 region is Nonpaged pool\n\n\
             Validating Pool headers for pool page: ffff800012345000\n\n\
             Pool page [ ffff800012345000 ] is INVALID.\n\nAnalyzing linked list...\n\
             [ ffff800012345200 ]: invalid previous size [ 0x41 ] should be [ 0x20 ]\n\
             [ ffff800012345400 ]: invalid previous size [ 0x41 ] should be [ 0x20 ]\n\n\n\
             Scanning for single bit errors...\n\nNone found\n\
             0: kd> !poolval 82345000\nPool page [ 82345000 ] is __inVALID.\n\
             0: kd> !poolval 82346000\nPool page [ 82346000 ] is VALID.\n\
             0: kd> dc 82347000\n[ 82347000 ]: invalid\n",
        )
        .poolval
        .pages;
        let damage: Vec<_> = pages.iter().map(|page| page.damage()).collect();
        assert_eq!(
            damage,
            [Some(0xffff_8000_1234_5200), Some(0x8234_5000), None]
        );
        assert_eq!(pages[2].header, None);
    }
}
