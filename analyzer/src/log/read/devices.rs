//! Device extensions and dispatch routines: `!devobj`, `!drvobj … 2`.

use std::sync::LazyLock;

use regex::Regex;

use super::{Line, Reader};
use crate::log::text::number::hex;
use crate::log::text::symbol::{RawSymbol, symbol};

static OBJECT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\s*(Device|Driver) object \((?:0x)?([0-9a-f`]{8,17})\) is for")
        .expect("a constant")
});
static DRIVER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\\(?i:driver|filesystem)\\([^\s\x22,;)]+)(?:\s+DriverObject\s+([0-9a-f`]{8,17}))?")
        .expect("a constant")
});
static EXTENSION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)DevExt\s+([0-9a-f`]{8,17})\s+DevObjExt\s+([0-9a-f`]{8,17})")
        .expect("a constant")
});
static ROUTINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*\[([0-9a-f]{2})\]\s+(IRP_MJ_\w+)\s+([0-9a-f`]{8,17})\s+(\S+!\S+|\S+\+0x\S+)")
        .expect("a constant")
});
const MAX: usize = 10_000;
const MAX_EXTENSION: u64 = 1 << 20;

/// The extension of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Extension {
    pub device: u64,
    /// Name in the object manager, without its directory.
    pub driver: String,
    pub start: u64,
    pub end: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Routine {
    pub driver: String,
    pub major: u8,
    /// `IRP_MJ_POWER`.
    pub name: String,
    pub address: u64,
    pub symbol: RawSymbol,
}

/// Reads devices and drivers line by line.
#[derive(Debug, Default)]
pub(crate) struct Devices {
    pub extensions: Vec<Extension>,
    pub routines: Vec<Routine>,
    /// Addresses of the driver objects.
    pub drivers: Vec<(String, u64)>,
    device: Option<u64>,
    object: Option<u64>,
    driver: Option<String>,
}

impl Reader for Devices {
    fn prompt(&mut self, _: Line<'_>) {
        self.close();
    }

    fn line(&mut self, Line { text, .. }: Line<'_>) {
        if let Some(found) = OBJECT.captures(text) {
            let address = hex(&found[2]);
            self.close();
            match found[1].eq_ignore_ascii_case("device") {
                true => self.device = address,
                false => self.object = address,
            }
        } else if let Some(found) = ROUTINE.captures(text) {
            self.routine(&found);
        } else if let Some(found) = EXTENSION.captures(text) {
            self.extension(&found);
        } else if self.driver.is_none()
            && self.device.or(self.object).is_some()
            && let Some(found) = DRIVER.captures(text)
        {
            let name = found[1].to_owned();
            let named = found.get(2).and_then(|at| hex(at.as_str()));
            let object = self.object.or(named);
            if self.drivers.len() < MAX {
                self.drivers.extend(object.map(|at| (name.clone(), at)));
            }
            self.driver = Some(name);
        }
    }
}

impl Devices {
    /// Ends the description of an object.
    fn close(&mut self) {
        self.device = None;
        self.object = None;
        self.driver = None;
    }

    fn routine(&mut self, found: &regex::Captures<'_>) {
        let parts = || {
            Some(Routine {
                driver: self.driver.clone()?,
                major: hex(&found[1])? as u8,
                name: found[2].to_owned(),
                address: hex(&found[3])?,
                symbol: symbol(&found[4])?.0,
            })
        };
        if let Some(routine) = parts().filter(|_| self.routines.len() < MAX) {
            self.routines.push(routine);
        }
    }

    fn extension(&mut self, found: &regex::Captures<'_>) {
        let parts = || {
            Some(Extension {
                device: self.device?,
                driver: self.driver.clone()?,
                start: hex(&found[1])?,
                end: hex(&found[2])?,
            })
        };
        let plausible =
            |one: &Extension| one.start < one.end && one.end - one.start < MAX_EXTENSION;
        if let Some(extension) = parts().filter(plausible)
            && self.extensions.len() < MAX
        {
            self.extensions.push(extension);
        }
    }

    /// The extension that holds `address`.
    pub(crate) fn extension_of(&self, address: u64) -> Option<&Extension> {
        let mut all = self.extensions.iter();
        all.find(|one| (one.start..one.end).contains(&address))
    }

    /// The driver object of a driver.
    pub(crate) fn object_of(&self, driver: &str) -> Option<u64> {
        let mut all = self.drivers.iter();
        all.find(|(name, _)| name.eq_ignore_ascii_case(driver))
            .map(|(_, at)| *at)
    }

    /// The routine that a driver registered for a major function.
    pub(crate) fn dispatch(&self, driver: &str, major: u8) -> Option<&Routine> {
        let mut all = self.routines.iter();
        all.find(|one| one.driver.eq_ignore_ascii_case(driver) && one.major == major)
    }
}

#[cfg(test)]
mod tests {
    use crate::log::read::transcript;

    #[test]
    fn device_extensions_and_dispatch_routines() {
        let devices = transcript(
            "0: kd> !devobj ffff800012346000\nDevice object (ffff800012346000) is for:\n 00000003 \\Driver\\my-drv DriverObject ffff800012341940\n\
             Current Irp 00000000 RefCount 0 Type 00000022 Flags 00001040\nDevExt ffff800012346150 DevObjExt ffff800012346200 DevNode ffff800012347000\n\
             0: kd> !drvobj ffff800012341940 2\nDriver object (ffff800012341940) is for:\n \\Driver\\my-drv\n\nDispatch routines:\n\
             [16] IRP_MJ_POWER                      fffff801`123b1050\tmy_drv!Power\n",
        )
        .devices;
        assert_eq!(
            devices.extension_of(0xffff_8000_1234_61ff).unwrap().driver,
            "my-drv"
        );
        assert_eq!(devices.extension_of(0xffff_8000_1234_6200), None);
        assert_eq!(devices.object_of("MY-DRV"), Some(0xffff_8000_1234_1940));
        let power = devices.dispatch("my-drv", 0x16).unwrap();
        assert_eq!(power.symbol.function.as_deref(), Some("Power"));
    }
}
