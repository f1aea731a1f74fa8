//! What a minidump holds because of its stop: of a power IRP that hangs (0x9F/3), the IRP and the
//! stack of the device that it is for.

use super::Source;
use super::blocks::Blocks;
use crate::nt::{Irp, Nt, device_stack};

const DRIVER_POWER_STATE_FAILURE: u32 = 0x9F;
/// Its subtype for an IRP that was not completed in time.
const IRP_TIMEOUT: u64 = 3;
/// Bytes of `_TRIAGE_9F_POWER`.
const TRIAGE: u64 = 0x28;
/// Larger devices and IRPs mean damage.
const MAX_OBJECT: u64 = 0x4000;

/// Stores the blocks.
pub(super) fn store(source: &Source<'_, '_>, blocks: &mut Blocks) {
    let bugcheck = source.header.bugcheck;
    let [subtype, device, triage, irp] = bugcheck.parameters;
    if bugcheck.code != DRIVER_POWER_STATE_FAILURE || subtype != IRP_TIMEOUT {
        return;
    }
    let nt = Nt::new(source.target);
    blocks.add(source.memory(), triage, TRIAGE);
    store_irp(source, &nt, blocks, irp);
    store_devices(source, &nt, blocks, device);
}

fn store_irp(source: &Source<'_, '_>, nt: &Nt<'_, '_>, blocks: &mut Blocks, irp: u64) {
    let size = nt.read("_IRP", "Size", irp).unwrap_or(0);
    blocks.add(source.memory(), irp, size.min(MAX_OBJECT));
    let Ok(Some(irp)) = Irp::read(nt, irp) else {
        return;
    };
    for location in &irp.locations {
        store_devices(source, nt, blocks, location.device);
    }
}

/// The devices of a stack with their extensions, their drivers, and the device's node.
fn store_devices(source: &Source<'_, '_>, nt: &Nt<'_, '_>, blocks: &mut Blocks, device: u64) {
    const DEVICE: &str = "_DEVICE_OBJECT";
    let memory = source.memory();
    for device in device_stack(nt, device).unwrap_or_default() {
        let at = device.address;
        let size = nt.read(DEVICE, "Size", at).unwrap_or(0);
        blocks.add(memory, at, size.min(MAX_OBJECT));
        store_structure(source, nt, blocks, "_DRIVER_OBJECT", device.driver_object);
        let Ok(extension) = nt.read(DEVICE, "DeviceObjectExtension", at) else {
            continue;
        };
        store_structure(source, nt, blocks, "_DEVOBJ_EXTENSION", extension);
        if let Ok(node) = nt.read("_DEVOBJ_EXTENSION", "DeviceNode", extension) {
            store_structure(source, nt, blocks, "_DEVICE_NODE", node);
            for path in ["InstancePath", "ServiceName"] {
                store_string(source, nt, blocks, "_DEVICE_NODE", path, node);
            }
        }
        store_string(
            source,
            nt,
            blocks,
            "_DRIVER_OBJECT",
            "DriverName",
            device.driver_object,
        );
    }
}

fn store_structure(
    source: &Source<'_, '_>,
    nt: &Nt<'_, '_>,
    blocks: &mut Blocks,
    name: &'static str,
    at: u64,
) {
    let size = nt.size_of(name).unwrap_or(0);
    blocks.add(source.memory(), at, size.min(MAX_OBJECT));
}

/// The characters of a UNICODE_STRING in a structure.
fn store_string(
    source: &Source<'_, '_>,
    nt: &Nt<'_, '_>,
    blocks: &mut Blocks,
    name: &'static str,
    path: &'static str,
    at: u64,
) {
    let Ok(string) = nt.offset(name, path) else {
        return;
    };
    let read = |at: u64, size| source.read_uint(at, size).unwrap_or(0);
    let string = at.wrapping_add(string);
    let buffer = read(string.wrapping_add(8), 8);
    blocks.add(source.memory(), buffer, read(string, 2));
}
