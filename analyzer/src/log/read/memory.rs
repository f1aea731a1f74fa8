//! Strings in memory: `du`, `da`, `db`, and `dS` (a counted string's structure).

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::{Line, Reader};
use crate::log::text::number::hex;

static QUOTED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"^\s*([0-9a-f`]{8,17})\s+"([^"]{1,256})"#).expect("a constant"));
static BYTES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*([0-9a-f]{8}`[0-9a-f]{8}|[0-9a-f]{16})\s+((?:[0-9a-f]{2}[ -]){8,16})")
        .expect("a constant")
});
const MAX: usize = 1000;
const MAX_TEXT: usize = 512;

/// Reads texts line by line.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    found: HashMap<u64, String>,
    bytes: HashMap<u64, Vec<u8>>,
    /// Start of the last rows of bytes, and the address of the next row.
    open: Option<(u64, u64)>,
}

impl Reader for Texts {
    fn line(&mut self, Line { section, text, .. }: Line<'_>) {
        let verb = section.verb().to_lowercase();
        if !matches!(verb.as_str(), "du" | "da" | "ds" | "db" | "dc") {
            return;
        }
        if self.found.len() + self.bytes.len() >= MAX {
            return;
        }
        if let Some(found) = QUOTED.captures(text) {
            // For a structure, its own address counts.
            let address = match verb.as_str() {
                "ds" => section.address(),
                _ => hex(&found[1]),
            };
            if let Some(address) = address {
                self.found.insert(address, found[2].to_owned());
            }
        } else if let Some(found) = BYTES.captures(text)
            && let Some(address) = hex(&found[1])
        {
            let words = found[2].split([' ', '-']);
            let row: Vec<u8> = words
                .filter_map(|byte| u8::from_str_radix(byte, 16).ok())
                .collect();
            let start = match self.open {
                Some((start, next)) if next == address => start,
                _ => address,
            };
            self.open = Some((start, address.saturating_add(row.len() as u64)));
            let bytes = self.bytes.entry(start).or_default();
            if bytes.len() < MAX_TEXT {
                bytes.extend(row);
            }
        }
    }
}

impl Texts {
    /// The string at an address: from `du`, else UTF-16 from the bytes of `db`.
    pub(crate) fn at(&self, address: u64) -> Option<String> {
        if let Some(text) = self.found.get(&address) {
            return Some(text.clone());
        }
        let bytes = self.bytes.get(&address)?;
        let units = bytes
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let units: Vec<u16> = units.take_while(|&unit| unit != 0).collect();
        String::from_utf16(&units)
            .ok()
            .filter(|text| text.chars().all(|c| c.is_ascii_graphic() || c == ' '))
            .filter(|text| text.len() > 1)
    }
}

#[cfg(test)]
mod tests {
    use crate::log::read::transcript;

    #[test]
    fn names_in_memory() {
        let text = "0: kd> db ffff800012345010 L40\nffff8000`12345010  6d 00 79 00 2d 00 64 00-72 00 76 00 2e 00 73 00  m.y.-.d.r.v...s.\n\
                    ffff8000`12345020  79 00 73 00 00 00 00 00-00 00 00 00 00 00 00 00  y.s.............\n\
                    0: kd> du ffff800012346010\nffff8000`12346010  \"other.sys\"\n\
                    0: kd> dS ffff800012347010\nffff8000`12348020  \"third.sys\"\n";
        let memory = transcript(text).memory;
        assert_eq!(
            memory.at(0xffff_8000_1234_5010).as_deref(),
            Some("my-drv.sys")
        );
        assert_eq!(
            memory.at(0xffff_8000_1234_6010).as_deref(),
            Some("other.sys")
        );
        // By the address of the structure.
        assert_eq!(
            memory.at(0xffff_8000_1234_7010).as_deref(),
            Some("third.sys")
        );
        assert_eq!(memory.at(0xffff_8000_1234_5020), None);
    }
}
