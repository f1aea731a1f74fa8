//! Devices whose addresses are on the crash stack: the clients of a class library or port driver.
//!
//! Inbox drivers do much of their work for others: a class library runs in a request of the driver
//! that registered with it. If such a driver faults and no other driver has a frame, device objects
//! on the stack identify the client.

use super::context::CollectContext;
use super::stacks::{FrameFacts, StackFacts};
use crate::dump::{MemoryExt, is_kernel_address};
use crate::modules::is_inbox;
use crate::nt::Device;
use crate::verdict::StackKind;

/// `IO_TYPE_DEVICE` and `IO_TYPE_DRIVER` (wdm.h).
const TYPE_DEVICE: u64 = 3;
const TYPE_DRIVER: u64 = 4;
/// Bytes of the stack above the faulting frame that are searched.
const SEARCHED: u64 = 0x1000;
const MAX_FOUND: usize = 16;

/// A device whose address is on the stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeviceOnStack {
    /// Address of the stack slot.
    pub slot: u64,
    pub device: Device,
}

/// The devices, nearest to the fault first; none unless an in-box driver faulted.
pub(crate) fn devices_on_stack(
    context: &CollectContext<'_, '_, '_>,
    fault: Option<usize>,
) -> Vec<DeviceOnStack> {
    let frame = context.stacks.first().and_then(|stack| {
        let frame = stack.frames.get(fault?)?;
        (stack.kind == StackKind::Crash && is_inbox_driver(frame)).then_some((stack, frame))
    });
    let Some((stack, frame)) = frame else {
        return Vec::new();
    };
    let Some(start) = frame.sp.map(|sp| sp & !7) else {
        return Vec::new();
    };
    let length = limit(context, stack)
        .and_then(|high| high.checked_sub(start))
        .unwrap_or(SEARCHED)
        .min(SEARCHED);
    let bytes = context.nt.target.memory.read_prefix(start, length as usize);
    let mut found: Vec<DeviceOnStack> = Vec::new();
    for (index, word) in bytes.chunks_exact(8).enumerate() {
        let address = u64::from_le_bytes(word.try_into().unwrap_or_default());
        let known = found.iter().any(|known| known.device.address == address);
        if known || !is_kernel_address(address) || found.len() >= MAX_FOUND {
            continue;
        }
        found.extend(device_at(context, address).map(|device| DeviceOnStack {
            slot: start + 8 * index as u64,
            device,
        }));
    }
    found
}

fn is_inbox_driver(frame: &FrameFacts) -> bool {
    frame.is_driver() && !frame.is_third_party()
}

/// The highest address of the stack, if known.
fn limit(context: &CollectContext<'_, '_, '_>, stack: &StackFacts) -> Option<u64> {
    let of_thread = stack.thread.as_ref().and_then(|thread| thread.stack());
    let of_minidump = || context.nt.target.minidump.as_ref()?.stack;
    of_thread.or_else(of_minidump).map(|(_, high)| high)
}

/// The device at an address, if there is one whose driver is loaded.
fn device_at(context: &CollectContext<'_, '_, '_>, address: u64) -> Option<Device> {
    let nt = context.nt;
    let kind = nt.read("_DEVICE_OBJECT", "Type", address).ok()?;
    if kind != TYPE_DEVICE {
        return None;
    }
    let driver = nt.read("_DEVICE_OBJECT", "DriverObject", address).ok()?;
    if !is_kernel_address(driver) || nt.read("_DRIVER_OBJECT", "Type", driver).ok()? != TYPE_DRIVER
    {
        return None;
    }
    let device = Device::read(nt, address).ok()?;
    let loaded = nt.target.modules.iter();
    let is_module = loaded
        .map(|module| &module.name)
        .any(|name| *name == device.driver);
    is_module.then_some(device)
}

impl DeviceOnStack {
    /// Whether its driver is not an inbox driver.
    pub(crate) fn is_third_party(&self) -> bool {
        !is_inbox(&self.device.driver)
    }
}
