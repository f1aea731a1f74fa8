//! Typed readers of kernel structures. Every offset comes from the kernel's PDB.

mod debugger_data;
mod driver;
mod processor;
mod reader;
mod thread;

pub(crate) use debugger_data::DebuggerData;
pub(crate) use driver::find_device_extension;
pub(crate) use processor::{Processor, processors};
pub(crate) use reader::Nt;
pub(crate) use thread::{Thread, current_thread, list_threads};
