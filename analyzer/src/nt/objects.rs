//! The object namespace: finds all drivers and their devices.

use std::collections::HashSet;

use super::reader::{Nt, NtError};
use crate::dump::{MemoryExt, is_kernel_address};

const DIRECTORY: &str = "_OBJECT_DIRECTORY";
const ENTRY: &str = "_OBJECT_DIRECTORY_ENTRY";
const HEADER: &str = "_OBJECT_HEADER";
const MAX_OBJECTS: usize = 16_384;
/// Bits of `InfoMask` up to and including the name's.
const NAME_MASK: u64 = 3;
const NAME_BIT: u64 = 2;

/// All device objects of the drivers in `\Driver` and `\FileSystem`.
pub(crate) fn all_devices(nt: &Nt<'_, '_>) -> Result<Vec<u64>, NtError> {
    let root = nt
        .target
        .memory
        .read_u64(nt.global("ObpRootDirectoryObject")?)?;
    let mut devices = Vec::new();
    let mut seen = HashSet::new();
    for (object, name) in entries(nt, root)? {
        if !matches!(name.as_deref(), Some("Driver" | "FileSystem")) {
            continue;
        }
        for (driver, _) in entries(nt, object)? {
            let mut device = nt.read("_DRIVER_OBJECT", "DeviceObject", driver)?;
            while is_kernel_address(device) && devices.len() < MAX_OBJECTS && seen.insert(device) {
                devices.push(device);
                device = nt.read("_DEVICE_OBJECT", "NextDevice", device)?;
            }
        }
    }
    Ok(devices)
}

/// The objects of a directory, with their names.
pub(crate) fn entries(
    nt: &Nt<'_, '_>,
    directory: u64,
) -> Result<Vec<(u64, Option<String>)>, NtError> {
    let buckets = nt.field(DIRECTORY, "HashBuckets")?;
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for bucket in 0..buckets.size / 8 {
        let at = directory.wrapping_add(buckets.offset + 8 * bucket);
        let mut entry = nt.target.memory.read_u64(at)?;
        while is_kernel_address(entry) && found.len() < MAX_OBJECTS && seen.insert(entry) {
            let object = nt.read(ENTRY, "Object", entry)?;
            found.push((object, object_name(nt, object)));
            entry = nt.read(ENTRY, "ChainLink", entry)?;
        }
    }
    Ok(found)
}

/// An object's own name, from the optional header in front of its header.
pub(crate) fn object_name(nt: &Nt<'_, '_>, object: u64) -> Option<String> {
    let header = object.wrapping_sub(nt.offset(HEADER, "Body").ok()?);
    let mask = nt.read(HEADER, "InfoMask", header).ok()?;
    if mask & NAME_BIT == 0 {
        return None;
    }
    let table = nt.global("ObpInfoMaskToOffset").ok()?;
    let at = table.wrapping_add(mask & NAME_MASK);
    let back = nt.target.memory.read_uint(at, 1).ok()?;
    let name = nt.offset("_OBJECT_HEADER_NAME_INFO", "Name").ok()?;
    let string = header.wrapping_sub(back).wrapping_add(name);
    nt.target.memory.read_unicode_string(string).ok()
}
