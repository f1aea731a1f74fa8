//! Structures that `dt`, `dx` and MEX's `ddt` print.

use std::sync::LazyLock;

use regex::Regex;

use super::{Line, Reader};
use crate::log::text::number::value;
use crate::log::text::section::addresses;

static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:\[?\+0x[0-9a-f]+(?:\s*\([^)]*\))?\]?\s*)?([A-Za-z_][\w.]*)\s*:\s*(\S.*)$")
        .expect("a constant")
});
static SECOND: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\s{2,}([A-Za-z_]\w*)\s*:\s(\S+)").expect("a constant"));
static TYPE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:\w+!)?(_[A-Z][A-Z0-9_]+)").expect("a constant"));
const MAX: usize = 20_000;
const MAX_FIELDS: usize = 4096;

#[derive(Clone, Debug, Default)]
pub(crate) struct Structure {
    /// `_KMUTANT`.
    pub kind: String,
    /// The first address in it.
    pub address: Option<u64>,
    pub fields: Vec<(String, String)>,
}

impl Structure {
    /// A field's text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        fields
            .find(|(known, _)| known == name)
            .map(|(_, text)| text.as_str())
    }

    /// A field's value.
    pub(crate) fn value(&self, name: &str) -> Option<u64> {
        value(self.text(name)?)
    }
}

/// Reads structures line by line.
#[derive(Debug, Default)]
pub(crate) struct Structures {
    pub found: Vec<Structure>,
    open: bool,
}

impl Reader for Structures {
    fn prompt(&mut self, Line { section, .. }: Line<'_>) {
        self.open = false;
        if matches!(section.verb(), "dt" | "ddt" | "dx") {
            self.start(&section.command);
        }
    }

    fn line(&mut self, Line { text, .. }: Line<'_>) {
        let bare = text.trim_start();
        if let Some(command) = bare.strip_prefix("dt ") {
            self.start(command);
            return;
        }
        if !self.open {
            return;
        }
        let Some(structure) = self.found.last_mut() else {
            return;
        };
        if let Some(found) = FIELD.captures(text).filter(|_| !bare.starts_with("(*")) {
            if structure.fields.len() >= MAX_FIELDS {
                return;
            }
            structure
                .fields
                .push((found[1].to_owned(), found[2].trim().to_owned()));
            for second in SECOND.captures_iter(&found[2]) {
                structure
                    .fields
                    .push((second[1].to_owned(), second[2].to_owned()));
            }
        }
    }
}

impl Structures {
    fn start(&mut self, command: &str) {
        let Some(kind) = TYPE.captures(command) else {
            return;
        };
        if self.found.len() < MAX {
            self.found.push(Structure {
                kind: kind[1].to_owned(),
                address: addresses(command).last(),
                fields: Vec::new(),
            });
            self.open = true;
        }
    }

    /// Structures of a type.
    pub(crate) fn of(&self, kind: &str) -> impl Iterator<Item = &Structure> {
        self.found
            .iter()
            .filter(move |structure| structure.kind == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::read::transcript;

    fn read(text: &str) -> Structures {
        transcript(text).structures
    }

    #[test]
    fn dt_and_dx() {
        let structures = read(
            "0: kd> dx -r1 (*((d!_KMUTANT *)0xffff80001234d608))\n(*((d!_KMUTANT \
             *)0xffff80001234d608))    [Type: _KMUTANT]\n    [+0x028] OwnerThread      : \
             0xffff800012354080 [Type: _KTHREAD *]\n0: kd> dt nt!_IO_STACK_LOCATION \
             poi(ffff80001234bc20+b8) MajorFunction MinorFunction\n   MajorFunction : 0x16 (X)   \
             MinorFunction : 0x2 (Y)\n",
        );
        let mutant = structures.of("_KMUTANT").next().unwrap();
        assert_eq!(mutant.address, Some(0xffff_8000_1234_d608));
        assert_eq!(mutant.value("OwnerThread"), Some(0xffff_8000_1235_4080));
        let location = structures.of("_IO_STACK_LOCATION").next().unwrap();
        assert_eq!(location.value("MajorFunction"), Some(0x16));
        assert_eq!(location.value("MinorFunction"), Some(2));
    }
}
