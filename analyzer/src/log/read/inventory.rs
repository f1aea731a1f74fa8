//! The machine as `!sysinfo`, `!cpuinfo`, `vertarget` print it, and drivers as `lmvm` and `lm t`
//! print them.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::{Line, Reader};
use crate::log::text::number::hex;
use crate::modules::is_hash_note;

/// `BiosVendor = …`, `ProcessorNameString = REG_SZ …`.
static VALUE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^\s*(Bios(?:Vendor|Version|ReleaseDate)|System(?:Manufacturer|ProductName|Family|Version|SKU)|BaseBoard(?:Manufacturer|Product|Version)|ProcessorNameString|VendorIdentifier|Identifier|~MHz)\s*=\s*(?:REG_\w+\s+)?(.*?)\s*$",
    )
    .expect("a constant")
});
static CPUID: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"^\s*CPUID:\s*"([^"]+)""#).expect("a constant"));
static LAB: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:Built by|Edition build lab|Kernel base build lab):\s*(\d+\.\S+)\s*$")
        .expect("a constant")
});
/// A structure of SMBIOS, and a field of it.
static STRUCTURE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*\[.+\(Type (\d+)\)").expect("a constant"));
static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s+(Device Locator|Bank Locator|Manufacturer|Part Number|Size|Speed|Configured (?:Memory )?Speed)\s{2,}(\S.*?)\s*$")
        .expect("a constant")
});
const MEMORY_DEVICE: &str = "17";
/// A line of `lmvm`.
static DETAIL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s+(Image path|Image name|Timestamp|File version):\s+(\S.*?)\s*$")
        .expect("a constant")
});
/// A line of `lm t n`: name, file, and a time stamp.
static ROW: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*([0-9a-f`]{8,17})\s+[0-9a-f`]{8,17}\s+\S+\s+(\S+\.(?:sys|dll|exe|SYS|DLL|EXE))\s+(\S.*\([0-9A-Fa-f]{8}\))\s*$")
        .expect("a constant")
});
static HEADING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*([0-9a-f`]{8,17})\s+[0-9a-f`]{8,17}\s+\S+").expect("a constant")
});
static STAMP: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\(?\b([0-9A-Fa-f]{8})\b\)?").expect("a constant"));
const MAX: usize = 4096;
const MAX_TEXT: usize = 256;

/// A module of memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RawMemory {
    pub fields: HashMap<String, String>,
}

/// A driver in detail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RawDriver {
    pub base: Option<u64>,
    pub file: String,
    pub path: Option<String>,
    pub timestamp: Option<u32>,
    /// The log says that the time stamp is a hash.
    pub is_hash: bool,
    pub version: Option<String>,
}

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    /// The first value of each name.
    pub values: HashMap<String, String>,
    pub lab: Option<String>,
    pub memory: Vec<RawMemory>,
    pub drivers: Vec<RawDriver>,
    in_memory: bool,
    current: RawDriver,
}

impl Reader for Inventory {
    fn prompt(&mut self, _: Line<'_>) {
        self.finish();
        self.in_memory = false;
    }

    fn line(&mut self, Line { text, .. }: Line<'_>) {
        if text.len() > MAX_TEXT {
            return;
        }
        if let Some(found) = VALUE.captures(text) {
            self.keep(&found[1], &found[2]);
        } else if let Some(found) = CPUID.captures(text) {
            self.keep("ProcessorNameString", &found[1]);
        } else if let Some(found) = LAB.captures(text) {
            self.lab.get_or_insert_with(|| found[1].to_owned());
        } else if let Some(found) = STRUCTURE.captures(text) {
            self.in_memory = &found[1] == MEMORY_DEVICE;
            if self.in_memory && self.memory.len() < MAX {
                self.memory.push(RawMemory::default());
            }
        } else if self.in_memory
            && let Some(found) = FIELD.captures(text)
        {
            if let Some(module) = self.memory.last_mut() {
                let fields = &mut module.fields;
                let value = || found[2].to_owned();
                fields.entry(found[1].to_owned()).or_insert_with(value);
            }
        } else if let Some(found) = DETAIL.captures(text) {
            self.detail(&found[1], &found[2]);
        } else if let Some(found) = ROW.captures(text) {
            self.finish();
            self.current.base = hex(&found[1]);
            self.current.file = found[2].to_owned();
            self.stamp(&found[3]);
            self.finish();
        } else if let Some(found) = HEADING.captures(text) {
            self.finish();
            self.current.base = hex(&found[1]).filter(|base| base % 0x1000 == 0);
        }
    }

    fn end(&mut self) {
        self.finish();
    }
}

impl Inventory {
    fn keep(&mut self, name: &str, value: &str) {
        let value = || value.to_owned();
        self.values.entry(name.to_owned()).or_insert_with(value);
    }

    fn detail(&mut self, name: &str, value: &str) {
        match name {
            "Image path" => self.current.path = Some(value.to_owned()),
            "Image name" => self.current.file = value.to_owned(),
            "File version" => {
                let version = value.split_whitespace().next();
                self.current.version = version.map(str::to_owned);
            }
            _ => self.stamp(value),
        }
    }

    fn stamp(&mut self, text: &str) {
        let stamp = STAMP.captures_iter(text).last();
        let stamp = stamp.and_then(|found| u32::from_str_radix(&found[1], 16).ok());
        self.current.timestamp = stamp;
        self.current.is_hash = is_hash_note(text);
    }

    /// The lines of a driver are at their end.
    fn finish(&mut self) {
        let driver = std::mem::take(&mut self.current);
        let named = driver.file.contains('.');
        let known = |other: &RawDriver| other.file.eq_ignore_ascii_case(&driver.file);
        if named && self.drivers.len() < MAX && !self.drivers.iter().any(known) {
            self.drivers.push(driver);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::log::read::transcript;

    #[test]
    fn drivers_have_paths_and_stamps() {
        let text = "2: kd> lmvm gizmo\n\
            start             end                 module name\n\
            fffff880`0ae8e000 fffff880`0aebc000   gizmo      (no symbols)\n\
            \x20   Loaded symbol image file: gizmo.sys\n\
            \x20   Image path: \\SystemRoot\\System32\\drivers\\gizmo.sys\n\
            \x20   Image name: gizmo.sys\n\
            \x20   Timestamp:        Sun Sep 13 12:26:40 2020 (5F5E1000)\n\
            \x20   File version:     3.1.4.1\n\
            2: kd> lm t n\n\
            start             end                 module name\n\
            fffff880`0b000000 fffff880`0b010000   widget   widget.sys   Sun Sep 13 12:26:41 2020 (5F5E1001)\n\
            fffff880`0c000000 fffff880`0c010000   hashed   hashed.sys   F5E10001 (This is a reproducible build file hash, not a timestamp)\n";
        let drivers = transcript(text).inventory.drivers;
        assert_eq!(drivers.len(), 2, "{drivers:?}");
        let gizmo = &drivers[0];
        assert_eq!(gizmo.base, Some(0xffff_f880_0ae8_e000));
        assert!(
            gizmo
                .path
                .as_deref()
                .unwrap()
                .ends_with("drivers\\gizmo.sys")
        );
        assert_eq!(gizmo.timestamp, Some(0x5F5E_1000));
        assert_eq!(gizmo.version.as_deref(), Some("3.1.4.1"));
        assert_eq!(drivers[1].file, "widget.sys");
    }

    #[test]
    fn the_machine_is_read_from_several_commands() {
        let text = "kd> vertarget\n\
            Edition build lab: 22621.1.amd64fre.ni_release.220506-1250\n\
            kd> !sysinfo machineid\n\
            BiosVendor = Acme Firmware\n\
            BaseBoardProduct = Z1-M\n\
            kd> !sysinfo cpuinfo\n\
            ProcessorNameString = REG_SZ Acme Core 7\n\
            ~MHz = REG_DWORD 2600\n\
            kd> !sysinfo smbios\n\
            [Memory Device (Type 17) - Length 92 - Handle 0011h]\n\
            \x20 Size                          8192MB\n\
            \x20 Device Locator                DIMM_A1\n\
            \x20 Manufacturer                  Ramco\n\
            [Memory Array (Type 16) - Length 23 - Handle 0012h]\n\
            \x20 Manufacturer                  Nobody\n";
        let found = transcript(text).inventory;
        assert_eq!(found.values["BaseBoardProduct"], "Z1-M");
        assert_eq!(found.values["ProcessorNameString"], "Acme Core 7");
        assert_eq!(found.values["~MHz"], "2600");
        assert!(found.lab.unwrap().contains("ni_release"));
        assert_eq!(found.memory.len(), 1);
        assert_eq!(found.memory[0].fields["Manufacturer"], "Ramco");
    }
}
