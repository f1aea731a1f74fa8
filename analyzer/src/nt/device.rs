//! Device objects, their drivers and device stacks.

use super::irp::major_name;
use super::reader::{Nt, NtError};
use crate::dump::{MemoryExt, is_kernel_address};
use crate::target::{Pc, Symbol};

const DEVICE: &str = "_DEVICE_OBJECT";
const DRIVER: &str = "_DRIVER_OBJECT";
const EXTENSION: &str = "_DEVOBJ_EXTENSION";
/// More than in any device stack.
const MAX_STACK: usize = 32;

/// A device and its driver.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Device {
    pub address: u64,
    /// Its driver object.
    pub driver_object: u64,
    /// File name of the driver's image, or the driver object's name if no loaded image matches.
    pub driver: String,
}

impl Device {
    pub(crate) fn read(nt: &Nt<'_, '_>, address: u64) -> Result<Self, NtError> {
        let driver_object = nt.read(DEVICE, "DriverObject", address)?;
        let start = nt.read(DRIVER, "DriverStart", driver_object)?;
        let driver = match nt.target.modules.find(start) {
            Some(module) => module.name.clone(),
            None => {
                let at = nt.offset(DRIVER, "DriverName")?;
                let name = driver_object.wrapping_add(at);
                nt.target.memory.read_unicode_string(name)?
            }
        };
        Ok(Self {
            address,
            driver_object,
            driver,
        })
    }

    /// The routine that the driver registered for `IRP_MJ_…`.
    pub(crate) fn dispatch(&self, nt: &Nt<'_, '_>, major: u8) -> Option<(u64, Symbol)> {
        let table = nt.offset(DRIVER, "MajorFunction").ok()?;
        let at = self.driver_object.wrapping_add(table) + 8 * u64::from(major);
        let routine = nt.target.memory.read_u64(at).ok()?;
        is_kernel_address(routine).then(|| (routine, nt.target.symbol(routine, Pc::Exact)))
    }

    /// All dispatch routines that the driver registered, each once, with the first major function
    /// it is registered for.
    pub(crate) fn dispatch_routines(&self, nt: &Nt<'_, '_>) -> Vec<(u64, String)> {
        let mut found: Vec<(u64, String)> = Vec::new();
        for major in 0..28 {
            if let Some((routine, _)) = self.dispatch(nt, major)
                && found.iter().all(|(known, _)| *known != routine)
            {
                found.push((routine, major_name(major)));
            }
        }
        found
    }
}

/// The device node of a physical device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DeviceNode {
    pub address: u64,
    pub instance: Option<String>,
    pub service: Option<String>,
}

/// The stack of a device, topmost device first.
pub(crate) fn device_stack(nt: &Nt<'_, '_>, device: u64) -> Result<Vec<Device>, NtError> {
    let mut bottom = device;
    for _ in 0..MAX_STACK {
        match lower(nt, bottom)? {
            Some(next) => bottom = next,
            None => break,
        }
    }
    let mut stack = Vec::new();
    let mut at = bottom;
    while is_kernel_address(at) && stack.len() < MAX_STACK {
        stack.push(Device::read(nt, at)?);
        at = nt.read(DEVICE, "AttachedDevice", at)?;
    }
    stack.reverse();
    Ok(stack)
}

/// The device node of a physical device.
pub(crate) fn device_node(nt: &Nt<'_, '_>, device: u64) -> Option<DeviceNode> {
    let extension = nt.read(DEVICE, "DeviceObjectExtension", device).ok()?;
    let address = nt.read(EXTENSION, "DeviceNode", extension).ok()?;
    let text = |path| {
        let at = address.wrapping_add(nt.offset("_DEVICE_NODE", path).ok()?);
        let text = nt.target.memory.read_unicode_string(at).ok()?;
        (!text.is_empty()).then_some(text)
    };
    is_kernel_address(address).then(|| DeviceNode {
        address,
        instance: text("InstancePath"),
        service: text("ServiceName"),
    })
}

/// The device that this one is attached to.
fn lower(nt: &Nt<'_, '_>, device: u64) -> Result<Option<u64>, NtError> {
    let extension = nt.read(DEVICE, "DeviceObjectExtension", device)?;
    let lower = nt.read(EXTENSION, "AttachedTo", extension)?;
    Ok(is_kernel_address(lower).then_some(lower))
}
