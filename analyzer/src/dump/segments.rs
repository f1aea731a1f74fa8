//! Maps ranges of addresses to parts of a file.

use super::bytes::Bytes;
use super::mapped::MappedFile;

/// A range of addresses and its offset in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub start: u64,
    pub len: u64,
    /// Offset in the file.
    pub offset: u64,
}

impl Segment {
    fn end(&self) -> u64 {
        self.start + self.len
    }
}

/// Segments sorted by address, without overlaps. Lookups bisect.
#[derive(Clone, Debug, Default)]
pub(crate) struct Segments {
    sorted: Vec<Segment>,
}

impl Segments {
    /// From an untrusted list: what lies beyond the file or the address space is cut off. Of
    /// overlapping segments, the one that starts first wins.
    pub(crate) fn new(mut listed: Vec<Segment>, file_size: u64) -> Self {
        listed.sort_by_key(|segment| segment.start);
        let mut sorted = Vec::with_capacity(listed.len());
        let mut covered = 0u64;
        for segment in listed {
            let room = file_size.saturating_sub(segment.offset);
            let len = segment.len.min(room).min(u64::MAX - segment.start);
            let skip = covered.saturating_sub(segment.start);
            if skip >= len {
                continue;
            }
            let kept = Segment {
                start: segment.start + skip,
                len: len - skip,
                offset: segment.offset + skip,
            };
            covered = kept.end();
            sorted.push(kept);
        }
        Self { sorted }
    }

    /// Offset of the bytes at `at` in the file, and how many are consecutive there.
    fn find(&self, at: u64) -> Option<(u64, u64)> {
        let index = self.sorted.partition_point(|segment| segment.start <= at);
        let segment = self.sorted.get(index.checked_sub(1)?)?;
        let into = at - segment.start;
        (into < segment.len).then(|| (segment.offset + into, segment.len - into))
    }

    /// How many of `len` bytes from `at` on are present without a gap.
    pub(crate) fn available(&self, at: u64, len: usize) -> usize {
        let mut found = 0;
        while found < len {
            let next = at.checked_add(found as u64).and_then(|at| self.find(at));
            let Some((_, available)) = next else {
                break;
            };
            found += usize::try_from(available).unwrap_or(len).min(len - found);
        }
        found
    }

    /// Fills all of `buf` from `at`, across adjacent segments, the error has the missing address.
    pub(crate) fn read(&self, file: &MappedFile, at: u64, buf: &mut [u8]) -> Result<(), u64> {
        let mut done = 0;
        while done < buf.len() {
            let address = at.checked_add(done as u64).ok_or(at)?;
            let (offset, available) = self.find(address).ok_or(address)?;
            let part = (buf.len() - done).min(usize::try_from(available).unwrap_or(usize::MAX));
            if !file.read_at(offset, &mut buf[done..done + part]) {
                return Err(address);
            }
            done += part;
        }
        Ok(())
    }

    /// The segments, lowest address first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Segment> {
        self.sorted.iter()
    }
}

/// The runs of a `_PHYSICAL_MEMORY_DESCRIPTOR` (number of runs, padding, pages, then pairs of first
/// page and page count): in the file they follow one another from `offset` on.
pub(crate) fn physical_runs(block: Bytes<'_>, max_runs: u32, offset: u64) -> Vec<Segment> {
    const PAGE: u64 = 0x1000;
    let runs = block.u32(0).unwrap_or(0).min(max_runs) as usize;
    let mut at = offset;
    let mut segments = Vec::with_capacity(runs);
    for run in 0..runs {
        let first = block.u64(0x10 + 0x10 * run).unwrap_or(0);
        let pages = block.u64(0x18 + 0x10 * run).unwrap_or(0);
        let (Some(start), Some(len)) = (first.checked_mul(PAGE), pages.checked_mul(PAGE)) else {
            break;
        };
        segments.push(Segment {
            start,
            len,
            offset: at,
        });
        let Some(next) = at.checked_add(len) else {
            break;
        };
        at = next;
    }
    segments
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn segment(start: u64, len: u64, offset: u64) -> Segment {
        Segment { start, len, offset }
    }

    #[test]
    fn overlaps_and_what_is_beyond_the_file_are_cut() {
        let listed = vec![
            segment(0x2000, 0x1000, 0x100),
            segment(0x1000, 0x1800, 0),
            segment(0x9000, 0x1000, 0x3F00),
            segment(u64::MAX - 4, 0x1000, 0),
        ];
        let segments = Segments::new(listed, 0x4000);
        let kept: Vec<_> = segments.iter().copied().collect();
        assert_eq!(
            kept,
            [
                segment(0x1000, 0x1800, 0),
                segment(0x2800, 0x800, 0x900),
                segment(0x9000, 0x100, 0x3F00),
                segment(u64::MAX - 4, 4, 0),
            ]
        );
        assert_eq!(segments.find(0x2FFF), Some((0x10FF, 1)));
        assert_eq!(segments.find(0x3000), None);
        assert_eq!(segments.find(0), None);
        assert_eq!(segments.available(0x1FFF, 0x5000), 0x1001);
        assert_eq!(segments.available(0x3000, 1), 0);
    }

    #[test]
    fn runs_follow_one_another_in_the_file() {
        let mut block = vec![0; 0x40];
        block[0] = 2;
        for (at, value) in [(0x10, 1u64), (0x18, 2), (0x20, 0x100), (0x28, 1)] {
            block[at..at + 8].copy_from_slice(&value.to_le_bytes());
        }
        let runs = physical_runs(Bytes(&block), 42, 0x2000);
        assert_eq!(
            runs,
            [
                segment(0x1000, 0x2000, 0x2000),
                segment(0x10_0000, 0x1000, 0x4000)
            ]
        );
    }

    proptest! {
        #[test]
        fn any_list_gives_sorted_disjoint_segments_inside_the_file(
            listed in proptest::collection::vec((any::<u64>(), any::<u64>(), any::<u64>()), 0..40),
            file_size in any::<u64>(),
        ) {
            let listed = listed.into_iter().map(|(start, len, offset)| segment(start, len, offset));
            let segments = Segments::new(listed.collect(), file_size);
            let mut covered = 0;
            for segment in segments.iter() {
                prop_assert!(segment.len > 0 && segment.start >= covered);
                prop_assert!(segment.offset.checked_add(segment.len).unwrap() <= file_size);
                covered = segment.end();
                prop_assert!(segments.find(segment.start).is_some());
            }
        }
    }
}
