//! Driver and device objects.

use super::reader::{Nt, NtError};
use crate::dump::{MemoryExt, is_kernel_address};

const DEVICE: &str = "_DEVICE_OBJECT";
const DRIVER: &str = "_DRIVER_OBJECT";
/// `IO_TYPE_DEVICE` and `IO_TYPE_DRIVER` (wdm.h).
const TYPE_DEVICE: u64 = 3;
const TYPE_DRIVER: u64 = 4;
/// Objects are allocated at multiples of 16 bytes.
const ALIGNMENT: u64 = 16;
/// The search goes back at most this far; larger extensions are rare.
const MAX_EXTENSION: u64 = 0x8000;

/// A device extension that contains an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeviceExtension {
    /// The device object.
    pub device: u64,
    /// Offset of the address in the extension.
    pub offset: u64,
    /// Base of the image of the device's driver.
    pub driver_start: u64,
}

/// Finds the device object whose extension contains `address`.
///
/// A device's extension follows its object in the same allocation, so the object is searched
/// backwards. A candidate must have the type and size of a device object, a pointer to its
/// extension, and a valid driver object.
pub(crate) fn find_device_extension(
    nt: &Nt<'_, '_>,
    address: u64,
) -> Result<Option<DeviceExtension>, NtError> {
    let device_size = nt.size_of(DEVICE)?;
    let extension_at = nt.offset(DEVICE, "DeviceExtension")?;
    let newest = address.saturating_sub(device_size) & !(ALIGNMENT - 1);
    for step in 0..MAX_EXTENSION / ALIGNMENT {
        let device = newest.wrapping_sub(step * ALIGNMENT);
        // The cheap test first: the extension pointer must point behind the object itself.
        let extension = match nt.target.memory.read_u64(device.wrapping_add(extension_at)) {
            Ok(extension) => extension,
            Err(_) => break,
        };
        let behind = extension.wrapping_sub(device);
        if !(device_size..device_size + 2 * ALIGNMENT).contains(&behind) || extension > address {
            continue;
        }
        let size = nt.read(DEVICE, "Size", device)?;
        let is_device = nt.read(DEVICE, "Type", device)? == TYPE_DEVICE;
        if !is_device || address.wrapping_sub(device) >= size {
            continue;
        }
        let driver = nt.read(DEVICE, "DriverObject", device)?;
        if !is_kernel_address(driver) || nt.read(DRIVER, "Type", driver).ok() != Some(TYPE_DRIVER) {
            continue;
        }
        return Ok(Some(DeviceExtension {
            device,
            offset: address - extension,
            driver_start: nt.read(DRIVER, "DriverStart", driver)?,
        }));
    }
    Ok(None)
}
