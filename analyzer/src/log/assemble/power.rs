//! The device stack of P2 of a power stop, and the driver that the bucket names.

use super::LogContext;
use crate::facts::PowerStack;
use crate::nt::Device;
use crate::stop::Class;

/// `None` if the stop is not about power, or nothing names a driver.
pub(super) fn power_stack(log: &LogContext<'_>) -> Option<PowerStack> {
    if log.bugcheck.class() != Class::Power {
        return None;
    }
    let reader = &log.transcript.irps;
    let stack = log.parameter(1).and_then(|device| {
        let mut stacks = reader.stacks.iter();
        stacks.find(|stack| stack.devices.contains(&device))
    });
    let devices = stack.map_or(&[][..], |stack| &stack.devices);
    let devices = devices.iter().filter_map(|&address| {
        let name = reader.drivers.get(&address)?;
        Some(Device {
            address,
            driver_object: log.transcript.devices.object_of(name).unwrap_or(0),
            driver: log.driver(name),
        })
    });
    let found = PowerStack {
        devices: devices.collect(),
        service: stack
            .and_then(|stack| stack.service.as_deref())
            .map(|name| log.driver(name)),
        bucket: log
            .transcript
            .analysis
            .power_driver()
            .map(|name| log.driver(name)),
    };
    (!found.devices.is_empty() || found.bucket.is_some()).then_some(found)
}
