//! IRPs, device stacks and driver objects: `!irp`, `!devstack`, `!devobj`, `!drvobj`, `!poaction`.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::{Line, Reader};
use crate::log::text::number::hex;
use crate::log::text::section::addresses;

static ACTIVE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)Irp is active with (\d+) stacks? (\d+) is current(?: \(= 0x([0-9a-f`]+)\))?")
        .expect("a constant")
});
static MDL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*Mdl\s*=\s*(?:0x)?([0-9a-f`]{8,17})").expect("a constant"));
static LOCATION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^\s*(>?)\s*\[\s*(?:[A-Z_/]+\()?\s*([0-9a-fA-F]+|N/A)\)?\s*,\s*(?:[A-Z_/]+\()?\s*([0-9a-fA-F]+|N/A)(?:\([0-9a-f]+\))?\)?\s*\](.*)$",
    )
    .expect("a constant")
});
static ROW: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*([0-9a-f]{1,2})\s+([0-9a-f]{1,2})\s+([0-9a-f`]{8,17})\s+([0-9a-f`]{8,17})(?:\s+([0-9a-f`]{8,17})-([0-9a-f`]{8,17}))?")
        .expect("a constant")
});
static DRIVER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\\(?i:driver|filesystem)\\([^\s\x22,;)]+)").expect("a constant"));
static DEVICE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*>?\s*([0-9a-f`]{8,17})\s+\\(?i:driver|filesystem)\\(\S+)").expect("a constant")
});
static BROKEN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*>?\s*([0-9a-f`]{16,17})\s*$").expect("a constant"));
static NODE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*!?DevNode\s+(?:0x)?([0-9a-f`]{8,17})").expect("a constant"));
static INSTANCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?:DeviceInst is|InstancePath is)\s*"([^"]*)""#).expect("a constant")
});
static SERVICE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"ServiceName is\s*"([^"]*)""#).expect("a constant"));
static OBJECT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:\w+ )?(Device|Driver) object \((?:0x)?([0-9a-f`]{8,17})\) is for")
        .expect("a constant")
});
static ATTACHED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"Attached(?:Device|To) \((?:Upper|Lower)\)\s+([0-9a-f`]{8,17})\s*\\(?i:driver|filesystem)\\(\S+)")
        .expect("a constant")
});
static WORKER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"THREAD:\s*([0-9a-f`]{8,17})\s*\([^)]*\),\s*IRP:\s*([0-9a-f`]{8,17})")
        .expect("a constant")
});

/// A stack location.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RawLocation {
    pub major: Option<u8>,
    pub minor: Option<u8>,
    pub device: u64,
    pub driver: Option<String>,
    pub completion: u64,
    pub current: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct RawIrp {
    pub address: u64,
    pub current: u64,
    pub location_address: Option<u64>,
    pub locations: Vec<RawLocation>,
    /// The MDL of its buffer.
    pub mdl: Option<u64>,
}

/// A device stack, topmost first.
#[derive(Clone, Debug, Default)]
pub(crate) struct RawDeviceStack {
    pub devices: Vec<u64>,
    pub node: Option<u64>,
    pub instance: Option<String>,
    /// The service of the device node: its function driver.
    pub service: Option<String>,
}

/// Reads IRPs and devices line by line.
#[derive(Debug, Default)]
pub(crate) struct Irps {
    pub found: Vec<RawIrp>,
    pub stacks: Vec<RawDeviceStack>,
    /// Driver (its name in the object manager, without its directory) of each device or driver
    /// object.
    pub drivers: HashMap<u64, String>,
    /// Power IRP worker threads, with their IRPs.
    pub workers: Vec<(u64, u64)>,
    open: bool,
    in_stack: bool,
    /// A row of a device stack whose driver is on the next line.
    broken_row: Option<u64>,
    waits_for_row: bool,
    object: Option<u64>,
}

const MAX: usize = 10_000;
const MAX_LOCATIONS: usize = 128;

impl Reader for Irps {
    fn prompt(&mut self, _: Line<'_>) {
        self.open = false;
        self.in_stack = false;
        self.broken_row = None;
        self.object = None;
    }

    fn line(&mut self, Line { section, text, .. }: Line<'_>) {
        if let Some(found) = ACTIVE.captures(text) {
            let named = match section.verb() {
                "irp" => section.address(),
                _ => None,
            };
            let address = named.or_else(|| addresses(text).next()).unwrap_or(0);
            if self.found.len() < MAX {
                self.found.push(RawIrp {
                    address,
                    current: found[2].parse().unwrap_or(0),
                    location_address: found.get(3).and_then(|at| hex(at.as_str())),
                    locations: Vec::new(),
                    mdl: None,
                });
                self.open = true;
            }
            return;
        }
        if self.open
            && let Some(found) = MDL.captures(text)
        {
            if let Some(irp) = self.found.last_mut() {
                irp.mdl = hex(&found[1]);
            }
            return;
        }
        if self.open && self.location(text) {
            return;
        }
        self.device(text);
    }
}

impl Irps {
    /// Adds an IRP from another command, unless it is known.
    pub(crate) fn add(&mut self, irp: RawIrp) {
        let known = self.found.iter().any(|one| one.address == irp.address);
        if !known && self.found.len() < MAX {
            self.found.push(irp);
        }
    }

    /// Whether the line belongs to the open IRP.
    fn location(&mut self, text: &str) -> bool {
        if let Some(found) = LOCATION.captures(text) {
            let code = |group: usize, inner: &str| {
                // `IRP_MJ_POWER(16)`: the number is in brackets.
                let text = found[group].to_owned();
                hex(&text).or_else(|| hex(inner)).map(|code| code as u8)
            };
            let inner = text
                .split_once(',')
                .and_then(|(front, _)| Some(front.rsplit_once('(')?.1.trim_end_matches(')')));
            let Some(irp) = self
                .found
                .last_mut()
                .filter(|irp| irp.locations.len() < MAX_LOCATIONS)
            else {
                return true;
            };
            irp.locations.push(RawLocation {
                major: code(2, inner.unwrap_or("")),
                minor: code(3, ""),
                current: &found[1] == ">",
                ..RawLocation::default()
            });
            self.waits_for_row = true;
            let rest = found[4].to_owned();
            return self.row(&rest);
        }
        if self.waits_for_row && self.row(text) {
            return true;
        }
        if let Some(found) = DRIVER.captures(text)
            && text.trim_start().starts_with('\\')
            && let Some(location) = self
                .found
                .last_mut()
                .and_then(|irp| irp.locations.last_mut())
        {
            let name = found[1].to_owned();
            if location.device != 0 {
                self.drivers
                    .entry(location.device)
                    .or_insert_with(|| name.clone());
            }
            location.driver.get_or_insert(name);
            return true;
        }
        false
    }

    fn row(&mut self, text: &str) -> bool {
        let Some(found) = ROW.captures(text) else {
            return true;
        };
        self.waits_for_row = false;
        if let Some(location) = self
            .found
            .last_mut()
            .and_then(|irp| irp.locations.last_mut())
        {
            location.device = hex(&found[3]).unwrap_or(0);
            location.completion = found.get(5).and_then(|at| hex(at.as_str())).unwrap_or(0);
        }
        true
    }

    /// Puts a row together that was broken before the driver's name.
    fn device(&mut self, text: &str) {
        let start = self.broken_row.take();
        if let Some(address) = start.filter(|_| text.trim_start().starts_with('\\')) {
            return self.object_line(&format!("{address:016x} {}", text.trim_start()));
        }
        if self.in_stack
            && let Some(found) = BROKEN.captures(text)
        {
            self.broken_row = hex(&found[1]);
            return;
        }
        self.object_line(text);
    }

    fn object_line(&mut self, text: &str) {
        if text.trim_start().starts_with("!DevObj") {
            if self.stacks.len() < MAX {
                self.stacks.push(RawDeviceStack::default());
            }
            self.in_stack = true;
        } else if let Some(found) = DEVICE.captures(text) {
            let Some(address) = hex(&found[1]) else {
                return;
            };
            let name = without_address(&found[2]).to_owned();
            self.drivers.entry(address).or_insert(name);
            if let Some(stack) = self.stacks.last_mut().filter(|_| self.in_stack)
                && stack.devices.len() < MAX_LOCATIONS
            {
                stack.devices.push(address);
            }
        } else if let Some(found) = NODE.captures(text) {
            if let Some(stack) = self.stacks.last_mut() {
                stack.node = stack.node.or(hex(&found[1]));
            }
            self.in_stack = false;
        } else if let Some(found) = INSTANCE.captures(text) {
            if let Some(stack) = self.stacks.last_mut() {
                stack.instance.get_or_insert_with(|| found[1].to_owned());
            }
        } else if let Some(found) = SERVICE.captures(text) {
            if let Some(stack) = self.stacks.last_mut() {
                stack.service.get_or_insert_with(|| found[1].to_owned());
            }
        } else if let Some(found) = OBJECT.captures(text) {
            self.object = hex(&found[2]);
        } else if let Some(found) = ATTACHED.captures(text) {
            if let Some(address) = hex(&found[1]) {
                self.drivers
                    .entry(address)
                    .or_insert_with(|| without_address(&found[2]).to_owned());
            }
        } else if let Some(found) = WORKER.captures(text) {
            self.workers.extend(hex(&found[1]).zip(hex(&found[2])));
        } else if let Some(object) = self.object
            && let Some(found) = DRIVER.captures(text)
        {
            self.drivers
                .entry(object)
                .or_insert_with(|| found[1].to_owned());
            self.object = None;
        }
    }
}

/// Columns run together after long names: `VERIFIER_FILTERfffffa8005f8c2a0`.
fn without_address(name: &str) -> &str {
    for digits in [16, 8] {
        if let Some(at) = name.len().checked_sub(digits)
            && at > 0
            && name.is_char_boundary(at)
            && name[at..]
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
            && name[at..].starts_with(['8', '9', 'a', 'b', 'c', 'd', 'e', 'f'])
        {
            return &name[..at];
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::read::transcript;

    fn read(text: &str) -> Irps {
        transcript(text).irps
    }

    #[test]
    fn both_layouts_of_locations() {
        let old = read(
            "0: kd> !irp ffff800012345010\nIrp is active with 2 stacks 2 is current (= \
             0xffff800012345120)\n No Mdl: No System Buffer: Thread ffff800012340080:  Irp stack \
             trace.\n     cmd  flg cl Device   File     Completion-Context\n [  0, 0]   0  0 \
             00000000 00000000 00000000-00000000\n\n Args: 0 0 0 0\n>[ 16, 2]   0  0 \
             ffff800012346000 00000000 00000000-00000000\n  \\Driver\\mydrv\n",
        );
        let new = read(
            "0: kd> !irp ffff8000`12345010\nIrp is active with 2 stacks 2 is current (= \
             0xffff800012345120)\n [N/A(0), N/A(0)]\n            0  0 00000000 00000000 \
             00000000-00000000\n>[IRP_MJ_POWER(16), IRP_MN_SET_POWER(2)]\n            0 e1 \
             ffff800012346000 00000000 fffff80012345678-ffff800000000010 Success pending\n     \
             \\Driver\\mydrv\tnt!PopRequestCompletion\n",
        );
        for irps in [&old, &new] {
            let irp = &irps.found[0];
            assert_eq!((irp.address, irp.current), (0xffff_8000_1234_5010, 2));
            let location = irp
                .locations
                .iter()
                .find(|location| location.current)
                .unwrap();
            assert_eq!(
                (location.major, location.minor),
                (Some(0x16), Some(2)),
                "{irp:#?}"
            );
            assert_eq!(location.device, 0xffff_8000_1234_6000);
            assert_eq!(location.driver.as_deref(), Some("mydrv"));
        }
    }

    #[test]
    fn device_stacks() {
        let irps = read(
            "0: kd> !devstack ffff800012346000\n  !DevObj           !DrvObj            !DevExt\n  \
             ffff800012347000  \\DRIVER\\VERIFIER_FILTERffff800012347150\n> ffff800012346000  \
             \\Driver\\mydrv      ffff800012346150\n!DevNode ffff800012348000 :\n  DeviceInst is \
             \"USB\\X\\1\"\n  ServiceName is \"mydrv\"\n",
        );
        assert_eq!(
            irps.stacks[0].devices,
            [0xffff_8000_1234_7000, 0xffff_8000_1234_6000]
        );
        assert_eq!(irps.drivers[&0xffff_8000_1234_7000], "VERIFIER_FILTER");
        assert_eq!(irps.stacks[0].instance.as_deref(), Some("USB\\X\\1"));
    }
}
