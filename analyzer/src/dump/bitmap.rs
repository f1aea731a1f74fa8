//! Bitmap dumps (types 5 and 6): one bit per page of physical memory, then the present pages in
//! order.
//!
//! kdmp-parser keeps a map entry per present page: a dump of 16 GiB took it 5 s and 155 MiB. Here a
//! page's position is counted from the bitmap itself, with one running count per 512 bits.

use std::path::Path;

use super::Bytes;
use super::header::HEADER_SIZE;
use super::mapped::MappedFile;
use super::memory::{PAGE_SIZE, Physical};
use super::parsed::check_size;
use crate::error::AnalyzeError;

/// Offsets in the second header.
const FIRST_PAGE: usize = 0x20;
const PRESENT_PAGES: usize = 0x28;
const PAGES: usize = 0x30;
const BITMAP: u64 = 0x38;
/// Both signatures that writers use; `DUMP` follows.
const SIGNATURES: [&[u8]; 2] = [b"SDMPDUMP", b"FDMPDUMP"];
/// Bytes of bitmap per running count.
const BLOCK: usize = 64;
/// A bitmap of 16 TiB.
const MAX_BITMAP: u64 = 512 << 20;

/// Physical memory with a bitmap of the present pages.
pub(super) struct Bitmap {
    pub(super) file: MappedFile,
    /// Offset behind the last page.
    pub(super) end: u64,
    bits: Vec<u8>,
    /// Pages present before each block of the bitmap.
    before: Vec<u64>,
    /// Offset of the first present page in the file.
    first_page: u64,
}

impl Bitmap {
    pub(super) fn open(path: &Path) -> Result<Self, AnalyzeError> {
        let file = MappedFile::open(path)?;
        let header = file.read_up_to(HEADER_SIZE as u64, BITMAP as usize);
        let header = Bytes(&header);
        let damaged = |what: &str| AnalyzeError::corrupt(path, what);
        let Some(signature) = header.slice(0, 8) else {
            return Err(damaged("it ends before the header of its bitmap"));
        };
        if !SIGNATURES.contains(&signature) {
            return Err(damaged("the header of its bitmap has no signature"));
        }
        let field = |at| header.u64(at).unwrap_or_default();
        let (first_page, present, pages) = (field(FIRST_PAGE), field(PRESENT_PAGES), field(PAGES));
        let size = present
            .checked_mul(PAGE_SIZE)
            .and_then(|bytes| bytes.checked_add(first_page));
        let length = pages.div_ceil(8);
        let Some(end) = size.filter(|_| length <= MAX_BITMAP) else {
            return Err(damaged("it describes impossible memory"));
        };
        check_size(path, Some(end), file.size())?;
        let bits = file.read_up_to(HEADER_SIZE as u64 + BITMAP, length as usize);
        let mut count = 0;
        let before = bits.chunks(BLOCK).map(|block| {
            let before = count;
            count += ones(block);
            before
        });
        Ok(Self {
            before: before.collect(),
            file,
            end,
            bits,
            first_page,
        })
    }

    /// The present pages as runs: first page and count, lowest first.
    pub(super) fn runs(&self) -> Vec<(u64, u64)> {
        let mut runs: Vec<(u64, u64)> = Vec::new();
        for (at, &byte) in self.bits.iter().enumerate().filter(|(_, byte)| **byte != 0) {
            for page in (0..8).filter(|bit| byte >> bit & 1 != 0) {
                let page = 8 * at as u64 + page;
                match runs.last_mut() {
                    Some((first, count)) if *first + *count == page => *count += 1,
                    _ => runs.push((page, 1)),
                }
            }
        }
        runs
    }

    /// Offset of a page in the file, if it is present.
    fn find(&self, page: u64) -> Option<u64> {
        let byte = usize::try_from(page / 8).ok()?;
        let bit = page % 8;
        if self.bits.get(byte)? >> bit & 1 == 0 {
            return None;
        }
        let block = byte / BLOCK;
        let below = self.bits[byte] & ((1 << bit) - 1);
        let rank = self.before.get(block)?
            + ones(&self.bits[block * BLOCK..byte])
            + u64::from(below.count_ones());
        rank.checked_mul(PAGE_SIZE)?.checked_add(self.first_page)
    }
}

fn ones(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(byte.count_ones())).sum()
}

impl Physical for &Bitmap {
    fn read_physical(&self, pa: u64, buf: &mut [u8]) -> bool {
        let place = self.find(pa / PAGE_SIZE);
        place.is_some_and(|place| self.file.read_at(place + pa % PAGE_SIZE, buf))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dump(bits: &[u8], pages: u64, present: u64) -> Vec<u8> {
        let first = (HEADER_SIZE + BITMAP as usize + bits.len()).next_multiple_of(0x1000);
        let mut file = vec![0; HEADER_SIZE];
        file.extend(SIGNATURES[0]);
        file.resize(HEADER_SIZE + FIRST_PAGE, 0);
        for value in [first as u64, present, pages] {
            file.extend(value.to_le_bytes());
        }
        file.extend(bits);
        file.resize(first, 0);
        for page in 0..present {
            file.extend(page.to_le_bytes());
            file.resize(first + (page as usize + 1) * 0x1000, 0);
        }
        file
    }

    fn open(bytes: &[u8]) -> Result<Bitmap, AnalyzeError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.dmp");
        std::fs::write(&path, bytes).unwrap();
        Bitmap::open(&path)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn pages_are_counted(bits in proptest::collection::vec(any::<u8>(), 1..150)) {
            let bitmap = open(&dump(&bits, 8 * bits.len() as u64, ones(&bits))).unwrap();
            let mut present = 0;
            for page in 0..8 * bits.len() as u64 {
                let mut word = [0xFF; 8];
                let there = (&bitmap).read_physical(page * 0x1000, &mut word);
                let expected = bits[page as usize / 8] >> (page % 8) & 1 != 0;
                prop_assert_eq!(there, expected);
                if there {
                    prop_assert_eq!(u64::from_le_bytes(word), present);
                    present += 1;
                }
            }
            let of_runs: u64 = bitmap.runs().iter().map(|(_, count)| count).sum();
            prop_assert_eq!(of_runs, present);
        }
    }

    #[test]
    fn lies_are_refused() {
        let good = dump(&[0b101], 8, 2);
        assert!(open(&good).is_ok());
        assert!(matches!(
            open(&good[..good.len() - 1]),
            Err(AnalyzeError::Truncated { .. })
        ));
        assert!(matches!(
            open(&good[..HEADER_SIZE]),
            Err(AnalyzeError::Corrupt { .. })
        ));
        for at in [FIRST_PAGE, PRESENT_PAGES, PAGES] {
            let mut bad = good.clone();
            bad[HEADER_SIZE + at..HEADER_SIZE + at + 8].fill(0xFF);
            assert!(open(&bad).is_err(), "{at:#x}");
        }
        // The header counts more pages than the bitmap has: those are not present.
        let mut short = good.clone();
        short[HEADER_SIZE + PAGES + 2] = 0xFF;
        let bitmap = open(&short).unwrap();
        assert!(!(&bitmap).read_physical(0x1000_0000_0000, &mut [0; 8]));
    }
}
