//! The block that holds an address: `!pool`.
//!
//! ```text
//! Pool page ffff800012345390 region is Nonpaged pool
//!  ffff800012345000 size:  380 previous size:    0  (Allocated)  Mdl
//! *ffff800012345380 size:   80 previous size:  380  (Allocated) *Gzmo
//!         Pooltag Gzmo : Gizmo's queue, Binary : gizmo.sys
//! ```

use std::sync::LazyLock;

use regex::Regex;

use super::{Line, Reader};
use crate::facts::PoolBlock;
use crate::log::text::number::hex;

/// The asterisk in front marks the block that holds the address.
static BLOCK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^\s*\*\s*(?:0x)?([0-9a-f`]{8,17})\s+size:\s*(?:0x)?([0-9a-f]{1,8})\s.*?\((Allocated|Free)\w*[^)]*\)\s*\*?(\S.{0,3})",
    )
    .expect("a constant")
});
static TAG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\s*Pooltag\s+\S.{0,3}?\s*:.*\bBinary\s*:\s*([\w.$-]+)").expect("a constant")
});
static OWNER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\s*Owning component\s*:\s*([\w$-]+\.(?:sys|dll|exe))\b").expect("a constant")
});
const MAX: usize = 1000;

/// Reads blocks line by line.
#[derive(Debug, Default)]
pub(crate) struct PoolBlocks {
    found: Vec<PoolBlock>,
    /// The owner of the last block may follow.
    open: bool,
}

impl Reader for PoolBlocks {
    fn prompt(&mut self, _: Line<'_>) {
        self.open = false;
    }

    fn line(&mut self, Line { text, .. }: Line<'_>) {
        if let Some(found) = BLOCK.captures(text) {
            let block = || {
                Some(PoolBlock {
                    address: hex(&found[1])?,
                    size: hex(&found[2])?,
                    tag: found[4].trim_end().to_owned(),
                    owner: None,
                    free: found[3].eq_ignore_ascii_case("free"),
                })
            };
            let block = block().filter(|_| self.found.len() < MAX);
            self.open = block.is_some();
            self.found.extend(block);
        } else if self.open
            && let Some(found) = TAG.captures(text).or_else(|| OWNER.captures(text))
            && let Some(block) = self.found.last_mut()
        {
            block.owner.get_or_insert_with(|| found[1].to_owned());
        }
    }
}

impl PoolBlocks {
    /// The block that holds an address.
    pub(crate) fn at(&self, address: u64) -> Option<&PoolBlock> {
        self.found.iter().find(|block| block.holds(address))
    }
}

#[cfg(test)]
mod tests {
    use crate::log::read::transcript;

    #[test]
    fn the_marked_block_and_its_owner() {
        let blocks = transcript(
            "0: kd> !pool ffff800012345390\nPool page ffff800012345390 region is Nonpaged pool\n \
             ffff800012345000 size:  380 previous size:    0  (Allocated)  Mdl \n\
             *ffff800012345380 size:   80 previous size:  380  (Allocated) *Gzmo\n\t\t\
             Pooltag Gzmo : Gizmo's queue, Binary : gizmo.sys\n \
             ffff800012345400 size:   c0 previous size:   80  (Free)       ....\n\
             0: kd> !pool ffff800012346010\n\
             *ffff800012346000 size:   40 previous size:    0  (Free ) *Abcd\n\t\t\
             Owning component : Unknown (update pooltag.txt)\n\
             0: kd> !pool ffff800012347010\n\
             *ffff800012347000 size:   40 previous size:    0  (Allocated) *Efgh Process: ffff800012340080\n\
             0: kd> dc 0\n\t\tPooltag Efgh : of another command, Binary : other.sys\n",
        )
        .poolblock;
        let gizmo = blocks.at(0xffff_8000_1234_5390).unwrap();
        assert_eq!((gizmo.tag.as_str(), gizmo.free), ("Gzmo", false));
        assert!(gizmo.is_of("Gizmo.sys") && !gizmo.is_of("other.sys"));
        let unknown = blocks.at(0xffff_8000_1234_6010).unwrap();
        assert!(unknown.free && unknown.owner.is_none());
        assert_eq!(blocks.at(0xffff_8000_1234_7010).unwrap().owner, None);
        // A block of the same page that is not marked is not the one asked about.
        assert!(blocks.at(0xffff_8000_1234_5410).is_none());
    }
}
