//! IRPs of a search, and devices of files: `!irpfind`, `!fileobj`.

use std::sync::LazyLock;

use regex::Regex;

use super::{Line, Reader};
use crate::log::text::number::hex;

/// `ffffe000`66a7a6c0 [ffffe000`601ba080] irpStack: ( 3, 0)  ffffe000`62c9d060 [ \Driver\kbdclass]`.
static ROW: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\s*([0-9a-f`]{8,17})\s+\[\s*([0-9a-f`]{8,17})\s*\]\s+irpStack:\s*\(\s*([0-9a-f]{1,2})\s*,\s*([0-9a-f]{1,2})\s*\)\s+([0-9a-f`]{8,17})(?:\s+\[\s*(?:\\(?:driver|filesystem)\\([^\]\s]+))?[^\]]*\])?")
        .expect("a constant")
});
static FILE_DEVICE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^\s*Device Object:\s*(?:0x)?([0-9a-f`]{8,17})\s+\\(?:driver|filesystem)\\(\S+)",
    )
    .expect("a constant")
});
const MAX: usize = 10_000;

/// An IRP with its current location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub irp: u64,
    pub thread: u64,
    pub major: u8,
    pub minor: u8,
    pub device: u64,
    pub driver: Option<String>,
}

/// Reads requests line by line.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    pub found: Vec<Request>,
    /// Drivers of devices.
    pub drivers: Vec<(u64, String)>,
}

impl Reader for Requests {
    fn line(&mut self, Line { text, .. }: Line<'_>) {
        if let Some(found) = ROW.captures(text) {
            let parts = || {
                Some(Request {
                    irp: hex(&found[1])?,
                    thread: hex(&found[2])?,
                    major: hex(&found[3])? as u8,
                    minor: hex(&found[4])? as u8,
                    device: hex(&found[5])?,
                    driver: found.get(6).map(|name| name.as_str().to_owned()),
                })
            };
            let Some(request) = parts().filter(|_| self.found.len() < MAX) else {
                return;
            };
            let driver = request.driver.clone();
            self.drivers
                .extend(driver.map(|driver| (request.device, driver)));
            self.found.push(request);
        } else if let Some(found) = FILE_DEVICE.captures(text)
            && self.drivers.len() < MAX
        {
            let device = hex(&found[1]);
            self.drivers
                .extend(device.map(|device| (device, found[2].to_owned())));
        }
    }
}
