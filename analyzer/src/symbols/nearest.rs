//! Finds the nearest symbol before an address.

/// Addresses in order, each with the position of its name in the list they came from.
pub(super) struct AddressTable(Vec<(u32, usize)>);

impl AddressTable {
    /// Sorts `symbols`; of several names of an address the best is kept, see [`rank`].
    pub(super) fn new<'n>(symbols: impl Iterator<Item = (&'n str, Option<u32>)>) -> Self {
        let mut all: Vec<_> = symbols
            .enumerate()
            .filter_map(|(at, (name, rva))| Some((rva?, rank(name), name, at)))
            .collect();
        all.sort_unstable();
        all.dedup_by_key(|(rva, ..)| *rva);
        Self(all.into_iter().map(|(rva, .., at)| (rva, at)).collect())
    }

    /// Address and position of the last symbol at or before `rva`.
    pub(super) fn nearest(&self, rva: u32) -> Option<(u32, usize)> {
        let behind = self.0.partition_point(|(start, _)| *start <= rva);
        self.0.get(behind.checked_sub(1)?).copied()
    }
}

/// Rank of a name among several of one address: plain names first, then names with underscores,
/// then decorated names (`?…`, `$$…`, import thunks).
fn rank(name: &str) -> u8 {
    match name.as_bytes() {
        [b'?' | b'$', ..] => 2,
        name if name.starts_with(b"__imp_") => 2,
        [b'_', ..] => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_before_and_the_plainest_of_several() {
        let symbols = [
            ("?x@@YAXXZ", Some(0x10)),
            ("nowhere", None),
            ("_b", Some(0x10)),
            ("b", Some(0x10)),
            ("a", Some(0x20)),
        ];
        let table = AddressTable::new(symbols.into_iter());
        let name = |rva| table.nearest(rva).map(|(start, at)| (start, symbols[at].0));
        assert_eq!(name(0xF), None);
        assert_eq!(name(0x10), Some((0x10, "b")));
        assert_eq!(name(0x1F), Some((0x10, "b")));
        assert_eq!(name(u32::MAX), Some((0x20, "a")));
    }
}
