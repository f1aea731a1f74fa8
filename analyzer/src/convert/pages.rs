//! Sets of physical pages.

use super::memory::PageRun;

const WORD: u64 = 64;

/// A set of page numbers below a limit; one bit each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PageSet {
    words: Vec<u64>,
    limit: u64,
}

impl PageSet {
    /// An empty set of pages below `limit`.
    pub(super) fn new(limit: u64) -> Self {
        Self {
            words: vec![0; limit.div_ceil(WORD) as usize],
            limit,
        }
    }

    /// Adds a page; returns whether it is below the limit and was not in the set.
    pub(super) fn insert(&mut self, page: u64) -> bool {
        if page >= self.limit {
            return false;
        }
        let word = &mut self.words[(page / WORD) as usize];
        let bit = 1 << (page % WORD);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    #[cfg(test)]
    pub(super) fn contains(&self, page: u64) -> bool {
        let word = self.words.get((page / WORD) as usize);
        word.is_some_and(|word| word >> (page % WORD) & 1 != 0)
    }

    /// The pages as runs, lowest first.
    pub(super) fn runs(&self) -> Vec<PageRun> {
        let mut runs: Vec<PageRun> = Vec::new();
        for (index, &word) in self.words.iter().enumerate() {
            let mut left = word;
            while left != 0 {
                let page = index as u64 * WORD + u64::from(left.trailing_zeros());
                left &= left - 1;
                match runs.last_mut() {
                    Some(last) if last.first + last.count == page => last.count += 1,
                    _ => runs.push(PageRun {
                        first: page,
                        count: 1,
                    }),
                }
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_become_runs() {
        let mut set = PageSet::new(200);
        assert!(
            [3, 63, 64, 65, 199]
                .into_iter()
                .all(|page| set.insert(page))
        );
        assert!(!set.insert(63));
        assert!(!set.insert(200));
        assert!(set.contains(64) && !set.contains(4) && !set.contains(9999));
        let runs: Vec<_> = set
            .runs()
            .iter()
            .map(|run| (run.first, run.count))
            .collect();
        assert_eq!(runs, [(3, 1), (63, 3), (199, 1)]);
    }
}
