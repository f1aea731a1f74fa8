//! `--partition count:M/N`, as nextest has it.

use std::fmt;
use std::str::FromStr;

/// One of `of` slices of a list, taken in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Which, from 1.
    which: usize,
    /// Of how many.
    of: usize,
}

impl Partition {
    /// Whether the list's entry at `index` (from 0) is in this slice.
    pub fn contains(self, index: usize) -> bool {
        index % self.of == self.which - 1
    }
}

impl fmt::Display for Partition {
    /// `1of4`, fit for a file's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}of{}", self.which, self.of)
    }
}

impl FromStr for Partition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}`: write `count:M/N` with 1 <= M <= N, such as `count:1/4`");
        let (which, of) = text
            .strip_prefix("count:")
            .and_then(|rest| rest.split_once('/'))
            .ok_or_else(wrong)?;
        let number = |text: &str| text.parse::<usize>().map_err(|_| wrong());
        let partition = Self {
            which: number(which)?,
            of: number(of)?,
        };
        if partition.which == 0 || partition.which > partition.of {
            return Err(wrong());
        }
        Ok(partition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_disjoint_and_complete() {
        let slices: Vec<Partition> = (1..=3)
            .map(|which| format!("count:{which}/3").parse().unwrap())
            .collect();
        for index in 0..10 {
            assert_eq!(
                slices.iter().filter(|slice| slice.contains(index)).count(),
                1
            );
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "1/2",
            "count:0/2",
            "count:3/2",
            "count:1/0",
            "count:a/b",
        ] {
            assert!(text.parse::<Partition>().is_err(), "{text}");
        }
    }
}
