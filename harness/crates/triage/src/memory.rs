//! What several dumps of one machine prove together: one flipped bit may be a cosmic ray, the same
//! one twice is a part to replace.

use std::collections::BTreeMap;
use std::path::PathBuf;

use analyzer::verdict::BitFlip;
use serde::Serialize;

use crate::Row;

/// A place that was bad in several crashes of one machine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Repeated {
    pub machine: String,
    /// For example `physical address 0x1234560` or `data bit 37`.
    pub place: String,
    /// How many crashes show it.
    pub crashes: usize,
    pub files: Vec<PathBuf>,
}

/// The places that are bad in more than one crash of a machine. Copies of one dump count once.
pub(crate) fn repeated(rows: &[Row]) -> Vec<Repeated> {
    // Of each place: the time of the crash → a file of it.
    let mut places: BTreeMap<(&str, Place), BTreeMap<&str, &Row>> = BTreeMap::new();
    for row in rows {
        for crash in row.crashes() {
            let (Some(machine), Some(flip)) = (&crash.machine, &crash.flip) else {
                continue;
            };
            let Some(seen) = &crash.seen else { continue };
            for place in places_of(flip) {
                let crashes = places.entry((machine, place)).or_default();
                crashes.entry(seen).or_insert(row);
            }
        }
    }
    let repeated = places.into_iter().filter(|(_, crashes)| crashes.len() > 1);
    repeated
        .map(|((machine, place), crashes)| Repeated {
            machine: machine.to_owned(),
            place: place.text(),
            crashes: crashes.len(),
            files: crashes.values().map(|row| row.path.clone()).collect(),
        })
        .collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// The 8 bytes at a physical address.
    Physical(u64),
    /// One of the 64 lines of the data bus.
    DataBit(u64),
}

impl Place {
    fn text(self) -> String {
        match self {
            Self::Physical(address) => format!("physical address {address:#x}"),
            Self::DataBit(bit) => format!("data bit {bit}"),
        }
    }
}

/// A bit in a register has no place in memory: where the register was loaded from is not known.
fn places_of(flip: &BitFlip) -> impl Iterator<Item = Place> {
    let physical = flip.physical.map(|address| Place::Physical(address.0 & !7));
    let bit = flip
        .address
        .map(|address| address.0 % 8 * 8 + u64::from(flip.bit));
    physical
        .into_iter()
        .chain(bit.map(|bit| Place::DataBit(bit % 64)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::tests::{crash, row};

    fn flipped(path: &str, machine: &str, seen: &str, address: u64, physical: Option<u64>) -> Row {
        let flip = BitFlip {
            place: "the instruction".into(),
            address: Some(address.into()),
            physical: physical.map(Into::into),
            bit: 3,
            was: 0.into(),
            should_be: 8.into(),
        };
        let mut crash = crash("s", machine, seen);
        crash.flip = Some(flip);
        row(path, crash)
    }

    #[test]
    fn the_same_bit_in_two_crashes_of_a_machine_is_told() {
        let rows = [
            flipped("a", "pc1", "1", 0xFFFF_8000_0000_1002, None),
            flipped("b", "pc1", "2", 0xFFFF_8000_0000_200A, None),
            flipped("c", "pc2", "3", 0xFFFF_8000_0000_1002, None),
        ];
        let found = repeated(&rows);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].machine.as_str(), found[0].place.as_str()),
            ("pc1", "data bit 19")
        );
        assert_eq!(found[0].crashes, 2);
    }

    #[test]
    fn the_same_physical_address_is_told() {
        let rows = [
            flipped("a", "pc1", "1", 0x1000, Some(0x5000)),
            flipped("b", "pc1", "2", 0x2001, Some(0x5001)),
        ];
        assert_eq!(repeated(&rows)[0].place, "physical address 0x5000");
    }

    #[test]
    fn a_copy_of_a_dump_proves_no_more_than_the_dump() {
        let rows = [
            flipped("a", "pc1", "1", 0x1000, Some(0x5000)),
            flipped("copy of a", "pc1", "1", 0x1000, Some(0x5000)),
        ];
        assert!(repeated(&rows).is_empty());
    }
}
