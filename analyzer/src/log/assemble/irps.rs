//! The IRPs that the stop is about.

use super::LogContext;
use crate::facts::{IrpFacts, StackFacts};
use crate::log::read::irps::RawIrp;
use crate::log::text::names;
use crate::nt::{Device, DeviceNode, Irp, Location};
use crate::stop::{Class, Role};

/// From the output of `!irp`, else from printed structures.
pub(super) fn irps(log: &LogContext<'_>, stacks: &[StackFacts]) -> Vec<IrpFacts> {
    let wanted = wanted(log);
    let known = &log.transcript.irps.found;
    let mut of_stop: Vec<_> = known
        .iter()
        .filter(|irp| wanted.contains(&irp.address))
        .collect();
    of_stop.dedup_by_key(|irp| irp.address);
    let shown: Vec<_> = of_stop
        .into_iter()
        .map(|raw| from_command(log, raw))
        .collect();
    let irps = match shown.is_empty() {
        true => wanted
            .iter()
            .filter_map(|&at| from_structures(log, at))
            .collect(),
        false => shown,
    };
    let surrounded = irps
        .into_iter()
        .map(|(irp, driver)| surroundings(log, stacks, irp, driver));
    surrounded.collect()
}

fn wanted(log: &LogContext<'_>) -> Vec<u64> {
    let stop = &log.bugcheck;
    if let Some(index) = stop.index_of(Role::Irp) {
        return log.parameter(index).into_iter().collect();
    }
    let holder = stop.index_of(Role::Thread);
    let holder = holder.filter(|_| stop.class() == Class::Power);
    let Some(holder) = holder.and_then(|index| log.parameter(index)) else {
        return Vec::new();
    };
    let threads = log.transcript.threads.found.iter();
    let of_holder = threads.filter(|thread| thread.address == holder);
    of_holder.flat_map(|thread| thread.irps.clone()).collect()
}

/// An IRP, and the driver of its current location.
type Shown = (Irp, Option<String>);

fn from_command(log: &LogContext<'_>, raw: &RawIrp) -> Shown {
    let locations: Vec<_> = raw
        .locations
        .iter()
        .map(|location| Location {
            address: match location.current {
                true => raw.location_address.unwrap_or(0),
                false => 0,
            },
            major: location.major.unwrap_or(0),
            minor: location.minor.unwrap_or(0),
            device: location.device,
            completion: location.completion,
        })
        .collect();
    let marked = raw.locations.iter().position(|location| location.current);
    let current = marked.map_or(raw.current, |index| index as u64 + 1);
    let at = current
        .checked_sub(1)
        .and_then(|at| raw.locations.get(usize::try_from(at).ok()?));
    let driver = at.and_then(|at| {
        at.driver
            .clone()
            .or_else(|| log.transcript.irps.drivers.get(&at.device).cloned())
    });
    let irp = Irp {
        address: raw.address,
        current,
        locations,
        user_event: 0,
    };
    (irp, driver)
}

/// From `dt` of the stack location and of the driver object.
fn from_structures(log: &LogContext<'_>, address: u64) -> Option<Shown> {
    let structures = &log.transcript.structures;
    let location = structures.of("_IO_STACK_LOCATION").find(|location| {
        location.address == Some(address) || location.text("DeviceObject").is_some()
    })?;
    let device = location
        .value("DeviceObject")
        .filter(|&device| device != 0)?;
    let irp = Irp {
        address,
        current: 1,
        locations: vec![Location {
            address: 0,
            major: location.value("MajorFunction").unwrap_or(0) as u8,
            minor: location.value("MinorFunction").unwrap_or(0) as u8,
            device,
            completion: 0,
        }],
        user_event: 0,
    };
    Some((irp, driver_of(log, device)))
}

/// The driver of a device, from any command that printed it.
fn driver_of(log: &LogContext<'_>, device: u64) -> Option<String> {
    let quoted = |text: &str| {
        let name = text
            .split_once("\\Driver\\")
            .or_else(|| text.split_once("\\FileSystem\\"))?
            .1;
        Some(name.split(['"', ' ', ')']).next()?.to_owned())
    };
    let structures = &log.transcript.structures;
    let by_driver = structures
        .of("_DRIVER_OBJECT")
        .filter(|driver| driver.address == Some(device))
        .find_map(|driver| quoted(driver.text("DriverName")?));
    let by_device = structures
        .of("_DEVICE_OBJECT")
        .filter(|known| known.address == Some(device))
        .find_map(|known| quoted(known.text("DriverObject")?));
    let listed = log.transcript.irps.drivers.get(&device).cloned();
    listed.or(by_driver).or(by_device)
}

fn surroundings(
    log: &LogContext<'_>,
    stacks: &[StackFacts],
    irp: Irp,
    driver: Option<String>,
) -> IrpFacts {
    let current = irp.current_location().copied();
    let shown = &log.transcript.devices;
    let dispatch = |driver: &str| {
        let routine = shown.dispatch(driver, current?.major)?;
        Some(super::extensions::place(log, routine))
    };
    let own_dispatch = driver.as_deref().and_then(dispatch);
    let device = current.zip(driver).map(|(at, driver)| Device {
        address: at.device,
        driver_object: shown.object_of(&driver).unwrap_or(0),
        driver: log.driver(&driver),
    });
    let bottom = log.parameter(1);
    let reader = &log.transcript.irps;
    let wanted = [device.as_ref().map(|device| device.address), bottom];
    let around = reader.stacks.iter().find(|stack| {
        stack
            .devices
            .iter()
            .any(|device| wanted.contains(&Some(*device)))
    });
    let devices = around.map_or(&[][..], |stack| &stack.devices);
    let stack: Vec<_> = devices
        .iter()
        .filter_map(|&address| {
            let name = reader.drivers.get(&address)?;
            let driver = log.driver(name);
            let driver_object = shown.object_of(name).unwrap_or(0);
            Some((
                Device {
                    address,
                    driver_object,
                    driver,
                },
                dispatch(name),
            ))
        })
        .collect();
    // The enumerator, if only its device was printed.
    let enumerator = bottom.and_then(|bottom| {
        let driver = log.driver(&driver_of(log, bottom)?);
        Some((
            Device {
                address: bottom,
                driver_object: 0,
                driver,
            },
            None,
        ))
    });
    let stack = match stack.is_empty() {
        true => enumerator.into_iter().collect(),
        false => stack,
    };
    IrpFacts {
        dispatch: own_dispatch,
        node: around.map(|stack| DeviceNode {
            address: stack.node.unwrap_or(0),
            instance: stack.instance.clone(),
            ..DeviceNode::default()
        }),
        mentioned_on: mentions(log, stacks, irp.address),
        stack,
        device,
        irp,
    }
}

/// Stacks of threads that reference the IRP: among their arguments, in their IRP list, or as power
/// IRP workers.
fn mentions(log: &LogContext<'_>, stacks: &[StackFacts], irp: u64) -> Vec<usize> {
    let transcript = log.transcript;
    let all = stacks
        .iter()
        .enumerate()
        .filter(|(_, stack)| !stack.is_crash());
    all.filter(|(_, stack)| {
        let Some(thread) = stack.thread.as_ref().map(|thread| thread.address) else {
            return false;
        };
        let listed = || {
            let known = transcript.threads.get(thread);
            known.is_some_and(|known| known.irps.contains(&irp))
        };
        let assigned = || transcript.irps.workers.contains(&(thread, irp));
        let argument = || {
            transcript
                .stacks
                .found
                .iter()
                .filter(|raw| raw.thread == Some(thread))
                .any(|raw| {
                    raw.frames.iter().any(|frame| {
                        let named = frame
                            .symbol
                            .as_ref()
                            .is_none_or(|s| !names::is_user(&s.module));
                        named && frame.arguments.contains(&irp)
                    })
                })
        };
        listed() || assigned() || argument()
    })
    .map(|(index, _)| index)
    .collect()
}
