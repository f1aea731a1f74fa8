//! Which pages the dump holds.

use crate::dump::{
    DumpFile, DumpKind, HEADER_SIZE, MAX_RUNS, Memory, MemoryExt, Physical, is_kernel_address,
};
use crate::nt::DebuggerData;

use super::kernel::kernel_pages;

const PAGE: u64 = 0x1000;
/// Windows describes memory in about ten runs. More than this many mean damage.
const MAX_LISTED: u64 = 4096;
/// Bytes of the second header, between the first header and the bitmap.
const BITMAP_HEADER: u64 = 0x38;
/// Pages above 4 TiB of physical memory are left out.
const MAX_PAGE: u64 = 1 << 30;

/// A run of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PageRun {
    pub first: u64,
    pub count: u64,
}

/// The pages of a dump.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Selection {
    /// The runs to write, lowest address first, without overlaps.
    pub runs: Vec<PageRun>,
    /// Pages of the system that are not in the file.
    pub missing: u64,
    /// Only the kernel's pages were chosen.
    pub kernel_only: bool,
    /// All pages of the system.
    system: Vec<PageRun>,
}

impl Selection {
    /// The system's runs, as far as the file has them. The file's runs where the system's cannot be
    /// read.
    pub(super) fn of(
        memory: &dyn Memory,
        data: &DebuggerData,
        file: &DumpFile,
    ) -> Result<Self, String> {
        let in_file = page_runs(file);
        let system = system_runs(memory, data).unwrap_or_else(|| in_file.clone());
        let runs = intersection(&system, &in_file);
        if runs.is_empty() {
            return Err("none of the memory that the system describes is in the file".to_owned());
        }
        let selection = Self {
            missing: pages(&system).saturating_sub(pages(&runs)),
            runs,
            kernel_only: false,
            system,
        };
        match selection.end() > MAX_PAGE {
            true => Err("it has physical memory above 4 TiB".to_owned()),
            false => Ok(selection),
        }
    }

    /// Of these pages, those that the kernel maps by the tables at `root`.
    pub(super) fn of_kernel(self, physical: &dyn Physical, root: u64) -> Result<Self, String> {
        let end = self.system.last().map_or(0, |run| run.first + run.count);
        let mapped = kernel_pages(physical, root, end.min(MAX_PAGE)).runs();
        let runs = intersection(&self.runs, &mapped);
        if runs.is_empty() {
            return Err("its page tables are not in the file".to_owned());
        }
        let wanted = pages(&intersection(&self.system, &mapped));
        Ok(Self {
            missing: wanted.saturating_sub(pages(&runs)),
            runs,
            kernel_only: true,
            system: self.system,
        })
    }

    /// A full dump holds all memory in as many runs as its header has room for.
    pub(super) fn kind(&self) -> DumpKind {
        match !self.kernel_only && self.missing == 0 && self.runs.len() <= MAX_RUNS as usize {
            true => DumpKind::Full,
            false => DumpKind::Bitmap,
        }
    }

    pub(super) fn pages(&self) -> u64 {
        pages(&self.runs)
    }

    /// The page behind the last one.
    pub(super) fn end(&self) -> u64 {
        self.runs.last().map_or(0, |run| run.first + run.count)
    }

    /// A bit for each page up to the end.
    pub(super) fn bitmap(&self) -> Vec<u8> {
        let mut bits = vec![0; self.end().div_ceil(8) as usize];
        for run in &self.runs {
            for page in run.first..run.first + run.count {
                bits[page as usize / 8] |= 1 << (page % 8);
            }
        }
        bits
    }

    /// Where the first page is in the file.
    pub(super) fn first_page_at(&self) -> u64 {
        let headers = match self.kind() {
            DumpKind::Full => HEADER_SIZE as u64,
            _ => HEADER_SIZE as u64 + BITMAP_HEADER + self.end().div_ceil(8),
        };
        headers.next_multiple_of(PAGE)
    }
}

fn pages(runs: &[PageRun]) -> u64 {
    runs.iter()
        .fold(0, |sum, run| sum.saturating_add(run.count))
}

fn page_runs(file: &DumpFile) -> Vec<PageRun> {
    let runs = file.page_runs().into_iter();
    runs.map(|(first, count)| PageRun { first, count })
        .collect()
}

/// The `_PHYSICAL_MEMORY_DESCRIPTOR` of the system, sorted; `None` if it cannot be read or is
/// invalid.
fn system_runs(memory: &dyn Memory, data: &DebuggerData) -> Option<Vec<PageRun>> {
    let block = memory.read_u64(data.physical_memory?).ok()?;
    let count = memory.read_uint(block, 4).ok()?;
    if !is_kernel_address(block) || !(1..=MAX_LISTED).contains(&count) {
        return None;
    }
    let table = memory.read_vec(block.checked_add(0x10)?, count as usize * 0x10);
    let mut runs: Vec<_> = (table.ok()?.as_chunks::<16>().0.iter())
        .map(|run| PageRun {
            first: u64::from_le_bytes(run[..8].try_into().unwrap_or_default()),
            count: u64::from_le_bytes(run[8..].try_into().unwrap_or_default()),
        })
        .collect();
    runs.sort_by_key(|run| run.first);
    let mut covered = 0;
    for run in &runs {
        let end = run.first.checked_add(run.count)?;
        if run.first < covered || end > 1 << 40 {
            return None;
        }
        covered = end;
    }
    Some(runs)
}

/// The pages in both lists. Both are sorted and have no overlaps.
fn intersection(one: &[PageRun], other: &[PageRun]) -> Vec<PageRun> {
    let (mut one, mut other) = (one.iter().peekable(), other.iter().peekable());
    let mut common: Vec<PageRun> = Vec::new();
    while let (Some(left), Some(right)) = (one.peek(), other.peek()) {
        let (left_end, right_end) = (left.first + left.count, right.first + right.count);
        let first = left.first.max(right.first);
        let end = left_end.min(right_end);
        if first < end {
            match common.last_mut() {
                // Two segments of the file may be adjacent inside a run.
                Some(last) if last.first + last.count == first => last.count += end - first,
                _ => common.push(PageRun {
                    first,
                    count: end - first,
                }),
            }
        }
        if left_end <= right_end {
            one.next();
        } else {
            other.next();
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(listed: &[(u64, u64)]) -> Vec<PageRun> {
        let run = |&(first, count): &(u64, u64)| PageRun { first, count };
        listed.iter().map(run).collect()
    }

    #[test]
    fn only_what_both_have_is_taken() {
        let system = runs(&[(1, 0x9E), (0x100, 0x700), (0x1000, 0x10)]);
        let file = runs(&[(0, 0xA0), (0xC0, 0x100), (0x1C0, 0x400)]);
        let common = intersection(&system, &file);
        assert_eq!(common, runs(&[(1, 0x9E), (0x100, 0x4C0)]));
        let selection = Selection {
            runs: common,
            missing: 0x250,
            kernel_only: false,
            system: Vec::new(),
        };
        assert_eq!(selection.kind(), DumpKind::Bitmap);
        let bits = selection.bitmap();
        assert_eq!(bits.len(), 0x5C0 / 8);
        assert_eq!((bits[0], bits[0x9E / 8], bits[0x20]), (0xFE, 0x7F, 0xFF));
        let ones: u32 = bits.iter().map(|byte| byte.count_ones()).sum();
        assert_eq!(u64::from(ones), selection.pages());
    }

    #[test]
    fn many_runs_need_a_bitmap() {
        let listed = |count: u64| Selection {
            runs: (0..count)
                .map(|index| PageRun {
                    first: 2 * index,
                    count: 1,
                })
                .collect(),
            missing: 0,
            kernel_only: false,
            system: Vec::new(),
        };
        assert_eq!(listed(42).kind(), DumpKind::Full);
        assert_eq!(listed(43).kind(), DumpKind::Bitmap);
        assert_eq!(listed(42).first_page_at(), 0x2000);
        assert_eq!(listed(43).first_page_at(), 0x3000);
    }
}
