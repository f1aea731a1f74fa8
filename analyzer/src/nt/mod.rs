//! Typed readers of kernel structures. Every offset comes from the kernel's PDB.

pub(crate) mod blackbox;
pub(crate) mod cpu;
mod debugger_data;
mod device;
mod driver;
mod irp;
mod objects;
mod process;
mod processor;
mod reader;
mod resource;
pub(crate) mod smbios;
mod thread;
mod unloaded;
mod wait;
pub(crate) mod whea;

pub(crate) use debugger_data::{DataBlock, DebuggerData};
pub(crate) use device::{Device, DeviceNode, device_node, device_stack};
pub(crate) use driver::find_device_extension;
pub(crate) use irp::{Irp, Location, major_name, minor_name};
pub(crate) use objects::{all_devices, entries, object_name};
pub(crate) use processor::{Processor, SavedContext, processor_at, processors};
pub(crate) use reader::{Nt, NtError};
pub(crate) use resource::{Resource, busy_resources, tick_clock};
pub(crate) use thread::{
    Thread, ThreadState, current_thread, list_threads, process_name, thread_of_minidump,
};
pub(crate) use unloaded::unloaded_drivers;
pub(crate) use wait::{ObjectKind, read_wait};
